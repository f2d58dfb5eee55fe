"""The same small tuning for whoever is compared: hyper-parameters from one fixed list, by successive halving.

A wiring that is only better because its hyper-parameters suit it is not better. So the champion and every control
choose from the same settings (the given ones and a scrambled Sobol sequence around the field's usual ranges) on the
same trials, which belong to the search's part of the data. Of plans, whose hyper-parameters evolve with them, the ridge
alone is tuned; the single reservoir that they are held against is tuned in all, with as many trainings as their search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import qmc

from statescape.evolution.conditions import Conditions, TrialSeed, chooses_ridge, draws_no_data
from statescape.evolution.plans import random_module
from statescape.evolution.scoring import Scoring, losses, score_all
from statescape.evolution.settings import Hyperparameters
from statescape.reservoir import Plan, Topology, draw_plan
from statescape.runs import Executor
from statescape.streams import Stream

SETTINGS = 32
# Share of the settings that goes on to the next round, and trials of the rounds.
KEPT = 4
ROUNDS = (1, 4, 12)
STREAMS = (Stream.FIRST_ROUND, Stream.SECOND_ROUND, Stream.THIRD_ROUND)
# Draws of a control that are tuned together; the hyper-parameters are the same for all its draws.
DRAWS = 4

SR, INPUT_SCALING, LR, RIDGE = (0.5, 1.1), (0.01, 1.0), (0.3, 1.0), (1e-10, 1e-4)


def tune(
    topologies: Sequence[Topology],
    conditions: Conditions,
    seed: tuple[int, ...],
    executor: Executor,
    settings: int = SETTINGS,
) -> Hyperparameters:
    """The best of a fixed list of hyper-parameters for one kind of wiring.

    Args:
        topologies: draws of it; the first `DRAWS` are tried.
        conditions: with the hyper-parameters that head the list.
        seed: of the list and of the trials.
        executor: who works.
        settings: length of the list.

    Returns:
        Those with the lowest mean log score in the last round; earlier in the list where equal.
    """
    subjects = list(topologies)[:DRAWS]
    known = candidates(conditions, settings, seed, scaled=subjects[0].radius == "rescale", planned=_planned(subjects))
    return _halved([(subjects, one) for one in known], conditions, seed, executor)[1]


def tune_single(
    units: int, conditions: Conditions, seed: tuple[int, ...], executor: Executor, settings: int
) -> tuple[Plan, Hyperparameters]:
    """The best single reservoir of a fixed list, for the same trials as plans are searched on.

    Behind the given one, reservoirs are drawn as the modules of random plans are, from the same bounds.

    Args:
        units: of the reservoir.
        conditions: with the hyper-parameters that head the list.
        seed: of the list, the draws and the trials.
        executor: who works.
        settings: length of the list.
    """
    rng, given = np.random.default_rng(Stream.LIST.below(seed)), conditions.hyper
    plans, known = [single_plan(units, given)], [given]
    while len(plans) < settings:
        plans.append(Plan((random_module(units, rng),)))
        ridge = _between_logs(float(rng.random()), RIDGE)
        known.append(given if _keeps_ridge(conditions) else replace(given, ridge=ridge))
    n_inputs = conditions.task.n_inputs
    draws = [
        draw_plan(plan, n_inputs, seed=np.random.SeedSequence(Stream.SINGLES.below(seed, place)))
        for place, plan in enumerate(plans)
    ]
    subjects, hyper = _halved(
        [([one], hyper) for one, hyper in zip(draws, known, strict=True)], conditions, seed, executor
    )
    assert subjects[0].plan is not None
    return subjects[0].plan, hyper


def single_plan(units: int, hyper: Hyperparameters, connectivity: float = 0.1) -> Plan:
    """One reservoir of some hyper-parameters."""
    return Plan.single(units, sr=hyper.sr, lr=hyper.lr, input_scaling=hyper.input_scaling, connectivity=connectivity)


def _halved(
    known: list[tuple[list[Topology], Hyperparameters]],
    conditions: Conditions,
    seed: tuple[int, ...],
    executor: Executor,
) -> tuple[list[Topology], Hyperparameters]:
    """The best of a list, on more trials from round to round."""
    rounds = ROUNDS if not conditions.deterministic else (1,)
    for number, (trials, stream) in enumerate(zip(rounds, STREAMS, strict=False)):
        seeds: list[TrialSeed] = [stream.below(seed, trial) for trial in range(trials)]
        questions = [Scoring(own, replace(conditions, part="search", hyper=one), seeds) for own, one in known]
        found = np.array([losses(scores).mean() for scores in score_all(questions, executor)])
        best = np.argsort(found, kind="stable")
        known = [known[place] for place in best[: 1 if number + 1 == len(rounds) else max(len(known) // KEPT, 1)]]
    return known[0]


def _planned(subjects: Sequence[Topology]) -> bool:
    """Whether these are draws of plans, whose hyper-parameters belong to them."""
    return subjects[0].plan is not None


def trainings_of(settings: int, draws: int) -> int:
    """Networks trained for a list of so many settings."""
    total, left = 0, settings
    for trials in ROUNDS:
        total += left * trials * min(draws, DRAWS)
        left = max(left // KEPT, 1)
    return total


def length_for(trainings: int, draws: int = 1) -> int:
    """The length of a list of settings that takes about so many trainings."""
    return max(round(trainings * 1024 / trainings_of(1024, draws)), 1)


def candidates(
    conditions: Conditions, settings: int, seed: tuple[int, ...], *, scaled: bool, planned: bool = False
) -> list[Hyperparameters]:
    """The list: the given hyper-parameters first; half of the others without leak.

    Args:
        conditions: with the hyper-parameters that head the list.
        settings: length of the list.
        seed: of the list.
        scaled: whether the radius is among what is tuned.
        planned: whether all but the ridge belongs to a plan, so that the ridge alone is tuned.
    """
    given = conditions.hyper
    points = qmc.Sobol(5, rng=np.random.default_rng(Stream.LIST.below(seed))).random(_power(settings))
    reads_weights, own_ridge = draws_no_data(conditions.task), chooses_ridge(conditions.task)
    found = {given: None}  # in order, each once
    for sr, scaling, leak, ridge, leaky in points[: settings - 1]:
        one = replace(given, sr=_between(sr, SR)) if scaled else given
        if planned:
            one = given if _keeps_ridge(conditions) else replace(given, ridge=_between_logs(ridge, RIDGE))
        elif not reads_weights:
            one = replace(
                one,
                input_scaling=_between_logs(scaling, INPUT_SCALING),
                lr=_between(leak, LR) if leaky < 0.5 else 1.0,
                ridge=given.ridge if own_ridge else _between_logs(ridge, RIDGE),
            )
        found[one] = None
    return list(found)


def _keeps_ridge(conditions: Conditions) -> bool:
    """Whether the task has a ridge of its own, or its weights alone are measured."""
    return chooses_ridge(conditions.task) or draws_no_data(conditions.task)


def _power(count: int) -> int:
    """The power of two that a Sobol sequence wants."""
    return 1 << max(count - 1, 1).bit_length()


def _between(share: float, bounds: tuple[float, float]) -> float:
    return float(bounds[0] + share * (bounds[1] - bounds[0]))


def _between_logs(share: float, bounds: tuple[float, float]) -> float:
    return float(np.exp(_between(share, (np.log(bounds[0]), np.log(bounds[1])))))
