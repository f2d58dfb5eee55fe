"""A picture: panels of marks and a caption, measured once, drawn for the screen and for paper from the same numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from statescape.views.core.drawing import Drawing

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure


@runtime_checkable
class Printable(Protocol):
    """What a paper needs of a figure."""

    @property
    def name(self) -> str:
        """Short name, of files and of the place on the page."""

    @property
    def caption(self) -> str:
        """What is drawn, with its numbers (explained variance, n, seed)."""

    def printed(self) -> Figure:
        """The matplotlib figure, to be made inside `matplotlib_theme`."""


@dataclass(frozen=True, eq=False)
class Picture(Drawing):
    """A figure that can be had for the screen and for paper; both are drawn from the same numbers."""

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure; `stacked` for narrow screens."""
        from statescape.views.core.offline import interactive

        return interactive(self, narrow=stacked)

    def printed(self) -> Figure:
        """The matplotlib figure, to be made inside `matplotlib_theme`."""
        from statescape.views.core.paper import drawn_on_paper

        return drawn_on_paper(self)
