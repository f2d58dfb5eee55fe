"""One wiring as a diagram: units where its order shows, edges with their direction and sign, drawn into any panel.

Filled units lie on a cycle, so that what they say comes back to them; open ones only feed or only follow. Larger units
have more edges. A ring around a unit is its edge to itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Int

from statescape.reservoir.measures import in_degrees, on_cycles, out_degrees
from statescape.views.reservoir.colours import NEGATIVE, POSITIVE
from statescape.views.reservoir.layout import places

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.axes import Axes

EDGES_DRAWN = 4000
ARROWS_UP_TO = 500  # edges; on more, arrows only blacken the picture
ARROW_AT = 0.62  # of the way
KEY = (
    "Blue weights are positive, orange ones negative; filled units lie on a cycle, open ones do not; larger "
    "ones have more edges, a ring is an edge to itself."
)
UNIT = "#6b7580"  # a grey that stands on both grounds


@dataclass(frozen=True, eq=False)
class Diagram:
    """What is drawn of one wiring.

    Attributes:
        title: of its panel.
        places: where each unit stands.
        edges: source and target of every edge between two units that is drawn, weakest first.
        weights: their weights.
        loops: weight of every unit's edge to itself.
        degrees: incoming and outgoing edges of each unit.
        cyclic: whether a unit lies on a cycle.
    """

    title: str
    places: Float[np.ndarray, "units 2"]
    edges: Int[np.ndarray, "edges 2"]
    weights: Float[np.ndarray, " edges"]
    loops: Float[np.ndarray, " units"]
    degrees: Int[np.ndarray, " units"]
    cyclic: Bool[np.ndarray, " units"]

    @classmethod
    def of(cls, title: str, W: Float[np.ndarray, "units units"]) -> Diagram:
        """The diagram of a matrix."""
        between = W - np.diag(np.diag(W))
        targets, sources = np.nonzero(between)
        weights = between[targets, sources]
        order = np.argsort(np.abs(weights), kind="stable")[-EDGES_DRAWN:]
        edges = np.column_stack([sources, targets])[order]
        return cls(
            title, places(W), edges, weights[order], np.diag(W).copy(), in_degrees(W) + out_degrees(W), on_cycles(W)
        )

    @property
    def segments(self) -> Float[np.ndarray, "edges 2 2"]:
        """Where each edge begins and ends."""
        return np.stack([self.places[self.edges[:, 0]], self.places[self.edges[:, 1]]], axis=1)

    @property
    def arrows(self) -> tuple[Float[np.ndarray, "edges 2"], Float[np.ndarray, "edges 2"]]:
        """Where each edge's arrow stands, and its direction of length 1."""
        start, end = self.segments[:, 0], self.segments[:, 1]
        along = end - start
        length = np.linalg.norm(along, axis=1, keepdims=True)
        return start + ARROW_AT * along, along / np.maximum(length, 1e-12)

    @property
    def with_arrows(self) -> bool:
        """Whether arrows are drawn."""
        return len(self.edges) <= ARROWS_UP_TO

    @property
    def strength(self) -> float:
        """How opaque edges are: many edges are drawn thinly."""
        return 0.25 + 0.65 * min(1.0, 200 / max(len(self.edges), 1))

    @property
    def reach(self) -> float:
        """Half the side of the square that holds it."""
        return 1.07 * max(float(np.abs(self.places).max()), 0.5)

    def sizes(self, small: float, large: float) -> Float[np.ndarray, " units"]:
        """Diameters of the units, by degree."""
        crowd = min(1.0, np.sqrt(60 / len(self.places)))
        return np.asarray((small + (large - small) * self.degrees / max(int(self.degrees.max()), 1)) * crowd)


def print_diagram(axes: Axes, diagram: Diagram, scale: float = 1.0) -> None:
    """Draw a diagram with matplotlib.

    Args:
        axes: the panel.
        diagram: what to draw.
        scale: of units and lines; 1 for a panel of about 2 inches.
    """
    from matplotlib.collections import LineCollection

    positions, directions = diagram.arrows
    for colour, chosen in ((POSITIVE, diagram.weights > 0), (NEGATIVE, diagram.weights < 0)):
        lines = LineCollection(
            list(diagram.segments[chosen]), colors=colour, linewidths=0.55 * scale, alpha=diagram.strength,
            rasterized=len(diagram.edges) > 2000,
        )  # fmt: skip
        axes.add_collection(lines)
        if diagram.with_arrows and chosen.any():
            axes.quiver(
                *positions[chosen].T, *directions[chosen].T, color=colour, angles="xy", pivot="mid", units="inches",
                scale_units="inches", scale=1 / (0.045 * scale), width=0.006, headwidth=7 * scale,
                headlength=7.5 * scale, headaxislength=7.5 * scale, minlength=0, alpha=diagram.strength, zorder=2,
            )  # fmt: skip
    sizes = diagram.sizes(1.6, 4.2) * scale
    x, y = diagram.places.T
    for chosen, inside in ((~diagram.cyclic, axes.get_facecolor()), (diagram.cyclic, UNIT)):
        axes.scatter(
            x[chosen], y[chosen], s=sizes[chosen] ** 2, facecolors=[inside], edgecolors=UNIT, linewidths=0.6 * scale,
            zorder=3,
        )  # fmt: skip
    for colour, chosen in ((POSITIVE, diagram.loops > 0), (NEGATIVE, diagram.loops < 0)):
        axes.scatter(
            x[chosen], y[chosen], s=(sizes[chosen] + 2.6 * scale) ** 2, facecolors="none", edgecolors=colour,
            linewidths=0.7 * scale, zorder=2,
        )  # fmt: skip
    axes.set_title(diagram.title)
    axes.set(xlim=(-diagram.reach, diagram.reach), ylim=(-diagram.reach, diagram.reach))
    axes.set_aspect("equal")
    axes.axis("off")


def add_diagram(figure: go.Figure, diagram: Diagram, at: dict[str, int], scale: float = 1.0) -> None:
    """Draw a diagram into a panel of a Plotly figure.

    Args:
        figure: made by `panels`.
        diagram: what to draw.
        at: row and column.
        scale: of units and lines; 1 for a panel of about 280 pixels.
    """
    import plotly.graph_objects as go

    from statescape.views.panels import short, square

    gap = np.full((len(diagram.edges), 1, 2), np.nan)
    lines = np.concatenate([diagram.segments, gap], axis=1)
    positions, directions = diagram.arrows
    angles = np.degrees(np.arctan2(directions[:, 0], directions[:, 1]))
    for colour, chosen in ((POSITIVE, diagram.weights > 0), (NEGATIVE, diagram.weights < 0)):
        points = lines[chosen].reshape(-1, 2)
        figure.add_trace(
            go.Scatter(
                x=short(points[:, 0]), y=short(points[:, 1]), mode="lines", line={"color": colour, "width": scale},
                opacity=diagram.strength, hoverinfo="skip", showlegend=False,
            ),
            **at,
        )  # fmt: skip
        if diagram.with_arrows:
            figure.add_trace(
                go.Scatter(
                    x=short(positions[chosen, 0]), y=short(positions[chosen, 1]), mode="markers", hoverinfo="skip",
                    marker={
                        "symbol": "triangle-up", "angle": short(angles[chosen]), "size": 6 * scale, "color": colour,
                        "opacity": diagram.strength,
                    },
                    showlegend=False,
                ),
                **at,
            )  # fmt: skip
    sizes = diagram.sizes(4.5, 10.0) * scale
    for colour, chosen in ((POSITIVE, diagram.loops > 0), (NEGATIVE, diagram.loops < 0)):
        figure.add_trace(
            go.Scatter(
                x=short(diagram.places[chosen, 0]), y=short(diagram.places[chosen, 1]), mode="markers",
                marker={"symbol": "circle-open", "size": short(sizes[chosen] + 6), "color": colour,
                        "line": {"width": 1.5}},
                hoverinfo="skip", showlegend=False,
            ),
            **at,
        )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=short(diagram.places[:, 0]), y=short(diagram.places[:, 1]), mode="markers",
            marker={
                "symbol": np.where(diagram.cyclic, "circle", "circle-open").tolist(), "size": short(sizes),
                "opacity": 1, "color": UNIT, "line": {"width": 1.5, "color": UNIT},
            },
            customdata=diagram.degrees,
            text=[f"unit {unit}{', on a cycle' if on else ''}" for unit, on in enumerate(diagram.cyclic)],
            hovertemplate="%{text}: %{customdata} edges<extra></extra>",
            showlegend=False,
        ),
        **at,
    )  # fmt: skip
    square(figure, at)
    ends = [-diagram.reach, diagram.reach]
    figure.update_xaxes(visible=False, range=ends, **at)
    figure.update_yaxes(visible=False, range=ends, **at)
