"""Numbers by block: small panels of lines over the states, with the bands that chance would give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from statescape.views.labels import every
from statescape.views.text import plotly_text, printable
from statescape.views.theme import GREY
from statescape.wording import phrase, say

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.axes import Axes

DASHES = {"solid": "-", "dash": "--", "dot": ":"}


@dataclass(frozen=True, eq=False)
class Line:
    """One series over the states.

    Attributes:
        name: what the legend says; text of a vocabulary may be in it.
        values: one for each state.
        colour: its colour.
        dash: "solid", "dash" or "dot".
    """

    name: str
    values: Float[np.ndarray, " states"]
    colour: str
    dash: str = "solid"


@dataclass(frozen=True)
class Band:
    """What chance gives, over all states alike.

    Attributes:
        name: what the legend says.
        low: its lower end.
        high: its upper end; equal to low: a line.
        colour: its colour.
        dash: dash of its edge.
    """

    name: str
    low: float
    high: float
    colour: str = GREY
    dash: str = "dot"


@dataclass(frozen=True, eq=False)
class Panel:
    """Lines and bands in one frame; values on a logarithmic scale where `logarithmic`."""

    title: str
    lines: tuple[Line, ...]
    bands: tuple[Band, ...] = ()
    unit: str = ""
    logarithmic: bool = False
    limits: tuple[float, float] | None = None
    x_title: str = phrase("state")
    first: int = 0
    format: str = ".3g"
    most_ticks: int = 13


def add_panel(figure: go.Figure, panel: Panel, place: dict[str, int], named: set[str]) -> None:
    """Draw `panel` into a Plotly figure; names in `named` are in the legend already."""
    import plotly.graph_objects as go

    from statescape.views.panels import follow

    if panel.x_title == "state":
        follow(figure, place, "column")
    count = max((len(line.values) for line in panel.lines), default=1)
    ends = [panel.first - 0.4, panel.first + count - 0.6]
    for band in panel.bands:
        area = band.high > band.low
        shape: dict[str, Any] = {"color": band.colour, "width": 0 if area else 1.2, "dash": band.dash}
        outline = [*ends, *ends[::-1]], [band.low, band.low, band.high, band.high]
        x, y = outline if area else (ends, [band.low, band.low])
        figure.add_trace(
            go.Scatter(
                x=x, y=y, mode="lines", line=shape, fill="toself" if area else None,
                fillcolor=_faint(band.colour), name=plotly_text(band.name, 80), legendgroup=band.name,
                showlegend=band.name not in named, hoverinfo="skip",
            ),
            **place,
        )  # fmt: skip
        named.add(band.name)
    for line in panel.lines:
        figure.add_trace(
            go.Scatter(
                x=np.arange(panel.first, panel.first + len(line.values)),
                y=line.values,
                mode="lines+markers",
                line={"color": line.colour, "dash": line.dash, "width": 1.8},
                marker={"size": 6 if count <= 25 else 4},
                name=plotly_text(line.name, 80),
                legendgroup=line.name,
                showlegend=line.name not in named,
                hovertemplate=f"{say(panel.x_title)} %{{x}}: %{{y:{panel.format}}}<extra>%{{fullData.name}}</extra>",
            ),
            **place,
        )
        named.add(line.name)
    figure.update_xaxes(
        title_text=say(panel.x_title),
        tickvals=[panel.first + i for i in every(count, panel.most_ticks)],
        range=ends,
        **place,
    )
    figure.update_yaxes(title_text=panel.unit or None, type="log" if panel.logarithmic else "linear", **place)
    if panel.logarithmic:
        figure.update_yaxes(dtick=_decades(panel), tickformat="~g", **place)
    elif panel.limits:
        figure.update_yaxes(range=panel.limits, **place)


def print_panel(axes: Axes, panel: Panel) -> None:
    """Draw `panel` into matplotlib axes."""
    count = max((len(line.values) for line in panel.lines), default=1)
    for band in panel.bands:
        style = DASHES[band.dash]
        if band.high > band.low:
            axes.axhspan(
                band.low, band.high, color=band.colour, alpha=0.18, linewidth=0, label=printable(band.name, 80)
            )
        else:
            axes.axhline(band.low, color=band.colour, linestyle=style, linewidth=1, label=printable(band.name, 80))
    for line in panel.lines:
        axes.plot(
            np.arange(panel.first, panel.first + len(line.values)), line.values, DASHES[line.dash], marker="o",
            color=line.colour, label=printable(line.name, 80), markersize=3.5 if count <= 25 else 2,
        )  # fmt: skip
    axes.set(title=panel.title, xlabel=say(panel.x_title), ylabel=panel.unit)
    axes.set_xlim(panel.first - 0.4, panel.first + count - 0.6)
    axes.set_xticks([panel.first + i for i in every(count, panel.most_ticks)])
    if panel.logarithmic:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    elif panel.limits:
        axes.set_ylim(*panel.limits)


def shared_legend(axes: Sequence[Axes]) -> dict[str, Any]:
    """Handles and labels of all panels, each name once, for one legend of the figure."""
    found: dict[str, Any] = {}
    for each in axes:
        for handle, name in zip(*each.get_legend_handles_labels(), strict=True):
            found.setdefault(name, handle)
    return {"handles": list(found.values()), "labels": list(found)}


def _decades(panel: Panel) -> int:
    values = np.concatenate([line.values for line in panel.lines])
    values = values[np.isfinite(values) & (values > 0)]
    span = float(np.ptp(np.log10(values))) if len(values) else 1.0
    return max(1, round(span / 5))


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.16)"
