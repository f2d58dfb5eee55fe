"""A path over the cloud of all tokens in two dimensions: the drawing that the plane and the normalisations share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from statescape.views.labels import thinned
from statescape.views.language.tokens import Landmark
from statescape.views.text import plotly_text, printable
from statescape.views.theme import BLUE, GREY

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class Cloud:
    """One panel: tokens, path and landmarks in the same two coordinates.

    Attributes:
        title: what was done to the points.
        axes: names of the two coordinates.
        tokens: every token.
        states: the path.
        landmarks: tokens that are marked, their place being that of their id.
    """

    title: str
    axes: tuple[str, str]
    tokens: Float[np.ndarray, "vocabulary 2"]
    states: Float[np.ndarray, "states 2"]
    landmarks: tuple[Landmark, ...]

    @property
    def numbered(self) -> list[int]:
        """States whose number can be written without touching another's."""
        everything = np.vstack([self.tokens, self.states])
        size = float(np.ptp(everything, axis=0).max()) or 1.0
        return thinned(self.states, (0.05 * size, 0.06 * size))


def add_cloud(
    figure: go.Figure, cloud: Cloud, vocabulary: Sequence[str], numbers: Sequence[str], place: dict[str, int]
) -> None:
    """Draw `cloud` into one panel of a Plotly figure; `vocabulary` and `numbers` are what hovering shows."""
    import plotly.graph_objects as go

    from statescape.views.panels import short

    first = place["row"] == 1 and place["col"] == 1
    figure.add_trace(
        go.Scattergl(
            x=short(cloud.tokens[:, 0]),
            y=short(cloud.tokens[:, 1]),
            mode="markers",
            marker={"size": 3.5, "color": GREY, "opacity": 0.4 if len(cloud.tokens) < 20_000 else 0.22},
            text=vocabulary,
            hovertemplate="%{text}<extra></extra>",
            name="tokens",
            legendgroup="tokens",
            showlegend=first,
        ),
        **place,
    )
    # Plotly lays its canvas over its SVG: what must lie on the cloud is drawn into the canvas as well.
    figure.add_trace(
        go.Scattergl(
            x=cloud.states[:, 0],
            y=cloud.states[:, 1],
            mode="lines+markers",
            line={"color": BLUE, "width": 1.6},
            marker={"size": 7, "color": BLUE},
            hovertext=numbers,
            hovertemplate="%{hovertext}<extra></extra>",
            name="states 0 to " + str(len(cloud.states) - 1),
            legendgroup="states",
            showlegend=first,
        ),
        **place,
    )
    labelled = cloud.numbered
    directions = _away_from_the_path(cloud.states)
    figure.add_trace(
        go.Scatter(
            x=cloud.states[labelled, 0],
            y=cloud.states[labelled, 1],
            mode="text",
            text=[str(index) for index in labelled],
            textposition=[directions[index] for index in labelled],
            textfont={"size": 12},
            hoverinfo="skip",
            legendgroup="states",
            showlegend=False,
            cliponaxis=False,
        ),
        **place,
    )
    for mark in reversed(cloud.landmarks):
        at = cloud.tokens[mark.token_id]
        figure.add_trace(
            go.Scattergl(
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
    axes.scatter(
        cloud.tokens[:, 0], cloud.tokens[:, 1], s=3 if count < 20_000 else 1.2, color=GREY, alpha=0.4, linewidths=0,
        rasterized=True, label=f"{count:,} tokens",
    )  # fmt: skip
    axes.plot(*cloud.states.T, "-o", color=BLUE, markersize=3.5, linewidth=1.2, label="states", zorder=3)
    for index in cloud.numbered:
        _number(axes, str(index), cloud.states, index)
    for mark in reversed(cloud.landmarks):
        axes.plot(
            *cloud.tokens[mark.token_id], "D", color=mark.colour, markersize=5.5, markeredgecolor="white",
            markeredgewidth=0.6, linestyle="none", label=printable(mark.name, 60), zorder=4,
        )  # fmt: skip
    axes.set(title=cloud.title, xlabel=cloud.axes[0], ylabel=cloud.axes[1])
    axes.set_aspect("equal", adjustable="datalim")


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
