"""The sphere in HTML: a fragment for any page, and a page of its own. One file, nothing loaded from outside."""

from __future__ import annotations

import html
import json
import os
from pathlib import Path
from typing import Any

from statescape.files import written_whole
from statescape.geometry import Moments
from statescape.language import StatePath
from statescape.views.globe.data import SphereData
from statescape.views.globe.module import module_text
from statescape.views.globe.packing import packed
from statescape.views.globe.reading import Table, table_of
from statescape.wording import say

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
html, body {{ height: 100%; margin: 0; }}
[data-statescape-sphere] {{ height: 100%; border-radius: 0; }}
</style>
</head>
<body>
{fragment}
</body>
</html>
"""


def sphere_fragment(
    path: StatePath,
    *,
    origin: str = "mean",
    bare: bool = False,
    module: bool = True,
    moments: Moments | None = None,
) -> str:
    """The sphere of `path` as HTML to put into any page; its height is its container's, or 640 pixels.

    The host element carries ``statescape``: ``element.statescape.layer = 5`` moves the block, and every move is told by
    the bubbling event ``statescape-layer`` with ``detail.layer`` (fractional) and ``detail.block``.

    Args:
        path: the path to show.
        origin: from where directions are measured, "mean" or "zero".
        bare: whether the sphere has the page for itself, so that the wheel always moves it.
        module: whether to bring the script; a page with several spheres needs it once, after the first or later.
        moments: those of the embeddings where they are known already.

    Raises:
        StatescapeError: as `SphereData.of`.
    """
    data = SphereData.of(path, origin, moments)
    content = _safe_json({"data": packed(data), "options": {"bare": bare}})
    name = html.escape(say("Sphere of {n:,} tokens with the path of the state", n=len(path.embeddings)))
    script = f'\n<script type="module">\n{module_text()}</script>' if module else ""
    return (
        f'<div data-statescape-sphere role="region" aria-label="{name}">'
        f'<script type="application/json">{content}</script>'
        f"<noscript>{_table(table_of(data))}</noscript></div>{script}"
    )


def sphere_page(path: StatePath, file: str | os.PathLike[str], *, origin: str = "mean") -> Path:
    """Write the sphere of `path` as a page of its own and return where it lies.

    Args:
        path: the path to show.
        file: the page to write; an existing one is replaced only when the new one is complete.
        origin: from where directions are measured, "mean" or "zero".

    Raises:
        StatescapeError: as `SphereData.of`, or if the file cannot be written.
    """
    target = Path(file)
    title = html.escape(f"Sphere · {path.model.name}")
    text = _PAGE.format(title=title, fragment=sphere_fragment(path, origin=origin, bare=True))
    with written_whole(target) as partial:
        # Half a surrogate in a model's name or text is no UTF-8; the page shows the replacement character.
        partial.write_text(text, encoding="utf-8", errors="replace")
    return target


def _table(table: Table) -> str:
    """What a reader without JavaScript gets: the path in words."""

    def row(tag: str, texts: list[str]) -> str:
        return "<tr>" + "".join(f"<{tag}><bdi>{html.escape(text)}</bdi></{tag}>" for text in texts) + "</tr>"

    rows = "".join(row("td", texts) for texts in table["rows"])
    caption = f"{say('The sphere needs JavaScript, all of it in this file.')} {table['caption']}"
    return f"<table><caption>{html.escape(caption)}</caption>{row('th', table['head'])}{rows}</table>"


def _safe_json(content: Any) -> str:
    """JSON that no HTML parser can take for the end of its script."""
    return json.dumps(content, separators=(",", ":")).replace("<", "\\u003c")
