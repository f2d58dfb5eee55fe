"""The seals as one picture: what is left of the gain as W_in, then the signs, then all weights are drawn anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from statescape.analysis.evolution_conclusion import REFERENCE, unbeaten
from statescape.evolution import Evolution
from statescape.evolution.conditions import Level
from statescape.evolution.seals import Comparison, Seal
from statescape.views.theme import GREY, RED

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure

REDRAWN = {
    "matrix": "new data",
    "wiring": "and new W_in",
    "signs": "and new signs",
    "mask": "and new weights",
}
PALE_RED = "#e8a7aa"
INK = "#7d8590"


@dataclass(frozen=True)
class Rung:
    """One seal.

    Attributes:
        level: its name.
        gain: by how much lower the champion's error is than that of random wirings of its density, as a share.
        interval: its 95% interval.
        over_best: the same against the best control.
        best: the name of that control.
        unbeaten: controls that it is not shown to beat.
        n_controls: of all.
    """

    level: Level
    gain: float
    interval: tuple[float, float]
    over_best: float
    best: str
    unbeaten: tuple[str, ...]
    n_controls: int

    @classmethod
    def of(cls, seal: Seal) -> Rung:
        """Read a seal."""
        reference = seal.controls[REFERENCE]
        low, high = reference.ratio_interval
        best = seal.best_control
        return cls(
            seal.level,
            1.0 - reference.ratio,
            (1.0 - high, 1.0 - low),
            1.0 - seal.controls[best].ratio,
            best,
            tuple(unbeaten(seal)),
            len(seal.controls),
        )

    @property
    def verdict(self) -> str:
        """Which controls are beaten, in a few words."""
        if not self.unbeaten:
            return f"beats all {self.n_controls}"
        return f"beats {self.n_controls - len(self.unbeaten)} of {self.n_controls}"


@dataclass(frozen=True, eq=False)
class SealsPicture:
    """The ladder of seals.

    Attributes:
        rungs: one for each seal.
        searched: the level of the search.
        seals: all scores.
        score_name: what the scores are.
        caption: what is drawn.
        name: of the files.
    """

    rungs: tuple[Rung, ...]
    searched: Level
    seals: dict[Level, Seal]
    score_name: str
    caption: str
    name: str = "seals"

    @classmethod
    def of(cls, evolution: Evolution) -> SealsPicture:
        """The picture of a run's seals."""
        settings, seals = evolution.settings, evolution.seals
        own = seals[settings.level]
        draws = own.controls[REFERENCE].control.k
        caption = (
            f"Left: by how much lower the champion's {evolution.task.score_name} is than that of random wirings of "
            f"its density ({draws} draws at {settings.level}), with 95% intervals, paired by trial; full red where it "
            f"beats every control (sign-flip permutation, Holm over {len(own.controls)} controls, p < 0.05). Each bar "
            "redraws more than the one before. The diamond is the same against the best control of that seal, a "
            "triangle one that lies below the picture. Right: mean scores, champion in red, controls in grey. "
            f"{own.interval.n} fresh trials at {settings.level}, where it was searched, all "
            f"{'tuned alike' if settings.tune else 'untuned'}; {settings.units} units, seed {settings.seed}."
        )
        return cls(tuple(Rung.of(seal) for seal in seals.values()), settings.level, seals, own_name(evolution), caption)

    def _labels(self, end: str, *, brief: bool = False) -> list[str]:
        """The level of each rung, what it redraws, and where the search was."""
        if brief:
            return [f"{rung.level}{f'{end}searched' if rung.level == self.searched else ''}" for rung in self.rungs]
        return [
            f"{rung.level}{' (searched)' if rung.level == self.searched else ''}{end}{REDRAWN[rung.level]}"
            for rung in self.rungs
        ]

    def _reach(self) -> tuple[float, float]:
        """Percent from the lowest to the highest end, with room for words."""
        values = [100 * value for rung in self.rungs for value in (*rung.interval, rung.gain)]
        finite = [value for value in values if np.isfinite(value)]
        low, high = min([0.0, *finite]), max([0.0, *finite])
        # A control may be many times better: the bars are what the picture is for.
        floor = -2.0 * max(high, -low, 10.0)
        low = max(min(low, *(100 * rung.over_best for rung in self.rungs)), floor)
        span = max(high - low, 10.0)
        return low - 0.1 * span, high + 0.3 * span

    def _best(self) -> list[tuple[float, bool]]:
        """Where each diamond stands, in percent, and whether what it stands for lies below the picture."""
        low, high = self._reach()
        floor = low + 0.05 * (high - low)
        return [(max(100 * rung.over_best, floor), 100 * rung.over_best < floor) for rung in self.rungs]

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.2, 3.3), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=[1.5, 1])
        low, high = self._reach()
        for place, rung in enumerate(self.rungs):
            left.bar(place, 100 * rung.gain, width=0.62, color=PALE_RED if rung.unbeaten else RED)
            if np.isfinite(rung.interval).all():
                left.plot([place, place], 100 * np.array(rung.interval), color=INK, linewidth=1.2)
            top = 100 * max(rung.gain, rung.over_best, 0.0, *np.nan_to_num(rung.interval))
            left.text(place, top + 0.13 * (high - low), f"{100 * rung.gain:.0f}%", ha="center", va="center",
                      fontsize=12, fontweight="bold")  # fmt: skip
            left.text(place, top + 0.06 * (high - low), rung.verdict, ha="center", va="center", fontsize=7)
        left.plot([], [], "D", color=INK, markersize=4, label="against the best control")
        for place, (at, beyond) in enumerate(self._best()):
            left.plot([place], [at], "v" if beyond else "D", color=INK, markersize=4)
        left.axhline(0, color=INK, linewidth=0.8)
        left.set(ylim=(low, high), ylabel="error lower than random wirings (%)")
        left.set_xticks(range(len(self.rungs)), self._labels("\n"))
        left.grid(axis="x", visible=False)
        left.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2)
        for place, seal in enumerate(self.seals.values()):
            names = list(seal.controls)
            right.plot([place] * len(names), [_shown(seal.controls[name].control.mean) for name in names], "o",
                       color=GREY, markersize=3, alpha=0.8, label="controls" if not place else None)  # fmt: skip
            right.plot([place], [_shown(seal.interval.mean)], "o", color=RED, markersize=5.5,
                       label="champion" if not place else None)  # fmt: skip
            right.plot([place, place], [seal.interval.low, seal.interval.high], color=RED)
        right.set_xticks(range(len(self.seals)), list(self.seals))
        right.set(ylabel=self.score_name, xlim=(-0.5, len(self.seals) - 0.5))
        right.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2, ncols=2)
        return figure

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure."""
        import plotly.graph_objects as go

        from statescape.views.panels import panels, place

        titles = ["what is left of the gain", f"{self.score_name} of champion and controls"]
        figure = panels(titles, columns=2, stacked=stacked, height=400)
        at, labels = place(0, 2, stacked), self._labels("<br>", brief=stacked)
        ends = np.array([rung.interval for rung in self.rungs])
        gains = np.array([rung.gain for rung in self.rungs])
        figure.add_trace(
            go.Bar(
                x=labels,
                y=100 * gains,
                error_y={
                    "symmetric": False, "array": 100 * np.nan_to_num(ends[:, 1] - gains),
                    "arrayminus": 100 * np.nan_to_num(gains - ends[:, 0]), "color": INK, "thickness": 1.6, "width": 0,
                },
                marker={"color": [PALE_RED if rung.unbeaten else RED for rung in self.rungs], "line": {"width": 0}},
                width=0.62,
                customdata=[_told(rung) for rung in self.rungs],
                hovertemplate="%{customdata}<extra></extra>",
                name="gain over random wirings (erdos-renyi)",
            ),
            **at,
        )  # fmt: skip
        figure.add_trace(
            go.Scatter(
                x=labels, y=[at for at, _ in self._best()], name="over the best control",
                mode="markers" if stacked else "markers+text", text=[rung.best for rung in self.rungs],
                textposition="middle right", textfont={"size": 11},
                marker={
                    "symbol": ["triangle-down" if beyond else "diamond" for _, beyond in self._best()], "size": 9,
                    "color": INK,
                },
                customdata=[
                    f"{abs(rung.over_best):.1%} {'lower' if rung.over_best >= 0 else 'higher'} error than {rung.best}"
                    for rung in self.rungs
                ],
                hovertemplate="%{customdata}<extra></extra>",
            ),
            **at,
        )  # fmt: skip
        low, high = self._reach()
        for rung, label in zip(self.rungs, labels, strict=True):
            top = 100 * max(rung.gain, rung.over_best, 0.0, *np.nan_to_num(rung.interval))
            figure.add_annotation(
                x=label, y=top, yanchor="bottom", yshift=4, font={"size": 12}, showarrow=False,
                text=f"<b style='font-size:19px'>{100 * rung.gain:.0f}%</b><br>"
                + (rung.verdict.removeprefix("beats ") if stacked else rung.verdict), **at,
            )  # fmt: skip
        figure.update_yaxes(range=[low, high], title_text="error lower than random wirings (%)", **at)
        figure.update_xaxes(showgrid=False, tickangle=0, **at)
        self._add_scores(figure, place(1, 2, stacked))
        return figure

    def _add_scores(self, figure: go.Figure, at: dict[str, int]) -> None:
        """Champion and controls, dot by dot."""
        import plotly.graph_objects as go

        points = [(level, name, one) for level, seal in self.seals.items() for name, one in seal.controls.items()]
        told = [f"{name} (k = {one.control.k}), {_p_value(one)}" for _, name, one in points]
        figure.add_trace(
            go.Scatter(
                x=[level for level, _, _ in points], y=[_shown(one.control.mean) for _, _, one in points],
                mode="markers", marker={"size": 7, "color": GREY, "opacity": 0.75}, name="controls",
                customdata=told,
                hovertemplate="%{y:.4f}: %{customdata}<extra></extra>",
            ),
            **at,
        )  # fmt: skip
        intervals = [seal.interval for seal in self.seals.values()]
        figure.add_trace(
            go.Scatter(
                x=list(self.seals), y=[_shown(one.mean) for one in intervals], mode="markers", name="champion",
                marker={"size": 11, "color": RED},
                error_y={
                    "symmetric": False, "array": np.nan_to_num([one.high - one.mean for one in intervals]),
                    "arrayminus": np.nan_to_num([one.mean - one.low for one in intervals]), "color": RED, "width": 0,
                },
                hovertemplate="champion at %{x}: %{y:.4f}<extra></extra>",
            ),
            **at,
        )  # fmt: skip


def own_name(evolution: Evolution) -> str:
    """What the scores of a run are, safe in a figure."""
    from statescape.views.text import plotly_text

    return plotly_text(evolution.task.score_name)


def _shown(value: float) -> float:
    """A diverged score has no place in the picture."""
    return value if np.isfinite(value) else float("nan")


def _p_value(one: Comparison) -> str:
    return f"p = {one.p_holm:.3g} after Holm" if one.tested else "no test: nothing is drawn"


def _told(rung: Rung) -> str:
    left = f"; not shown to beat {', '.join(rung.unbeaten)}" if rung.unbeaten else ""
    low, high = rung.interval
    return f"{rung.level}: {rung.gain:.1%} lower error ({low:.1%} to {high:.1%}) than erdos-renyi; {rung.verdict}{left}"
