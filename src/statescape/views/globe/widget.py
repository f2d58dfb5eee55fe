"""The sphere in a notebook: an anywidget that shares the block with Python (extra ``notebook``)."""

from __future__ import annotations

from typing import Any

from statescape.errors import StatescapeError
from statescape.language import StatePath
from statescape.views.globe.data import SphereData
from statescape.views.globe.module import module_text
from statescape.views.globe.packing import packed


def sphere(path: StatePath, *, origin: str = "mean") -> Any:
    """The sphere of `path` as a notebook widget; ``widget.layer`` reads and moves the block, fractions included.

    Args:
        path: the path to show.
        origin: from where directions are measured, "mean" or "zero".

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

    return SphereWidget(data=packed(SphereData.of(path, origin)))
