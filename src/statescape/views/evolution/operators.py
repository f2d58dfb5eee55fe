"""What the operators were worth: the share of their children that survived, and how often each was used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from statescape.analysis.evolution_search import STARTS, Operator
from statescape.evolution import Evolution
from statescape.views.theme import BLUE, GREEN, GREY, ORANGE

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure

FAMILIES = {"edges": BLUE, "units": GREEN, "crossover": ORANGE, "start": GREY}


def family(operator: str) -> str:
    """What kind of change an operator makes."""
    if operator.endswith("crossover"):
        return "crossover"
    if operator.endswith("-unit"):
        return "units"
    return "start" if operator in STARTS else "edges"


@dataclass(frozen=True, eq=False)
class OperatorsPicture:
    """Success and use of every operator.

    Attributes:
        operators: the most successful first.
        generations: of the search.
        caption: what is drawn.
        name: of the files.
    """

    operators: tuple[Operator, ...]
    generations: int
    caption: str
    name: str = "operators"

    @classmethod
    def of(cls, evolution: Evolution, operators: tuple[Operator, ...]) -> OperatorsPicture:
        """The picture of a run's operators."""
        made, kept = sum(one.made for one in operators), sum(one.survived for one in operators)
        use = "follows their success" if evolution.settings.adapt else "is even by request"
        return cls(
            operators,
            len(evolution.history),
            f"{made:,} children of {len(operators)} operators, of which {kept:,} ({kept / max(made, 1):.1%}) survived "
            f"the generation they were born in. Left: share of each operator's children that did, with 95% intervals "
            f"(Wilson). Right: share of all children that each kind of operator made, in "
            f"{len(operators[0].use)} equal parts of the search; use {use}. Seed {evolution.settings.seed}.",
        )

    def _colours(self) -> list[str]:
        return [FAMILIES[family(one.name)] for one in self.operators]

    def _periods(self) -> np.ndarray:
        count = len(self.operators[0].use)
        return np.asarray((np.arange(count) + 0.5) * self.generations / count)

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.2, 1.0 + 0.2 * max(len(self.operators), 6)), layout="constrained")
        left, right = figure.subplots(1, 2)
        rows = np.arange(len(self.operators))[::-1]
        for row, one, colour in zip(rows, self.operators, self._colours(), strict=True):
            left.plot([100 * one.low, 100 * one.high], [row, row], color=colour, linewidth=1.4)
            left.plot([100 * one.share], [row], "o", color=colour)
        left.set_yticks(rows, [f"{one.name} ({one.made:,})" for one in self.operators])
        left.set(xlabel="children that survived (%)", xlim=(0, None))
        for name in self._families():
            right.plot(self._periods(), self._use(name), color=FAMILIES[name], label=_called(name))
        right.set(xlabel="generation", ylabel="share of all children (%)", ylim=(0, None))
        right.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, borderaxespad=0.2, columnspacing=1)
        return figure

    def _use(self, name: str) -> np.ndarray:
        """Percent of all children that the operators of a family made, in every period."""
        return np.asarray(100 * np.sum([one.use for one in self.operators if family(one.name) == name], axis=0))

    def _families(self) -> list[str]:
        return [name for name in FAMILIES if any(family(one.name) == name for one in self.operators)]

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure."""
        import plotly.graph_objects as go

        from statescape.views.panels import panels, place

        figure = panels(
            ["children that survived (%)", "share of all children (%)"], columns=2, stacked=stacked,
            height=150 + 22 * max(len(self.operators), 6),
        )  # fmt: skip
        at, beside = place(0, 2, stacked), place(1, 2, stacked)
        for name in self._families():
            members = [one for one in self.operators if family(one.name) == name]
            figure.add_trace(
                go.Scatter(
                    x=[100 * one.share for one in members], y=[one.name for one in members], mode="markers",
                    name=_called(name), legendgroup=name, marker={"size": 9, "color": FAMILIES[name]},
                    error_x={
                        "symmetric": False, "array": [100 * (one.high - one.share) for one in members],
                        "arrayminus": [100 * (one.share - one.low) for one in members],
                        "color": FAMILIES[name], "width": 0,
                    },
                    customdata=[f"{one.survived:,} of {one.made:,} children" for one in members],
                    hovertemplate="%{y}: %{x:.1f}%, %{customdata}<extra></extra>",
                ),
                **at,
            )  # fmt: skip
            figure.add_trace(
                go.Scatter(
                    x=np.round(self._periods(), 2), y=np.round(self._use(name), 2), mode="lines", name=name,
                    legendgroup=name, showlegend=False, line={"color": FAMILIES[name], "width": 2},
                    hovertemplate=f"{_called(name)}, about generation %{{x:.0f}}: %{{y:.1f}}%<extra></extra>",
                ),
                **beside,
            )  # fmt: skip
        names = [one.name for one in self.operators][::-1]
        figure.update_yaxes(categoryorder="array", categoryarray=names, dtick=1, **at)
        figure.update_xaxes(rangemode="tozero", **at)
        figure.update_xaxes(title_text="generation", **beside)
        figure.update_yaxes(rangemode="tozero", **beside)
        return figure


def _called(name: str) -> str:
    return {"edges": "changes edges", "units": "changes units", "crossover": "crossover", "start": "start"}[name]
