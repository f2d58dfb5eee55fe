"""The scores of many wirings on the same trials: the work of a search and of its seals, spread over an executor.

A job is a few wirings on all trials; the trials of one W run side by side.
Whatever goes wrong with one wiring is a score of infinity, never an exception in the middle of a generation; what is
wrong with the task is an exception at once.

A score of which more is better (`valid_time`) is held negative, so that lower is better everywhere; what is shown of it
is its size (`shown`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from statescape.errors import StatescapeError
from statescape.evolution.conditions import Conditions, Draw, TrialSeed, draw, redraw, redraw_plan
from statescape.evolution.settings import Hyperparameters
from statescape.reservoir import EchoStateNetwork, Topology, evaluate
from statescape.reservoir.measures import exact_memory_capacity, noisy_memory_capacity
from statescape.reservoir.radius import Matrix
from statescape.reservoir.tasks import AnyTrial, MemoryTrial, SequencesTrial, Trial, attempt, pooling_of
from statescape.runs import Executor

# Jobs for each worker and call: enough that none waits long for the last, but none of fewer wirings than this, where
# handing over would cost as much as the work (8 wirings on two workers: a fifth more trainings a second, measured).
JOBS_PER_WORKER = 4
WIRINGS_PER_JOB = 4
# An error of 0 has a logarithm too; where mistakes are counted, none of them counts as half of one.
LEAST_SCORE = 1e-12
# And so has a forecast that fails at once: this share of a unit of valid time.
LEAST_TIME = 1e-2


@dataclass(frozen=True, eq=False)
class _Job:
    topologies: tuple[Topology, ...]
    conditions: Conditions
    seeds: tuple[TrialSeed, ...]


@dataclass(frozen=True, eq=False)
class Scoring:
    """Wirings, conditions and trials that are to be scored.

    Attributes:
        topologies: the wirings, of equally many units, or the draws of plans. At *matrix* each needs its own `W_in`,
            which is scaled by `input_scaling` where no plan has scaled it; at the other levels it comes from the trial.
        conditions: task, level, part and hyper-parameters.
        seeds: one for each trial.
    """

    topologies: Sequence[Topology]
    conditions: Conditions
    seeds: Sequence[TrialSeed]

    def __post_init__(self) -> None:
        n_inputs = self.conditions.task.n_inputs
        if self.conditions.level == "matrix" and any(
            topology.W_in is None or topology.W_in.shape[1] != n_inputs for topology in self.topologies
        ):
            raise StatescapeError(
                f"At the level matrix every wiring needs W_in, units by {n_inputs}, since no trial redraws it; set it, "
                "or choose the level wiring."
            )


def score(
    topologies: Sequence[Topology], conditions: Conditions, seeds: Sequence[TrialSeed], executor: Executor
) -> Float[np.ndarray, "topologies trials"]:
    """The score of every wiring on every trial.

    Args:
        topologies: the wirings, of equally many units, or the draws of plans.
        conditions: task, level, part and hyper-parameters.
        seeds: one for each trial.
        executor: who works; the scores are the same, bit for bit, for any.

    Returns:
        Lower is better: errors, infinite where a network diverged, or valid times held negative. Of a share of
        mistakes it is at least that of half a mistake: what is compared are logarithms, and a test of 100 answers
        cannot tell 0 from 0.005.

    Raises:
        StatescapeError: where a wiring lacks W_in at *matrix*, or the task cannot draw its data.
    """
    return score_all([Scoring(topologies, conditions, seeds)], executor)[0]


def score_all(questions: Sequence[Scoring], executor: Executor) -> list[Float[np.ndarray, "topologies trials"]]:
    """The scores of several questions, worked on side by side."""
    total = sum(len(question.topologies) for question in questions)
    rounds = min(max(total // (WIRINGS_PER_JOB * executor.workers), 1), JOBS_PER_WORKER)
    size = max(math.ceil(total / (rounds * executor.workers)), 1)
    jobs = [
        _Job(tuple(question.topologies[start : start + size]), question.conditions, tuple(question.seeds))
        for question in questions
        for start in range(0, len(question.topologies), size)
    ]
    bundles = [jobs[start : start + size] for start in range(0, len(jobs), size)] if len(questions) > 1 else None
    if bundles is None:
        scores = iter(executor.map(_run, jobs))
    else:
        scores = iter([one for many in executor.map(_run_all, bundles) for one in many])
    found = []
    for question in questions:
        parts = [next(scores) for _ in range(0, len(question.topologies), size)]
        found.append(np.concatenate([np.empty((0, len(question.seeds))), *parts]))
    return found


def losses(scores: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """What a search compares: the logarithm of the scores, in which a trial's difficulty is a term of its own.

    Of scores that are held negative it is minus the logarithm of their size.
    """
    size = np.log(np.maximum(np.abs(scores), LEAST_SCORE))
    return np.asarray(np.where(scores < 0, -size, size))


def shown(scores: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Scores as a reader knows them: their size, whichever way is better."""
    return np.asarray(np.abs(scores))


def _run_all(jobs: list[_Job]) -> list[Float[np.ndarray, "_ trials"]]:
    """Several small jobs, in whatever process."""
    return [_run(job) for job in jobs]


@dataclass(frozen=True, eq=False)
class Running:
    """A wiring as it runs on one trial, all that is drawn or scaled done.

    Attributes:
        W: recurrent weights.
        W_in: input weights.
        lr: leak rate, one or one for each unit.
        read: which units the readout sees; None for all.
    """

    W: Matrix
    W_in: Float[np.ndarray, "units inputs"]
    lr: float | Float[np.ndarray, " units"]
    read: Bool[np.ndarray, " units"] | None = None


def running(topology: Topology, draws: Sequence[Draw], conditions: Conditions) -> list[Running | None]:
    """A wiring as it runs on each trial; None where it has no radius. What no trial redraws is one object for all."""
    hyper = conditions.hyper
    if topology.plan is not None:
        redrawn = [topology if one.plan is None else redraw_plan(topology, one.plan, conditions.level) for one in draws]
        lr, read = topology.plan.lr, topology.plan.read
        return [Running(one.W, _input_weights(one, None), lr, read) for one in redrawn]
    return [
        None if W is None else Running(W, hyper.input_scaling * _input_weights(topology, one.W_in), hyper.lr)
        for W, one in zip(_matrices(topology, conditions, draws), draws, strict=True)
    ]


def network_of(one: Running, trial: AnyTrial, hyper: Hyperparameters) -> EchoStateNetwork:
    """The untrained network of a wiring for a trial."""
    return EchoStateNetwork(
        W=one.W,
        Win=one.W_in,
        lr=one.lr,
        bias=hyper.bias,
        ridge=trial.ridges if isinstance(trial, SequencesTrial) else hyper.ridge,
        pooling=pooling_of(trial),
        read=one.read,
    )


def _run(job: _Job) -> Float[np.ndarray, "topologies trials"]:
    """One job, in whatever process."""
    units, hyper = job.topologies[0].units, job.conditions.hyper
    draws = [draw(job.conditions, units, seed) for seed in job.seeds]
    asked = [one for topology in job.topologies for one in running(topology, draws, job.conditions)]
    scores = np.full(len(asked), np.inf)
    runs = {place: one for place, one in enumerate(asked) if one is not None}
    driven = [one.data for one in draws if isinstance(one.data, Trial) and not one.data.free_run]
    if len(driven) == len(draws) and runs:
        found = list(runs.values())
        trials = [driven[place % len(draws)] for place in runs]
        scores[list(runs)] = evaluate(
            [one.W for one in found],
            trials,
            [one.W_in for one in found],
            ridge=hyper.ridge,
            lr=np.stack([np.broadcast_to(one.lr, (units,)) for one in found]),
            bias=hyper.bias,
            read=[one.read for one in found],
        ).scores
    else:
        for place, one in runs.items():
            scores[place] = _alone(one, draws[place % len(draws)].data, hyper)
    least = np.array([one.data.half_a_mistake for one in draws])
    table = scores.reshape(len(job.topologies), len(draws))
    return np.where(least > 0, np.maximum(table, least), table)


def _matrices(topology: Topology, conditions: Conditions, draws: Sequence[Draw]) -> list[Matrix | None]:
    """W of every trial, one for all where none redraws it; None where there is none."""
    try:
        if draws[0].weights is None:
            return [topology.weights(conditions.hyper.sr)] * len(draws)
    except (np.linalg.LinAlgError, FloatingPointError):
        return [None] * len(draws)
    return [
        W
        for one in draws
        if one.weights is not None
        for W in _matrices(redraw(topology, one.weights, conditions.level), conditions, [replace(one, weights=None)])
    ]


def _alone(one: Running, trial: AnyTrial, hyper: Hyperparameters) -> float:
    """Memory, classes, sequences and closed loops: one network at a time."""
    try:
        if isinstance(trial, MemoryTrial) and trial.inputs is None:
            dense = one.W if isinstance(one.W, np.ndarray) else one.W.toarray()
            return _memory(dense, trial, one.W_in[:, 0], one.lr)
        value = attempt(network_of(one, trial, hyper), trial, score_only=True).score
    except (StatescapeError, np.linalg.LinAlgError):
        value = trial.worst_score if isinstance(trial, Trial) else math.inf
    if isinstance(trial, Trial) and trial.time_unit:
        return -max(value, LEAST_TIME)
    return value if math.isfinite(value) else math.inf


def _memory(
    W: Float[np.ndarray, "units units"],
    trial: MemoryTrial,
    w_in: Float[np.ndarray, " units"],
    lr: float | Float[np.ndarray, " units"],
) -> float:
    """1 - MC/N of linear units, leak included."""
    units = len(W)
    leaky, entering = W, lr * w_in
    if np.any(lr != 1.0):
        leaky = (1.0 - lr) * np.eye(units) + np.broadcast_to(lr, units)[:, None] * W
    if trial.method == "exact":
        capacity = exact_memory_capacity(leaky, entering)
    else:
        capacity = noisy_memory_capacity(leaky, entering, trial.noise)
    return 1.0 - capacity / units


def _input_weights(
    topology: Topology, redrawn: Float[np.ndarray, "units inputs"] | None
) -> Float[np.ndarray, "units inputs"]:
    weights = topology.W_in if redrawn is None else redrawn
    assert weights is not None
    return weights
