"""What a figure is made of: marks in panels, described once for the screen (`screen`) and for paper (`paper`).

The kinds of marks are those of the grammar of graphics (Wilkinson 2005), named as in Vega-Lite. Sizes and widths are
pixels of a screen, which paper takes in proportion. Texts are plain text: each renderer makes them safe for itself, and
what a vocabulary holds has gone through `text.word` before. A name stands in the legend, once for all panels. A `hover`
is a template with ``{x}``, ``{y}``, ``{name}`` and ``{note}`` (the point's own among `notes`), each with a d3 format
if need be; without one the pointer passes over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float

from statescape.views.core.raster import cloud_image
from statescape.views.core.theme import GREY

Values: TypeAlias = Any  # numbers: a sequence or an array
Number: TypeAlias = float | int
Pair: TypeAlias = tuple[Number, Number]


@dataclass(frozen=True, eq=False)
class LineMark:
    """Points joined by a line; NaN breaks it.

    Attributes:
        x: places along the x axis.
        y: places along the y axis.
        colour: its colour.
        name: in the legend; empty for none.
        width: of the line.
        dash: "solid", "dash" or "dot".
        step: "after" holds a value until the next place, "middle" until half way; empty joins directly.
        dots: diameter of a dot at every point; 0 for none.
        filled: whether the area down to zero is filled.
        opacity: of all of it.
        hover: what the pointer says.
        notes: text of every point.
    """

    x: Values
    y: Values
    colour: str
    name: str = ""
    width: Number = 1.8
    dash: str = "solid"
    step: str = ""
    dots: Number = 0.0
    filled: bool = False
    opacity: Number = 1.0
    hover: str = ""
    notes: Sequence[str] | None = None


@dataclass(frozen=True, eq=False)
class PointMark:
    """Points, with intervals where there are any.

    Attributes:
        x: places along the x axis.
        y: places along the y axis.
        colour: of all points, or of each.
        name: in the legend; empty for none.
        size: diameter of all points, or of each.
        symbol: "circle", "ring", "diamond", "triangle-up", "triangle-down" or "tick".
        low: lower ends of the intervals; None for no intervals; what is not finite is not drawn.
        high: their upper ends.
        along: "x" or "y", the direction of the intervals.
        stroke: width of the intervals.
        angles: degrees from upwards, clockwise, to which a triangle points; None for upwards.
        opacity: of all of it.
        hover: what the pointer says.
        notes: text of every point.
    """

    x: Values
    y: Values
    colour: str | Sequence[str]
    name: str = ""
    size: Any = 8.0
    symbol: str = "circle"
    low: Values | None = None
    high: Values | None = None
    along: str = "y"
    stroke: Number = 2.0
    angles: Values | None = None
    opacity: Number = 1.0
    hover: str = ""
    notes: Sequence[str] | None = None


@dataclass(frozen=True, eq=False)
class AreaMark:
    """The area between two curves.

    Attributes:
        x: places along the x axis.
        low: the lower curve.
        high: the upper curve.
        colour: its colour, drawn faintly.
        name: in the legend; empty for none.
    """

    x: Values
    low: Values
    high: Values
    colour: str = GREY
    name: str = ""


@dataclass(frozen=True, eq=False)
class BarMark:
    """Bars from zero, with intervals where there are any.

    Attributes:
        x: what each belongs to.
        y: how high each is.
        colour: of all bars, or of each.
        name: in the legend; empty for none.
        width: of a bar, in units of x.
        shift: of its middle from x, where bars stand side by side.
        low: lower ends of the intervals; None for no intervals.
        high: their upper ends.
        hover: what the pointer says.
        notes: text of every bar.
    """

    x: Values
    y: Values
    colour: str | Sequence[str]
    name: str = ""
    width: Number = 0.6
    shift: Number = 0.0
    low: Values | None = None
    high: Values | None = None
    hover: str = ""
    notes: Sequence[str] | None = None


@dataclass(frozen=True, eq=False)
class CellMark:
    """A matrix of coloured cells, the middle of cell [i, j] at (j, i) from `origin`.

    Attributes:
        values: rows of numbers.
        scale: "probability", "signed" or "counts" (`theme.scale`).
        limits: values at the ends of the scale.
        origin: place of the first cell.
        name: of the whole, for those who look into it.
        texts: what each cell reads; None for nothing.
        text_size: of these.
        bar: title of the colour bar; empty for none.
        gap: pixels between cells.
        hover: what the pointer says.
        notes: text of every cell.
        options: which option of the page's choices a click on each cell shows; None: none.
    """

    values: Values
    scale: str
    limits: Pair
    origin: Pair = (0.0, 0.0)
    name: str = ""
    texts: Sequence[Sequence[str]] | None = None
    text_size: Number = 11.0
    bar: str = ""
    gap: tuple[int, int] = (0, 0)
    hover: str = ""
    notes: Sequence[Sequence[str]] | None = None
    options: Sequence[Sequence[int]] | None = None


@dataclass(frozen=True, eq=False)
class TextMark:
    """Words in a panel.

    Attributes:
        x: places along the x axis; None for the panel's left edge.
        y: places along the y axis.
        texts: what is written.
        away: direction in which each stands beside its place, of length 1 or 0 (right on it), one for all or each.
        size: of the letters.
        bold: whether they are heavy.
    """

    x: Values | None
    y: Values
    texts: Sequence[str]
    away: Any = (0.0, 1.0)
    size: Number = 12.0
    bold: bool = False


@dataclass(frozen=True, eq=False)
class CloudMark:
    """So many points that they are drawn as pixels.

    Attributes:
        points: where they are.
        bounds: lower left and upper right corner of the rectangle that is drawn.
        dot: diameter of a dot as a share of the rectangle's longer side.
        name: in the legend; empty for none.
        answering: indices of the points that answer to the pointer.
        notes: what these say.
    """

    points: Float[np.ndarray, "n 2"]
    bounds: tuple[Float[np.ndarray, " 2"], Float[np.ndarray, " 2"]]
    dot: Number
    name: str = ""
    answering: Sequence[int] = ()
    notes: Sequence[str] = ()

    @cached_property
    def image(self) -> str:
        """The points as a picture that fills the rectangle."""
        return cloud_image(self.points, *self.bounds, dot=self.dot)

    def telling(self, answering: Sequence[int], notes: Sequence[str]) -> CloudMark:
        """The same cloud with other points that answer; its picture is made once for both."""
        other = replace(self, answering=answering, notes=notes)
        vars(other)["image"] = self.image
        return other


AnyMark: TypeAlias = LineMark | PointMark | AreaMark | BarMark | CellMark | TextMark | CloudMark


@dataclass(frozen=True, eq=False)
class Axis:
    """One axis of a panel.

    Attributes:
        title: what it measures.
        limits: its ends; None for what the marks need.
        log: whether it is logarithmic.
        ticks: places of its numbers; None for what fits.
        labels: texts in place of the numbers.
        format: Python's format of the numbers ("+.0%", ",g"); empty for what fits.
        turn: degrees by which labels are turned.
        grid: whether lines are drawn across the panel.
        visible: whether anything of it is drawn.
        reverse: whether it runs backwards.
    """

    title: str = ""
    limits: Pair | None = None
    log: bool = False
    ticks: Values | None = None
    labels: Sequence[str] | None = None
    format: str = ""
    turn: Number = 0.0
    grid: bool = True
    visible: bool = True
    reverse: bool = False


@dataclass(frozen=True, eq=False)
class Panel:
    """Marks over two axes.

    Attributes:
        title: over it.
        marks: what is drawn, the lowest first.
        x: its x axis.
        y: its y axis.
        square: whether both axes have one scale.
        framed: whether a frame is drawn around it.
        follows: how the page marks the state that its slider stands at: "column" where states are places on the x axis,
            "row" on the y axis, "point" in a plane; empty where it shows no states.
        states: where each state is in the plane.
    """

    title: str
    marks: Sequence[AnyMark]
    x: Axis = Axis()
    y: Axis = Axis()
    square: bool = False
    framed: bool = False
    follows: str = ""
    states: Float[np.ndarray, "states 2"] | None = None

    def named(self, name: str) -> AnyMark:
        """The first mark of a name."""
        return next(mark for mark in self.marks if getattr(mark, "name", "") == name)


NOTHING = Axis(grid=False, visible=False)
"""An axis of which nothing is drawn."""


def columns(points: Float[np.ndarray, "n 2"]) -> tuple[Values, Values]:
    """X and y of points in a plane, as marks take them."""
    return points[:, 0], points[:, 1]


def from_zero(*values: Values) -> Pair:
    """Limits of an axis from zero to a little above the highest finite value."""
    drawn = np.concatenate([np.ravel(np.asarray(each, dtype=float)) for each in values])
    finite = drawn[np.isfinite(drawn)]
    return 0.0, 1.08 * float(finite.max(initial=0.0)) or 1.0


def around(*values: Values, margin: float = 0.05) -> Pair:
    """Limits of an axis a little beyond the lowest and the highest finite value."""
    drawn = np.concatenate([np.ravel(np.asarray(each, dtype=float)) for each in values])
    low, high = float(np.nanmin(drawn)), float(np.nanmax(drawn))
    return low - margin * (high - low), high + margin * (high - low)


def circle(radius: Number = 1) -> LineMark:
    """A circle around the origin, for panels of one scale."""
    turn = np.linspace(0.0, 2.0 * np.pi, 121)
    return LineMark(radius * np.cos(turn), radius * np.sin(turn), GREY, width=1.2)
