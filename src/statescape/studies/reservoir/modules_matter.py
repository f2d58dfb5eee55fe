"""Do modules matter? Evolved plans beside random plans, single reservoirs and themselves rewired, task by task.

All ways get as many trainings and are held on the same fresh trials, in which everything random is redrawn (*weights*).
Runs are the unit of all statistics. A plan is worth its name where evolved plans beat the tuned single reservoir *and*
other plans of their own modules.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from statescape.evolution import Limits, Settings
from statescape.evolution.conditions import Conditions
from statescape.evolution.controls import planned_control
from statescape.evolution.run import search_only
from statescape.evolution.scoring import score
from statescape.evolution.seals import trial_seed
from statescape.evolution.settings import PLANS
from statescape.evolution.source import reopen_task
from statescape.evolution.tuning import length_for, trainings_of, tune, tune_single
from statescape.reservoir import Plan, draw_plan
from statescape.runs import Serial
from statescape.streams import Stream
from statescape.studies.reservoir.budget import Budget
from statescape.studies.reservoir.comparison import Ratio, as_json, changes, common, compared, reading
from statescape.studies.reservoir.picture import Dots
from statescape.studies.reservoir.protocol import Piece, Reading, Results, Spec, Study
from statescape.studies.reservoir.searching import FINAL, log_error
from statescape.wording import Answers, listed

TASKS = (
    "cogscale:discrete_postcasting:small",
    "cogscale:continuous_postcasting:small",
    "cogscale:continuous_pattern_completion:small",
    "cogscale:bracket_matching:small",
    "cogscale:simple_copy:small",
    "cogscale:cross_situation:small",
    "mackey-glass-17-84",
    "lorenz",
)
EVOLVED, SINGLE, REWIRED = "evolved", "single", "rewired"
# Ways that get a budget of their own, and what a search of plans is called with.
SEARCHED: Mapping[str, Mapping[str, Any]] = {
    EVOLVED: {},
    "random-search": {"strategy": "random-search"},
    "tuned-random": {"strategy": "mutation-only", "operators": ("retune-module",)},
}
# What evolved plans are compared with.
OTHERS = (SINGLE, REWIRED, "random-search", "tuned-random")
# A task is solved at this error, and lower ones are no better: else a mean of logarithms would be of powers of ten.
SOLVED = 1e-3

answers = Answers("studies", "do-modules-matter")


def pieces(tasks: Sequence[str], budget: Budget, seed: int) -> Sequence[Piece]:
    """One search for each task, way and run, and a tuning of single reservoirs."""
    found = []
    for run in range(budget.runs):
        for task in tasks:
            for way in (*SEARCHED, SINGLE):
                settings = Settings(
                    {"name": task},
                    budget.units,
                    PLANS,
                    "weights",
                    seed=seed + run,
                    limits=Limits(trainings=budget.trainings),
                    **SEARCHED.get(way, {}),
                )
                draws = budget.draws if way == EVOLVED else 0
                spec = {
                    "settings": settings.as_json(),
                    "way": way,
                    "tuning": budget.tuning,
                    "trials": budget.trials,
                    "draws": draws,
                }
                extra = budget.trials * (1 + draws) + FINAL + trainings_of(budget.tuning, 1)
                found.append(Piece(f"{task}/{way}/{run}", plan_sealed, spec, budget.trainings + extra))
    return found


def plan_sealed(spec: Spec) -> dict[str, Any]:
    """The work of a piece: search or tune, then score on fresh trials that all ways of a run share."""
    begun = time.perf_counter()
    settings = Settings.from_json(spec["settings"])
    task, seed = reopen_task(settings.task), settings.seed
    search = Conditions(task, "weights", "search", settings.hyper)
    trainings = settings.limits.trainings or 0
    if spec["way"] == SINGLE:
        length = length_for(trainings + FINAL + trainings_of(spec["tuning"], 1))  # as searches of plans have beside
        plan, hyper = tune_single(settings.units, search, Stream.MODULES_SINGLE.below(seed), Serial(), length)
        trainings = trainings_of(length, 1)
    else:
        found = search_only(settings, task, Serial())
        plan, trainings = _plan(found.topology.plan), found.trainings + found.final.trainings
        hyper = tune([found.topology], search, Stream.MODULES_TUNING.below(seed), Serial(), spec["tuning"])
        trainings += trainings_of(spec["tuning"], 1)
    unseen = Conditions(task, "weights", "seal", hyper)
    trials = [trial_seed(seed, "weights", trial) for trial in range(spec["trials"])]
    sealed = score([draw_plan(plan, task.n_inputs, seed=seed)], unseen, trials, Serial())[0]
    other = plan.rewired(np.random.default_rng(0)) if spec["draws"] else None
    redrawn = []
    if other is not None:
        stream = Stream.MODULES_DRAWS.below(seed)
        draws = planned_control("redrawn-plan", plan, "weights", task.n_inputs, stream, spec["draws"]).draws
        redrawn = score(draws, unseen, trials, Serial()).tolist()
    return {
        "sealed": sealed.tolist(),
        "redrawn": redrawn,
        "plan": plan.as_json(),
        "hyper": vars(hyper),
        "trainings": trainings + sealed.size * (1 + len(redrawn)),
        "seconds": time.perf_counter() - begun,
    }


def errors_of(tasks: Sequence[str], results: Results, budget: Budget) -> dict[tuple[str, str], list[float]]:
    """Log errors by task and way, run by run; those below `SOLVED` are taken for it.

    A plan that cannot be rewired, having no edge to move, is its own rewiring.
    """
    found: dict[tuple[str, str], list[float]] = {}
    for task in tasks:
        for way in (*SEARCHED, SINGLE):
            found[task, way] = [_error(results[f"{task}/{way}/{run}"]["sealed"]) for run in range(budget.runs)]
        evolved = [results[f"{task}/{EVOLVED}/{run}"] for run in range(budget.runs)]
        found[task, REWIRED] = [
            float(np.mean([_error(one) for one in own["redrawn"] or [own["sealed"]]])) for own in evolved
        ]
    return found


def _error(scores: Sequence[float]) -> float:
    held = np.array(scores)
    return log_error(np.where(held < 0, held, np.maximum(held, SOLVED)).tolist())


def read(tasks: Sequence[str], results: Results, budget: Budget, seed: int) -> Reading:
    """Evolved plans against every other way, task by task and over all tasks."""
    errors = errors_of(tasks, results, budget)
    differences = {
        f"{task}/{other}": np.subtract(errors[task, EVOLVED], errors[task, other]) for task in tasks for other in OTHERS
    }
    tested = compared(differences)
    overall = _over(tasks, differences)
    without = {task: _over([other for other in tasks if other != task], differences) for task in tasks}
    sizes = {
        task: np.mean([len(results[f"{task}/{EVOLVED}/{run}"]["plan"]["modules"]) for run in range(budget.runs)])
        for task in tasks
    }
    rows = [
        (
            _short(task),
            answers("modules_of", n=float(sizes[task])),
            *(tested[f"{task}/{one}"].in_words for one in OTHERS),
        )
        for task in tasks
    ]
    rows.append((answers("all_tasks"), "", *(overall[one].in_words for one in OTHERS)))
    return reading(
        answers,
        budget,
        seed,
        _answer(tasks, tested, overall, without),
        rows,
        _panels(tasks, tested, overall),
        {
            "cells": as_json(tested),
            "overall": as_json(overall),
            "without": {task: {name: one.in_words for name, one in found.items()} for task, found in without.items()},
            "modules": {task: float(size) for task, size in sizes.items()},
        },
        count=len(tasks),
        units=budget.units,
        trainings=budget.trainings,
    )


def verdict_of(found: Mapping[str, Ratio]) -> str:
    """Whether a plan matters: better than a single reservoir and than its modules rewired; the modules; or nothing."""
    if found[SINGLE].lower and found[REWIRED].lower:
        return "plan"
    if found[SINGLE].lower:
        return "modules"
    return "worse" if found[SINGLE].higher else "nothing"


def _over(tasks: Sequence[str], differences: Mapping[str, np.ndarray]) -> dict[str, Ratio]:
    """The mean over tasks, run by run: each weighs the same."""
    return compared({other: np.mean([differences[f"{task}/{other}"] for task in tasks], axis=0) for other in OTHERS})


def _answer(
    tasks: Sequence[str],
    tested: Mapping[str, Ratio],
    overall: Mapping[str, Ratio],
    without: Mapping[str, Mapping[str, Ratio]],
) -> Iterator[str]:
    verdict = verdict_of(overall)
    yield answers(f"plainly.{verdict}", single=overall[SINGLE].in_words, rewired=overall[REWIRED].in_words)
    yield answers("search", random=overall["random-search"].in_words, tuned=overall["tuned-random"].in_words)
    own = {task: verdict_of({other: tested[f"{task}/{other}"] for other in OTHERS}) for task in tasks}
    gaining = [_short(task) for task in tasks if own[task] in ("plan", "modules")]
    yield answers("by_task", tasks=listed(gaining)) if gaining else answers("no_task")
    changed = {task: verdict_of(found) for task, found in without.items() if verdict_of(found) != verdict}
    hanging = [answers("without", task=_short(task), what=answers(f"verdict.{one}")) for task, one in changed.items()]
    yield answers("hangs", changes=common("and_then").join(hanging)) if hanging else answers("left_out")


def _panels(tasks: Sequence[str], tested: Mapping[str, Ratio], overall: Mapping[str, Ratio]) -> Iterator[Dots]:
    for other in OTHERS:
        marks = [tested[f"{task}/{other}"].mark(_short(task)) for task in tasks]
        yield changes(answers(f"panel.{other}"), [*marks, overall[other].mark(answers("all_tasks"))])


def _plan(found: Plan | None) -> Plan:
    assert found is not None  # a search over plans finds one
    return found


def _short(task: str) -> str:
    """A task without its collection and size."""
    return task.split(":")[1] if task.startswith("cogscale:") else task


def of_tasks(tasks: tuple[str, ...]) -> Study:
    """The study of some tasks."""
    return Study(
        "do-modules-matter",
        Budget("quick", units=30, runs=3, trainings=300, tuning=8, draws=4),
        Budget("full", units=100, runs=8, trainings=4_000),
        partial(pieces, tasks),
        partial(read, tasks),
        lambda _: {"tasks": listed(list(map(_short, tasks))), "solved": SOLVED},
        tasks,
        of_tasks,
    )


STUDY = of_tasks(TASKS)
