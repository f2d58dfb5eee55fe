"""The numbers of a study's figure: a few panels, each readable in five seconds; `views.studies` draws them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Mark:
    """One line of a dot plot.

    Attributes:
        label: what it is.
        value: the estimate.
        low: lower end of its 95% interval; NaN where there is none.
        high: upper end.
        points: of the runs.
        strong: whether it is what the answer speaks of.
    """

    label: str
    value: float
    low: float = float("nan")
    high: float = float("nan")
    points: tuple[float, ...] = ()
    strong: bool = False


@dataclass(frozen=True)
class Dots:
    """Estimates with intervals, one below the other.

    Attributes:
        title: of the panel.
        axis: what is measured.
        marks: from top to bottom.
        reference: where nothing is gained; None for no line.
        percent: whether values are shares.
    """

    title: str
    axis: str
    marks: tuple[Mark, ...]
    reference: float | None = None
    percent: bool = False


@dataclass(frozen=True)
class StudyCurve:
    """One curve.

    Attributes:
        label: what it is.
        x: places.
        y: values.
        low: lower ends of the intervals; empty for none.
        high: upper ends.
    """

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True)
class Lines:
    """Curves over one axis.

    Attributes:
        title: of the panel.
        x_axis: what runs to the right.
        y_axis: what is measured.
        lines: the curves.
        log_x: whether the x axis is logarithmic.
        log_y: whether the y axis is.
        percent_x: whether places are shares.
        reference: a level to compare with; None for no line.
    """

    title: str
    x_axis: str
    y_axis: str
    lines: tuple[StudyCurve, ...]
    log_x: bool = False
    log_y: bool = False
    percent_x: bool = False
    reference: float | None = None


@dataclass(frozen=True)
class Cells:
    """A table of changes as a heat map.

    Attributes:
        title: of the panel.
        rows_are: what every row is.
        columns_are: what every column is.
        names: of the rows, from top to bottom, and of the columns.
        values: row by row, as shares.
    """

    title: str
    rows_are: str
    columns_are: str
    names: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class StudyFigure:
    """A figure.

    Attributes:
        caption: what is drawn, with its numbers (n, seed).
        panels: side by side.
    """

    caption: str
    panels: tuple[Dots | Lines | Cells, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)
