"""Several lenses on one axis: by state, how far each reads from the final answer and how often it reads it first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from statescape.analysis import LensComparison, compare_lenses
from statescape.language import LensReadout
from statescape.views.language.lines import Line, Panel, add_panel, print_panel, shared_legend
from statescape.views.theme import SERIES

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class LensesPicture:
    """Divergence and agreement of several lenses by state."""

    comparison: LensComparison
    name: str = "lenses"

    @classmethod
    def of(cls, readouts: Sequence[LensReadout]) -> LensesPicture:
        """The picture of several readouts of one text."""
        return cls(compare_lenses(readouts))

    @property
    def caption(self) -> str:
        """What is drawn, with its numbers."""
        return (
            "Every state read by each lens, means over "
            f"{self.comparison.positions} position{'s' * (self.comparison.positions != 1)} of the text (position 0 "
            "left out): KL(final || lens) in nats, and the share of positions where the lens reads the final "
            "prediction first. The last state is the final answer under every lens; a gap is a state that a lens does "
            "not read."
        )

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure."""
        from statescape.views.panels import panels, place

        figure = panels([panel.title for panel in self.panels], columns=2, stacked=stacked, height=300)
        named: set[str] = set()
        for index, panel in enumerate(self.panels):
            add_panel(figure, panel, place(index, 2, stacked), named)
        return figure

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.2, 2.9), layout="constrained")
        axes = figure.subplots(1, 2)
        for each, panel in zip(axes.flat, self.panels, strict=True):
            print_panel(each, panel)
        figure.legend(**shared_legend(list(axes.flat)), loc="outside upper center", ncols=4)
        return figure

    @cached_property
    def panels(self) -> tuple[Panel, ...]:
        """Divergence and share of first places."""
        compared = self.comparison

        def lines(values: str) -> tuple[Line, ...]:
            table = getattr(compared, values)
            return tuple(Line(name, table[row], SERIES[row % len(SERIES)]) for row, name in enumerate(compared.lenses))

        first = compared.states[0]
        return (
            Panel("KL(final || lens)", lines("kl_to_final"), (), "nats", first=first),
            Panel("final prediction read first", lines("first"), (), "share", limits=(-0.03, 1.03), first=first),
        )
