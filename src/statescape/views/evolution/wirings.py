"""Several wirings drawn alike, as diagrams, as matrices and by eigenvalues: small multiples to compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Complex, Float, Int

from statescape.reservoir.measures import spectrum
from statescape.reservoir.radius import is_acyclic
from statescape.views.reservoir.colours import NEGATIVE, POSITIVE, signed
from statescape.views.reservoir.diagram import Diagram, add_diagram, print_diagram
from statescape.views.reservoir.matrix import bandwidth, bringing_together
from statescape.views.theme import BLUE, GREY, RED

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure

COLUMNS = 4
Named = Sequence[tuple[str, Float[np.ndarray, "units units"]]]


@dataclass(frozen=True, eq=False)
class DiagramsPicture:
    """Wirings as graphs.

    Attributes:
        diagrams: one for each.
        caption: what is drawn.
        name: of the files.
    """

    diagrams: tuple[Diagram, ...]
    caption: str
    name: str

    @classmethod
    def of(cls, wirings: Named, caption: str, name: str) -> DiagramsPicture:
        """The picture of some matrices with their titles."""
        return cls(tuple(Diagram.of(title, W) for title, W in wirings), caption, name)

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        columns = min(COLUMNS, len(self.diagrams))
        rows = -(-len(self.diagrams) // columns)
        figure = Figure(figsize=(1.85 * columns, 2.0 * rows), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, diagram in zip(grid, self.diagrams, strict=False):
            print_diagram(axes, diagram, 0.8)
        for axes in grid[len(self.diagrams) :]:
            axes.axis("off")
        return figure

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure; on a narrow screen two beside each other."""
        from statescape.views.panels import panels, place

        columns = _columns(len(self.diagrams), stacked)
        titles = [diagram.title for diagram in self.diagrams]
        height = 190 if stacked else 270
        if len(self.diagrams) == 1:
            height = 340 if stacked else 480
        figure = panels(titles, columns=columns, stacked=False, height=height, legend=False)
        for index, diagram in enumerate(self.diagrams):
            add_diagram(figure, diagram, place(index, columns, stacked=False), 0.8 if stacked else 1.0)
        return figure


@dataclass(frozen=True, eq=False)
class MatricesPicture:
    """Wirings as matrices, as numbered and with neighbours brought together.

    Attributes:
        titles: of the wirings.
        matrices: W of each, largest magnitude 1.
        orders: the units of each in spectral order.
        both: whether the numbered matrices are drawn above.
        caption: what is drawn.
        name: of the files.
    """

    titles: tuple[str, ...]
    matrices: tuple[Float[np.ndarray, "units units"], ...]
    orders: tuple[Int[np.ndarray, " units"], ...]
    both: bool
    caption: str
    name: str

    @classmethod
    def of(cls, wirings: Named, caption: str, name: str, *, both: bool = True) -> MatricesPicture:
        """The picture of some matrices with their titles; the caption goes on with how near their order brings them."""
        matrices = tuple(W / (np.abs(W).max() or 1.0) for _, W in wirings)
        orders = tuple(bringing_together(W) for W in matrices)
        bands = ", ".join(
            f"{title} {bandwidth(W)} and {bandwidth(W[np.ix_(order, order)])}"
            for (title, _), W, order in zip(wirings, matrices, orders, strict=True)
        )
        told = f"{caption} Largest distance of a weight from the diagonal, as numbered and ordered: {bands}."
        return cls(tuple(title for title, _ in wirings), matrices, orders, both, told if both else caption, name)

    @property
    def _pair(self) -> bool:
        """Whether one wiring stands beside itself."""
        return self.both and len(self.titles) == 1

    def _panels(self) -> list[tuple[str, Float[np.ndarray, "units units"], list[str]]]:
        numbered = [(title, W, np.arange(len(W))) for title, W in zip(self.titles, self.matrices, strict=True)]
        ordered = [
            ("ordered" if self.both else title, W[np.ix_(order, order)], order)
            for title, W, order in zip(self.titles, self.matrices, self.orders, strict=True)
        ]
        shown = [*numbered, *ordered] if self.both else ordered
        return [(title, W, [str(unit) for unit in units]) for title, W, units in shown]

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        shown = self._panels()
        columns = 2 if self._pair else min(COLUMNS, len(self.titles))
        rows = -(-len(shown) // columns)
        figure = Figure(figsize=(1.85 * columns, 2.0 * rows), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, (title, W, _) in zip(grid, shown, strict=False):
            axes.imshow(W, cmap=signed(), vmin=-1, vmax=1, interpolation="nearest", rasterized=True)
            axes.set(title=title, xticks=[], yticks=[])
            axes.grid(visible=False)
            for side in ("top", "right"):
                axes.spines[side].set_visible(True)
        for axes in grid[len(shown) :]:
            axes.axis("off")
        return figure

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure; on a narrow screen two beside each other."""
        import plotly.graph_objects as go

        from statescape.views.panels import panels, place, short, square

        shown = self._panels()
        # Wide and narrow share their traces, so these stay in one order; only their places differ.
        spots = list(range(len(shown)))
        if stacked and self.both:  # numbered and ordered of one wiring side by side
            spots = [*range(0, len(shown), 2), *range(1, len(shown), 2)]
        titles = [shown[spots.index(spot)][0] for spot in range(len(shown))]
        columns = 2 if self._pair else _columns(len(self.titles), stacked)
        height = 180 if stacked else 420 if self._pair else 270
        figure = panels(titles, columns=columns, stacked=False, height=height, legend=False)
        for spot, (title, W, units) in zip(spots, shown, strict=True):
            at = place(spot, columns, stacked=False)
            figure.add_trace(
                go.Heatmap(
                    z=short(W, 3), x=units, y=units, zmin=-1, zmax=1, showscale=False, name=title,
                    colorscale=[[0, NEGATIVE], [0.5, "rgba(128,128,128,0)"], [1, POSITIVE]],
                    hovertemplate="unit %{x} to %{y}: %{z:.3g}<extra></extra>",
                ),
                **at,
            )  # fmt: skip
            square(figure, at)
            figure.update_xaxes(type="category", showticklabels=False, ticks="", mirror=True, showline=True, **at)
            figure.update_yaxes(
                type="category", showticklabels=False, ticks="", autorange="reversed", mirror=True, showline=True, **at
            )
        figure.update_xaxes(showgrid=False)
        figure.update_yaxes(showgrid=False)
        return figure


@dataclass(frozen=True, eq=False)
class SpectraPicture:
    """Eigenvalues of wirings in the unit circle.

    Attributes:
        titles: of the wirings.
        eigenvalues: of each, at one spectral radius.
        caption: what is drawn.
        name: of the files.
    """

    titles: tuple[str, ...]
    eigenvalues: tuple[Complex[np.ndarray, " units"], ...]
    caption: str
    name: str = "spectra"

    @classmethod
    def of(cls, wirings: Named, sr: float, seed: int) -> SpectraPicture:
        """The picture of matrices as they run."""
        values, told = [], []
        for title, W in wirings:
            own = np.zeros(len(W), dtype=complex) if is_acyclic(W) else spectrum(W)
            values.append(own)
            sizes = np.abs(own)
            living = int((sizes > 1e-3 * max(sizes[0], 1e-12)).sum())
            told.append(f"{title} {living} ({np.median(sizes):.2f})")
        caption = (
            f"Eigenvalues of W in the unit circle, {len(wirings[0][1])} units, scaled as they run (sr {sr:g}; wirings "
            "without a cycle by their largest singular value). Eigenvalues above a thousandth of the largest, and "
            f"median magnitude: {', '.join(told)}. Seed {seed}."
        )
        return cls(tuple(title for title, _ in wirings), tuple(values), caption)

    def _reach(self) -> float:
        return 1.08 * max(1.0, *(float(np.abs(own).max()) for own in self.eigenvalues))

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure
        from matplotlib.patches import Circle

        figure = Figure(figsize=(1.85 * len(self.titles), 2.2), layout="constrained")
        for index, (axes, title, own) in enumerate(
            zip(figure.subplots(1, len(self.titles), squeeze=False)[0], self.titles, self.eigenvalues, strict=True)
        ):
            axes.add_patch(Circle((0, 0), 1.0, fill=False, edgecolor=GREY, linewidth=0.8))
            axes.scatter(own.real, own.imag, s=7, color=RED if not index else BLUE, alpha=0.75, linewidths=0, zorder=3)
            axes.set(title=title, xlim=(-self._reach(), self._reach()), ylim=(-self._reach(), self._reach()))
            axes.set_aspect("equal")
        return figure

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure; on a narrow screen two beside each other."""
        import plotly.graph_objects as go

        from statescape.views.panels import panels, place, short, square

        columns = _columns(len(self.titles), stacked)
        figure = panels(self.titles, columns=columns, stacked=False, height=180 if stacked else 280, legend=False)
        angle = np.linspace(0, 2 * np.pi, 121)
        for index, own in enumerate(self.eigenvalues):
            at = place(index, columns, stacked=False)
            figure.add_trace(
                go.Scatter(
                    x=short(np.cos(angle)), y=short(np.sin(angle)), mode="lines", line={"color": GREY, "width": 1.2},
                    hoverinfo="skip", showlegend=False,
                ),
                **at,
            )  # fmt: skip
            figure.add_trace(
                go.Scatter(
                    x=short(own.real), y=short(own.imag), mode="markers", showlegend=False,
                    marker={"size": 5, "color": RED if not index else BLUE, "opacity": 0.75},
                    customdata=short(np.abs(own)),
                    hovertemplate="%{x:.3f} + %{y:.3f} i<br>magnitude %{customdata:.3f}<extra></extra>",
                ),
                **at,
            )  # fmt: skip
            square(figure, at)
            figure.update_xaxes(range=[-self._reach(), self._reach()], dtick=1, **at)
            figure.update_yaxes(range=[-self._reach(), self._reach()], dtick=1, **at)
        return figure


def _columns(count: int, narrow: bool) -> int:
    return min(2 if narrow else COLUMNS, count)
