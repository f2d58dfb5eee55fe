"""Under which conditions a wiring is scored: task, level, part of the data, hyper-parameters; and what a trial draws.

A trial redraws what its level says: the data always (*matrix*), also W_in (*wiring*), also the signs of W (*signs*),
also all weights of W, from U(-1, 1) on its mask (*mask*). All wirings meet the same draws, so that they are compared on
common random numbers: a redrawn matrix is drawn for all pairs of units, and every wiring takes it where it has edges.

Plans have levels of their own: *matrix* redraws the data, *weights* all that is drawn when a plan becomes a network,
*plan* also which module feeds which; *single* is *weights* for one reservoir of as many units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError, require_choice
from statescape.evolution.settings import Hyperparameters
from statescape.reservoir import Topology, draw_plan
from statescape.reservoir.tasks import AnyTrial, MemoryTrial, Part, SequencesTrial, Task, usable_trial
from statescape.reservoir.weights import draw_values
from statescape.wording import Noun

Level: TypeAlias = Literal["matrix", "wiring", "signs", "mask", "weights", "plan", "single"]
LEVELS: tuple[Level, ...] = ("matrix", "wiring", "signs", "mask")
PLAN_LEVELS: tuple[Level, ...] = ("matrix", "weights", "plan", "single")
# In the order of their random numbers: append, never insert.
ALL_LEVELS: tuple[Level, ...] = (*LEVELS, "weights", "plan", "single")

# A seed of a trial: whole numbers from the run's seed down to the number of the trial.
TrialSeed: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Conditions(Noun):
    """What all trials of a comparison share.

    Attributes:
        task: draws the data.
        level: what a trial redraws.
        part: of a file: "search", or "seal" for data that the search never reads.
        hyper: the hyper-parameters.

    Raises:
        StatescapeError: for an unknown level.
    """

    task: Task
    level: Level
    part: Part
    hyper: Hyperparameters

    def __post_init__(self) -> None:
        require_choice("The level", self.level, ALL_LEVELS)

    @property
    def deterministic(self) -> bool:
        """Whether every trial is alike, so that one says all: nothing is redrawn and the task draws no data."""
        return self.level == "matrix" and draws_no_data(self.task)


@dataclass(frozen=True, eq=False)
class Draw:
    """What one trial redraws.

    Attributes:
        data: the task's trial.
        W_in: input weights, -1 or 1; None where they belong to the wiring.
        weights: a factor for the signs of every edge (*signs*), or its new weight (*mask*); None where W stays.
        plan: seed of what a plan redraws; None where its weights stay.
    """

    data: AnyTrial
    W_in: Float[np.ndarray, "units inputs"] | None
    weights: Float[np.ndarray, "units units"] | None
    plan: np.random.SeedSequence | None = None


def draw(conditions: Conditions, units: int, seed: TrialSeed) -> Draw:
    """The trial of a seed: same seed, same draws, for every wiring of that many units.

    Data, W_in and weights have streams of their own, so that levels differ in what they redraw and in nothing else.
    """
    data, inputs, weights = np.random.SeedSequence(seed).spawn(3)
    level, trial = conditions.level, usable_trial(conditions.task, data, conditions.part)
    if level in PLAN_LEVELS[1:]:
        return Draw(trial, None, None, weights)
    return Draw(
        trial,
        None if level == "matrix" else draw_input_weights(units, conditions.task.n_inputs, inputs),
        None if level in ("matrix", "wiring") else _redrawn(level, units, weights),
    )


def draw_input_weights(units: int, n_inputs: int, seed: np.random.SeedSequence) -> Float[np.ndarray, "units inputs"]:
    """Dense input weights of -1 and 1 with equal probability, as `statescape esn` draws them."""
    signs = np.random.default_rng(seed).integers(0, 2, (units, n_inputs))
    return np.asarray(2.0 * signs - 1.0)


def redraw_plan(topology: Topology, seed: np.random.SeedSequence, level: Level) -> Topology:
    """The plan with weights of another draw; at *plan* also with other edges among its modules, where it has any."""
    plan, n_inputs = topology.plan, 1 if topology.W_in is None else topology.W_in.shape[1]
    if plan is None:
        raise StatescapeError(f"The level {level} redraws plans; this wiring was drawn for none.")
    weights, edges = (np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, one)) for one in range(2))
    if level == "plan":
        plan = plan.rewired(np.random.default_rng(edges)) or plan
    return draw_plan(plan, n_inputs, seed=weights, name=topology.name)


def redraw(topology: Topology, weights: Float[np.ndarray, "units units"], level: Level) -> Topology:
    """The wiring with its signs (*signs*) or all its weights (*mask*) redrawn; the radius policy comes afterwards."""
    W = topology.to_dense()
    changed = W * weights if level == "signs" else np.where(W != 0, weights, 0.0)
    return Topology(changed, topology.W_in, radius=topology.radius, sr=topology.sr, name=topology.name)


def draws_no_data(task: Task) -> bool:
    """Whether the task reads a network's weights, so that its trials do not differ."""
    trial = usable_trial(task, 0, "search")
    return isinstance(trial, MemoryTrial) and trial.inputs is None


def chooses_ridge(task: Task) -> bool:
    """Whether every training chooses a ridge of the task's own, on sequences that are there for it."""
    return isinstance(usable_trial(task, 0, "search"), SequencesTrial)


def _redrawn(level: Level, units: int, seed: np.random.SeedSequence) -> Float[np.ndarray, "units units"]:
    rng = np.random.default_rng(seed)
    values = draw_values(units * units, "ternary" if level == "signs" else "uniform", rng)
    return np.asarray(values.reshape(units, units))
