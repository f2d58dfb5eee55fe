"""How different the survivors were from each other, and how many edges the best of them had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from statescape.analysis.evolution_search import Curve
from statescape.evolution import Evolution
from statescape.views.evolution.search import POINTS
from statescape.views.theme import BLUE

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class DiversityPicture:
    """Diversity and edges by generation.

    Attributes:
        curve: the numbers.
        caption: what is drawn.
        name: of the files.
    """

    curve: Curve
    caption: str
    name: str = "diversity"

    @classmethod
    def of(cls, evolution: Evolution, curve: Curve) -> DiversityPicture:
        """The picture of a run."""
        first, last = (f"{100 * curve.unshared[end]:.0f}%" for end in (0, -1))
        return cls(
            curve,
            f"Left: share of edges (with their signs) that two of {len(evolution.found.survivors)} survivors do not "
            f"share, mean over all pairs, {first} at first and {last} at the end of {len(curve.best):,} generations; "
            f"{curve.diversity[-1]:.0%} of the last survivors' genomes differ. Right: edges of the best survivor, "
            f"{curve.edges[0]:,} at first and {curve.edges[-1]:,} at the end, of {evolution.settings.units**2:,} "
            f"possible. Seed {evolution.settings.seed}.",
        )

    def _panels(self) -> tuple[tuple[str, np.ndarray, np.ndarray, str], ...]:
        """Title, generations, values and what hovering says."""
        curve, every = self.curve, self._every()
        generations = np.arange(len(curve.edges))[every]
        return (
            (
                "edges two survivors do not share (%)",
                curve.sampled,
                100 * curve.unshared,
                "%{y:.0f}% of edges not shared",
            ),
            ("edges of the best survivor", generations, curve.edges.astype(np.float64)[every], "%{y:.0f} edges"),
        )

    def _every(self) -> slice:
        return slice(None, None, max(1, -(-len(self.curve.best) // POINTS)))

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.2, 2.1), layout="constrained")
        for axes, (title, at, values, _) in zip(figure.subplots(1, 2), self._panels(), strict=True):
            axes.step(at, values, where="post", color=BLUE, linewidth=1.1)
            axes.set(title=title, xlabel="generation", ylim=(0, 1.08 * max(values.max(), 1.0)))
        return figure

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure."""
        import plotly.graph_objects as go

        from statescape.views.panels import panels, place, short

        shown = self._panels()
        figure = panels([title for title, *_ in shown], columns=2, stacked=stacked, height=240, legend=False)
        for index, (_, generations, values, hover) in enumerate(shown):
            figure.add_trace(
                go.Scatter(
                    x=generations, y=short(values), mode="lines", showlegend=False,
                    line={"color": BLUE, "width": 1.5, "shape": "hv"},
                    hovertemplate=f"generation %{{x}}: {hover}<extra></extra>",
                ),
                **place(index, 2, stacked),
            )  # fmt: skip
        figure.update_yaxes(rangemode="tozero")
        figure.update_xaxes(title_text="generation")
        return figure
