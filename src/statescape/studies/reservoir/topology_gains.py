"""Gains over random wirings, by cell and by level, and the declared rule for when topology matters.

Matzner (Hyperparameter tuning in echo state networks, GECCO 2022) holds that it matters little. What little means is
declared here, before any data: `MARGIN`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from statescape.evolution.conditions import Level
from statescape.evolution.settings import SearchLevel
from statescape.statistics import marginal_means, student_mean
from statescape.studies.reservoir.searching import log_error

SEARCHED: tuple[SearchLevel, ...] = ("matrix", "wiring", "mask")
FIELD = ("SCR", "DLR", "CRJ", "small-world", "rewired")
# Random wirings: as sparse as the champion, which flatters it, and as dense as is usual.
SPARSE, DENSE = "erdos-renyi", "dense"
RANDOM = (SPARSE, DENSE)
CHAMPION = "champion"
# A gain matters from so much of the error on, and two gains are looked at: declared before any run of this study.
MARGIN, CONFIDENCE = 0.05, 0.975
# Runs in every cell from which on a mixed-effects analysis is made.
LEAST_RUNS = 10

WAYS = ("field", "evolved", "evolved against field")


@dataclass(frozen=True)
class Gain:
    """What one way gains over random wirings at one level: the mean over the tasks, in logarithms.

    Attributes:
        mean: above 0 the error is lower.
        low: lower end of the interval at `CONFIDENCE`.
        high: upper end.
        mixed: whether by mixed effects.
    """

    mean: float
    low: float
    high: float
    mixed: bool


@dataclass(frozen=True)
class Cell:
    """One task at one level.

    Attributes:
        gains: of every way, run by run, in logarithms.
        favourite: wiring of the field that is best over all runs.
    """

    gains: dict[str, Float[np.ndarray, " runs"]]
    favourite: str


def cell_of(seals: Sequence[Mapping[str, Any]]) -> Cell:
    """The gains of a cell from the seals of its runs, as `searching.search_and_seal` keeps them."""
    errors = {
        name: np.array([log_error(np.ravel(one[name]["scores"]).tolist()) for one in seals])
        for name in (CHAMPION, *FIELD, *RANDOM)
    }
    random, field = chosen_by_others(errors, RANDOM), chosen_by_others(errors, FIELD)
    gains = {
        "field": random - field,
        "evolved": random - errors[CHAMPION],
        "evolved against field": field - errors[CHAMPION],
    }
    return Cell(gains, min(FIELD, key=lambda name: float(errors[name].mean())))


def chosen_by_others(
    errors: Mapping[str, Float[np.ndarray, " runs"]], names: Sequence[str]
) -> Float[np.ndarray, " runs"]:
    """In every run, the error of the one that was best in the other runs: a choice that flatters nobody."""
    table = np.stack([errors[name] for name in names])
    runs = table.shape[1]
    if runs == 1:
        return np.asarray(table[0])
    others = (table.sum(axis=1, keepdims=True) - table) / (runs - 1)
    return np.asarray(table[others.argmin(axis=0), np.arange(runs)])


def gain_of(gains: Float[np.ndarray, "tasks runs"]) -> Gain:
    """The mean gain at a level: mixed effects where there are runs enough, else Student's t."""
    if gains.shape[1] >= LEAST_RUNS:
        return Gain(*marginal_means(gains, CONFIDENCE), mixed=True)
    one = student_mean(gains.mean(axis=0), CONFIDENCE).interval
    return Gain(one.mean, one.low, one.high, mixed=False)


def gains_of(cells: Mapping[tuple[str, Level], Cell], tasks: Sequence[str]) -> dict[tuple[Level, str], Gain]:
    """Every way's mean gain over these tasks, level by level."""
    return {
        (level, way): gain_of(np.array([cells[task, level].gains[way] for task in tasks]))
        for level in SEARCHED
        for way in WAYS
    }


def verdicts_of(gains: Mapping[tuple[Level, str], Gain]) -> dict[Level, str]:
    """`verdict_of` every level."""
    return {level: verdict_of([gains[level, way] for way in WAYS]) for level in SEARCHED}


def verdict_of(gains: Sequence[Gain]) -> str:
    """Whether topology matters, by the field's and by evolved wirings."""
    bound = -math.log1p(-MARGIN)
    over_random = gains[:2]
    if any(one.low > bound for one in over_random):
        return "matters"
    return "matters little" if all(one.high < bound for one in over_random) else "undecided"
