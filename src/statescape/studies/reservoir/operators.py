"""Which mutations and crossovers earn their place? Each is left out, and several together, by task and by level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial

import numpy as np

from statescape.evolution import Settings
from statescape.evolution.operators import family
from statescape.evolution.settings import SearchLevel
from statescape.studies.reservoir.budget import Budget
from statescape.studies.reservoir.comparison import Ratio, as_json, changes, common, compared, reading
from statescape.studies.reservoir.protocol import Piece, Reading, Results, Study
from statescape.studies.reservoir.searching import TASK, log_error, operators_for, searched, usual
from statescape.wording import Answers, listed

TASKS = (TASK["name"], "mackey-glass-17-84", "memory-noisy")
LEVELS: tuple[SearchLevel, ...] = ("matrix", "wiring")
ALL = "all"
# What is left out together, beside each by itself; random search leaves out all of them.
NO_CROSSOVER, ONLY_EDGES, RANDOM = "mutation-only", "only-edges", "random-search"

answers = Answers("studies", "operators")
# Log errors beyond those of all operators, run by run, by the way to search, the task and the level.
Beyond = Mapping[str, Mapping[tuple[str, str], np.ndarray]]


def pieces(tasks: Sequence[str], budget: Budget, seed: int) -> Sequence[Piece]:
    """One search for each task, level, way and run."""
    return [
        searched(f"{task}/{level}/{way}/{run}", _settings(budget, seed + run, task, level, way), budget)
        for run in range(budget.runs)
        for task in tasks
        for level in LEVELS
        for way in _ways(budget)
    ]


def _settings(budget: Budget, seed: int, task: str, level: SearchLevel, way: str) -> Settings:
    """A search that lacks one operator, all of a kind, or nothing."""
    lacking = {NO_CROSSOVER: ("crossover",), ONLY_EDGES: ("crossover", "units")}.get(way, ())
    chosen = tuple(name for name, kind in _operators(budget.units).items() if name != way and kind not in lacking)
    strategy = way if way in (NO_CROSSOVER, RANDOM) else "genetic"
    found = usual(budget, seed, level=level, strategy=strategy, operators=None if way == RANDOM else chosen)
    return replace(found, task={"name": task})


def read(tasks: Sequence[str], results: Results, budget: Budget, seed: int) -> Reading:
    """Every way against all operators: over all cells, by level, in each cell, and without each task."""
    beyond = _beyond(tasks, results, budget)
    overall = _over(beyond, tasks, LEVELS)
    levels: dict[str, dict[str, Ratio]] = {level: _over(beyond, tasks, [level]) for level in LEVELS}
    cells = compared({(way, *cell): own for way in beyond for cell, own in beyond[way].items()})
    without = {task: _over(beyond, [one for one in tasks if one != task], LEVELS) for task in tasks}
    kinds = _operators(budget.units)
    rows = [
        (
            answers(f"way.{way}") if way not in kinds else way,
            answers(f"kind.{kinds.get(way, 'several')}"),
            overall[way].in_words,
            overall[way].decided,
            *(levels[level][way].in_words for level in LEVELS),
        )
        for way in beyond
    ]
    titles = answers.each("panels")
    return reading(
        answers,
        budget,
        seed,
        (*_answer(overall, levels, cells, list(kinds)), _hanging(overall, without, list(kinds))),
        rows,
        (
            changes(title, (found[way].mark(row[0]) for way, row in zip(beyond, rows, strict=True)))
            for title, found in zip(titles, (overall, *levels.values()), strict=True)
        ),
        {
            "overall": as_json(overall),
            "levels": {level: as_json(found) for level, found in levels.items()},
            "cells": as_json({"/".join(cell): one for cell, one in cells.items()}),
            "without": {task: {way: one.in_words for way, one in found.items()} for task, found in without.items()},
        },
        count=len(tasks),
    )


def _beyond(tasks: Sequence[str], results: Results, budget: Budget) -> Beyond:
    def errors(task: str, level: str, way: str) -> np.ndarray:
        return np.array([log_error(results[f"{task}/{level}/{way}/{run}"]["sealed"]) for run in range(budget.runs)])

    cells = [(task, level) for task in tasks for level in LEVELS]
    return {
        way: {cell: errors(*cell, way) - errors(*cell, ALL) for cell in cells} for way in _ways(budget) if way != ALL
    }


def _over(beyond: Beyond, tasks: Sequence[str], levels: Sequence[str]) -> dict[str, Ratio]:
    """The mean over some cells, run by run: each weighs the same."""
    return compared(
        {
            way: np.mean([found for (task, level), found in own.items() if task in tasks and level in levels], axis=0)
            for way, own in beyond.items()
        }
    )


def _answer(
    overall: Mapping[str, Ratio],
    levels: Mapping[str, Mapping[str, Ratio]],
    cells: Mapping[tuple[str, str, str], Ratio],
    names: Sequence[str],
) -> Iterator[str]:
    earn = _missed(overall, names)
    hinder = [name for name in names if overall[name].lower]
    yield answers("earn", names=listed(earn)) if earn else answers("none_earns")
    if hinder:
        yield answers("hinder", names=listed(hinder))
    places = [
        *(answers("at_level", name=name, level=level) for level in levels for name in _missed(levels[level], names)),
        *(
            answers("in_cell", name=name, task=task, level=level)
            for (name, task, level), one in cells.items()
            if one.higher and name in names
        ),
    ]
    if places:
        yield answers("missed", places=common("and_then").join(places))
    for way in (NO_CROSSOVER, ONLY_EDGES, RANDOM):
        found = overall[way]
        said = "helps" if found.higher else "hinders" if found.lower else "undecided"
        yield answers(f"{way}.{said}", change=found.in_words)


def _hanging(overall: Mapping[str, Ratio], without: Mapping[str, Mapping[str, Ratio]], names: Sequence[str]) -> str:
    """Whether the operators that earn their place are those of one task."""
    earn = _missed(overall, names)
    found = {task: _missed(one, names) for task, one in without.items()}
    changed = [
        answers("without", task=task, names=listed(one)) if one else answers("without_none", task=task)
        for task, one in found.items()
        if one != earn
    ]
    return answers("hangs", changes=common("and_then").join(changed)) if changed else answers("left_out")


def _missed(found: Mapping[str, Ratio], names: Sequence[str]) -> list[str]:
    return [name for name in names if found[name].higher]


def _ways(budget: Budget) -> list[str]:
    """All operators; all but each; and what leaves out several."""
    return [ALL, *_operators(budget.units), NO_CROSSOVER, ONLY_EDGES, RANDOM]


@cache
def _operators(units: int) -> Mapping[str, str]:
    """The operators of the space by name, each with what kind it is."""
    return {one.name: family(one.name) for one in operators_for(Settings(TASK, units))}


def of_tasks(tasks: tuple[str, ...]) -> Study:
    """The study of some tasks."""
    return Study(
        "operators",
        Budget("quick", units=20, runs=3, trainings=200, tuning=8),
        Budget("full", units=50, runs=12, trainings=6_000),
        partial(pieces, tasks),
        partial(read, tasks),
        lambda budget: {"count": len(_ways(budget)), "tasks": listed(tasks)},
        tasks,
        of_tasks,
    )


STUDY = of_tasks(TASKS)
