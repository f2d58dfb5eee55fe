"""What does reducing the search space buy? The ladder of encodings at equal trainings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from statescape.evolution import Settings
from statescape.evolution.encodings import by_name, names
from statescape.evolution.scoring import losses
from statescape.evolution.settings import PLANS
from statescape.studies.reservoir.budget import FULL, Budget
from statescape.studies.reservoir.comparison import (
    Ratio,
    as_json,
    changes,
    common,
    percent,
    ratios,
    reading,
    score_of,
)
from statescape.studies.reservoir.picture import Lines, StudyCurve
from statescape.studies.reservoir.protocol import Piece, Reading, Results, Study
from statescape.studies.reservoir.searching import TASK, log_error, searched, usual
from statescape.wording import Answers, listed, number

LADDER = tuple(name for name in names() if name != PLANS)
# The whole space, which every smaller one is compared with.
WHOLE = "real"
SMALLER = tuple(name for name in LADDER if name != WHOLE)
TASKS = (TASK["name"],)

answers = Answers("studies", "search-space")
# Errors of one task: run by run, for each encoding.
Errors = Mapping[str, list[float]]


def pieces(tasks: Sequence[str], budget: Budget, seed: int) -> Sequence[Piece]:
    """One search for each encoding, task and run."""
    return [
        searched(_key(tasks, task, encoding, run), _settings(task, budget, seed + run, encoding), budget)
        for run in range(budget.runs)
        for task in tasks
        for encoding in LADDER
    ]


def _settings(task: str, budget: Budget, seed: int, encoding: str) -> Settings:
    return replace(usual(budget, seed, encoding), task={"name": task})


def _key(tasks: Sequence[str], task: str, encoding: str, run: int) -> str:
    """The name of a piece; of a study of one task it says no task, as in runs of before there was a choice."""
    return f"{encoding}/{run}" if len(tasks) == 1 else f"{task}/{encoding}/{run}"


def read(tasks: Sequence[str], results: Results, budget: Budget, seed: int) -> Reading:
    """Every encoding against the whole space, over all tasks and, of several, task by task and without each."""
    by_task = {task: _errors(tasks, task, results, budget) for task in tasks}
    errors = _mean(by_task.values())
    several = by_task if len(tasks) > 1 else {}
    overall = ratios({name: (errors[name], errors[WHOLE]) for name in SMALLER})
    # A family of its own, so that the answer over all tasks and those without one are corrected alike.
    pairs = {(task, name): (own[name], own[WHOLE]) for task, own in several.items() for name in SMALLER}
    found = overall | ratios({f"{task}/{name}": pair for (task, name), pair in pairs.items()})
    sizes = {name: _numbers(name, budget.units) for name in LADDER}
    champions, way = answers.each("panels")
    without = {task: _without(by_task, task) for task in several}
    return reading(
        answers,
        budget,
        seed,
        (*_answer(overall, errors, sizes, budget, several=bool(several)), *_hanging(overall, without)),
        [
            *_rows("", found, errors, sizes, scored=not several),
            *(row for task, own in several.items() for row in _rows(task, found, own, sizes, scored=True)),
        ],
        (
            changes(champions, (one.mark(name) for name, one in overall.items())),
            Lines(way, answers("trainings"), _score(several), tuple(_curves(tasks, results, budget)), log_x=True),
        ),
        as_json(found) | {"numbers": sizes} | ({"without": without} if several else {}),
        count=len(tasks),
    )


def _errors(tasks: Sequence[str], task: str, results: Results, budget: Budget) -> Errors:
    """Log errors of the champions of one task."""
    return {
        encoding: [log_error(results[_key(tasks, task, encoding, run)]["sealed"]) for run in range(budget.runs)]
        for encoding in LADDER
    }


def _mean(tasks: Iterable[Errors]) -> Errors:
    """The mean over tasks, run by run: each weighs the same, whatever its errors are."""
    every = list(tasks)
    return {name: np.mean([one[name] for one in every], axis=0).tolist() for name in LADDER}


def _without(by_task: Mapping[str, Errors], left_out: str) -> dict[str, str]:
    """What is shown of every encoding where one task is left out."""
    errors = _mean(own for task, own in by_task.items() if task != left_out)
    found = ratios({name: (errors[name], errors[WHOLE]) for name in SMALLER})
    return {name: _verdict(one) for name, one in found.items()}


def _verdict(one: Ratio) -> str:
    return "lower" if one.lower else "higher" if one.higher else "not_shown"


def _hanging(overall: Mapping[str, Ratio], without: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Which answers are those of one task; nothing where there is but one."""
    if not without:
        return
    found = [
        answers(f"without.{verdict}", task=task, names=listed(names))
        for task, verdicts in without.items()
        for verdict in ("lower", "higher", "not_shown")
        if (names := [name for name in SMALLER if verdicts[name] == verdict != _verdict(overall[name])])
    ]
    yield answers("hangs", changes=common("and_then").join(found)) if found else answers("left_out")


def _rows(
    task: str, found: Mapping[str, Ratio], errors: Errors, sizes: Mapping[str, int], *, scored: bool
) -> Iterator[tuple[str, ...]]:
    """The encodings on one task, or on all where it is empty."""
    for name in LADDER:
        key = f"{task}/{name}" if task else name
        against = (found[key].in_words, found[key].decided) if key in found else ("", answers("reference"))
        label = answers("on_task", name=name, task=task) if task else name
        yield label, number(sizes[name], ","), score_of(errors[name]) if scored else "", *against


def _score(several: Mapping[str, Errors]) -> str:
    return answers("error_over_tasks") if several else "NRMSE"


def _answer(
    found: Mapping[str, Ratio], errors: Errors, sizes: Mapping[str, int], budget: Budget, *, several: bool
) -> Iterator[str]:
    best = min(errors, key=lambda name: float(np.mean(errors[name])))
    lower, higher = min(found, key=lambda name: _shown(found, name)), max(found, key=lambda name: _shown(found, name))
    values = {"trainings": budget.trainings, "size": sizes[WHOLE]}
    if found[lower].lower:
        change = percent(found[lower].change)
        yield answers("buys", change=change, name=lower, few=sizes[lower], **values)
    elif found[higher].higher:
        yield answers("nothing", name=higher, change=percent(found[higher].change), **values)
    else:
        yield answers("undecided", trainings=budget.trainings)
    if several:
        yield answers("lowest_over_tasks", name=best)
    else:
        yield answers("lowest", name=best, error=math.exp(float(np.mean(errors[best]))))


def _shown(found: Mapping[str, Ratio], name: str) -> float:
    """The change that is shown; 0 where none is."""
    return found[name].change if found[name].shown else 0.0


def _numbers(encoding: str, units: int) -> int:
    """How many numbers a genome of this encoding has."""
    return sum(math.prod(shape) for shape in by_name(encoding, units).shapes.values())


def _curves(tasks: Sequence[str], results: Results, budget: Budget) -> list[StudyCurve]:
    """Geometric mean over runs, and over tasks, of the best of each generation."""
    lines = []
    for encoding in LADDER:
        keys = [_key(tasks, task, encoding, run) for task in tasks for run in range(budget.runs)]
        runs = [np.array(results[key]["curve"]) for key in keys]
        length = min(len(run) for run in runs)
        logs = np.stack([np.clip(losses(run[:length, 1]), -27.0, 27.0) for run in runs])
        places = np.mean([run[:length, 0] for run in runs], axis=0)
        lines.append(StudyCurve(encoding, tuple(places.tolist()), tuple(np.exp(logs.mean(axis=0)).tolist())))
    return lines


def of_tasks(tasks: tuple[str, ...]) -> Study:
    """The study of some tasks."""
    return Study(
        "search-space",
        Budget("quick", units=20, runs=5, trainings=1_200, tuning=8),
        FULL,
        partial(pieces, tasks),
        partial(read, tasks),
        lambda _: {"tasks": "NARMA10" if tasks == TASKS else listed(tasks)},
        tasks,
        of_tasks,
    )


STUDY = of_tasks(TASKS)
