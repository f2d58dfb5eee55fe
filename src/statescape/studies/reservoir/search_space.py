"""What does reducing the search space buy? The ladder of encodings at equal trainings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from statescape.evolution.encodings import by_name, names
from statescape.studies.reservoir.budget import FULL, Budget
from statescape.studies.reservoir.comparison import (
    Ratio,
    as_json,
    champion_errors,
    changes,
    percent,
    ratios,
    reading,
    score_of,
)
from statescape.studies.reservoir.picture import Lines, StudyCurve
from statescape.studies.reservoir.protocol import Piece, Reading, Results, Study
from statescape.studies.reservoir.searching import searched, usual
from statescape.wording import Answers, number

LADDER = names()
# The whole space, which every smaller one is compared with.
WHOLE = "real"

answers = Answers("studies", "search-space")


def pieces(budget: Budget, seed: int) -> Sequence[Piece]:
    """One search for each encoding and run."""
    return [
        searched(f"{encoding}/{run}", usual(budget, seed + run, encoding), budget)
        for run in range(budget.runs)
        for encoding in LADDER
    ]


def read(results: Results, budget: Budget, seed: int) -> Reading:
    """Every encoding against the whole space."""
    errors = champion_errors(results, LADDER, budget)
    found = ratios({name: (errors[name], errors[WHOLE]) for name in LADDER if name != WHOLE})
    sizes = {name: _numbers(name, budget.units) for name in LADDER}
    champions, way = answers.each("panels")
    return reading(
        answers,
        budget,
        seed,
        _answer(found, errors, sizes, budget),
        (
            (
                name,
                number(sizes[name], ","),
                score_of(errors[name]),
                *((found[name].in_words, found[name].decided) if name in found else ("", answers("reference"))),
            )
            for name in LADDER
        ),
        (
            changes(champions, (one.mark(name) for name, one in found.items())),
            Lines(way, answers("trainings"), "NRMSE", tuple(_curves(results, budget)), log_x=True),
        ),
        as_json(found) | {"numbers": sizes},
    )


def _answer(
    found: Mapping[str, Ratio], errors: Mapping[str, list[float]], sizes: Mapping[str, int], budget: Budget
) -> tuple[str, str]:
    best = min(errors, key=lambda name: float(np.mean(errors[name])))
    lower, higher = min(found, key=lambda name: _shown(found, name)), max(found, key=lambda name: _shown(found, name))
    values = {"trainings": budget.trainings, "size": sizes[WHOLE]}
    if found[lower].lower:
        change = percent(found[lower].change)
        first = answers("buys", change=change, name=lower, few=sizes[lower], **values)
    elif found[higher].higher:
        first = answers("nothing", name=higher, change=percent(found[higher].change), **values)
    else:
        first = answers("undecided", trainings=budget.trainings)
    return first, answers("lowest", name=best, error=math.exp(float(np.mean(errors[best]))))


def _shown(found: Mapping[str, Ratio], name: str) -> float:
    """The change that is shown; 0 where none is."""
    return found[name].change if found[name].shown else 0.0


def _numbers(encoding: str, units: int) -> int:
    """How many numbers a genome of this encoding has."""
    return sum(math.prod(shape) for shape in by_name(encoding, units).shapes.values())


def _curves(results: Results, budget: Budget) -> list[StudyCurve]:
    """Geometric mean over runs of the best of each generation."""
    lines = []
    for encoding in LADDER:
        runs = [np.array(results[f"{encoding}/{run}"]["curve"]) for run in range(budget.runs)]
        length = min(len(run) for run in runs)
        errors = np.stack([np.clip(run[:length, 1], 1e-12, 1e12) for run in runs])
        places = np.mean([run[:length, 0] for run in runs], axis=0)
        lines.append(StudyCurve(encoding, tuple(places.tolist()), tuple(np.exp(np.log(errors).mean(axis=0)).tolist())))
    return lines


STUDY = Study("search-space", Budget("quick", units=20, runs=5, trainings=1_200, tuning=8), FULL, pieces, read)
