"""Curves over one axis, with intervals where there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from statescape.studies.reservoir.picture import Lines, StudyCurve
from statescape.views.theme import GREY, SERIES
from statescape.wording import number

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.axes import Axes

# Places of a logarithmic axis that are all named.
MOST_TICKS = 8
# So many lines are told apart by a legend among them; more by one beside them.
FEW_LINES = 2


def print_lines(axes: Axes, panel: Lines) -> None:
    """Draw a panel on paper."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    for line, colour in zip(panel.lines, _colours(panel), strict=True):
        low, high = _reach(line)
        axes.errorbar(
            line.x, line.y, [low, high] if line.low else None, color=colour, marker=_marker(line), label=line.label
        )
    if panel.reference is not None:
        axes.axhline(panel.reference, color=GREY, linewidth=0.8, linestyle="--")
    axes.set(xlabel=panel.x_axis, ylabel=panel.y_axis)
    if panel.log_x:
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())
    if panel.log_y:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, ",g")))
        axes.yaxis.set_minor_formatter(NullFormatter())
    if panel.log_x or panel.percent_x:
        spec = ".0%" if panel.percent_x else ",.0f"
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, spec)))
    if len(panel.lines) > FEW_LINES:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    elif len(panel.lines) > 1:
        axes.legend()


def add_lines(figure: go.Figure, at: dict[str, int], panel: Lines) -> None:
    """Draw a panel on the screen."""
    import plotly.graph_objects as go

    for line, colour in zip(panel.lines, _colours(panel), strict=True):
        low, high = _reach(line)
        bars = {"symmetric": False, "array": high, "arrayminus": low, "width": 0} if line.low else None
        figure.add_trace(
            go.Scatter(
                x=line.x, y=line.y, name=line.label, mode="lines" if _marker(line) is None else "lines+markers",
                line={"color": colour, "width": 2}, error_y=bars, showlegend=len(panel.lines) > 1,
                hovertemplate=f"{line.label}: %{{x}}, %{{y:.4g}}<extra></extra>",
            ),
            **at,
        )  # fmt: skip
    if panel.reference is not None:
        figure.add_hline(panel.reference, line={"color": GREY, "width": 1, "dash": "dash"}, **at)
    figure.update_xaxes(title_text=panel.x_axis, type="log" if panel.log_x else "linear", **at)
    figure.update_yaxes(title_text=panel.y_axis, type="log" if panel.log_y else "linear", **at)
    if panel.percent_x:
        figure.update_xaxes(tickformat=".0%", **at)
    if panel.log_x:
        places = sorted({x for line in panel.lines for x in line.x})
        ticks = (
            {"tickvals": places, "tickformat": ",~g"}
            if len(places) <= MOST_TICKS
            else {"dtick": "D2" if panel.percent_x else None}
        )
        figure.update_xaxes(**ticks, **at)


def _reach(line: StudyCurve) -> tuple[np.ndarray, np.ndarray]:
    """How far the interval goes below and above."""
    if not line.low:
        return np.zeros(0), np.zeros(0)
    values = np.array(line.y)
    return np.nan_to_num(values - line.low, posinf=0.0), np.nan_to_num(np.array(line.high) - values, posinf=0.0)


def _marker(line: StudyCurve) -> str | None:
    """Few points are shown, many are a curve."""
    return "o" if line.low else None


def _colours(panel: Lines) -> list[str]:
    return [SERIES[place % len(SERIES)] for place in range(len(panel.lines))]
