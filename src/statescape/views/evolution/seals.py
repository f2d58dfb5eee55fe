"""The seals as one picture: what is left of the gain as W_in, then the signs, then all weights are drawn anew."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from statescape.analysis.evolution_conclusion import REFERENCE, reference_of, unbeaten
from statescape.analysis.plan_conclusion import SINGLE, has_others
from statescape.evolution import Evolution
from statescape.evolution.conditions import Level
from statescape.evolution.seals import Comparison, Seal
from statescape.views.core.marks import Axis, BarMark, LineMark, Panel, PointMark, TextMark
from statescape.views.core.picture import Picture
from statescape.views.core.text import word
from statescape.views.core.theme import GREY, RED
from statescape.wording import phrase, say, say_count, unfilled

REDRAWN = {
    "matrix": phrase("new data"),
    "wiring": phrase("and new W_in"),
    "signs": phrase("and new signs"),
    "mask": phrase("and new weights"),
    "weights": phrase("all weights new"),
    "plan": phrase("and new edges"),
    "single": phrase("one reservoir"),
}
PALE_RED = "#cf7a7f"
INK = "#7d8590"


@dataclass(frozen=True)
class Rung:
    """One seal.

    Attributes:
        level: its name.
        gain: by how much lower the champion's error is than that of the reference, in percent.
        low: lower end of its 95% interval.
        high: upper end.
        over_best: the same as the gain, against the best control.
        best: the name of that control.
        unbeaten: controls that it is not shown to beat.
        n_controls: of all.
        reference: name of the control that gains are measured against.
    """

    level: Level
    gain: float
    low: float
    high: float
    over_best: float
    best: str
    unbeaten: tuple[str, ...]
    n_controls: int
    reference: str

    @classmethod
    def of(cls, seal: Seal) -> Rung:
        """Read a seal."""
        name, best = reference_of(seal), seal.best_control
        reference = seal.controls[name]
        low, high = reference.ratio_interval
        return cls(
            seal.level,
            _lower(reference.ratio),
            _lower(high),
            _lower(low),
            _lower(seal.controls[best].ratio),
            best,
            tuple(unbeaten(seal)),
            len(seal.controls),
            name,
        )

    @property
    def verdict(self) -> str:
        """How many controls are beaten, in a few words."""
        return say("beats {count}", count=self.count)

    @property
    def count(self) -> str:
        """How many controls are beaten."""
        if not self.unbeaten:
            return say_count("its control", "all {count}", self.n_controls)
        return say("{part} of {whole}", part=self.n_controls - len(self.unbeaten), whole=self.n_controls)

    @property
    def top(self) -> float:
        """The highest that is drawn of it."""
        return max(value for value in (self.gain, self.over_best, self.low, self.high, 0.0) if math.isfinite(value))

    @property
    def words(self) -> str:
        """All of it in a sentence."""
        left = say("; not shown to beat {names}", names=", ".join(self.unbeaten)) if self.unbeaten else ""
        return say(
            "{level}: {gain:.1f}% lower error ({low:.1f}% to {high:.1f}%) than {reference}; {verdict}{left}",
            level=self.level,
            gain=self.gain,
            low=self.low,
            high=self.high,
            reference=self.reference,
            verdict=self.verdict,
            left=left,
        )


def seals_picture(evolution: Evolution) -> Picture:
    """The picture of a run's seals."""
    settings, seals = evolution.settings, evolution.seals
    own = seals[settings.level]
    draws = own.controls[reference_of(own)].control.k
    caption = say(
        "Left: by how much lower the champion's {score} is than that of {than} ({draws} at {level}), with 95% "
        "intervals, paired by trial; full red where it beats every control (sign-flip permutation, Holm over "
        "{controls} controls, p < 0.05). Each bar redraws more than the one before. A diamond shows the same "
        "against the best control of that seal; a triangle, that it lies below the picture. Right: mean scores, "
        "champion in red, controls in grey. {trials} fresh trials at {level}, where it was searched, all {tuned}; "
        "{units} units, seed {seed}.",
        score=unfilled(evolution.task.score_name),
        than=say("the single reservoir") if settings.planned else say("random wirings of its density"),
        draws=say_count("{count} draw", "{count} draws", draws),
        level=settings.level,
        controls=len(own.controls),
        trials=own.interval.n,
        tuned=say("tuned alike") if settings.tune else say("untuned"),
        units=settings.units,
        seed=settings.seed,
    )
    return ladder(seals, settings.level, own_name(evolution), caption)


def ladder(seals: Mapping[Level, Seal], searched: Level, score_name: str, caption: str) -> Picture:
    """The picture of some seals.

    Args:
        seals: from the one that redraws least.
        searched: the level of the search.
        score_name: what the scores are.
        caption: of the picture.
    """
    # At *single* nothing is left of a plan whose gain could be drawn.
    rungs = [
        Rung.of(seal) for level, seal in seals.items() if level != SINGLE and (level != "plan" or has_others(seals))
    ]
    scores = _scores(seals, score_name)
    return Picture(
        "seals",
        caption,
        [_gains(rungs, searched, narrow=False), scores],
        height=400,
        widths=(1.5, 1.0),
        narrow=[_gains(rungs, searched, narrow=True), scores],
        paper=(7.2, 3.5),
    )


def _gains(rungs: Sequence[Rung], searched: Level, *, narrow: bool) -> Panel:
    """The bars, and against the best control; a narrow screen has room for fewer words."""
    low, high = _reach(rungs)
    at, floor = np.arange(len(rungs)), low + 0.05 * (high - low)
    gains = BarMark(
        at,
        [rung.gain for rung in rungs],
        [PALE_RED if rung.unbeaten else RED for rung in rungs],
        say("gain over {reference}", reference=_reference(rungs)),
        width=0.62,
        low=[rung.low for rung in rungs],
        high=[rung.high for rung in rungs],
        hover="{note}",
        notes=[rung.words for rung in rungs],
    )
    heights = np.array([max(rung.over_best, floor) for rung in rungs])
    below = np.array([rung.over_best < floor for rung in rungs])
    over = [
        PointMark(
            at[chosen],
            heights[chosen],
            INK,
            say("against the best control"),
            9,
            symbol,
            hover="{note}",
            notes=[_over_best(rung) for rung, here in zip(rungs, chosen, strict=True) if here],
        )
        for symbol, chosen in (("diamond", ~below), ("triangle-down", below))
    ]
    names = TextMark(at, heights, ["" if narrow else rung.best for rung in rungs], (1.0, 0.0), 11)
    tops = np.array([rung.top for rung in rungs])
    percents = [say("{gain:.0f}%", gain=rung.gain) for rung in rungs]
    verdicts = [rung.count if narrow else rung.verdict for rung in rungs]
    labels = [_label(rung.level, searched, narrow=narrow) for rung in rungs]
    return Panel(
        say("what is left of the gain"),
        [
            gains,
            LineMark([-0.5, len(rungs) - 0.5], [0.0, 0.0], INK, width=1),
            *over,
            names,
            TextMark(at, tops + 0.07 * (high - low), percents, size=19, bold=True),
            TextMark(at, tops + 0.01 * (high - low), verdicts),
        ],
        Axis(limits=(-0.5, len(rungs) - 0.5), ticks=at, labels=labels, grid=False),
        Axis(say("error lower than {reference} (%)", reference=_reference(rungs)), (low, high)),
    )


def _over_best(rung: Rung) -> str:
    """How the champion stands against the best control, for the pointer."""
    size, name = abs(rung.over_best), rung.best
    if rung.over_best >= 0:
        return say("{size:.1f}% lower error than {name}", size=size, name=name)
    return say("{size:.1f}% higher error than {name}", size=size, name=name)


def _label(level: Level, searched: Level, *, narrow: bool) -> str:
    """What stands below a bar: the level, whether it was searched there, and where there is room what is redrawn."""
    if narrow:
        return f"{level}\n{say('searched')}" if level == searched else level
    return f"{marked(level, searched)}\n{say(REDRAWN[level])}"


def marked(level: Level, searched: Level) -> str:
    """The name of a level, that of the search marked."""
    return say("{level} (searched)", level=level) if level == searched else level


def _scores(seals: Mapping[Level, Seal], score_name: str) -> Panel:
    """Champion and controls, dot by dot."""
    points = [(at, name, one) for at, seal in enumerate(seals.values()) for name, one in seal.controls.items()]
    intervals = [seal.interval for seal in seals.values()]
    return Panel(
        say("{score} of champion and controls", score=score_name),
        [
            PointMark(
                [at for at, _, _ in points],
                finite([one.control.mean for _, _, one in points]),
                GREY,
                say("controls"),
                7,
                hover="{y:.4f}: {note}",
                notes=[f"{name} (k = {one.control.k}), {_p_value(one)}" for _, name, one in points],
            ),
            PointMark(
                np.arange(len(seals)),
                finite([one.mean for one in intervals]),
                RED,
                say("champion"),
                11,
                low=[one.low for one in intervals],
                high=[one.high for one in intervals],
                hover=say("champion at {{note}}: {{y:.4f}}"),
                notes=list(seals),
            ),
        ],
        Axis(limits=(-0.5, len(seals) - 0.5), ticks=np.arange(len(seals)), labels=list(seals)),
    )


def own_name(evolution: Evolution) -> str:
    """What the scores of a run are, fit for a figure."""
    return word(unfilled(evolution.task.score_name))


def finite(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Diverged scores have no place in a picture."""
    array = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(array), array, np.nan)


def _reach(rungs: Sequence[Rung]) -> tuple[float, float]:
    """From the lowest to the highest end, with room for words."""
    ends = [value for rung in rungs for value in (rung.low, rung.high, rung.gain) if np.isfinite(value)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    # A control may be many times better: the bars are what the picture is for.
    low = max(min(low, *(rung.over_best for rung in rungs)), -2.0 * max(high, -low, 10.0))
    span = max(high - low, 10.0)
    return low - 0.1 * span, high + 0.3 * span


def _reference(rungs: Sequence[Rung]) -> str:
    """What gains are measured against, in words."""
    name = rungs[0].reference
    if name == REFERENCE:
        return say("random wirings ({name})", name=name)
    return say("one single reservoir") if name == SINGLE else name


def _lower(ratio: float) -> float:
    """By how many percent an error is lower than another."""
    return 100.0 * (1.0 - ratio)


def _p_value(one: Comparison) -> str:
    return say("p = {p:.3g} after Holm", p=one.p_holm) if one.tested else say("no test: nothing is drawn")
