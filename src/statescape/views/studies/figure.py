"""The figure of a study: dot plots with intervals and curves, side by side, on screen and on paper."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from statescape.studies.reservoir import StudyResult
from statescape.studies.reservoir.picture import Cells, Dots, Lines, StudyFigure
from statescape.views.core.marks import AnyMark, Axis, CellMark, LineMark, Panel, PointMark, TextMark
from statescape.views.core.picture import Picture
from statescape.views.core.theme import BLUE, GREY, SERIES
from statescape.wording import number

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 300
MOST_COLUMNS = 3
ROW = 34  # pixels of a line of a dot plot
BELOW = 0.16  # of a line: where runs stand, so that the interval of their mean does not hide them
# How far an axis goes beyond estimates and runs, so that one wide interval does not squeeze all others.
BEYOND = 0.35
# Changes whose factors span more than this are drawn over an axis of factors, down to the least.
WIDE, LEAST = 10.0, 1e-9
# Powers of ten up to which a half and a double are named beside them.
FEW_POWERS = 3
# Places of a logarithmic axis that are all named.
MOST_TICKS = 8


def study(result: StudyResult) -> go.Figure:
    """The figure of a study, as a Plotly figure for a notebook."""
    return figure(result).interactive()


def figure(result: StudyResult) -> Picture:
    """The picture of a study, in the language that is spoken."""
    return study_picture(result.name, result.read().figure)


def study_picture(name: str, numbers: StudyFigure) -> Picture:
    """The numbers of a study's figure, drawn.

    Args:
        name: of the study, and of the files.
        numbers: the panels and their caption.
    """
    panels = [_panel(one) for one in numbers.panels]
    rows = max((len(one.marks) for one in numbers.panels if isinstance(one, Dots)), default=0)
    rows = max(rows, *(len(one.names) for one in numbers.panels if isinstance(one, Cells)), 0)
    several = any(isinstance(one, Lines) and len(one.lines) > 1 for one in numbers.panels)
    down = -(-len(panels) // MOST_COLUMNS)
    columns = -(-len(panels) // down)
    return Picture(
        name,
        numbers.caption,
        panels,
        columns,
        max(HEIGHT, ROW * rows + 40),
        several,
        paper=(7.2, down * max(2.8 if len(panels) > 2 else 2.4, 0.9 + 0.3 * rows)),
    )


def _panel(panel: Dots | Lines | Cells) -> Panel:
    if isinstance(panel, Dots):
        return _dots(panel)
    return _curves(panel) if isinstance(panel, Lines) else _cells(panel)


def _cells(panel: Cells) -> Panel:
    """A heat map of changes, blue where the error is lower; beyond a doubling or its inverse all is one colour."""
    logs = np.log2(np.maximum(1.0 + np.array(panel.values), 1e-9))
    texts = [[f"{value:+.0%}" for value in row] for row in panel.values]
    notes = [[f"{row} / {column}" for column in panel.names] for row in panel.names]
    marks: list[AnyMark] = [
        CellMark(-logs, "signed", (-1.0, 1.0), texts=texts, gap=(2, 2), hover="{note}", notes=notes)
    ]
    places = np.arange(len(panel.names))
    down = Axis(panel.rows_are, ticks=places, labels=panel.names, grid=False, reverse=True)
    across = Axis(panel.columns_are, ticks=places, labels=panel.names, turn=-30.0, grid=False)
    return Panel(panel.title, marks, across, down)


def _dots(panel: Dots) -> Panel:
    """One line for each estimate, its runs as small dots below, its interval as a bar, its name above it."""
    signed = any(value < 0 for mark in panel.marks for value in (mark.value, *mark.points))
    form = ("+" if signed else "") + (".1%" if panel.percent else ".4g")
    across = _across(panel, ("+" if signed else "") + ".0%" if panel.percent else "")
    begin = 1.0 if across.log else 0.0  # of a change by a share, one more is the factor
    ends = (0.5 - len(panel.marks), 1.0)
    marks: list[AnyMark] = []
    if panel.reference is not None:
        marks.append(LineMark([panel.reference + begin] * 2, ends, GREY, width=1, dash="dash"))
    for strong, colour in ((False, GREY), (True, BLUE)):
        chosen = [(-place, mark) for place, mark in enumerate(panel.marks) if mark.strong == strong]
        marks += [
            PointMark(
                [point + begin for _, mark in chosen for point in mark.points],
                [y - BELOW for y, mark in chosen for _ in mark.points],
                GREY,
                size=5,
                hover="{note}",
                notes=[number(point, form) for _, mark in chosen for point in mark.points],
            ),
            PointMark(
                [mark.value + begin for _, mark in chosen],
                [y for y, _ in chosen],
                colour,
                size=10,
                low=[mark.low + begin for _, mark in chosen],
                high=[mark.high + begin for _, mark in chosen],
                along="x",
                hover="{note}",
                notes=[f"{mark.label}: {number(mark.value, form)}" for _, mark in chosen],
            ),
        ]
    marks.append(TextMark(None, [-place for place in range(len(panel.marks))], [mark.label for mark in panel.marks]))
    nothing = Axis(limits=ends, ticks=(), labels=(), grid=False, visible=False)
    return Panel(panel.title, marks, across, nothing)


def _across(panel: Dots, form: str) -> Axis:
    """The axis of the estimates: of factors, where changes by shares span more than a power of ten."""
    near = [value for mark in panel.marks for value in (mark.value, *mark.points) if np.isfinite(value)]
    near += [] if panel.reference is None else [panel.reference]
    far = [end for mark in panel.marks for end in (mark.low, mark.high) if np.isfinite(end)]
    least, most = min(near, default=0.0), max(near, default=1.0)
    if not (panel.percent and least > -1.0 and 1.0 + most > WIDE * (1.0 + least)):
        return Axis(panel.axis, _range(near, far), format=form)
    low, high = _range(*(np.log10(np.maximum(1.0 + np.array(values), LEAST)).tolist() for values in (near, far)))
    powers = [10.0**power for power in range(math.ceil(low), math.floor(high) + 1)]
    ticks = powers[:: -(-len(powers) // MOST_TICKS)] if len(powers) > FEW_POWERS else sorted([*powers, 0.5, 2.0])
    labels = [_factor(one) for one in ticks]
    return Axis(panel.axis, (10.0**low, 10.0**high), log=True, ticks=ticks, labels=labels)


def _factor(factor: float) -> str:
    """A change as a reader says it: in percent up to a doubling, then as times."""
    if factor == 1.0:
        return number(0.0, ".0%")
    if factor > 2:
        return f"×{number(factor, ',.0f')}"
    return number(factor - 1.0, "+.0%" if factor >= 0.01 else f"+.{-round(math.log10(factor)) - 2}%")


def _range(near: Sequence[float], far: Sequence[float]) -> tuple[float, float]:
    """From the lowest to the highest that is drawn, cut where only an interval goes far."""
    low, high = min(near, default=0.0), max(near, default=1.0)
    room = BEYOND * max(high - low, 0.02)
    least, most = min([*near, *far], default=low), max([*near, *far], default=high)
    margin = 0.04 * (high - low + 2 * room)
    return max(least, low - room) - margin, min(most, high + room) + margin


def _curves(panel: Lines) -> Panel:
    """Curves over one axis, with intervals where there are any; few points are shown, many are a curve."""
    marks: list[AnyMark] = []
    places = sorted({x for line in panel.lines for x in line.x})
    for place, line in enumerate(panel.lines):
        colour = SERIES[place % len(SERIES)]
        name = line.label if len(panel.lines) > 1 else ""
        hover = "{note}: {x}, {y:.4g}"
        notes = [line.label] * len(line.x)
        marks.append(LineMark(line.x, line.y, colour, name, 2, hover=hover, notes=notes))
        if line.low:
            marks.append(PointMark(line.x, line.y, colour, low=line.low, high=line.high))
    if panel.reference is not None and places:
        marks.append(LineMark([places[0], places[-1]], [panel.reference] * 2, GREY, width=1, dash="dash"))
    named = places if panel.log_x and len(places) <= MOST_TICKS else None
    spec = ".0%" if panel.percent_x else ",.0f" if panel.log_x else ""
    return Panel(
        panel.title,
        marks,
        Axis(panel.x_axis, log=panel.log_x, ticks=named, format=spec),
        Axis(panel.y_axis, log=panel.log_y, format=",g" if panel.log_y else ""),
    )
