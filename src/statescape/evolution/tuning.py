"""The same small tuning for whoever is compared: hyper-parameters from one fixed list, by successive halving.

A wiring that is only better because its hyper-parameters suit it is not better. So the champion and every control
choose from the same settings (the given ones and a scrambled Sobol sequence around the field's usual ranges) on the
same trials, which belong to the search's part of the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import qmc

from statescape.evolution.conditions import Conditions, TrialSeed, chooses_ridge, draws_no_data
from statescape.evolution.scoring import Scoring, losses, score_all
from statescape.evolution.settings import Hyperparameters
from statescape.reservoir import Topology
from statescape.runs import Executor

SETTINGS = 32
# Share of the settings that goes on to the next round, and trials of the rounds.
KEPT = 4
ROUNDS = (1, 4, 12)
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
    known = candidates(conditions, settings, seed, scaled=subjects[0].radius == "rescale")
    rounds = ROUNDS if not conditions.deterministic else (1,)
    for number, trials in enumerate(rounds):
        seeds: list[TrialSeed] = [(*seed, 1 + number, trial) for trial in range(trials)]
        questions = [Scoring(subjects, replace(conditions, part="search", hyper=one), seeds) for one in known]
        found = np.array([losses(scores).mean() for scores in score_all(questions, executor)])
        best = np.argsort(found, kind="stable")
        known = [known[place] for place in best[: 1 if number + 1 == len(rounds) else max(len(known) // KEPT, 1)]]
    return known[0]


def trainings_of(settings: int, draws: int) -> int:
    """Networks trained for a list of so many settings."""
    total, left = 0, settings
    for trials in ROUNDS:
        total += left * trials * min(draws, DRAWS)
        left = max(left // KEPT, 1)
    return total


def candidates(conditions: Conditions, settings: int, seed: tuple[int, ...], *, scaled: bool) -> list[Hyperparameters]:
    """The list: the given hyper-parameters first; half of the others without leak."""
    given = conditions.hyper
    points = qmc.Sobol(5, rng=np.random.default_rng(np.random.SeedSequence((*seed, 0)))).random(_power(settings))
    reads_weights, own_ridge = draws_no_data(conditions.task), chooses_ridge(conditions.task)
    found = {given: None}  # in order, each once
    for sr, scaling, leak, ridge, leaky in points[: settings - 1]:
        one = replace(given, sr=_between(sr, SR)) if scaled else given
        if not reads_weights:
            one = replace(
                one,
                input_scaling=_between_logs(scaling, INPUT_SCALING),
                lr=_between(leak, LR) if leaky < 0.5 else 1.0,
                ridge=given.ridge if own_ridge else _between_logs(ridge, RIDGE),
            )
        found[one] = None
    return list(found)


def _power(count: int) -> int:
    """The power of two that a Sobol sequence wants."""
    return 1 << max(count - 1, 1).bit_length()


def _between(share: float, bounds: tuple[float, float]) -> float:
    return float(bounds[0] + share * (bounds[1] - bounds[0]))


def _between_logs(share: float, bounds: tuple[float, float]) -> float:
    return float(np.exp(_between(share, (np.log(bounds[0]), np.log(bounds[1])))))
