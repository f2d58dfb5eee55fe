"""W as a graph: its order unfolded, edges coloured by sign (`diagram.py`), with what can be counted in its caption."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from statescape.reservoir import EchoStateNetwork
from statescape.reservoir.measures import in_degrees, modularity, out_degrees, reciprocity
from statescape.views.reservoir.diagram import EDGES_DRAWN, KEY, Diagram, add_diagram, print_diagram
from statescape.views.reservoir.layout import UNFOLDED_UP_TO

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class GraphPicture:
    """Units in the plane and their edges.

    Attributes:
        diagram: what is drawn.
        caption: what is drawn, in words.
        name: of the files.
    """

    diagram: Diagram
    caption: str
    name: str = "wiring-graph"

    @classmethod
    def of(cls, network: EchoStateNetwork) -> GraphPicture:
        """The picture of the matrix that runs."""
        W = network.topology.to_dense()
        edges = int(np.count_nonzero(W))
        ins, outs = in_degrees(W), out_degrees(W)
        left_out = edges - int(np.count_nonzero(np.diag(W))) - EDGES_DRAWN
        caption = (
            f"{len(W)} units, {edges:,} edges"
            + (f" (the weakest {left_out:,} not drawn)" if left_out > 0 else "")
            + f"; incoming {ins.min()} to {ins.max()}, outgoing {outs.min()} to {outs.max()}; reciprocity "
            f"{reciprocity(W):.2f}"
            # Finding communities takes time that grows with the cube of the units.
             + (f", modularity {modularity(W):.2f}" if len(W) <= UNFOLDED_UP_TO else "") + f". {KEY}"
        )
        return cls(Diagram.of("", W), caption)

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(4.6, 4.6), layout="constrained")
        print_diagram(figure.subplots(), self.diagram, 1.6)
        return figure

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure."""
        from statescape.views.panels import panels, place

        figure = panels(["units and their edges"], columns=1, stacked=True, height=520, legend=False)
        add_diagram(figure, self.diagram, place(0, 1, stacked), 1.3)
        return figure
