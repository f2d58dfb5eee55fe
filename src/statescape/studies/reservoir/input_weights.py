"""Should W_in evolve? Both ways search for as long, and both are sealed at every level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from statescape.evolution import LEVELS
from statescape.evolution.conditions import Level
from statescape.studies.reservoir.budget import FULL, Budget
from statescape.studies.reservoir.comparison import Ratio, as_json, changes, percent, ratios, reading, score_of
from statescape.studies.reservoir.protocol import Piece, Reading, Results, Study
from statescape.studies.reservoir.searching import log_error, searched, usual
from statescape.wording import Answers, listed

WAYS = {"W": False, "W + W_in": True}

answers = Answers("studies", "input-weights")


def pieces(budget: Budget, seed: int) -> Sequence[Piece]:
    """Searches of both ways, one pair a run."""
    return [
        searched(
            f"{way}/{run}",
            usual(budget, seed + run, level="matrix", evolve_inputs=evolves),
            budget,
            levels=LEVELS,
            tune=True,
        )
        for run in range(budget.runs)
        for way, evolves in WAYS.items()
    ]


def read(results: Results, budget: Budget, seed: int) -> Reading:
    """Ratios at every seal."""
    alone, both = (
        {
            level: [
                log_error(results[f"{way}/{run}"]["seals"][level]["champion"]["scores"][0])
                for run in range(budget.runs)
            ]
            for level in LEVELS
        }
        for way in WAYS
    )
    found = ratios({level: (both[level], alone[level]) for level in LEVELS})
    (title,) = answers.each("panels")
    return reading(
        answers,
        budget,
        seed,
        _answer(found),
        (
            (level, score_of(alone[level]), score_of(both[level]), found[level].in_words, found[level].decided)
            for level in LEVELS
        ),
        (changes(title, (one.mark(level) for level, one in found.items())),),
        as_json(found),
    )


def _answer(found: Mapping[str, Ratio]) -> Iterator[str]:
    own: Level = "matrix"
    below = [level for level in LEVELS[1:] if found[level].lower]
    if found[own].shown:
        yield answers("yes" if found[own].lower else "no", change=percent(found[own].change))
    else:
        yield answers("undecided", change=found[own].in_words)
    yield answers("below", levels=listed(below)) if below else answers("not_below")


STUDY = Study("input-weights", Budget("quick", units=20, runs=5, trainings=1_200, tuning=8), FULL, pieces, read)
