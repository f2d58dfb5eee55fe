"""Which mutations and crossovers earn their place? Each is left out, and each is left alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from statescape.evolution import Settings
from statescape.studies.reservoir.budget import Budget
from statescape.studies.reservoir.comparison import Ratio, as_json, champion_errors, changes, ratios, reading, score_of
from statescape.studies.reservoir.protocol import Piece, Reading, Results, Study
from statescape.studies.reservoir.searching import TASK, operators_for, searched, usual
from statescape.wording import Answers, listed

ALL = "all"
# Whole strategies beside the operators.
STRATEGIES = ("mutation-only", "random-search")

answers = Answers("studies", "operators")


def pieces(budget: Budget, seed: int) -> Sequence[Piece]:
    """One search for each way and run."""
    return [
        searched(f"{way}/{run}", _settings(budget, seed + run, way), budget)
        for run in range(budget.runs)
        for way in _ways(budget)
    ]


def read(results: Results, budget: Budget, seed: int) -> Reading:
    """Every way against all operators."""
    errors = champion_errors(results, _ways(budget), budget)
    found = ratios({way: (errors[way], errors[ALL]) for way in errors if way != ALL})
    crosses = _operators(budget)
    rows: list[tuple[str, ...]] = []
    for name in crosses:
        without, only = found[f"without {name}"], found[f"only {name}"]
        kind = answers("crossover" if crosses[name] else "mutation")
        rows.append((name, kind, without.in_words, without.decided, only.in_words, only.decided))
    rows += [(answers(way), answers("strategy"), "", "", found[way].in_words, found[way].decided) for way in STRATEGIES]
    left_out, alone = answers.each("panels")
    return reading(
        answers,
        budget,
        seed,
        _answer(found, list(crosses)),
        rows,
        (
            changes(left_out, (found[f"without {name}"].mark(name) for name in crosses)),
            changes(
                alone,
                (
                    *(found[f"only {name}"].mark(name) for name in crosses),
                    *(found[way].mark(answers(way)) for way in STRATEGIES),
                ),
            ),
        ),
        as_json(found),
        error=score_of(errors[ALL]),
    )


def _answer(found: Mapping[str, Ratio], names: Sequence[str]) -> Iterator[str]:
    earn = [name for name in names if found[f"without {name}"].higher]
    hinder = [name for name in names if found[f"without {name}"].lower]
    worse = [name for name in names if found[f"only {name}"].higher]
    better = [f"{name} {found[f'only {name}'].in_words}" for name in names if found[f"only {name}"].lower]
    crossover, random = (found[way] for way in STRATEGIES)
    yield answers("earn", names=listed(earn)) if earn else answers("none_earns")
    if hinder:
        yield answers("hinder", names=listed(hinder))
    if worse:
        yield answers("worse_alone", count=len(worse), total=len(names))
    if better:
        yield answers("better_alone", names=listed(better))
    if crossover.shown:
        yield answers("crossover_helps" if crossover.higher else "crossover_hinders")
    else:
        yield answers("crossover_undecided", change=crossover.in_words)
    yield answers("random_worse" if random.higher else "random_not_worse", change=random.in_words)


def _ways(budget: Budget) -> list[str]:
    names = list(_operators(budget))
    return [ALL, *(f"without {name}" for name in names), *(f"only {name}" for name in names), *STRATEGIES]


def _settings(budget: Budget, seed: int, way: str) -> Settings:
    kind, _, operator = way.partition(" ")
    strategy = way if way in STRATEGIES else "genetic"
    chosen = {
        "without": tuple(name for name in _operators(budget) if name != operator),
        "only": (operator,),
    }.get(kind)
    return usual(budget, seed, strategy=strategy, operators=chosen)


def _operators(budget: Budget) -> dict[str, bool]:
    """The operators of the space by name, each with whether it is a crossover."""
    return {operator.name: operator.parents > 1 for operator in operators_for(Settings(TASK, budget.units))}


STUDY = Study(
    "operators",
    Budget("quick", units=20, runs=3, trainings=600, tuning=8),
    Budget("full", units=50, runs=12, trainings=12_000),
    pieces,
    read,
    lambda budget: {"count": len(_ways(budget))},
)
