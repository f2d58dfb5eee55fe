"""W as a graph: its order unfolded (`layout.py`), edges coloured by sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from statescape.reservoir import EchoStateNetwork
from statescape.reservoir.measures import in_degrees, modularity, out_degrees, reciprocity
from statescape.views.reservoir.colours import NEGATIVE, POSITIVE
from statescape.views.reservoir.layout import UNFOLDED_UP_TO, places
from statescape.views.theme import LIGHT

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure

EDGES_DRAWN = 4000


@dataclass(frozen=True, eq=False)
class GraphPicture:
    """Units in the plane and their edges.

    Attributes:
        places: where each unit stands.
        edges: source and target of every edge that is drawn, weakest first.
        weights: their weights.
        degrees: incoming and outgoing edges of each unit.
        caption: what is drawn.
        name: of the files.
    """

    places: Float[np.ndarray, "units 2"]
    edges: Int[np.ndarray, "edges 2"]
    weights: Float[np.ndarray, " edges"]
    degrees: Int[np.ndarray, " units"]
    caption: str
    name: str = "wiring-graph"

    @classmethod
    def of(cls, network: EchoStateNetwork) -> GraphPicture:
        """The picture of the matrix that runs."""
        W = network.topology.to_dense()
        targets, sources = np.nonzero(W)
        weights = W[targets, sources]
        order = np.argsort(np.abs(weights), kind="stable")[-EDGES_DRAWN:]
        ins, outs = in_degrees(W), out_degrees(W)
        left_out = len(weights) - len(order)
        caption = (
            f"{len(W)} units, {len(weights):,} edges"
            + (f" (the weakest {left_out:,} not drawn)" if left_out else "")
            + f"; incoming {ins.min()} to {ins.max()}, outgoing {outs.min()} to {outs.max()}; reciprocity "
            f"{reciprocity(W):.2f}"
            # Finding communities takes time that grows with the cube of the units.
            + (f", modularity {modularity(W):.2f}" if len(W) <= UNFOLDED_UP_TO else "")
            + ". Blue weights are positive, orange ones negative."
        )
        return cls(places(W), np.column_stack([sources, targets])[order], weights[order], ins + outs, caption)

    def _segments(self) -> Float[np.ndarray, "edges 2 2"]:
        return np.stack([self.places[self.edges[:, 0]], self.places[self.edges[:, 1]]], axis=1)

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.collections import LineCollection
        from matplotlib.colors import to_rgba
        from matplotlib.figure import Figure

        figure = Figure(figsize=(4.6, 4.6), layout="constrained")
        axes = figure.subplots()
        strength = np.abs(self.weights) / (np.abs(self.weights).max(initial=0.0) or 1.0)
        crowded = min(1.0, 300 / max(len(self.edges), 1))
        colours = np.array([to_rgba(POSITIVE if weight > 0 else NEGATIVE) for weight in self.weights]).reshape(-1, 4)
        colours[:, 3] = (0.12 + 0.88 * crowded) * (0.25 + 0.75 * strength)
        lines = LineCollection(
            list(self._segments()), colors=colours, linewidths=0.4 + 0.9 * strength, rasterized=len(self.edges) > 2000
        )
        axes.add_collection(lines)
        size = (10 + 60 * self.degrees / max(int(self.degrees.max()), 1)) * min(1.0, 50 / len(self.places))
        axes.scatter(
            self.places[:, 0],
            self.places[:, 1],
            s=size,
            color=LIGHT.ink,
            edgecolors=LIGHT.paper,
            linewidths=0.7,
            zorder=3,
        )
        axes.set_aspect("equal")
        axes.margins(0.05)
        axes.axis("off")
        return figure

    def interactive(self, *, stacked: bool = False) -> go.Figure:  # noqa: ARG002 - one panel
        """The Plotly figure."""
        import plotly.graph_objects as go

        from statescape.views.panels import panels, short

        figure = panels(["units and their edges"], columns=1, stacked=True, height=520)
        gap = np.full((len(self.edges), 1, 2), np.nan)
        lines = np.concatenate([self._segments(), gap], axis=1)
        for name, colour, chosen in (
            ("positive", POSITIVE, self.weights > 0),
            ("negative", NEGATIVE, self.weights < 0),
        ):
            points = lines[chosen].reshape(-1, 2)
            figure.add_trace(
                go.Scattergl(
                    x=short(points[:, 0]), y=short(points[:, 1]), mode="lines", line={"color": colour, "width": 0.7},
                    opacity=0.15 + 0.6 * min(1.0, 300 / max(len(self.edges), 1)), hoverinfo="skip", name=name,
                )
            )  # fmt: skip
        figure.add_trace(
            go.Scattergl(
                x=short(self.places[:, 0]),
                y=short(self.places[:, 1]),
                mode="markers",
                marker={"size": 5 + 9 * self.degrees / max(int(self.degrees.max()), 1), "color": "#7d8590"},
                customdata=self.degrees,
                text=[str(unit) for unit in range(len(self.places))],
                hovertemplate="unit %{text}: %{customdata} edges<extra></extra>",
                name="units",
            )
        )
        figure.update_xaxes(visible=False)
        figure.update_yaxes(visible=False, scaleanchor="x")
        return figure
