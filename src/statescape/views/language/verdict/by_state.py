"""The corpus by state: cosines, energy, decoding, divergence and norm along the blocks, means of document means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from statescape.studies.verdict import ModelVerdict
from statescape.studies.verdict.result import RANDOM_WEIGHTS
from statescape.views.language.lines import Band, Line, Panel, add_panel, print_panel, shared_legend
from statescape.views.theme import BLUE, BROWN, GREY, INDIGO, ORANGE, RED
from statescape.wording import say

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class ByStatePicture:
    """Six panels over the states of one model; `number` tells the pictures of several models apart."""

    one: ModelVerdict
    number: int = 1

    @property
    def name(self) -> str:
        """Short name, of files and of the place on the page."""
        return f"by_state_{self.number}"

    @property
    def caption(self) -> str:
        """What is drawn, with its numbers."""
        summary = self.one.summary
        random = self.one.readings.get(RANDOM_WEIGHTS)
        drawn = say(
            "{model}: means over {documents:,} documents ({positions:,} positions, the first of each passage left "
            "out). Cosines are centred on the mean embedding, at positions whose predicted token is not the current "
            "one. Intervals are in the JSON.",
            model=self.one.facts.name,
            documents=summary.n_documents,
            positions=summary.n_positions,
        )
        if random is None:
            return drawn
        dotted = say("Dotted: the same with random weights, {documents:,} documents.", documents=random.n_documents)
        return f"{drawn} {dotted}"

    @property
    def panels(self) -> tuple[Panel, ...]:
        """The panels in reading order."""
        outside = self.one.summary.measures["outside.embeddings"].mean
        any_direction = self.one.summary.measures["outside.isotropic"].mean
        return (
            Panel(
                say("cosine with the embeddings"),
                (
                    *self._lines("cosine.predicted", say("predicted"), RED),
                    *self._lines("cosine.current", say("current"), ORANGE),
                ),
                unit=say("cosine"),
            ),
            Panel(
                say("energy outside the subspace"),
                self._lines("outside", say("states"), BLUE),
                (
                    Band(say("embeddings"), outside, outside, INDIGO),
                    Band(say("any direction"), any_direction, any_direction, GREY, "dash"),
                ),
                say("share"),
                limits=(0.0, 1.02),
            ),
            Panel(
                say("final token is first"),
                self._lines("first", say("states"), BLUE),
                unit=say("share"),
                limits=(0.0, 1.02),
            ),
            Panel(say("KL(final || lens)"), self._lines("kl_to_final", say("states"), BLUE), unit=say("nats")),
            Panel(say("entropy"), self._lines("entropy", say("states"), BLUE), unit=say("nats")),
            Panel(say("norm"), self._lines("norm", say("states"), BLUE), unit="", logarithmic=True),
        )

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure."""
        from statescape.views.panels import panels, place

        figure = panels([panel.title for panel in self.panels], columns=3, stacked=stacked, height=250)
        named: set[str] = set()
        for index, panel in enumerate(self.panels):
            add_panel(figure, panel, place(index, 3, stacked), named)
        figure.layout.meta = None  # there is no slider of one path on this page
        return figure

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.4, 4.6), layout="constrained")
        for axes, panel in zip(figure.subplots(2, 3).flat, self.panels, strict=True):
            print_panel(axes, panel)
        figure.legend(**shared_legend(figure.axes), loc="outside lower center", ncols=4)
        return figure

    def _lines(self, profile: str, name: str, colour: str) -> tuple[Line, ...]:
        lines = [Line(name, np.array(self.one.summary.profiles[profile].mean), colour)]
        random = self.one.readings.get(RANDOM_WEIGHTS)
        # A model that predicts what it reads everywhere has no way from one token to another.
        if random is not None and np.isfinite(random.profiles[profile].mean).all():
            colour = BROWN if colour == BLUE else colour
            lines.insert(
                0,
                Line(say("{name}, random weights", name=name), np.array(random.profiles[profile].mean), colour, "dot"),
            )
        return tuple(lines)
