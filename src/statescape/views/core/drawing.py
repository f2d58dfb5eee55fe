"""What a figure is: a name, a caption, panels of marks and how they are arranged. Who draws it is another matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from statescape.views.core.marks import Number, Pair, Panel

PAPER_WIDTH = 7.2  # inches
PIXELS_AN_INCH = 115.0  # of the height of a row on the screen, for the height of a row on paper


@dataclass(frozen=True, eq=False)
class Drawing:
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
