"""What the network said against what it should have said: in time, and one against the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from statescape.reservoir.tasks import Trial
from statescape.studies.esn_trials import EsnTrials
from statescape.views.theme import BLUE, GREY, ORANGE

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure

SHOWN_STEPS = 200
SHOWN_OUTPUTS = 3
SHOWN_POINTS = 3000  # of the scatter; more lie on top of each other


@dataclass(frozen=True, eq=False)
class OutputsPicture:
    """Target and output of a test part.

    Attributes:
        targets: what the network should have said.
        outputs: what it said.
        caption: what is drawn.
        name: of the files.
    """

    targets: Float[np.ndarray, "steps outputs"]
    outputs: Float[np.ndarray, "steps outputs"]
    caption: str
    name: str = "outputs"

    @classmethod
    def of(cls, result: EsnTrials, trial: Trial, outputs: Float[np.ndarray, "steps outputs"]) -> OutputsPicture:
        """The picture of the first of some trials and what the network said there."""
        what = f"{result.task.name}, first trial of seed {result.seed}: {result.task.score_name} {result.scores[0]:.4g}"
        return cls.drawn(trial, outputs, what)

    @classmethod
    def drawn(cls, trial: Trial, outputs: Float[np.ndarray, "steps outputs"], scored: str) -> OutputsPicture:
        """The picture of what a network said on a trial, and of what it `scored` there, in words."""
        targets = trial.test_targets
        steps = min(SHOWN_STEPS, len(targets))
        lines = min(SHOWN_OUTPUTS, targets.shape[1])
        what = "values after free runs" if trial.free_run and not trial.whole_run else "scored steps"
        caption = f"{scored} over {len(targets):,} {what}; the first {steps} on the left" + (
            f", {lines} of {targets.shape[1]} outputs." if lines < targets.shape[1] else "."
        )
        return cls(targets[:, :lines], outputs[:, :lines], caption)

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        lines = self.targets.shape[1]
        figure = Figure(figsize=(7.2, 1.2 + 1.5 * lines), layout="constrained")
        grid = figure.add_gridspec(lines, 2, width_ratios=[2.6, 1])
        for line in range(lines):
            axes = figure.add_subplot(grid[line, 0])
            axes.plot(self.targets[:SHOWN_STEPS, line], color=GREY, linewidth=2.4, label="target")
            axes.plot(self.outputs[:SHOWN_STEPS, line], color=BLUE, linewidth=1.0, label="output")
            axes.set(ylabel="value" if lines == 1 else f"output {line + 1}")
            axes.margins(x=0)
            if line == 0:
                axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, borderaxespad=0.2)
            if line == lines - 1:
                axes.set_xlabel("step of the test")
            beside = figure.add_subplot(grid[line, 1])
            every = slice(None, None, max(1, len(self.targets) // SHOWN_POINTS))
            low, high = float(self.targets[:, line].min()), float(self.targets[:, line].max())
            beside.axline((low, low), (high, high), color=ORANGE, linewidth=0.8, zorder=3)
            beside.scatter(
                self.targets[every, line], self.outputs[every, line], s=4, color=BLUE, alpha=0.35, linewidths=0,
                rasterized=True,
            )  # fmt: skip
            beside.set(ylabel="output")
            if line == lines - 1:
                beside.set_xlabel("target")
        return figure

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure."""
        import plotly.graph_objects as go

        from statescape.views.panels import panels, place, short

        lines = self.targets.shape[1]
        titles = ["in time", "output against target"] + [""] * (2 * lines - 2)
        figure = panels(titles, columns=2, stacked=stacked, height=300)
        for line in range(lines):
            spot = place(2 * line, 2, stacked)
            for name, values, colour, width in (
                ("target", self.targets, GREY, 3.0),
                ("output", self.outputs, BLUE, 1.5),
            ):
                trace = go.Scatter(
                    y=short(values[:SHOWN_STEPS, line]),
                    mode="lines",
                    line={"color": colour, "width": width},
                    name=name,
                    legendgroup=name,
                    showlegend=line == 0,
                )
                figure.add_trace(trace, **spot)
            figure.update_xaxes(title_text="step of the test", **spot)
            spot = place(2 * line + 1, 2, stacked)
            every = slice(None, None, max(1, len(self.targets) // SHOWN_POINTS))
            figure.add_trace(
                go.Scattergl(
                    x=short(self.targets[every, line]),
                    y=short(self.outputs[every, line]),
                    mode="markers",
                    marker={"size": 4, "color": BLUE, "opacity": 0.4},
                    showlegend=False,
                ),
                **spot,
            )
            figure.update_xaxes(title_text="target", **spot)
            figure.update_yaxes(title_text="output", **spot)
        return figure
