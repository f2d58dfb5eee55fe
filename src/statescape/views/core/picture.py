"""A picture: panels of marks and a caption, measured once, drawn for the screen and for paper from the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from statescape.views.core.marks import Number, Pair, Panel

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure

PAPER_WIDTH = 7.2  # inches
PIXELS_AN_INCH = 115.0  # of the height of a row on the screen, for the height of a row on paper


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
class Picture:
    """A figure as numbers and words; its panels fill rows from left to right.

    Attributes:
        name: of files and of the place on the page.
        caption: what is drawn, with its numbers (explained variance, n, seed).
        panels: what is drawn.
        columns: panels beside each other on a wide screen and on paper.
        height: of a row on a wide screen in pixels.
        legend: whether names are listed above.
        shared_x: whether the panels of a column zoom together and only the lowest has numbers.
        widths: relative widths of the columns; none: all alike.
        gap: between columns, as a share of the width.
        narrow: the same panels as a narrow screen has room for them; none: as they are.
        narrow_columns: panels beside each other on a narrow screen.
        narrow_height: of a row there; 0 for that of a wide screen.
        narrow_places: where each panel stands there; none: in their order.
        paper: width and height on paper in inches; None for the full width and as high as on the screen.
    """

    name: str
    caption: str
    panels: Sequence[Panel]
    columns: int = 2
    height: int = 300
    legend: bool = True
    shared_x: bool = False
    widths: tuple[Number, ...] = ()
    gap: Number = 0.08
    narrow: Sequence[Panel] = ()
    narrow_columns: int = 1
    narrow_height: int = 0
    narrow_places: tuple[int, ...] = ()
    paper: Pair | None = None

    @property
    def inches(self) -> Pair:
        """Width and height on paper."""
        rows = -(-len(self.panels) // self.columns)
        return self.paper or (PAPER_WIDTH, 0.4 + rows * self.height / PIXELS_AN_INCH)

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure; `stacked` for narrow screens."""
        from statescape.views.core.screen import drawn_on_screen

        return drawn_on_screen(self, narrow=stacked)

    def printed(self) -> Figure:
        """The matplotlib figure, to be made inside `matplotlib_theme`."""
        from statescape.views.core.paper import drawn_on_paper

        return drawn_on_paper(self)
