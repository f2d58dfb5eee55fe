"""Which class was taken for which: the confusion matrix of a classification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from statescape.reservoir.tasks import LabelledTrial
from statescape.studies.esn_trials import EsnTrials
from statescape.views.reservoir.colours import shades
from statescape.views.theme import BLUE

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class ClassesPicture:
    """How often each class was taken for each.

    Attributes:
        counts: series of the row's class that the network called the column's.
        caption: what is drawn.
        name: of the files.
    """

    counts: Int[np.ndarray, "classes classes"]
    caption: str
    name: str = "outputs"

    @classmethod
    def of(
        cls, result: EsnTrials, trial: LabelledTrial, outputs: Float[np.ndarray, "series classes"]
    ) -> ClassesPicture:
        """The picture of the first of some trials and what the network said there."""
        return cls.drawn(
            result.network.classes, trial, outputs, f"{result.task.name}, first trial of seed {result.seed}"
        )

    @classmethod
    def drawn(
        cls, classes: Sequence[int], trial: LabelledTrial, outputs: Float[np.ndarray, "series classes"], what: str
    ) -> ClassesPicture:
        """The picture of what a network with these classes said, `what` it was in words."""
        said = np.asarray(classes)[outputs.argmax(axis=1)]
        counts = np.zeros((trial.n_classes, trial.n_classes), dtype=np.int64)
        np.add.at(counts, (trial.test_labels, said), 1)
        wrong = int(counts.sum() - np.trace(counts))
        return cls(counts, f"{what}: {wrong} of {counts.sum()} test series wrong.")

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(4.2, 3.9), layout="constrained")
        axes = figure.subplots()
        axes.imshow(np.sqrt(self.counts), cmap=shades(BLUE))  # roots, so that single errors show
        for (row, column), count in np.ndenumerate(self.counts):
            if count:
                colour = "white" if count > 0.3 * self.counts.max() else "#1b1f24"
                axes.text(column, row, str(count), ha="center", va="center", fontsize=7, color=colour)
        ticks = range(len(self.counts))
        axes.set(xlabel="class the network says", ylabel="class", xticks=ticks, yticks=ticks)
        axes.grid(visible=False)
        return figure

    def interactive(self, *, stacked: bool = False) -> go.Figure:  # noqa: ARG002 - one panel
        """The Plotly figure."""
        import plotly.graph_objects as go

        from statescape.views.panels import panels

        figure = panels(["class (rows) and what the network says"], columns=1, stacked=True, height=420, legend=False)
        figure.add_trace(
            go.Heatmap(
                z=np.sqrt(self.counts),
                text=[[str(count) if count else "" for count in row] for row in self.counts.tolist()],
                texttemplate="%{text}",
                colorscale=[[0, "rgba(47,127,208,0)"], [1, BLUE]],
                showscale=False,
                hovertemplate="class %{y} called %{x}: %{text}<extra></extra>",
            )
        )
        figure.update_yaxes(autorange="reversed")
        return figure
