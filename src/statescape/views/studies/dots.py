"""Dot plots: one line for each estimate, its runs as small dots, its interval as a bar, its name above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from statescape.studies.reservoir.picture import Dots, Mark
from statescape.views.theme import BLUE, GREY
from statescape.wording import number

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.axes import Axes

ROW = 34
# How far an axis goes beyond estimates and runs, so that one wide interval does not squeeze all others.
BEYOND = 0.35


def rows(panel: Dots) -> int:
    """Lines of a panel."""
    return len(panel.marks)


def height(panel: Dots) -> int:
    """Pixels that a panel needs."""
    return ROW * len(panel.marks) + 40


def print_dots(axes: Axes, panel: Dots) -> None:
    """Draw a panel on paper."""
    from matplotlib.ticker import FuncFormatter

    for place, mark in enumerate(panel.marks):
        y, colour = -place, _colour(mark)
        axes.plot(mark.points, [y] * len(mark.points), "o", color=GREY, markersize=2.2, alpha=0.6)
        if np.isfinite([mark.low, mark.high]).all():
            axes.plot([mark.low, mark.high], [y, y], color=colour, solid_capstyle="butt")
        axes.plot([mark.value], [y], "o", color=colour, markersize=4.5)
        axes.annotate(mark.label, (0.0, y + 0.28), xycoords=("axes fraction", "data"), fontsize=7, va="bottom")
    if panel.reference is not None:
        axes.axvline(panel.reference, color=GREY, linewidth=0.8, linestyle="--")
    axes.set(xlabel=panel.axis, xlim=_range(panel), ylim=(0.7 - len(panel.marks), 1.0), yticks=[])
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    if panel.percent:
        spec = "+.0%" if _signed(panel) else ".0%"
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, spec if value else ".0%")))


def add_dots(figure: go.Figure, at: dict[str, int], panel: Dots) -> None:
    """Draw a panel on the screen."""
    import plotly.graph_objects as go

    form = ("+" if _signed(panel) else "") + (".1%" if panel.percent else ".4g")
    for shown in (False, True):
        marks = [(-place, mark) for place, mark in enumerate(panel.marks) if mark.strong == shown]
        if not marks:
            continue
        ends = np.array([[mark.low, mark.high] for _, mark in marks])
        values = np.array([mark.value for _, mark in marks])
        reach = np.nan_to_num(np.abs(ends - values[:, None]), posinf=1e6)
        colour = _colour(marks[0][1])
        figure.add_trace(
            go.Scatter(
                x=[point for _, mark in marks for point in mark.points],
                y=[y for y, mark in marks for _ in mark.points],
                mode="markers", marker={"size": 5, "color": GREY, "opacity": 0.55}, showlegend=False,
                hovertemplate=f"%{{x:{form}}}<extra></extra>",
            ),
            **at,
        )  # fmt: skip
        figure.add_trace(
            go.Scatter(
                x=values, y=[y for y, _ in marks], mode="markers", showlegend=False,
                marker={"size": 10, "color": colour},
                error_x={
                    "symmetric": False, "array": reach[:, 1], "arrayminus": reach[:, 0], "color": colour,
                    "thickness": 2, "width": 0,
                },
                customdata=[mark.label for _, mark in marks],
                hovertemplate=f"%{{customdata}}: %{{x:{form}}}<extra></extra>",
            ),
            **at,
        )  # fmt: skip
    x, y = (axis.plotly_name.replace("axis", "") for axis in figure.get_subplot(**at))
    for place, mark in enumerate(panel.marks):
        figure.add_annotation(
            text=mark.label, xref=f"{x} domain", yref=y, x=0, y=-place, xanchor="left", yanchor="bottom", yshift=4,
            font={"size": 12}, showarrow=False,
        )  # fmt: skip
    if panel.reference is not None:
        figure.add_vline(panel.reference, line={"color": GREY, "width": 1, "dash": "dash"}, **at)
    figure.update_yaxes(range=[0.5 - len(panel.marks), 0.9], showticklabels=False, ticks="", showgrid=False, **at)
    figure.update_yaxes(zeroline=False, **at)
    figure.update_xaxes(title_text=panel.axis, range=_range(panel), **at)
    if panel.percent:
        figure.update_xaxes(tickformat="+.0%" if _signed(panel) else ".0%", **at)


def _range(panel: Dots) -> list[float]:
    """From the lowest to the highest that is drawn, cut where only an interval goes far."""
    near = [value for mark in panel.marks for value in (mark.value, *mark.points) if np.isfinite(value)]
    near += [] if panel.reference is None else [panel.reference]
    far = [end for mark in panel.marks for end in (mark.low, mark.high) if np.isfinite(end)]
    low, high = min(near, default=0.0), max(near, default=1.0)
    room = BEYOND * max(high - low, 0.02)
    least, most = min([*near, *far], default=low), max([*near, *far], default=high)
    margin = 0.04 * (high - low + 2 * room)
    return [max(least, low - room) - margin, min(most, high + room) + margin]


def _signed(panel: Dots) -> bool:
    """Whether values are changes, which have a sign."""
    return any(value < 0 for mark in panel.marks for value in (mark.value, *mark.points))


def _colour(mark: Mark) -> str:
    return BLUE if mark.strong else GREY
