"""Putting a champion and its controls under seal: what is drawn, tuned and scored, each kept when it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.evolution.conditions import ALL_LEVELS, LEVELS, PLAN_LEVELS, Conditions, Level
from statescape.evolution.controls import DRAWS, control, planned_control, planned_names
from statescape.evolution.scoring import score
from statescape.evolution.seals import CHAMPION, Seal, Sealed, compare, trial_seed
from statescape.evolution.settings import LEAST_SEAL_TRIALS, Hyperparameters
from statescape.evolution.tuning import SETTINGS, tune
from statescape.reservoir import Topology
from statescape.reservoir.tasks import Task
from statescape.runs import Executor
from statescape.runs.plain import typed
from statescape.streams import Stream

# The champion's W scaled to a tuned radius, as its controls are: what its own radius is worth.
RESCALED = "rescaled"

# A name, what to compute where nothing is kept under it, and how what is kept is read.
Remember = Callable[[str, Callable[[], Any], Callable[[Any], Any]], Any]


@dataclass(frozen=True, eq=False)
class Sealing:
    """What is held against what, and how.

    Attributes:
        task: draws the data.
        champion: with its W_in, where it has one.
        W_in: the champion's input weights at *matrix* where it has none of its own.
        hyper: where tuning begins.
        controls: names.
        found: what other searches with the same budget found, by the name of the control.
        tuned: hyper-parameters from a larger search ("hyper-parameters"), by the name of the control.
        seed: of all draws.
        trials: for every seal.
        tune: whether hyper-parameters are tuned, for all alike.
        settings: how many hyper-parameters tuning chooses from.
        draws: of every control where something is drawn.
    """

    task: Task
    champion: Topology
    W_in: Float[np.ndarray, "units inputs"]
    hyper: Hyperparameters
    controls: tuple[str, ...]
    found: Mapping[str, Topology]
    tuned: Mapping[str, Hyperparameters]
    seed: int
    trials: int = LEAST_SEAL_TRIALS
    tune: bool = True
    settings: int = SETTINGS
    draws: int = DRAWS

    def __post_init__(self) -> None:
        if self.trials < LEAST_SEAL_TRIALS:
            raise StatescapeError(f"A seal needs at least {LEAST_SEAL_TRIALS} trials; got {self.trials}.")

    @property
    def levels(self) -> tuple[Level, ...]:
        """The ladder of the champion."""
        return LEVELS if self.champion.plan is None else PLAN_LEVELS

    def names_at(self, level: Level) -> tuple[str, ...]:
        """The controls at a level."""
        plan = self.champion.plan
        return self.controls if plan is None else planned_names(plan, level, self.controls)


def seal(
    plan: Sealing, executor: Executor, remember: Remember | None = None, levels: Sequence[Level] | None = None
) -> dict[Level, Seal]:
    """Put champion and controls under every seal.

    Args:
        plan: what is compared.
        executor: who works; the numbers are the same for any.
        remember: keeps what is done, one entry for each wiring and level, so that a resumed run goes on from there.
        levels: which seals; None for all of a wiring's, or of a plan's.
    """
    keep = remember or (lambda _, compute, read: read(compute()))
    seals: dict[Level, Seal] = {}
    for level in levels or plan.levels:
        champion = _sealed(CHAMPION, plan, level, executor, keep)
        others = [_sealed(name, plan, level, executor, keep) for name in plan.names_at(level)]
        own = plan.champion.radius != "rescale" and plan.champion.plan is None
        rescaled = _sealed(RESCALED, plan, level, executor, keep) if own else None
        seals[level] = compare(level, champion, others, plan.seed, rescaled)
    return seals


def _sealed(name: str, plan: Sealing, level: Level, executor: Executor, keep: Remember) -> Sealed:
    """One kind of wiring at one level: draw, tune, score."""
    trials = 1 if Conditions(plan.task, level, "seal", plan.hyper).deterministic else plan.trials

    def compute() -> dict[str, Any]:
        place = ALL_LEVELS.index(level)
        draws = _draws(name, plan, level)
        begin = Conditions(plan.task, level, "seal", plan.tuned.get(_left_of(name, level), plan.hyper))
        seed = Stream.TUNING.below(plan.seed, place)
        hyper = tune(draws, begin, seed, executor, plan.settings) if plan.tune else begin.hyper
        conditions = Conditions(plan.task, level, "seal", hyper)
        seeds = [trial_seed(plan.seed, level, trial) for trial in range(trials)]
        return {"hyper": asdict(hyper), "scores": score(draws, conditions, seeds, executor).tolist()}

    def read(kept: Any) -> Sealed:
        found = typed(_Kept, kept)
        scores = np.array(found.scores, dtype=np.float64)
        if scores.ndim != 2 or scores.shape[1] != trials or np.isnan(scores).any():
            raise StatescapeError(f"{trials} scores of every draw are wanted")
        return Sealed(name, found.hyper, scores)

    return cast("Sealed", keep(f"seal/{level}/{name}", compute, read))


@dataclass(frozen=True)
class _Kept:
    hyper: Hyperparameters
    scores: tuple[tuple[float, ...], ...]


def _left_of(name: str, level: Level) -> str:
    """What is left of a champion at a level: at *single* one reservoir in its place."""
    return "single" if (name, level) == (CHAMPION, "single") else name


def place_of(name: str) -> int:
    """The number of a control among the seeds of draws: a polynomial of its letters, apart for all names there are."""
    return sum(ord(letter) * int(31**index) for index, letter in enumerate(name)) % 2**32


def _draws(name: str, plan: Sealing, level: Level) -> tuple[Topology, ...]:
    seed = Stream.DRAWS.below(plan.seed, place_of(name), ALL_LEVELS.index(level))
    n_inputs, own = plan.W_in.shape[1], plan.champion.plan
    found = plan.champion if name in (CHAMPION, RESCALED) else plan.found.get(name)
    if own is not None:
        name = _left_of(name, level)
        if name in ("single", "untuned"):
            own = plan.found[name].plan
        elif found is not None:
            return (found,)
        assert own is not None  # all that a plan is held against are plans
        return planned_control(name, own, level, n_inputs, seed, plan.draws).draws
    if found is not None:
        own_inputs = plan.W_in if found.W_in is None else found.W_in
        W_in = own_inputs if level == "matrix" else None
        if name == RESCALED:
            return (Topology(found.W, W_in, name=name),)
        return (Topology(found.W, W_in, radius=found.radius, sr=found.sr, name=name),)
    return control(name, plan.champion, level, n_inputs, seed, draws=plan.draws).draws
