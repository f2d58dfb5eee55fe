"""The sphere in HTML, a fragment for any page and a page of its own, and as a widget for notebooks; all in one file."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from statescape.errors import StatescapeError
from statescape.files import written_whole
from statescape.geometry import Moments
from statescape.language import StatePath
from statescape.views.core.carried import policy
from statescape.views.core.page import Embed
from statescape.views.core.templating import filled, trusted
from statescape.views.globe.data import SphereData
from statescape.views.globe.module import module_text
from statescape.views.globe.packing import packed
from statescape.views.globe.reading import table_of
from statescape.wording import say, spoken

_STYLE = "html, body, [data-statescape-sphere] { height: 100%; margin: 0; border-radius: 0; }"


def sphere_fragment(
    path: StatePath,
    *,
    origin: str = "mean",
    axes: str = "1,2,3",
    others: Sequence[StatePath] = (),
    parts_at: int | None = None,
    bare: bool = False,
    module: bool = True,
    moments: Moments | None = None,
    level: int = 9,
) -> Markup:
    """The sphere of `path` as HTML to put into any page; its height is its container's, or 640 pixels.

    The host element carries ``statescape``: ``element.statescape.layer = 5`` moves the block, and every move is told by
    the bubbling event ``statescape-layer`` with ``detail.layer`` (fractional) and ``detail.block``.

    Args:
        path: the path to show.
        origin: from where directions are measured, "mean" or "zero".
        axes: what the three axes are: principal components of the embeddings by number; "path", the directions in which
            the path spreads most; "answers", predicted minus second-best token; "unembedding", its components.
        others: paths of other texts by the same model, drawn beside it.
        parts_at: from which state on they lead elsewhere; None if that is not known.
        bare: whether the sphere has the page for itself, so that the wheel always moves it.
        module: whether to bring the script; a page with several spheres needs it once, after the first or later.
        moments: those of the embeddings where they are known already.
        level: how hard its numbers are compressed, 1 to 9.

    Raises:
        StatescapeError: as `SphereData.of`.
    """
    data = SphereData.of(path, origin, moments, axes, others, parts_at)
    table = table_of(data)
    needed = say("The sphere needs JavaScript, all of it in this file.")
    return filled(
        "sphere.html.j2",
        content=trusted(_safe_json({"data": packed(data, level), "options": {"bare": bare}})),
        name=say("Sphere of {n:,} tokens with the path of the state", n=len(path.embeddings)),
        table={**table, "caption": f"{needed} {table['caption']}"},
        module=trusted(module_text()) if module else "",
    )


def sphere_block(
    path: StatePath,
    *,
    others: Sequence[StatePath] = (),
    parts_at: int | None = None,
    moments: Moments | None = None,
) -> Embed:
    """The sphere as a block of a page, which brings the script once.

    Args:
        path: the path to show.
        others: paths of other texts by the same model, drawn beside it.
        parts_at: from which state on they lead elsewhere; None if that is not known.
        moments: those of the embeddings where they are known already.

    Raises:
        StatescapeError: as `SphereData.of`.
    """
    # 2.4% more bytes in a sixth of the time (SmolLM2): of a page that holds much beside it, the better bargain.
    fragment = sphere_fragment(path, others=others, parts_at=parts_at, moments=moments, module=False, level=6)
    return Embed(fragment, module=module_text())


def sphere_page(
    path: StatePath,
    file: str | os.PathLike[str],
    *,
    origin: str = "mean",
    axes: str = "1,2,3",
    others: Sequence[StatePath] = (),
) -> Path:
    """Write the sphere of `path` as a page of its own and return where it lies.

    Args:
        path: the path to show.
        file: the page to write; an existing one is replaced only when the new one is complete.
        origin: from where directions are measured, "mean" or "zero".
        axes: what the three axes are: principal components of the embeddings by number; "path", the directions in which
            the path spreads most; "answers", predicted minus second-best token; "unembedding", its components.
        others: paths of other texts by the same model, drawn beside it.

    Raises:
        StatescapeError: as `SphereData.of`, or if the file cannot be written.
    """
    target = Path(file)
    text = sphere_text(path, origin=origin, axes=axes, others=others)
    with written_whole(target) as partial:
        partial.write_text(text, encoding="utf-8")
    return target


def sphere_text(path: StatePath, *, origin: str = "mean", axes: str = "1,2,3", others: Sequence[StatePath] = ()) -> str:
    """The page of `sphere_page` as text.

    Args:
        path: the path to show.
        origin: from where directions are measured, "mean" or "zero".
        axes: what the three axes are.
        others: paths of other texts by the same model, drawn beside it.

    Raises:
        StatescapeError: as `SphereData.of`.
    """
    fragment = sphere_fragment(path, origin=origin, axes=axes, others=others, bare=True, module=False)
    title = say("Sphere · {model}", model=path.model.name)
    module = module_text()
    return str(
        filled(
            "sphere_page.html.j2",
            language=spoken(),
            title=title,
            policy=trusted(policy([module], [_STYLE])),
            style=trusted(_STYLE),
            fragment=fragment,
            module=trusted(module),
        )
    )


def sphere(path: StatePath, *, origin: str = "mean", axes: str = "1,2,3", others: Sequence[StatePath] = ()) -> Any:
    """The sphere of `path` as a notebook widget; ``widget.layer`` reads and moves the block, fractions included.

    Args:
        path: the path to show.
        origin: from where directions are measured, "mean" or "zero".
        axes: what the three axes are: principal components of the embeddings by number; "path", the directions in which
            the path spreads most; "answers", predicted minus second-best token; "unembedding", its components.
        others: paths of other texts by the same model, drawn beside it.

    Raises:
        StatescapeError: the extra ``notebook`` is not installed, or as `SphereData.of`.
    """
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise StatescapeError(
            'The notebook sphere needs anywidget: pip install "statescape[notebook]", or write a page with sphere_page.'
        ) from error

    last = len(path.states) - 1

    class SphereWidget(anywidget.AnyWidget):  # type: ignore[misc]
        """One sphere; `layer` is the block it shows."""

        _esm = module_text()
        data = traitlets.Dict().tag(sync=True)
        layer = traitlets.Float(float(last), min=0.0, max=float(last)).tag(sync=True)

    return SphereWidget(data=packed(SphereData.of(path, origin, axes=axes, others=others)))


def _safe_json(content: Any) -> str:
    """JSON that no HTML parser can take for the end of its script."""
    return json.dumps(content, separators=(",", ":")).replace("<", "\\u003c")
