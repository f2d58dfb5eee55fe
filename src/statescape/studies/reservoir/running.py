"""Doing a study: its pieces are spread over an executor and kept when they are done; a run that was cut goes on."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from statescape.arguments import require_seed
from statescape.errors import StatescapeError, UnfinishedError, unknown_name
from statescape.runs import AnyExecutor, Executor, Journal, working
from statescape.runs.plain import DamagedRunError, typed
from statescape.studies.reservoir import (
    input_weights,
    modules_matter,
    operators,
    radius,
    search_space,
    stability,
    topology_matters,
    transfer,
    values,
)
from statescape.studies.reservoir.budget import QUICK, Budget, fitted, minutes_of
from statescape.studies.reservoir.protocol import Piece, Study, StudyResult

KIND = "study"
# Pieces that show how fast a study goes, and the trainings of each of their searches.
PROBES, PROBE = 8, 100
Progress: TypeAlias = Callable[[int, int], None]

STUDIES: dict[str, Study] = {
    module.STUDY.name: module.STUDY
    for module in (
        search_space,
        operators,
        stability,
        input_weights,
        values,
        radius,
        topology_matters,
        modules_matter,
        transfer,
    )
}
"""In the order of the page."""


def by_name(name: str) -> Study:
    """A study.

    Raises:
        StatescapeError: for an unknown name.
    """
    if name not in STUDIES:
        raise unknown_name("study", name, STUDIES)
    return STUDIES[name]


def study(
    name: str,
    budget: str = "quick",
    *,
    tasks: Sequence[str] | None = None,
    seed: int = 0,
    run: str | Path | None = None,
    executor: AnyExecutor = None,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> StudyResult:
    """Ask one of the questions of the reservoir wing.

    Args:
        name: of the study, one of `STUDIES`.
        budget: "quick" (the least that shows anything), "full" (hours), or a number of minutes.
        tasks: names of two tasks or more, for a study that takes some ("search-space", "operators",
            "does-topology-matter", "do-modules-matter", "transfer"). None: those of the study.
        seed: the first seed; every search has one of its own from here on. Same seed and budget, same answer; for
            minutes the size is settled when the run begins, and kept with it.
        run: file of the run's journal; a temporary one where None.
        executor: who works: any executor of Python (`concurrent.futures`), which stays open, or "serial", "processes"
            or "dask"; processes on all cores where None.
        workers: how many processes, where the executor is not given.
        scheduler: address of a Dask scheduler, where the executor is not given.
        progress: called with the pieces done and their number.

    Raises:
        StatescapeError: for an unknown study or budget, a negative seed, a run that exists.
    """
    asked_of = by_name(name).over(tasks)
    minutes_of(budget)
    require_seed(seed)
    with ExitStack() as stack:
        file = Path(run) if run else Path(stack.enter_context(tempfile.TemporaryDirectory())) / "temporary.run"
        if file.exists():
            raise StatescapeError(f"{file} exists already; resume that run, or choose another name.")
        workforce = stack.enter_context(working(executor, workers, scheduler))
        size = sized(asked_of, budget, workforce)
        asked = {"study": name, "budget": vars(size), "seed": seed}
        if tasks is not None:
            asked["tasks"] = list(asked_of.tasks)
        with Journal.create(file, KIND, asked) as journal:
            _work(journal, asked_of.pieces(size, seed), workforce, progress)
            return _result(journal, "" if run is None else str(file))


def resume_study(
    run: str | Path,
    *,
    executor: AnyExecutor = None,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> StudyResult:
    """Go on with a study, to the answer it would have had; one that is finished is only read.

    Args:
        run: its file.
        executor: who works: any executor of Python (`concurrent.futures`), which stays open, or "serial", "processes"
            or "dask"; processes on all cores where None.
        workers: how many processes, where the executor is not given.
        scheduler: address of a Dask scheduler, where the executor is not given.
        progress: called with the pieces done and their number.

    Raises:
        StatescapeError: where the run cannot be used, or another process writes it.
    """
    with Journal.read(run, kind=KIND) as journal:
        if journal.finished:
            return _result(journal, str(run))
    with Journal.open(run, kind=KIND) as journal, working(executor, workers, scheduler) as workforce:
        study, budget, seed = _asked(journal)
        _work(journal, study.pieces(budget, seed), workforce, progress)
        return _result(journal, str(run))


def read_study(run: str | Path) -> StudyResult:
    """A study that is finished.

    Raises:
        StatescapeError: where the run cannot be used, or is not finished.
    """
    with Journal.read(run, kind=KIND) as journal:
        if not journal.finished:
            raise UnfinishedError(f"{run} is not finished; resume it first.")
        return _result(journal, str(run))


def _work(journal: Journal, pieces: Sequence[Piece], workforce: Executor, progress: Progress | None) -> None:
    """Do what is not done yet, and keep each piece when it is done."""
    left = [piece for piece in pieces if journal.get(_key(piece.key)) is None]
    count = len(pieces) - len(left)
    tell = progress or (lambda _done, _all: None)
    tell(count, len(pieces))

    def keep(place: int, found: dict[str, Any]) -> None:
        nonlocal count
        journal.remember(_key(left[place].key), lambda: found)
        count += 1
        tell(count, len(pieces))

    workforce.map(_do, left, keep)
    if not journal.finished:
        journal.finish()


def _do(piece: Piece) -> dict[str, Any]:
    """One piece, in whatever process."""
    return piece.work(piece.spec)


def _result(journal: Journal, run: str) -> StudyResult:
    """What a finished journal says."""
    own, budget, seed = _asked(journal)
    results = {
        piece.key: journal.known(_key(piece.key), lambda kept: _checked(kept, budget))
        for piece in own.pieces(budget, seed)
    }
    for key in (key for key, found in results.items() if found is None):
        raise DamagedRunError(f"{journal.path} lacks {_key(key)} of its study: another version made it; run it anew.")
    with journal.understood("pieces"):
        seconds = sum(float(one["seconds"]) for one in results.values())
        reading = own.read(results, budget, seed)
    return StudyResult(own, budget, seed, results, run, journal.created, journal.version, seconds, reading)


_Numbers: TypeAlias = tuple[float, ...]
# What pieces of several studies hold; what only one has is known to its own reading.
_FIELDS = {
    "seconds": float,
    "trainings": int,
    "selection": float,
    "rescored": _Numbers,
    "sealed": _Numbers,
    "common": _Numbers,
    "curve": tuple[tuple[int, float], ...],
    "seals": dict[str, dict[str, dict[str, Any]]],
    "wiring": dict[str, Any],
}


def _checked(kept: Any, budget: Budget) -> dict[str, Any]:
    """What a piece gave, its shared fields of the kinds that they were written with."""
    found: dict[str, Any] = typed(dict[str, Any], kept)
    for name, kind in _FIELDS.items():
        if name in found and typed(kind, found[name]) == ():
            raise StatescapeError(f"{name} is empty")
    if found["trainings"] < 0 or found["seconds"] < 0 or found.get("wiring", {"units": 0})["units"] > budget.units:
        raise StatescapeError("its counts are not those of its budget")
    return found


@dataclass(frozen=True)
class _Settings:
    study: str
    budget: Budget
    seed: int
    tasks: tuple[str, ...] | None


def _asked(journal: Journal) -> tuple[Study, Budget, int]:
    """What a study was asked, of what is there to be asked."""
    with journal.understood("settings"):
        found = typed(_Settings, {"tasks": None, **journal.settings})
        return by_name(found.study).over(found.tasks), found.budget, found.seed


def _key(piece: str) -> str:
    return f"piece/{piece}"


def sized(asked: Study, budget: str, workforce: Executor) -> Budget:
    """What a budget is; minutes by what the workers train in a second on small pieces of the study itself."""
    minutes = minutes_of(budget)
    if minutes is None:
        return asked.quick if budget == QUICK else asked.full
    small = replace(fitted(minutes, 0.0, lambda _: 1), runs=1, trainings=PROBE, tuning=1, draws=1)
    pieces = asked.pieces(small, 0)
    probe = pieces[:: math.ceil(len(pieces) / PROBES)]  # of all tasks: one may take ten times as long as another
    workforce.map(_do, [probe[0]] * workforce.workers)  # the first piece of a process also loads
    begun = time.perf_counter()
    workforce.map(_do, probe)
    per_second = sum(piece.trainings for piece in probe) / (time.perf_counter() - begun)
    return fitted(minutes, per_second, lambda size: sum(piece.trainings for piece in asked.pieces(size, 0)))
