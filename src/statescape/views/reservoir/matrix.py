"""W as a matrix: as numbered, and in an order that brings connected units together.

The order is the spectral one (Atkins, Boman and Hendrickson, SIAM J. Comput. 28, 1998): units sorted by the Fiedler
vector of the graph without directions and weights. A line comes out in its order, a cycle as two thin bands along the
diagonal, modules gather along it, and what is random stays random.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.linalg
import scipy.sparse
from jaxtyping import Float, Int
from scipy.sparse.csgraph import connected_components

from statescape.reservoir import EchoStateNetwork
from statescape.views.reservoir.colours import NEGATIVE, POSITIVE, signed

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class MatrixPicture:
    """Two orders of one matrix.

    Attributes:
        W: the matrix that runs.
        order: the units in the order of the second panel.
        caption: what is drawn.
        name: of the files.
    """

    W: Float[np.ndarray, "units units"]
    order: Int[np.ndarray, " units"]
    caption: str
    name: str = "wiring-matrix"

    @classmethod
    def of(cls, network: EchoStateNetwork) -> MatrixPicture:
        """The picture of the matrix that runs."""
        W = network.topology.to_dense()
        order = bringing_together(W)
        edges = int(np.count_nonzero(W))
        ordered = W[np.ix_(order, order)]
        return cls(
            W,
            order,
            f"{edges:,} weights between {len(W)} units ({edges / W.size:.1%}), from column to row; largest magnitude "
            f"{np.abs(W).max():.3g}. Bandwidth {bandwidth(W)} as numbered, {bandwidth(ordered)} ordered.",
        )

    def _panels(self) -> tuple[tuple[str, Float[np.ndarray, "units units"], list[int]], ...]:
        as_numbered = list(range(len(self.W)))
        ordered = [int(unit) for unit in self.order]
        return (
            ("as numbered", self.W, as_numbered),
            ("neighbours together (spectral order)", self.W[np.ix_(self.order, self.order)], ordered),
        )

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.2, 3.6), layout="constrained")
        limit = float(np.abs(self.W).max()) or 1.0
        for axes, (title, W, _) in zip(figure.subplots(1, 2), self._panels(), strict=True):
            image = axes.imshow(W, cmap=signed(), vmin=-limit, vmax=limit, interpolation="nearest", rasterized=True)
            axes.set(title=title, xlabel="from unit" if axes is figure.axes[0] else "from (reordered)", ylabel="to")
            axes.grid(visible=False)
            for side in ("top", "right"):
                axes.spines[side].set_visible(True)
        figure.colorbar(image, ax=figure.axes, shrink=0.75, label="weight")
        return figure

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure."""
        import plotly.graph_objects as go

        from statescape.views.panels import panels, place, short

        limit = float(np.abs(self.W).max()) or 1.0
        shown = self._panels()
        figure = panels([title for title, _, _ in shown], columns=2, stacked=stacked, height=420, legend=False)
        for index, (_, W, units) in enumerate(shown):
            figure.add_trace(
                go.Heatmap(
                    z=short(W, 3),
                    customdata=[[f"{source} to {target}" for source in units] for target in units],
                    zmin=-limit,
                    zmax=limit,
                    colorscale=[[0, NEGATIVE], [0.5, "rgba(128,128,128,0)"], [1, POSITIVE]],
                    showscale=index == 0,
                    hovertemplate="unit %{customdata}: %{z:.3g}<extra></extra>",
                ),
                **place(index, 2, stacked),
            )
            figure.update_yaxes(autorange="reversed", title_text="to", **place(index, 2, stacked))
            figure.update_xaxes(title_text="from", **place(index, 2, stacked))
        return figure


def bringing_together(W: Float[np.ndarray, "units units"]) -> Int[np.ndarray, " units"]:
    """The units in spectral order; connected components one after the other, the largest first."""
    connected = (W != 0) | (W != 0).T
    _, component = connected_components(scipy.sparse.csr_array(connected), directed=False)
    order: list[Int[np.ndarray, " members"]] = []
    for label in np.argsort(-np.bincount(component), kind="stable"):
        members = np.flatnonzero(component == label)
        if len(members) > 2:
            graph = connected[np.ix_(members, members)].astype(np.float64)
            laplacian = np.diag(graph.sum(axis=1)) - graph
            fiedler = scipy.linalg.eigh(laplacian, subset_by_index=(1, 1))[1][:, 0]
            # The sign of an eigenvector is free; so fixed, one W has one order.
            members = members[np.argsort(fiedler * np.sign(fiedler[np.abs(fiedler).argmax()]), kind="stable")]
        order.append(members)
    return np.concatenate(order)


def bandwidth(W: Float[np.ndarray, "units units"]) -> int:
    """Largest distance of a weight from the diagonal."""
    rows, columns = np.nonzero(W)
    return int(np.abs(rows - columns).max(initial=0))
