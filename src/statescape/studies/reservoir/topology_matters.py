"""Does topology matter, once everything is tuned alike? Level by level, task by task, with runs as the unit.

The numbers and the rule are those of `topology_gains`; here is what is asked, run and said.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from statescape.evolution import Limits, Settings
from statescape.evolution.conditions import Level
from statescape.studies.reservoir.budget import Budget
from statescape.studies.reservoir.comparison import (
    Ratio,
    as_json,
    between,
    changes,
    common,
    compared,
    percent,
    reading,
    share,
    signed,
)
from statescape.studies.reservoir.picture import Dots, Mark
from statescape.studies.reservoir.protocol import Piece, Reading, Results, Study
from statescape.studies.reservoir.searching import searched
from statescape.studies.reservoir.topology_gains import (
    FIELD,
    MARGIN,
    SEARCHED,
    SPARSE,
    WAYS,
    Cell,
    Gain,
    cell_of,
    gains_of,
    verdicts_of,
)
from statescape.wording import Answers, listed

TASKS = ("narma10", "mackey-glass-17-84", "lorenz")
DENSITY = 0.2
VERDICTS = ("matters", "matters little", "undecided")
Gains = Mapping[tuple[Level, str], Gain]

answers = Answers("studies", "does-topology-matter")


def pieces(tasks: Sequence[str], budget: Budget, seed: int) -> Sequence[Piece]:
    """One sealed search for each cell and run."""
    limits = Limits(trainings=budget.trainings)
    return [
        searched(
            f"{task}/{level}/{run}",
            Settings({"name": task}, budget.units, level=level, seed=seed + run, limits=limits),
            budget,
            levels=(level,),
            controls=(*FIELD, SPARSE),
            dense=DENSITY,
            tune=True,
        )
        for run in range(budget.runs)
        for task in tasks
        for level in SEARCHED
    ]


def read(tasks: Sequence[str], results: Results, budget: Budget, seed: int) -> Reading:
    """Gains by cell and by level; what Matzner's claim comes to."""
    cells: dict[tuple[str, Level], Cell] = {
        (task, level): cell_of([results[f"{task}/{level}/{run}"]["seals"][level] for run in range(budget.runs)])
        for task in tasks
        for level in SEARCHED
    }
    tested = compared(
        {f"{task}/{level}/{way}": -cell.gains[way] for (task, level), cell in cells.items() for way in WAYS}
    )
    gains = gains_of(cells, tasks)
    verdicts = verdicts_of(gains)
    without = {task: verdicts_of(gains_of(cells, [other for other in tasks if other != task])) for task in tasks}
    rows = []
    for level in SEARCHED:
        for task in tasks:
            field, *evolved = (tested[f"{task}/{level}/{way}"].in_words for way in WAYS)
            rows.append((level, task, field, cells[task, level].favourite, *evolved))
    for level in SEARCHED:
        field, *evolved = (_between(gains[level, way]) for way in WAYS)
        rows.append((level, answers("all_tasks"), field, "", *evolved))
    return reading(
        answers,
        budget,
        seed,
        _answer(tasks, gains, verdicts, without, tested),
        rows,
        _panels(tasks, tested, gains),
        {
            "margin": MARGIN,
            "verdicts": verdicts,
            "without": without,
            "levels": {f"{level}/{way}": vars(one) for (level, way), one in gains.items()},
            "cells": as_json(tested),
        },
        margin=percent(MARGIN),
        n=budget.runs,
        how=answers("mixed" if gains[SEARCHED[0], WAYS[0]].mixed else "student"),
        count=len(tasks),
        units=budget.units,
        trainings=budget.trainings,
    )


def _answer(
    tasks: Sequence[str],
    gains: Gains,
    verdicts: Mapping[Level, str],
    without: Mapping[str, Mapping[Level, str]],
    tested: Mapping[str, Ratio],
) -> Iterator[str]:
    yield _plainly(gains, verdicts)
    yield _by_task(tasks, tested)
    by_level = [
        answers(
            "at_level",
            level=level,
            kept=answers(f"kept.{level}"),
            verdict=answers(f"verdict.{verdicts[level]}"),
            field=_between(gains[level, "field"]),
            evolved=_between(gains[level, "evolved"]),
        )
        for level in SEARCHED
    ]
    yield answers("by_level", levels=common("and_then").join(by_level))
    little = [level for level in SEARCHED if verdicts[level] == "matters little"]
    much = [level for level in SEARCHED if verdicts[level] == "matters"]
    claim = (
        "claim_both" if much and little else "claim_refuted" if much else "claim_confirmed" if little else "claim_open"
    )
    yield answers(claim, much=listed(much), little=listed(little))
    yield _left_out(verdicts, without)
    beyond = [level for level in SEARCHED if gains[level, WAYS[-1]].low > 0]
    yield answers("beyond", levels=listed(beyond)) if beyond else answers("not_beyond")


def _panels(tasks: Sequence[str], tested: Mapping[str, Ratio], gains: Gains) -> Iterator[Dots]:
    for level in SEARCHED:
        marks = []
        for way in WAYS[:2]:
            for task in tasks:
                one = tested[f"{task}/{level}/{way}"]
                marks.append(replace(one.mark(answers(way, task=task)), strong=False))
            marks.append(_mark(answers(way, task=answers("all_tasks")), gains[level, way]))
        yield changes(answers("panel", level=level, kept=answers(f"kept.{level}")), marks, -MARGIN)


def _plainly(gains: Gains, verdicts: Mapping[Level, str]) -> str:
    """The answer for who reads one sentence: yes, no or undecided where, how much, against what."""
    places = {
        verdict: listed([level for level in SEARCHED if verdicts[level] == verdict])
        for verdict in VERDICTS
        if verdict in verdicts.values()
    }
    where = "throughout" if len(places) == 1 else "some"
    head = common("and_then").join(answers(f"{where}.{verdict}", levels=levels) for verdict, levels in places.items())
    sizes = {
        way: listed(
            [answers("change_at", change=signed(share(-gains[level, way].mean)), level=level) for level in SEARCHED]
        )
        for way in WAYS[:2]
    }
    return answers("plainly", head=head[0].upper() + head[1:], evolved=sizes["evolved"], field=sizes["field"])


def _left_out(verdicts: Mapping[Level, str], without: Mapping[str, Mapping[Level, str]]) -> str:
    """Which answers are those of one task: they change when it is left out."""
    found = []
    for task, others in without.items():
        for verdict in VERDICTS:
            levels = [level for level in SEARCHED if others[level] == verdict != verdicts[level]]
            if levels:
                words = answers(f"verdict.{verdict}")
                found.append(answers("without", task=task, verdict=words, levels=listed(levels)))
    return answers("hangs", changes=common("and_then").join(found)) if found else answers("left_out")


def _by_task(tasks: Sequence[str], tested: Mapping[str, Ratio]) -> str:
    """On which tasks by themselves there is a gain, which a mean over tasks does not tell."""
    places = []
    for level in SEARCHED:
        gaining = [task for task in tasks if any(tested[f"{task}/{level}/{way}"].lower for way in WAYS[:2])]
        places.append(answers("tasks_at", tasks=listed(gaining) or answers("no_task"), level=level))
    return answers("by_task", places=common("and_then").join(places))


def _mark(label: str, one: Gain) -> Mark:
    strong = bool(one.low > -math.log1p(-MARGIN))
    return Mark(label, share(-one.mean), share(-one.high), share(-one.low), strong=strong)


def _between(one: Gain) -> str:
    return between(share(-one.mean), share(-one.high), share(-one.low))


def of_tasks(tasks: tuple[str, ...]) -> Study:
    """The study of some tasks."""
    return Study(
        "does-topology-matter",
        Budget("quick", units=20, runs=3, trainings=800, tuning=6, draws=3),
        Budget("full", units=50, runs=12, trainings=20_000),
        partial(pieces, tasks),
        partial(read, tasks),
        lambda _: {
            "tasks": listed(tasks),
            "cells": len(tasks) * len(SEARCHED),
            "field": ", ".join(FIELD),
            "dense": percent(DENSITY),
            "margin": percent(MARGIN),
        },
        tasks,
        of_tasks,
    )


STUDY = of_tasks(TASKS)
