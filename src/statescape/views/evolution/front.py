"""Error against number of edges: the candidates that nobody beats in both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from statescape.evolution import Evolution
from statescape.views.evolution.seals import own_name
from statescape.views.theme import BLUE, RED

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure


@runtime_checkable
class FrontPoint(Protocol):
    """What is drawn of a point of the front."""

    @property
    def edges(self) -> int:
        """Number of edges."""

    @property
    def score(self) -> float:
        """Mean score on fresh trials; lower is better."""

    @property
    def candidate(self) -> int:
        """Its number."""


def front_of(evolution: Evolution) -> tuple[FrontPoint, ...]:
    """The points of a run's front that have a place in a picture."""
    return drawn_points(evolution.front)


def drawn_points(points: Sequence[FrontPoint]) -> tuple[FrontPoint, ...]:
    """The points that have a place in the picture, fewest edges first: what diverged has none."""
    return tuple(sorted((one for one in points if np.isfinite(one.score)), key=lambda one: one.edges))


@dataclass(frozen=True, eq=False)
class FrontPicture:
    """The front.

    Attributes:
        points: fewest edges first.
        champion: number of the champion.
        score_name: what the scores are.
        caption: what is drawn.
        name: of the files.
    """

    points: tuple[FrontPoint, ...]
    champion: int
    score_name: str
    caption: str
    name: str = "front"

    @classmethod
    def of(cls, evolution: Evolution, points: tuple[FrontPoint, ...]) -> FrontPicture:
        """The picture of a front that has points."""
        best = min(points, key=lambda one: one.score)
        caption = (
            f"{len(points)} candidates that none beats in both error and edges, from {points[0].edges:,} edges "
            f"({evolution.task.score_name} {points[0].score:.4f}) to {best.edges:,} ({best.score:.4f}), scored once "
            "more on fresh trials that the search never read, the same for all, untuned. The champion is red where it "
            f"lies here. Searched at {evolution.settings.level}, seed {evolution.settings.seed}."
        )
        return cls(points, evolution.best.candidate.number, own_name(evolution), caption)

    def _colours(self) -> list[str]:
        return [RED if one.candidate == self.champion else BLUE for one in self.points]

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(4.6, 3.0), layout="constrained")
        axes = figure.subplots()
        edges, scores = [one.edges for one in self.points], [one.score for one in self.points]
        axes.step(edges, scores, where="post", color=BLUE, linewidth=0.9)
        axes.scatter(edges, scores, color=self._colours(), s=18, zorder=3)
        axes.set(xlabel="edges", ylabel=self.score_name)
        return figure

    def interactive(self, *, stacked: bool = False) -> go.Figure:  # noqa: ARG002 - one panel
        """The Plotly figure."""
        import plotly.graph_objects as go

        from statescape.views.panels import panels

        figure = panels([f"{self.score_name} against edges"], columns=1, stacked=True, height=340, legend=False)
        figure.add_trace(
            go.Scatter(
                x=[one.edges for one in self.points], y=[one.score for one in self.points], mode="lines+markers",
                line={"shape": "hv", "color": BLUE, "width": 1.2}, marker={"size": 9, "color": self._colours()},
                customdata=[one.candidate for one in self.points],
                hovertemplate="candidate %{customdata}: %{x} edges, %{y:.4f}<extra></extra>",
            )
        )  # fmt: skip
        figure.update_xaxes(title_text="edges")
        return figure
