"""Binary, ternary or real edges in [-1, 1]? Three encodings at equally many edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from statescape.evolution import Settings
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
from statescape.studies.reservoir.protocol import Piece, Reading, Results, Study
from statescape.studies.reservoir.searching import operators_for, searched, usual
from statescape.wording import Answers, listed

KINDS = ("binary", "ternary", "real")
# Edges of every wiring, for each unit: none is added or deleted on the way.
EDGES_PER_UNIT = 2

answers = Answers("studies", "values")


def pieces(budget: Budget, seed: int) -> Sequence[Piece]:
    """One search for each kind and run."""
    return [
        searched(f"{kind}/{run}", _settings(kind, budget, seed + run), budget)
        for run in range(budget.runs)
        for kind in KINDS
    ]


def read(results: Results, budget: Budget, seed: int) -> Reading:
    """Every pair of kinds."""
    errors = champion_errors(results, KINDS, budget)
    pairs = {f"{second}/{first}": (second, first) for first, second in combinations(KINDS, 2)}
    found = ratios({name: (errors[second], errors[first]) for name, (second, first) in pairs.items()})
    labels = {name: answers("against", second=second, first=first) for name, (second, first) in pairs.items()}
    (title,) = answers.each("panels")
    return reading(
        answers,
        budget,
        seed,
        (_answer(found),),
        (
            (
                labels[name],
                f"{score_of(errors[second])} / {score_of(errors[first])}",
                found[name].in_words,
                found[name].decided,
            )
            for name, (second, first) in pairs.items()
        ),
        (changes(title, (one.mark(labels[name]) for name, one in found.items())),),
        as_json(found),
        edges=EDGES_PER_UNIT * budget.units,
    )


def _answer(found: Mapping[str, Ratio]) -> str:
    effects = [
        answers(f"{what}_lower" if found[name].lower else f"{what}_raise", change=percent(found[name].change))
        for what, name in (("signs", "ternary/binary"), ("sizes", "real/ternary"), ("real", "real/binary"))
        if found[name].shown
    ]
    return answers("effects", effects=listed(effects)) if effects else answers("undecided")


def _settings(kind: str, budget: Budget, seed: int) -> Settings:
    settings = usual(budget, seed, kind, density=EDGES_PER_UNIT / budget.units)
    keeping = tuple(operator.name for operator in operators_for(settings) if operator.keeps_edges)
    return replace(settings, operators=keeping)


STUDY = Study(
    "values",
    Budget("quick", units=20, runs=6, trainings=1_200, tuning=8),
    FULL,
    pieces,
    read,
    lambda budget: {"edges": EDGES_PER_UNIT * budget.units},
)
