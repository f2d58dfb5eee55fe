"""Which embedding do the states point along, and is it more than choosing the best token gives by itself?

Cosine of every state with the predicted, the current and the second-best token and the mean embedding: raw, centred and
without rogue dimensions, for s_l and for final_norm(s_l), beside the nulls.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from statescape.analysis import PathReading, read_path
from statescape.analysis.path import TARGETS, VARIANTS, Variant
from statescape.views.language.lines import Band, Line, Panel, add_panel, print_panel, shared_legend
from statescape.views.language.tokens import landmarks
from statescape.views.theme import BROWN, INDIGO
from statescape.wording import phrase, say

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure

WORDS: dict[Variant, str] = {
    "raw": phrase("raw"),
    "centred": phrase("centred"),
    "without_rogue": phrase("without rogue"),
}
RANDOM_WEIGHTS_SEED = 1


@dataclass(frozen=True, eq=False)
class CosinesPicture:
    """Cosines of a path beside what chance gives.

    Attributes:
        reading: the path's numbers.
        random: the same of the same model with random weights; None where the path has no model that can be drawn anew.
    """

    reading: PathReading
    random: PathReading | None
    name: str = "cosines"

    @classmethod
    def of(cls, reading: PathReading) -> CosinesPicture:
        """Measure the picture of a path; runs the model once more with random weights where there is one."""
        origin = reading.path.origin
        drawn = None if origin is None else origin.with_random_weights(RANDOM_WEIGHTS_SEED)
        if drawn is None:
            return cls(reading, None)
        return cls(reading, read_path(drawn.path(reading.path.position), seed=reading.seed))

    @property
    def caption(self) -> str:
        """What is drawn, with its numbers."""
        best = self.reading.best_of_isotropic["raw"]
        row = self.reading.random_token["raw"]
        rogue = ", ".join(map(str, self.reading.path.rogue_dimensions))
        nulls = say(
            "Nulls (95% bands): the best of {n:,} tokens for an isotropic random direction, raw {best_low:.2f} to "
            "{best_high:.2f} ({draws} draws, seed {seed}); a token chosen at random against the last state, raw "
            "{low:.2f} to {high:.2f} (all tokens).",
            n=len(self.reading.path.embeddings),
            best_low=best.low,
            best_high=best.high,
            draws=best.draws,
            seed=best.seed,
            low=row.low,
            high=row.high,
        )
        frequency = say("No corpus belongs to one text, so the null of a token of like frequency is left out.")
        outliers = (
            say("Rogue dimensions left out: {rogue}.", rogue=rogue)
            if rogue
            else say("No rogue dimensions: the two outer columns agree.")
        )
        return f"{nulls} {self._of_random_weights} {frequency} {outliers}"

    @property
    def _of_random_weights(self) -> str:
        if self.random is None and self.reading.path.origin is not None:
            return say("This model cannot be drawn anew: the null of random weights is left out.")
        if self.random is None:
            return say("This path was made from arrays: the null of random weights needs its model.")
        return say(
            "The same model with random weights (seed {seed}) reaches {cosine:.2f} raw with the token it predicts.",
            seed=RANDOM_WEIGHTS_SEED,
            cosine=self.random.cosine()[-1],
        )

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure."""
        from statescape.views.panels import panels, place

        figure = panels([panel.title for panel in self.panels], columns=3, stacked=stacked, height=270)
        named: set[str] = set()
        for index, panel in enumerate(self.panels):
            add_panel(figure, panel, place(index, 3, stacked), named)
        return figure

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.2, 5.0), layout="constrained")
        for axes, panel in zip(figure.subplots(2, 3, sharey="row").flat, self.panels, strict=True):
            print_panel(axes, panel)
        figure.legend(**shared_legend(figure.axes), loc="outside lower center", ncols=3)
        return figure

    @cached_property
    def panels(self) -> tuple[Panel, ...]:
        """Two rows, s_l and final_norm(s_l), of three columns, raw, centred and without rogue dimensions."""
        panels = [self._panel(variant, normed) for normed in (False, True) for variant in VARIANTS]
        drawn = [line.values for panel in panels for line in panel.lines]
        ends = [end for panel in panels for band in panel.bands for end in (band.low, band.high)]
        low, high = np.nanmin([*map(np.nanmin, drawn), *ends]), np.nanmax([*map(np.nanmax, drawn), *ends])
        return tuple(replace(panel, limits=(float(low) - 0.05, float(high) + 0.05)) for panel in panels)

    def _panel(self, variant: Variant, normed: bool) -> Panel:
        lines = []
        for target, mark in reversed(list(zip(TARGETS, landmarks(self.reading.path), strict=True))):
            values = self.reading.cosine(target, variant, normed=normed)
            if np.isfinite(values).any():
                lines.append(Line(mark.name, values, mark.colour))
        if self.random is not None:
            values = self.random.cosine("predicted", variant, normed=normed)
            lines.insert(0, Line(say("random weights, their own prediction"), values, BROWN, "dot"))
        best, row = self.reading.best_of_isotropic[variant], self.reading.random_token[variant]
        bands = (
            Band(say("best token of a random direction"), best.low, best.high, INDIGO),
            *(() if normed else (Band(say("random token, last state"), row.low, row.high),)),
        )
        what = "final_norm(s)" if normed else "s"
        return Panel(f"{what}, {say(WORDS[variant])}", tuple(lines), bands, say("cosine"))
