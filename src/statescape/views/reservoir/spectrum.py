"""The eigenvalues of W in the unit circle: how fast what went in fades, and in what rhythm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Complex

from statescape.reservoir import EchoStateNetwork
from statescape.reservoir.measures import spectrum
from statescape.reservoir.radius import is_acyclic
from statescape.views.theme import BLUE, GREY

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class SpectrumPicture:
    """Eigenvalues and the unit circle.

    Attributes:
        eigenvalues: of the matrix that runs, largest first.
        caption: what is drawn.
        name: of the files.
    """

    eigenvalues: Complex[np.ndarray, " units"]
    caption: str
    name: str = "spectrum"

    @classmethod
    def of(cls, network: EchoStateNetwork) -> SpectrumPicture:
        """The picture of the matrix that runs."""
        W = network.topology.to_dense()
        if is_acyclic(network.W):  # LAPACK's eigenvalues of nilpotent matrices scatter far around 0
            values = np.zeros(len(W), dtype=complex)
            caption = (
                f"All {len(W)} eigenvalues of W are 0: its graph has no cycle, so W is nilpotent and was scaled by its "
                f"largest singular value, {np.linalg.norm(W, 2):.4g}."
            )
        else:
            values = spectrum(W)
            caption = (
                f"{len(W)} eigenvalues of W in the unit circle; spectral radius {abs(values[0]):.4g}, median magnitude "
                f"{np.median(np.abs(values)):.3g}, largest singular value {np.linalg.norm(W, 2):.4g}."
            )
        return cls(values, caption)

    @property
    def reach(self) -> float:
        """Half the width of the drawing."""
        return 1.08 * max(1.0, float(np.abs(self.eigenvalues).max()))

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure
        from matplotlib.patches import Circle

        figure = Figure(figsize=(3.9, 3.9), layout="constrained")
        axes = figure.subplots()
        axes.add_patch(Circle((0, 0), 1.0, fill=False, edgecolor=GREY, linewidth=1.0))
        axes.scatter(self.eigenvalues.real, self.eigenvalues.imag, s=12, color=BLUE, alpha=0.75, linewidths=0, zorder=3)
        ends = (-self.reach, self.reach)
        axes.set(xlabel="real part", ylabel="imaginary part", xlim=ends, ylim=ends)
        axes.set_aspect("equal")
        return figure

    def interactive(self, *, stacked: bool = False) -> go.Figure:  # noqa: ARG002 - one panel
        """The Plotly figure."""
        import plotly.graph_objects as go

        from statescape.views.panels import panels, short

        figure = panels(["eigenvalues of W"], columns=1, stacked=True, height=440, legend=False)
        figure.add_shape(type="circle", x0=-1, x1=1, y0=-1, y1=1, line={"color": GREY, "width": 1.2})
        figure.add_trace(
            go.Scatter(
                x=short(self.eigenvalues.real),
                y=short(self.eigenvalues.imag),
                mode="markers",
                marker={"size": 6, "color": BLUE, "opacity": 0.75},
                customdata=np.abs(self.eigenvalues),
                hovertemplate="%{x:.4g} + %{y:.4g} i<br>magnitude %{customdata:.4g}<extra></extra>",
            )
        )
        figure.update_xaxes(range=[-self.reach, self.reach], title_text="real part")
        figure.update_yaxes(scaleanchor="x", title_text="imaginary part")
        return figure
