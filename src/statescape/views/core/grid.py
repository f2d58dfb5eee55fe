"""Where the panels of a picture stand on a screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from statescape.views.core.drawing import Drawing
from statescape.views.core.marks import Number, Panel


@dataclass(frozen=True)
class Grid:
    """Where panels stand; spots count row by row from the top.

    Attributes:
        panels: which.
        places: the spot of each.
        rows: how many.
        columns: how many.
        height: of all rows together, with what is between them, in pixels.
        widths: relative widths of the columns.
        gap: between columns, as a share of the width.
        between: the same of rows and the height.
        shared_x: whether the panels of a column zoom together.
    """

    panels: Sequence[Panel]
    places: Sequence[int]
    rows: int
    columns: int
    height: int
    widths: Sequence[Number]
    gap: Number
    between: float
    shared_x: bool

    @classmethod
    def of(cls, picture: Drawing, *, narrow: bool) -> Grid:
        """The grid of a picture on a wide screen or a narrow one."""
        panels = (picture.narrow or picture.panels) if narrow else picture.panels
        columns = min(picture.narrow_columns if narrow else picture.columns, len(panels))
        rows = -(-len(panels) // columns)
        height = rows * ((picture.narrow_height if narrow else 0) or picture.height)
        wide = columns == picture.columns and not narrow
        return cls(
            panels, (picture.narrow_places if narrow else ()) or range(len(panels)), rows, columns, height,
            picture.widths if picture.widths and wide else (1.0,) * columns, picture.gap if wide else 0.06,
            (30 if picture.shared_x else 76) / height if rows > 1 else 0.0, picture.shared_x,
        )  # fmt: skip

    def domains(self, spot: int) -> tuple[list[float], list[float]]:
        """From where to where a panel reaches along x and y, as shares of the whole."""
        row, column = divmod(spot, self.columns)
        unit = (1 - self.gap * (self.columns - 1)) / sum(self.widths)
        left = sum(self.widths[:column]) * unit + self.gap * column
        high = (1 - self.between * (self.rows - 1)) / self.rows
        low = (self.rows - 1 - row) * (high + self.between)
        return [left, min(left + self.widths[column] * unit, 1.0)], [low, min(low + high, 1.0)]
