"""Do architectures transfer? Champions of one task sealed on every other, for wirings and for plans.

A champion keeps its wiring (edges, signs and values; at *wiring* W_in is redrawn) or its plan (at *weights* all that is
random is redrawn), and is tuned for the task that it is sealed on as all others there are: wirings in all
hyper-parameters, plans in the ridge, since the rest belongs to them. Margins are what the task itself offers: its own
champion, and its field, tuned alike (for plans one reservoir tuned with as many trainings).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from statescape.evolution import Limits, Settings
from statescape.evolution.conditions import Conditions
from statescape.evolution.controls import control
from statescape.evolution.run import search_only
from statescape.evolution.scoring import score
from statescape.evolution.seals import trial_seed
from statescape.evolution.settings import PLANS, SearchLevel
from statescape.evolution.source import open_task, reopen_task
from statescape.evolution.tuning import length_for, trainings_of, tune, tune_single
from statescape.reservoir import Topology, draw_plan
from statescape.reservoir.tasks import Task
from statescape.runs import Serial
from statescape.streams import Stream
from statescape.studies.reservoir.budget import Budget
from statescape.studies.reservoir.comparison import Ratio, as_json, common, compared, reading
from statescape.studies.reservoir.picture import Cells
from statescape.studies.reservoir.protocol import Piece, Reading, Results, Spec, Study
from statescape.studies.reservoir.searching import FINAL, described, log_error
from statescape.studies.reservoir.topology_gains import chosen_by_others
from statescape.wording import Answers, listed

TASKS = ("narma10", "mackey-glass-17-84", "lorenz", "henon")
# What is searched: an encoding and the level of its search.
KINDS: Mapping[str, tuple[str, SearchLevel]] = {"wirings": ("ternary", "wiring"), "plans": (PLANS, "weights")}
FIELD = ("SCR", "DLR", "CRJ", "erdos-renyi")

answers = Answers("studies", "transfer")


def pieces(tasks: Sequence[str], budget: Budget, seed: int) -> Sequence[Piece]:
    """One search for each kind, task and run, sealed on all tasks, and the field of every task."""
    found = []
    one = budget.trials + trainings_of(budget.tuning, 1)
    for run in range(budget.runs):
        for kind, (encoding, level) in KINDS.items():
            for task in tasks:
                limits = Limits(trainings=budget.trainings)
                settings = Settings({"name": task}, budget.units, encoding, level, seed=seed + run, limits=limits)
                spec = {
                    "settings": settings.as_json(),
                    "tasks": list(tasks),
                    "tuning": budget.tuning,
                    "trials": budget.trials,
                }
                cost = budget.trainings + FINAL + len(tasks) * one
                found.append(Piece(f"{kind}/{task}/{run}", champion_everywhere, spec, cost))
                field = one * len(FIELD) if kind == "wirings" else budget.trainings + budget.trials
                found.append(Piece(f"{kind}/field/{task}/{run}", field_of, spec, field))
    return found


def champion_everywhere(spec: Spec) -> dict[str, Any]:
    """A search, and its champion on every task."""
    begun = time.perf_counter()
    settings = Settings.from_json(spec["settings"])
    found = search_only(settings, reopen_task(settings.task), Serial())
    on = {}
    for name in spec["tasks"]:
        task, _ = open_task(name, None)
        plan = found.topology.plan
        subject = found.topology if plan is None else draw_plan(plan, task.n_inputs, seed=settings.seed)
        on[name] = sealed_on(subject, task, settings, spec)
    spent = len(on) * (spec["trials"] + trainings_of(spec["tuning"], 1))
    return {
        **described(found),
        "on": on,
        "trainings": found.trainings + found.final.trainings + spent,
        "seconds": time.perf_counter() - begun,
    }


def field_of(spec: Spec) -> dict[str, Any]:
    """What a task offers without a search of wirings or plans."""
    begun = time.perf_counter()
    settings = Settings.from_json(spec["settings"])
    task, seed = reopen_task(settings.task), settings.seed
    if settings.planned:
        trainings = settings.limits.trainings or 0
        length = length_for(trainings + FINAL)  # as a search of plans has beside
        search = Conditions(task, settings.level, "search", settings.hyper)
        plan, hyper = tune_single(settings.units, search, Stream.TRANSFER_SINGLE.below(seed), Serial(), length)
        scores = {"single": _scores(draw_plan(plan, task.n_inputs, seed=seed), task, settings, hyper, spec["trials"])}
        spent = trainings_of(length, 1) + spec["trials"]
    else:
        like, fields = _sparse(settings.units), Stream.TRANSFER_FIELD
        scores = {
            name: sealed_on(
                control(name, like, "wiring", task.n_inputs, fields.below(seed, place), draws=1).draws[0],
                task,
                settings,
                spec,
            )
            for place, name in enumerate(FIELD)
        }
        spent = len(FIELD) * (spec["trials"] + trainings_of(spec["tuning"], 1))
    return {"field": scores, "trainings": spent, "seconds": time.perf_counter() - begun}


def sealed_on(subject: Topology, task: Task, settings: Settings, spec: Spec) -> list[float]:
    """The scores of a wiring or plan on a task's fresh trials, after tuning there."""
    conditions = Conditions(task, settings.level, "search", settings.hyper)
    hyper = tune([subject], conditions, Stream.TRANSFER_TUNING.below(settings.seed), Serial(), spec["tuning"])
    return _scores(subject, task, settings, hyper, spec["trials"])


def read(tasks: Sequence[str], results: Results, budget: Budget, seed: int) -> Reading:
    """Every champion on every task, against the task's field and against its own champion."""
    runs = range(budget.runs)
    over_field, over_own = {}, {}
    for kind in KINDS:
        for target in tasks:
            fields = [results[f"{kind}/field/{target}/{run}"]["field"] for run in runs]
            errors = {name: np.array([log_error(one[name]) for one in fields]) for name in fields[0]}
            field = chosen_by_others(errors, tuple(errors))
            own = np.array([log_error(results[f"{kind}/{target}/{run}"]["on"][target]) for run in runs])
            for source in tasks:
                here = np.array([log_error(results[f"{kind}/{source}/{run}"]["on"][target]) for run in runs])
                over_field[kind, source, target], over_own[kind, source, target] = here - field, here - own
    cells = {kind: compared(_of(kind, over_field)) for kind in KINDS}
    elsewhere = {
        kind: compared(
            {
                "field": _mean(over_field, kind, tasks),
                "own": _mean(over_own, kind, tasks),
                **{source: _mean(over_field, kind, tasks, source) for source in tasks},
            }
        )
        for kind in KINDS
    }
    own_change = {kind: compared(_of(kind, {k: v for k, v in over_own.items() if k[1] != k[2]})) for kind in KINDS}
    rows = [
        (
            answers(f"kind.{kind}"),
            source,
            target,
            cells[kind][f"{source}/{target}"].in_words,
            answers("itself") if source == target else own_change[kind][f"{source}/{target}"].in_words,
        )
        for kind in KINDS
        for source in tasks
        for target in tasks
    ]
    return reading(
        answers,
        budget,
        seed,
        _answer(tasks, elsewhere),
        rows,
        [_cells(kind, tasks, cells[kind]) for kind in KINDS],
        {
            "against_field": {kind: as_json(found) for kind, found in cells.items()},
            "against_own": {kind: as_json(found) for kind, found in own_change.items()},
            "elsewhere": {kind: as_json(found) for kind, found in elsewhere.items()},
        },
        count=len(tasks),
        units=budget.units,
        trainings=budget.trainings,
    )


def _answer(tasks: Sequence[str], elsewhere: Mapping[str, Mapping[str, Ratio]]) -> Iterator[str]:
    for kind, found in elsewhere.items():
        generic = [source for source in tasks if found[source].lower]
        which = "generic" if generic else "worse" if found["field"].higher else "none"
        yield answers(
            f"plainly.{which}",
            kind=answers(f"kind.{kind}"),
            names=listed(generic),
            field=found["field"].in_words,
            own=found["own"].in_words,
            rest=common("not_shown", p=common("p", p=found["field"].p_holm)),
        )


def _cells(kind: str, tasks: Sequence[str], found: Mapping[str, Ratio]) -> Cells:
    return Cells(
        answers("panel", kind=answers(f"kind.{kind}")),
        answers("from"),
        answers("onto"),
        tuple(tasks),
        tuple(tuple(found[f"{source}/{target}"].change for target in tasks) for source in tasks),
    )


def _of(kind: str, found: Mapping[tuple[str, str, str], np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{source}/{target}": one for (own, source, target), one in found.items() if own == kind}


def _mean(
    found: Mapping[tuple[str, str, str], np.ndarray], kind: str, tasks: Sequence[str], source: str | None = None
) -> np.ndarray:
    """Away from home, run by run: the mean over pairs of different tasks, or over those of one champion's."""
    pairs = [(one, other) for one in tasks for other in tasks if one != other and source in (None, one)]
    return np.asarray(np.mean([found[kind, one, other] for one, other in pairs], axis=0))


def _scores(subject: Topology, task: Task, settings: Settings, hyper: Any, trials: int) -> list[float]:
    seeds = [trial_seed(settings.seed, settings.level, trial) for trial in range(trials)]
    found: list[float] = score([subject], Conditions(task, settings.level, "seal", hyper), seeds, Serial())[0].tolist()
    return found


def _sparse(units: int) -> Topology:
    """What controls are made like: one edge a unit, as searches begin."""
    return Topology(np.roll(np.eye(units), 1, axis=0))


def of_tasks(tasks: tuple[str, ...]) -> Study:
    """The study of some tasks."""
    return Study(
        "transfer",
        Budget("quick", units=20, runs=3, trainings=300, tuning=6),
        Budget("full", units=100, runs=8, trainings=4_000),
        partial(pieces, tasks),
        partial(read, tasks),
        lambda _: {"tasks": listed(list(tasks)), "field": ", ".join(FIELD)},
        tasks,
        of_tasks,
    )


STUDY = of_tasks(TASKS)
