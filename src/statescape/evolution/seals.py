"""The seals: a champion and its controls on trials that the search never saw, at every level.

A ladder of four takes away, one by one, what the champion may have grown together with: *matrix* redraws the data only,
*wiring* also W_in, *signs* also the signs of W, *mask* all its weights. At each, champion and controls are tuned alike
and meet the same trials. Differences are log ratios paired by trial. A control's draws are clusters: a champion must be
better over trials and over draws, so the larger of the two sign-flip p-values counts, corrected by Holm over controls.
Where neither is drawn (one fixed wiring on a task without chance), there is no test: the two are simply compared.

Plans have a ladder of their own, from one draw to the plan: *matrix* redraws the data, *weights* all that is drawn of a
plan, *plan* also which module feeds which; at *single* one reservoir of as many units is left, tuned with as many
trainings. A plan is better only where, at *weights*, it beats other plans of its modules and the tuned reservoir.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np
from jaxtyping import Float

from statescape.evolution.conditions import ALL_LEVELS, Level, TrialSeed
from statescape.evolution.scoring import losses, shown
from statescape.evolution.settings import Hyperparameters
from statescape.files import finite
from statescape.statistics import MeanInterval, holm, mean_interval, sign_flip, smallest_visible
from statescape.statistics.permutation import BOUND
from statescape.streams import Stream
from statescape.wording import Noun

# Declared before any data was seen: the family-wise error of one seal.
ALPHA = 0.05
CHAMPION = "champion"


@dataclass(frozen=True, eq=False)
class Sealed:
    """One kind of wiring under one seal.

    Attributes:
        name: "champion" or a control.
        hyper: its hyper-parameters after tuning.
        scores: of every draw on every trial, lower is better (see `scoring`); infinite where it diverged.
    """

    name: str
    hyper: Hyperparameters
    scores: Float[np.ndarray, "draws trials"]

    @property
    def mean(self) -> float:
        """Mean score over draws and trials."""
        return abs(float(self.scores.mean()))

    @property
    def best_of_k(self) -> float:
        """Mean score of the best draw, chosen on these very trials: flattering for a control."""
        return abs(float(self.scores.mean(axis=1).min()))

    @property
    def k(self) -> int:
        """Number of draws."""
        return len(self.scores)

    def interval(self, seed: int) -> MeanInterval:
        """The mean with its interval over draws, or over trials where there is one draw only."""
        units = self.scores.mean(axis=1) if self.k > 1 else self.scores[0]
        return mean_interval(shown(units), seed)


@dataclass(frozen=True, eq=False)
class Comparison:
    """A control beside the champion.

    Attributes:
        control: its scores.
        interval: its mean, with the interval.
        ratio: geometric mean of champion over control, paired by trial (of valid times control over champion); below 1
            the champion is better.
        ratio_interval: its 95% interval; NaN ends where there is one draw and one trial.
        ratio_to_best: the same over the best of the control's draws, chosen on these very trials.
        p: one-sided, before correction; NaN where nothing is drawn, so that there is no chance to test.
        p_holm: after, over the controls that are tested.
        visible: the smallest gain (as a share of the error) that this design detects with 80% power, by the
            first and strictest step of Holm; NaN where nothing is tested.
    """

    control: Sealed
    interval: MeanInterval
    ratio: float
    ratio_interval: tuple[float, float]
    ratio_to_best: float
    p: float
    p_holm: float
    visible: float

    @property
    def tested(self) -> bool:
        """Whether anything is drawn, trials or wirings, so that a difference could be chance."""
        return not math.isnan(self.p)

    @property
    def beaten(self) -> bool:
        """Whether the champion is better: than the control's mean beyond chance, and than every one of its draws.

        The p-value alone would hold for half of all random wirings against their own kind, since half are better than
        the mean. Where nothing is drawn the two scores say all there is to say about these two wirings.
        """
        return self.ratio_to_best < 1.0 and (self.p_holm < ALPHA or not self.tested)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON; what is not finite is null."""
        found = {
            "mean": self.control.mean,
            "best_of_k": self.control.best_of_k,
            "k": self.control.k,
            "ci95": [self.interval.low, self.interval.high],
            "ratio": self.ratio,
            "ratio_ci95": self.ratio_interval,
            "ratio_to_best": self.ratio_to_best,
            "beaten": self.beaten,
            "test": "sign-flip permutation" if self.tested else "no test: nothing is drawn",
            "p": self.p,
            "p_holm": self.p_holm,
            "smallest_visible_gain": self.visible,
            "hyper": asdict(self.control.hyper),
        }
        return cast("dict[str, Any]", finite(found))


@dataclass(frozen=True, eq=False)
class Seal(Noun):
    """All that was sealed at one level.

    Attributes:
        level: what the trials redrew.
        champion: its scores.
        interval: its mean over trials, with the interval.
        controls: by name.
        rescaled: the champion scaled to a tuned radius, where its own radius was free or a gene; no control.
    """

    level: Level
    champion: Sealed
    interval: MeanInterval
    controls: dict[str, Comparison]
    rescaled: Comparison | None = None

    @property
    def untested(self) -> tuple[str, ...]:
        """The controls that are compared without a test, since nothing is drawn."""
        return tuple(name for name, one in self.controls.items() if not one.tested)

    @property
    def best_control(self) -> str:
        """The control with the best mean."""
        return min(self.controls, key=lambda name: float(self.controls[name].control.scores.mean()))

    def as_json(self) -> dict[str, Any]:
        """The keys of the machine-readable output, and more."""
        found = {
            "mean": self.interval.mean,
            "ci95": [self.interval.low, self.interval.high],
            "n": self.interval.n,
            "interval": self.interval.method,
            "hyper": asdict(self.champion.hyper),
            "controls": {name: one.as_json() for name, one in self.controls.items()},
            "rescaled": None if self.rescaled is None else self.rescaled.as_json(),
        }
        return cast("dict[str, Any]", finite(found))


def compare(
    level: Level, champion: Sealed, controls: Sequence[Sealed], seed: int, rescaled: Sealed | None = None
) -> Seal:
    """The statistics of one seal."""
    p_values = np.array([_p_value(log_ratios(champion, other), seed) for other in controls])
    tested = ~np.isnan(p_values)
    corrected = np.full(len(controls), math.nan)
    corrected[tested] = holm(p_values[tested].tolist())
    compared = {
        other.name: _comparison(champion, other, float(p), float(p_holm), seed, int(tested.sum()))
        for other, p, p_holm in zip(controls, p_values, corrected, strict=True)
    }
    itself = None
    if rescaled is not None:
        p = _p_value(log_ratios(champion, rescaled), seed)
        itself = _comparison(champion, rescaled, p, p, seed, 1)
    return Seal(level, champion, mean_interval(shown(champion.scores[0]), seed), compared, itself)


def _comparison(champion: Sealed, other: Sealed, p: float, corrected: float, seed: int, tests: int) -> Comparison:
    differences = log_ratios(champion, other)
    units = differences.mean(axis=1) if len(differences) > 1 else differences[0]
    ratio = mean_interval(units, seed)
    return Comparison(
        other,
        other.interval(seed),
        math.exp(ratio.mean),
        (math.exp(ratio.low), math.exp(ratio.high)),
        math.exp(float(differences.mean(axis=1).max())),
        p,
        corrected,
        1.0 - math.exp(-max((smallest_visible(one, ALPHA / tests) for one in _tested(differences)), default=math.nan)),
    )


def better_plan(seals: Mapping[Level, Seal]) -> bool:
    """Whether a plan is better: with all weights redrawn, than others of its modules and than a tuned reservoir."""
    controls = seals["weights"].controls
    return "redrawn-plan" in controls and controls["redrawn-plan"].beaten and controls["single"].beaten


def trial_seed(seed: int, level: Level, trial: int) -> TrialSeed:
    """The seed of one trial of a seal, from the run's seed."""
    return Stream.SEAL.below(seed, ALL_LEVELS.index(level), trial)


def log_ratios(champion: Sealed, other: Sealed) -> Float[np.ndarray, "draws trials"]:
    """Log of champion over control, trial by trial; both diverged count as equal, and nothing is beyond `BOUND`."""
    own, theirs = losses(champion.scores[0])[None], losses(other.scores)
    both = np.isinf(own) & np.isinf(theirs)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.clip(np.where(both, 0.0, own - theirs), -BOUND, BOUND))


def _p_value(differences: Float[np.ndarray, "draws trials"], seed: int) -> float:
    """The larger of the p-values over trials and over draws, of those that there are; NaN where there is neither."""
    return max((sign_flip(means, seed) for means in _tested(differences)), default=math.nan)


def _tested(differences: Float[np.ndarray, "draws trials"]) -> list[Float[np.ndarray, " means"]]:
    """The means over draws and over trials, of those that there are several of."""
    means = (differences.mean(axis=0), differences.mean(axis=1))
    return [one for one in means if len(one) > 1]
