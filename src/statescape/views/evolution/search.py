"""How the search went: raw errors by generation with honest scores at their end, and errors freed from difficulty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from statescape.analysis.evolution_search import Curve
from statescape.evolution import Evolution
from statescape.statistics import MeanInterval
from statescape.views.evolution.seals import own_name
from statescape.views.theme import BLUE, GREEN, GREY, ORANGE, RED

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure

POINTS = 1200  # generations that are drawn; more lie on top of each other


@dataclass(frozen=True, eq=False)
class SearchPicture:
    """Errors by generation.

    Attributes:
        curve: the numbers.
        selection: what the search chose the champion by.
        honest: its scores on fresh trials of the search's part, and on the part that the search never read.
        score_name: what the scores are.
        caption: what is drawn.
        name: of the files.
    """

    curve: Curve
    selection: float
    honest: tuple[tuple[str, MeanInterval, str], ...]
    score_name: str
    caption: str
    name: str = "search"

    @classmethod
    def of(cls, evolution: Evolution, curve: Curve) -> SearchPicture:
        """The picture of a run."""
        record, settings = evolution.best.candidate.record, evolution.settings
        relative = (
            "Right: errors freed from the difficulty of trials, as a multiple of the median random start's: the best "
            "survivor with its 95% interval (from the noise of one trial and the number of its trials), and the "
            "median survivor with the middle half."
            if curve.difficulty_free
            else "Right: the same with the middle half of the survivors; nothing is random here, so one trial says all."
        )
        caption = (
            f"{evolution.found.strategy.capitalize()} search at {settings.level}, {settings.encoding}, "
            f"{settings.units} units, seed {settings.seed}: {len(curve.best):,} generations, "
            f"{evolution.found.trainings:,} trainings. "
            f"Left: mean {evolution.task.score_name} on each generation's trials, which are redrawn and so jump; at "
            f"the right end the champion's selection score {record.mean:.4f} (n = {record.n}), re-scored on fresh "
            f"trials {evolution.rescored.mean:.4f} and on data that the search never read {evolution.sealed.mean:.4f} "
            f"(n = {evolution.sealed.n}): the winner's curse is {evolution.winners_curse:+.4f}. {relative}"
        )
        honest = (("re-scored", evolution.rescored, ORANGE), ("sealed", evolution.sealed, GREEN))
        return cls(curve, record.mean, honest, own_name(evolution), caption)

    def _drawn(self) -> slice:
        return slice(None, None, max(1, -(-len(self.curve.best) // POINTS)))

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.2, 2.9), layout="constrained")
        left, right = figure.subplots(1, 2)
        every, curve = self._drawn(), self.curve
        at = np.arange(len(curve.best))[every]
        left.plot(at, _shown(curve.median)[every], color=GREY, linewidth=0.9, label="median survivor")
        left.plot(at, _shown(curve.best)[every], color=BLUE, linewidth=1.1, label="best survivor")
        step = max(len(curve.best) * 0.035, 0.2)
        left.plot([at[-1] + step], [self.selection], "o", color=RED, label="selection score")
        for place, (name, interval, colour) in enumerate(self.honest, 2):
            left.plot([at[-1] + place * step], [interval.mean], "o", color=colour, label=name)
            left.plot([at[-1] + place * step] * 2, [interval.low, interval.high], color=colour)
        left.set(xlabel="generation", ylabel=self.score_name)
        left.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2, columnspacing=1)
        right.fill_between(at, curve.quarter[every], curve.three_quarters[every], color=GREY, alpha=0.3, linewidth=0)
        right.plot(at, curve.relative_median[every], color=GREY, linewidth=0.9)
        right.fill_between(at, curve.low[every], curve.high[every], color=BLUE, alpha=0.25, linewidth=0)
        right.plot(at, curve.relative[every], color=BLUE, linewidth=1.1)
        right.set(xlabel="generation", title=self._right_title())
        return figure

    def _right_title(self) -> str:
        return "relative to the median random start" if self.curve.difficulty_free else "with the middle half"

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure."""
        import plotly.graph_objects as go

        from statescape.views.panels import panels, place, short

        every, curve = self._drawn(), self.curve
        generations = np.arange(len(curve.best))[every]
        figure = panels(
            [f"{self.score_name} on each generation's trials", self._right_title()], columns=2, stacked=stacked,
            height=340,
        )  # fmt: skip
        at = place(0, 2, stacked)
        for name, values, colour in (("median survivor", curve.median, GREY), ("best survivor", curve.best, BLUE)):
            figure.add_trace(
                go.Scatter(
                    x=generations, y=short(_shown(values)[every]), mode="lines", name=name, legendgroup=name,
                    line={"color": colour, "width": 1.5}, customdata=curve.trainings[every],
                    hovertemplate=f"{name}, generation %{{x}}: %{{y:.4f}}<br>"
                    "%{customdata:,} trainings<extra></extra>",
                ),
                **at,
            )  # fmt: skip
        step = max(len(curve.best) * 0.035, 0.2)
        ends = (("selection score", MeanInterval(self.selection, np.nan, np.nan, 0.95, 0), RED), *self.honest)
        for number, (name, one, colour) in enumerate(ends, 1):
            error = {
                "symmetric": False, "array": [np.nan_to_num(one.high - one.mean)],
                "arrayminus": [np.nan_to_num(one.mean - one.low)], "color": colour, "width": 0,
            }  # fmt: skip
            figure.add_trace(
                go.Scatter(
                    x=[float(generations[-1] + number * step)], y=[_shown(np.array([one.mean]))[0]], mode="markers",
                    name=name, marker={"color": colour, "size": 9}, error_y=error,
                    hovertemplate=f"{name}: %{{y:.4f}}<extra></extra>",
                ),
                **at,
            )  # fmt: skip
        figure.update_xaxes(title_text="generation", **at)
        at = place(1, 2, stacked)
        for low, high, line, colour, name in (
            (curve.quarter, curve.three_quarters, curve.relative_median, GREY, "median survivor"),
            (curve.low, curve.high, curve.relative, BLUE, "best survivor"),
        ):
            band = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
            figure.add_trace(go.Scatter(x=generations, y=short(low[every]), **band), **at)
            figure.add_trace(
                go.Scatter(x=generations, y=short(high[every]), fill="tonexty", fillcolor=_pale(colour), **band), **at
            )
            figure.add_trace(
                go.Scatter(
                    x=generations, y=short(line[every]), mode="lines", line={"color": colour, "width": 1.5},
                    legendgroup=name, showlegend=False,
                    hovertemplate=f"{name}, generation %{{x}}: %{{y:.3f}}<extra></extra>",
                ),
                **at,
            )  # fmt: skip
        figure.update_xaxes(title_text="generation", **at)
        return figure


def _shown(values: np.ndarray) -> np.ndarray:
    """Diverged scores have no place in the picture."""
    return np.where(np.isfinite(values), values, np.nan)


def _pale(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.22)"
