"""A path over the cloud of all tokens in two dimensions: the drawing that the plane and the normalisations share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from statescape.geometry import PCA
from statescape.views.labels import thinned
from statescape.views.language.tokens import Landmark
from statescape.views.raster import cloud_image
from statescape.views.text import plotly_text, printable
from statescape.views.theme import BLUE, GREY
from statescape.wording import number, phrase, say

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Cloud:
    """One panel: tokens, path and landmarks in the same two coordinates.

    Attributes:
        title: what was done to the points.
        axes: names of the two coordinates.
        tokens: every token.
        states: the path.
        landmarks: tokens that are marked, their place being that of their id.
        answering: tokens drawn apart, so that they answer to the pointer (on the sphere all of them do).
        points: what the cloud is made of, for the legend: a reservoir has no tokens.
    """

    title: str
    axes: tuple[str, str]
    tokens: Float[np.ndarray, "vocabulary 2"]
    states: Float[np.ndarray, "states 2"]
    landmarks: tuple[Landmark, ...]
    answering: tuple[int, ...] = ()
    points: str = phrase("tokens")

    @property
    def numbered(self) -> list[int]:
        """States whose number can be written without touching another's."""
        low, high = self.bounds
        size = float((high - low).max())
        return thinned(self.states, (0.05 * size, 0.06 * size))

    @property
    def legend(self) -> str:
        """How many points of what the cloud is made of."""
        return f"{number(len(self.tokens), ',')} {say(self.points)}"

    @cached_property
    def bounds(self) -> tuple[Float[np.ndarray, " 2"], Float[np.ndarray, " 2"]]:
        """Corners of the rectangle that holds everything, with a margin."""
        low = np.minimum(self.tokens.min(axis=0), self.states.min(axis=0))
        high = np.maximum(self.tokens.max(axis=0), self.states.max(axis=0))
        margin = 0.06 * float((high - low).max()) or 1.0
        return low - margin, high + margin

    @cached_property
    def image(self) -> str:
        """The tokens as a picture that fills `bounds`."""
        return cloud_image(self.tokens, *self.bounds, dot=0.006 if len(self.tokens) < 20_000 else 0.004)


def add_image(
    figure: go.Figure,
    image: str,
    bounds: tuple[Float[np.ndarray, " 2"], Float[np.ndarray, " 2"]],
    place: dict[str, int],
) -> None:
    """Lay the picture of a cloud under one panel, at one scale in both directions, and show all of it."""
    low, high = bounds
    x, y = (axis.plotly_name.replace("axis", "") for axis in figure.get_subplot(**place))
    figure.add_layout_image(
        source=image, xref=x, yref=y, x=low[0], y=high[1], sizex=high[0] - low[0], sizey=high[1] - low[1],
        sizing="stretch", layer="below",
    )  # fmt: skip
    # Grid lines would lie over the picture.
    figure.update_xaxes(range=[low[0], high[0]], showgrid=False, zeroline=False, **place)
    figure.update_yaxes(range=[low[1], high[1]], scaleanchor=x, showgrid=False, zeroline=False, **place)


def add_cloud(
    figure: go.Figure, cloud: Cloud, vocabulary: Sequence[str], numbers: Sequence[str], place: dict[str, int]
) -> None:
    """Draw `cloud` into one panel of a Plotly figure.

    Args:
        figure: the figure of the panel.
        cloud: what is drawn.
        vocabulary: every token as it reads; those of `cloud.answering` answer to the pointer.
        numbers: what hovering over each state says.
        place: row and column of the panel.
    """
    import plotly.graph_objects as go

    from statescape.views.panels import follow

    first = place["row"] == 1 and place["col"] == 1
    add_image(figure, cloud.image, cloud.bounds, place)
    answering = list(cloud.answering)
    figure.add_trace(
        go.Scatter(
            x=cloud.tokens[answering, 0] if answering else [None],
            y=cloud.tokens[answering, 1] if answering else [None],
            mode="markers",
            text=[plotly_text(vocabulary[index]) for index in answering],
            name=cloud.legend,
            marker={"size": 5, "color": GREY},
            hovertemplate="%{text}<extra></extra>",
            legendgroup="tokens",
            showlegend=first,
        ),
        **place,
    )
    follow(figure, place, "point", cloud.states)
    numbered = set(cloud.numbered)
    figure.add_trace(
        go.Scatter(
            x=cloud.states[:, 0],
            y=cloud.states[:, 1],
            mode="lines+markers+text",
            line={"color": BLUE, "width": 1.6},
            marker={"size": 7 if len(cloud.states) <= 25 else 5, "color": BLUE},
            text=[str(index) if index in numbered else "" for index in range(len(cloud.states))],
            textposition=_away_from_the_path(cloud.states),
            textfont={"size": 12},
            hovertext=numbers,
            hovertemplate="%{hovertext}<extra></extra>",
            name=say("states 0 to {last}", last=len(cloud.states) - 1),
            legendgroup="states",
            showlegend=first,
        ),
        **place,
    )
    for mark in reversed(cloud.landmarks):
        at = cloud.tokens[mark.token_id]
        figure.add_trace(
            go.Scatter(
                x=at[:1],
                y=at[1:],
                mode="markers",
                marker={"size": 11, "color": mark.colour, "symbol": "diamond", "line": {"width": 1, "color": "white"}},
                hovertemplate=plotly_text(mark.name, 60) + "<extra></extra>",
                name=plotly_text(mark.name, 60),
                legendgroup=mark.role,
                showlegend=first,
            ),
            **place,
        )
    figure.update_xaxes(title_text=cloud.axes[0], **place)
    figure.update_yaxes(title_text=cloud.axes[1], **place)


def print_cloud(axes: Axes, cloud: Cloud) -> None:
    """Draw `cloud` into matplotlib axes: points as pixels, text as text."""
    count = len(cloud.tokens)
    size = 8.0 if count < 5_000 else 3.0 if count < 20_000 else 1.2
    axes.scatter(
        cloud.tokens[:, 0], cloud.tokens[:, 1], s=size, color=GREY, alpha=0.4, linewidths=0,
        rasterized=True, label=cloud.legend,
    )  # fmt: skip
    axes.plot(*cloud.states.T, "-o", color=BLUE, markersize=3.5, linewidth=1.2, label=say("states"), zorder=3)
    for index in cloud.numbered:
        _number(axes, str(index), cloud.states, index)
    for mark in reversed(cloud.landmarks):
        axes.plot(
            *cloud.tokens[mark.token_id], "D", color=mark.colour, markersize=5.5, markeredgecolor="white",
            markeredgewidth=0.6, linestyle="none", label=printable(mark.name, 60), zorder=4,
        )  # fmt: skip
    axes.set(title=cloud.title, xlabel=cloud.axes[0], ylabel=cloud.axes[1])
    axes.set_aspect("equal", adjustable="datalim")


def component_names(pca: PCA) -> list[str]:
    """Names of the axes of a PCA, each with the share of the variance it carries."""
    return [f"PC{n} ({number(float(share), '.1%')})" for n, share in enumerate(pca.explained_variance_ratio, 1)]


def _number(axes: Axes, text: str, states: Float[np.ndarray, "states 2"], index: int) -> None:
    x, y = _outward(states)[index]
    horizontal = "left" if x > 0.4 else "right" if x < -0.4 else "center"
    vertical = "bottom" if y > 0.4 else "top" if y < -0.4 else "center"
    options: dict[str, Any] = {"ha": horizontal, "va": vertical, "fontsize": 7, "zorder": 5}
    axes.annotate(text, states[index], (4 * x, 4 * y), textcoords="offset points", **options)


def _away_from_the_path(states: Float[np.ndarray, "states 2"]) -> list[str]:
    words = []
    for x, y in _outward(states):
        vertical = "top" if y > 0.4 else "bottom" if y < -0.4 else "middle"
        horizontal = "right" if x > 0.4 else "left" if x < -0.4 else "center"
        words.append("top center" if (vertical, horizontal) == ("middle", "center") else f"{vertical} {horizontal}")
    return words


def _outward(states: Float[np.ndarray, "states 2"]) -> Float[np.ndarray, "states 2"]:
    """For every state the direction in which its neighbours on the path are not: there its number stands free."""
    before = np.vstack([states[:1], states[:-1]])
    after = np.vstack([states[1:], states[-1:]])
    away = _unit(states - before) + _unit(states - after)
    across = _unit(after - before)[:, ::-1] * [-1, 1]
    straight = np.linalg.norm(away, axis=1, keepdims=True) < 0.3
    return np.asarray(np.where(straight, across, _unit(away)))


def _unit(rows: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(norms > 0, norms, 1.0))


def print_pair(clouds: tuple[Cloud, Cloud]) -> Figure:
    """Two clouds side by side with one legend below, for paper."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 3.9), layout="constrained")
    for axes, cloud in zip(figure.subplots(1, 2), clouds, strict=True):
        print_cloud(axes, cloud)
    handles, names = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names), columnspacing=1.2, handlelength=1.2)
    return figure
