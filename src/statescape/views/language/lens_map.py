"""What every state at every position decodes to: the text along one side, the blocks along the other.

A cell is coloured by the probability of what the state there decodes to first, and reads that token where there is
room; hovering shows the likeliest tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from statescape.analysis import PathReading
from statescape.errors import StatescapeError
from statescape.language import LensReadout
from statescape.views.labels import every
from statescape.views.text import plotly_text, printable
from statescape.views.theme import PROBABILITY_SCALE
from statescape.wording import phrase, say

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure

SHOWN = 5
MOST_POSITIONS = 256
MOST_WRITTEN = 16  # positions whose cells are wide enough to read a token
MOST_STATES_WRITTEN = 52
MISSING = phrase("This path was made from arrays: the lens over the whole text needs the trace it was read from.")


@dataclass(frozen=True, eq=False)
class LensMapPicture:
    """The lens at every state and position.

    Attributes:
        reading: the path's numbers.
        lens: what the states of the whole text decode to.
        first: the first position drawn: of long texts the end is shown.
    """

    reading: PathReading
    lens: LensReadout
    first: int
    name: str = "lens_map"

    @classmethod
    def of(cls, reading: PathReading) -> LensMapPicture:
        """Measure the picture of a path; asks its trace for the lens.

        Raises:
            StatescapeError: the path has no trace to ask.
        """
        if reading.path.origin is None:
            raise StatescapeError(say(MISSING))
        lens = reading.path.origin.lens(top=SHOWN)
        return cls(reading, lens, max(0, len(lens.tokens) - MOST_POSITIONS))

    @property
    def caption(self) -> str:
        """What is drawn, with its numbers."""
        states, positions = self.lens.rank.shape
        agree = (self.lens.top_ids[:-1, self.first :, 0] == self.lens.top_ids[-1, self.first :, 0]).mean()
        part = (
            say("the last {most} of {positions}", most=MOST_POSITIONS, positions=positions)
            if self.first
            else say("all {positions}", positions=positions)
        )
        return say(
            "Likeliest token of {states} states at {part} positions, coloured by its probability. Before the last "
            "block {agree:.0%} of the cells already read what the last state reads there. The path of this page is "
            "that of position {position}.",
            states=states,
            part=part,
            agree=agree,
            position=self.reading.path.position,
        )

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure."""
        import plotly.graph_objects as go

        from statescape.views.panels import follow, panels, short

        states, positions = self._probability.shape
        figure = panels([""], columns=1, stacked=stacked, height=max(260, min(24 * states, 760)), legend=False)
        words = {int(i): plotly_text(self.lens.vocabulary[i], 18) for i in np.unique(self._top)}
        written = positions <= (MOST_WRITTEN // 3 if stacked else MOST_WRITTEN) and states <= MOST_STATES_WRITTEN
        figure.add_trace(
            go.Heatmap(
                x=np.arange(self.first, self.first + positions), y=np.arange(states), z=short(self._probability, 3),
                zmin=0, zmax=1, colorscale=PROBABILITY_SCALE, xgap=1 if positions < 80 else 0, ygap=1,
                hovertext=self._hover(words), hovertemplate="%{hovertext}<extra></extra>",
                text=[[words[int(i)] for i in row] for row in self._top[:, :, 0]] if written else None,
                texttemplate="%{text}" if written else None, textfont={"size": 11 if states <= 30 else 9},
                colorbar={
                    "title": {"text": say("probability"), "side": "right", "font": {"size": 13}}, "thickness": 12,
                    "outlinewidth": 0,
                },
            ),
            row=1, col=1,
        )  # fmt: skip
        follow(figure, {"row": 1, "col": 1}, "row")
        ticks = every(positions, 8 if stacked else 24)
        figure.update_xaxes(
            title_text=say("token at the position"), tickvals=[self.first + i for i in ticks], tickangle=-50,
            ticktext=[plotly_text(self.lens.tokens[self.first + i], 14) for i in ticks], showgrid=False,
        )  # fmt: skip
        figure.update_yaxes(title_text=say("state"), tickvals=every(states, 13), showgrid=False)
        return figure

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        states, positions = self._probability.shape
        figure = Figure(figsize=(7.2, min(1.2 + 0.26 * states, 7.0)), layout="constrained")
        axes = figure.subplots()
        image = axes.imshow(
            self._probability, origin="lower", aspect="auto", cmap=PROBABILITY_SCALE.lower(), vmin=0, vmax=1,
            extent=(self.first - 0.5, self.first + positions - 0.5, -0.5, states - 0.5),
        )  # fmt: skip
        if positions <= MOST_WRITTEN and states <= MOST_STATES_WRITTEN:
            for state, position in np.ndindex(states, positions):
                light = self._probability[state, position] > 0.55
                axes.text(
                    self.first + position, state, printable(self.lens.vocabulary[self._top[state, position, 0]], 9),
                    ha="center", va="center", fontsize=5.5 if states <= 26 else 4.5, clip_on=True,
                    color="black" if light else "white",
                )  # fmt: skip
        ticks = every(positions, 24)
        axes.set_xticks(
            [self.first + i for i in ticks],
            [printable(self.lens.tokens[self.first + i], 14) for i in ticks],
            rotation=50,
            ha="right",
            rotation_mode="anchor",
        )
        axes.set_yticks(every(states, 13))
        axes.set(xlabel="token at the position", ylabel="state")
        axes.grid(visible=False)
        figure.colorbar(image, label="probability", shrink=0.8, pad=0.01)
        return figure

    @property
    def _top(self) -> np.ndarray:
        return np.asarray(self.lens.top_ids[:, self.first :, :SHOWN])

    @property
    def _probability(self) -> Float[np.ndarray, "states positions"]:
        return np.exp(self.lens.top_log_probabilities[:, self.first :, 0].astype(np.float64))

    def _hover(self, words: dict[int, str]) -> list[list[str]]:
        """What hovering over each cell says: where it is, and its likeliest tokens."""
        probabilities = np.exp(self.lens.top_log_probabilities[:, self.first :, :SHOWN])
        tokens = [plotly_text(token, 30) for token in self.lens.tokens[self.first :]]
        texts = []
        for state, (ids, chances) in enumerate(zip(self._top, probabilities, strict=True)):
            row = []
            for offset, (cell, chance) in enumerate(zip(ids, chances, strict=True)):
                lines = (f"{p:.3f}  {words[int(i)]}" for i, p in zip(cell, chance, strict=True))
                row.append(
                    f"state {state} after {tokens[offset]} (position {self.first + offset})<br>" + "<br>".join(lines)
                )
            texts.append(row)
        return texts
