"""The champion's line of ancestors: what made each of them, and what it gained over its better parent."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from statescape.analysis.evolution_search import NORMAL_95
from statescape.evolution import Evolution
from statescape.evolution.history import Ancestor
from statescape.views.evolution.operators import FAMILIES, family
from statescape.views.labels import thinned
from statescape.views.theme import GREY, RED

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure

LABELS = 9


@dataclass(frozen=True, eq=False)
class GenealogyPicture:
    """A line of ancestors.

    Attributes:
        line: from a random start to the champion.
        noise: standard deviation of one trial around a record, in log score.
        alike: whether all trials are alike, so that records are errors as they are.
        caption: what is drawn.
        name: of the files.
    """

    line: tuple[Ancestor, ...]
    noise: float
    alike: bool
    caption: str
    name: str = "genealogy"

    @classmethod
    def of(cls, evolution: Evolution, line: tuple[Ancestor, ...], noise: float) -> GenealogyPicture:
        """The picture of the champion's line."""
        last = line[-1]
        alike = len(evolution.found.final.sealed) == 1
        return cls(
            line,
            noise,
            alike,
            f"From the random start {line[0].birth.number} to the champion {last.birth.number} in {len(line) - 1} "
            f"steps, each candidate at the generation of its birth and at its last record: "
            + (
                "its error. "
                if alike
                else "its error as a multiple of the median random start's, difficulty of trials taken off, with 95% "
                f"intervals (one trial's noise is {noise:.1%}). "
            )
            + "Red follows the better parent; thin lines come from the other one of a crossover. "
            + ("" if alike else "Records of survivors are flattered by having been chosen. ")
            + f"{_earned(line)} Seed {evolution.settings.seed}.",
        )

    def _height(self, ancestor: Ancestor) -> tuple[float, float, float]:
        """Error, and the ends of its interval."""
        half = 0.0 if self.alike else NORMAL_95 * self.noise / math.sqrt(max(ancestor.record.n, 1))
        middle = ancestor.record.difference
        return math.exp(middle), math.exp(middle - half), math.exp(middle + half)

    def _points(self) -> tuple[np.ndarray, np.ndarray]:
        """Where each ancestor stands, and the ends of its interval."""
        heights = np.array([self._height(one) for one in self.line])
        born = np.array([one.birth.generation for one in self.line], dtype=np.float64)
        return np.column_stack([born, heights[:, 0]]), heights[:, 1:]

    def _partners(self) -> list[tuple[float, float, float, float]]:
        """From every other parent to the child."""
        points, _ = self._points()
        return [
            (float(one.partner.generation), math.exp(one.partner_record.difference), *at)
            for one, at in zip(self.line, points.tolist(), strict=True)
            if one.partner is not None and one.partner_record is not None
        ]

    def _labelled(self) -> list[int]:
        """The largest gains that stand out of the noise, as far as their names find room."""
        points, _ = self._points()
        changes = [math.inf if math.isnan(one.change) else one.change for one in self.line]
        order = np.argsort(changes, kind="stable")[:LABELS].tolist()
        logs = np.column_stack([points[:, 0], np.log(points[:, 1])])
        span = np.maximum(np.ptp(logs, axis=0), 1e-9)
        return thinned(logs / span, (0.2, 0.09), [index for index in order if self._stands_out(index)])

    def _stands_out(self, index: int) -> bool:
        """Whether an ancestor is better than its parent beyond the noise of both records."""
        one = self.line[index]
        return one.change < -(0.0 if self.alike else NORMAL_95 * one.error)

    def _on_the_right(self, index: int) -> bool:
        """Whether a label to the right of an ancestor would leave the picture."""
        return self.line[index].birth.generation > 0.85 * max(self.line[-1].birth.generation, 1)

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.2, 3.3), layout="constrained")
        axes = figure.subplots()
        points, ends = self._points()
        for x, y, to_x, to_y in self._partners():
            axes.plot([x, to_x], [y, to_y], color=GREY, linewidth=0.6)
        axes.plot(*points.T, color=RED, linewidth=1.0, zorder=2)
        axes.vlines(points[:, 0], ends[:, 0], ends[:, 1], color=GREY, linewidth=0.7, zorder=1)
        for name, colour in FAMILIES.items():
            chosen = [index for index, one in enumerate(self.line) if family(one.birth.operator) == name]
            if chosen:
                axes.plot(*points[chosen].T, "o", color=colour, markersize=4, zorder=3, label=name)
        for index in self._labelled():
            axes.annotate(
                f"{self.line[index].birth.operator} {percent(self.line[index].change)}", points[index],
                xytext=(-5 if self._on_the_right(index) else 5, 5), textcoords="offset points", fontsize=6.5,
                ha="right" if self._on_the_right(index) else "left",
            )  # fmt: skip
        axes.set(xlabel="generation of birth", ylabel=self._axis(), yscale="log")
        ticks = _ticks(float(np.nanmin(ends)), float(np.nanmax(ends)))
        axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0.2)
        return figure

    def _axis(self) -> str:
        return "error" if self.alike else "error / median random start"

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure; where it is narrow, names are left to the pointer."""
        import plotly.graph_objects as go

        from statescape.views.panels import panels, short

        figure = panels([self._axis()], columns=1, stacked=True, height=420)
        points, ends = self._points()
        partners = np.array(
            [row for x, y, to_x, to_y in self._partners() for row in ((x, y), (to_x, to_y), (np.nan, np.nan))]
        ).reshape(-1, 2)
        figure.add_trace(
            go.Scatter(
                x=partners[:, 0], y=short(partners[:, 1]), mode="lines", line={"color": GREY, "width": 0.8},
                hoverinfo="skip", name="other parents", showlegend=len(partners) > 0,
            )
        )  # fmt: skip
        figure.add_trace(
            go.Scatter(
                x=points[:, 0], y=short(points[:, 1]), mode="lines", line={"color": RED, "width": 1.8},
                hoverinfo="skip", name="the champion's line",
            )
        )  # fmt: skip
        for name, colour in FAMILIES.items():
            chosen = [index for index, one in enumerate(self.line) if family(one.birth.operator) == name]
            if not chosen:
                continue
            figure.add_trace(
                go.Scatter(
                    x=points[chosen, 0], y=short(points[chosen, 1]), mode="markers", name=name,
                    marker={"size": 8, "color": colour},
                    error_y={
                        "symmetric": False, "array": short(ends[chosen, 1] - points[chosen, 1]),
                        "arrayminus": short(points[chosen, 1] - ends[chosen, 0]), "color": colour, "width": 0,
                        "thickness": 1,
                    },
                    customdata=[_told(self.line[index]) for index in chosen],
                    hovertemplate="%{customdata}<br>%{y:.3f}<extra></extra>",
                )
            )  # fmt: skip
        for index in [] if stacked else self._labelled():
            figure.add_annotation(
                x=points[index, 0], y=math.log10(points[index, 1]), yanchor="bottom",
                xanchor="right" if self._on_the_right(index) else "left",
                xshift=-5 if self._on_the_right(index) else 5,
                text=f"{self.line[index].birth.operator} {percent(self.line[index].change)}", font={"size": 11},
                showarrow=False,
            )  # fmt: skip
        figure.update_xaxes(title_text="generation of birth")
        ticks = _ticks(float(np.nanmin(ends)), float(np.nanmax(ends)))
        figure.update_yaxes(type="log", tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks])
        return figure


def gains_by_operator(line: tuple[Ancestor, ...]) -> list[tuple[str, int, float]]:
    """Operators of a line with their steps and the sum of their changes in log score, the largest gain first."""
    steps: defaultdict[str, list[float]] = defaultdict(list)
    for one in line[1:]:
        steps[one.birth.operator].append(one.change)
    return sorted(((name, len(own), sum(own)) for name, own in steps.items()), key=lambda one: (one[2], one[0]))


def _earned(line: tuple[Ancestor, ...]) -> str:
    """Which operators earned most along the line."""
    best = [(name, count, change) for name, count, change in gains_by_operator(line)[:3] if change < 0]
    if not best:
        return ""
    told = ", ".join(f"{name} ({percent(change)} in {count})" for name, count, change in best)
    return f"Most was gained by {told} of its steps."


def percent(change: float) -> str:
    """A change of log score, in percent of the error."""
    if not math.isfinite(change):
        return "start"
    change = 100 * math.expm1(change)
    return f"{change:+.1f}%" if abs(change) >= 0.05 else "0.0%"


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between two ends, for an axis of logarithms: eight at most."""
    tens = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        ticks = [step * 10.0**ten for ten in tens for step in steps if low <= step * 10.0**ten <= high]
        if len(ticks) <= 8:
            break
    return ticks


def _told(one: Ancestor) -> str:
    parents = " and ".join(map(str, one.birth.parents))
    made = f"{one.birth.operator} of {parents}" if parents else one.birth.operator
    change = "" if math.isnan(one.change) else f": {percent(one.change)} ± {NORMAL_95 * one.error:.1%}"
    return f"candidate {one.birth.number}, {made}{change}<br>{one.record.n} trials"
