"""What the states decode to: rank and probability of the prediction, how undecided, how far from the final answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from statescape.analysis import PathReading
from statescape.views.language.lines import Band, Line, Panel, add_panel, print_panel
from statescape.views.text import printable
from statescape.views.theme import BLUE, GREY, RED
from statescape.wording import say

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class LensPicture:
    """The logit lens along one path."""

    reading: PathReading
    name: str = "lens"

    @classmethod
    def of(cls, reading: PathReading) -> LensPicture:
        """Measure the picture of a path."""
        return cls(reading)

    @property
    def caption(self) -> str:
        """What is drawn, with its numbers."""
        reading, path = self.reading, self.reading.path
        return say(
            "Every state decoded by the model's own final norm and head (logit lens) over {n:,} tokens. ‘{token}’ ends "
            "with probability {probability:.3f} and stays first from state {first} of {blocks} on. Entropy and "
            "divergence in nats; undecided among all tokens would be {undecided:.2f}.",
            n=len(path.embeddings),
            token=printable(path.vocabulary[path.predicted_id]),
            probability=np.exp(reading.log_probability[-1]),
            first=reading.decodes_from,
            blocks=path.n_blocks,
            undecided=np.log(len(path.embeddings)),
        )

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure."""
        from statescape.views.panels import panels, place

        figure = panels([panel.title for panel in self.panels], columns=2, stacked=stacked, height=230, legend=False)
        for index, panel in enumerate(self.panels):
            add_panel(figure, panel, place(index, 2, stacked), set())
        figure.update_layout(showlegend=False)
        return figure

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.2, 4.4), layout="constrained")
        for axes, panel in zip(figure.subplots(2, 2).flat, self.panels, strict=True):
            print_panel(axes, panel)
        return figure

    @cached_property
    def panels(self) -> tuple[Panel, ...]:
        """Rank, probability, entropy, divergence."""
        reading = self.reading
        vocabulary = len(reading.path.embeddings)
        undecided = Band(say("undecided among all tokens"), float(np.log(vocabulary)), float(np.log(vocabulary)), GREY)
        return (
            Panel(
                say("1 + rank of the prediction (rank 0 is first)"),
                (Line(say("rank"), reading.ranks + 1.0, RED),),
                logarithmic=True,
                format=",.0f",
            ),
            Panel(
                say("its probability"),
                (Line(say("probability"), np.exp(reading.log_probability), RED),),
                logarithmic=True,
            ),
            Panel(say("entropy"), (Line(say("entropy"), reading.entropy, BLUE),), (undecided,), say("nats")),
            Panel(say("KL(final || lens)"), (Line(say("divergence"), reading.kl_to_final, BLUE),), (), say("nats")),
        )
