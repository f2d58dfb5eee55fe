"""Panels side by side on a wide screen, below each other on a narrow one: the frame of every interactive figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots

from statescape.views.offline import LAYOUT, OfflineFigure
from statescape.views.theme import plotly_template


def panels(
    titles: Sequence[str],
    *,
    columns: int,
    stacked: bool,
    height: int,
    shared_x: bool = False,
    legend: bool = True,
) -> go.Figure:
    """An empty figure of one panel for each title, `columns` beside each other or all stacked.

    Args:
        titles: titles of the panels, row by row.
        columns: panels beside each other on a wide screen.
        stacked: all panels below each other instead.
        height: height of one row in pixels.
        shared_x: panels of a column zoom together and only the lowest shows its ticks.
        legend: whether room is kept for a legend above.
    """
    columns = 1 if stacked else columns
    rows = -(-len(titles) // columns)
    top = 76 if legend else 44
    whole = rows * height + top + 50
    inner = whole - top - 50
    figure = make_subplots(
        figure=OfflineFigure(),
        rows=rows,
        cols=columns,
        subplot_titles=list(titles),
        horizontal_spacing=0.09 if columns == 2 else 0.06,
        vertical_spacing=(30 if shared_x else 76) / inner if rows > 1 else 0,
        shared_xaxes="columns" if shared_x else False,
    )
    figure.update_layout(
        template=plotly_template(),
        **LAYOUT,
        height=whole,
        margin={"t": top, "b": 50},
        legend={"y": 1 + 34 / inner, "yanchor": "bottom"},
    )
    for note in figure.layout.annotations:
        note.update(xanchor="left", x=_left_of(figure, note.x), font={"size": 14}, yshift=4)
    return figure


def place(index: int, columns: int, stacked: bool) -> dict[str, int]:
    """Row and column of a panel, as Plotly's ``add_trace`` takes them."""
    columns = 1 if stacked else columns
    return {"row": index // columns + 1, "col": index % columns + 1}


def square(figure: go.Figure, at: dict[str, int]) -> None:
    """Let a panel have one scale in both directions and keep to its room."""
    x = figure.get_subplot(**at).xaxis.plotly_name.replace("axis", "")
    figure.update_xaxes(constrain="domain", **at)
    figure.update_yaxes(constrain="domain", scaleanchor=x, scaleratio=1, **at)


def follow(
    figure: go.Figure, at: dict[str, int], kind: str, points: Float[np.ndarray, "states 2"] | None = None
) -> None:
    """Note in the figure where a panel shows a state, so that the page can mark the state its slider stands at.

    Args:
        figure: the figure of the panel.
        at: row and column of the panel.
        kind: "column" where states are places on the x axis, "row" on the y axis, "point" in a plane.
        points: where each state is in the plane.
    """
    x, y = (axis.plotly_name.replace("axis", "") for axis in figure.get_subplot(**at))
    mark = {"x": x, "y": y, "kind": kind, "points": None if points is None else np.round(points, 5).tolist()}
    figure.layout.meta = {"states": [*(figure.layout.meta or {"states": []})["states"], mark]}


def short(values: Float[np.ndarray, "*n"], digits: int = 4) -> Float[np.ndarray, "*n"]:
    """`values` in float32 with about `digits` significant digits: pages keep what a screen can show."""
    bits = np.asarray(values, dtype=np.float32).copy().view(np.uint32)
    keep = 23 - min(int(np.ceil(digits * 3.33)), 23)
    # Cutting the lowest bits of the mantissa leaves zeros, which compress to nothing.
    bits &= np.uint32((0xFFFFFFFF >> keep) << keep)
    return bits.view(np.float32)


def _left_of(figure: go.Figure, centre: float) -> float:
    """Left edge of the panel whose title Plotly has centred at `centre`."""
    domains = [axis.domain for axis in figure.select_xaxes()]
    return float(min((d[0] for d in domains if d[0] <= centre <= d[1]), key=lambda left: abs(left - centre)))
