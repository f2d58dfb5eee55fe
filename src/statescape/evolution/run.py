"""Evolve the wiring of an echo state network, name a champion, and put it under seal.

A run is a search (one arm), a racing final, the arms that get the same budget, and the seals. Every step is kept in the
run's journal when it is done, so a run that was interrupted goes on where it was, to the same result.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from statescape.evolution.conditions import Hyperparameters, Level
from statescape.evolution.genome import Genome
from statescape.evolution.ledger import Ledger
from statescape.evolution.progress import Callback, Say
from statescape.evolution.reading import space_of
from statescape.evolution.result import Evolution, Found
from statescape.evolution.settings import Limits, Settings
from statescape.evolution.source import open_task
from statescape.evolution.steps import Steps
from statescape.reservoir.tasks import Part, Task, TaskLike, drawn
from statescape.reservoir.topology import RadiusPolicy
from statescape.runs import Executor, Serial, working


def evolve(
    task: TaskLike,
    *,
    units: int = 100,
    encoding: str = "ternary",
    level: Level = "wiring",
    radius: RadiusPolicy = "rescale",
    evolve_inputs: bool = False,
    density: float | None = None,
    arm: str = "genetic",
    seed: int = 0,
    trials: int = 4,
    adapt: bool = True,
    hyper: Hyperparameters | None = None,
    generations: int | None = None,
    trainings: int | None = None,
    seconds: float | None = None,
    stagnation: int | None = None,
    compare: bool = True,
    tune: bool = True,
    seal_trials: int = 30,
    objectives: Sequence[str] = ("error",),
    operators: Sequence[str] | None = None,
    offspring: int | None = None,
    task_options: Mapping[str, Any] | None = None,
    start: Sequence[Genome] = (),
    run: str | Path | None = None,
    executor: Executor | str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    callbacks: Sequence[Callback] = (),
    say: Say | None = None,
) -> Evolution:
    """Search a wiring for a task and hold it against its controls under every seal.

    Args:
        task: a name, a file, an array, a DataFrame, a pair of inputs and targets, or a task.
        units: as in `Settings`, and so on to `offspring`.
        encoding: smallest search space first: circulant, circulant-real, blocks, binary, ternary, real.
        level: what a trial of the search redraws: matrix, wiring or mask.
        radius: rescale, free or gene.
        evolve_inputs: whether W_in evolves; at *matrix* only.
        density: share of entries of random starts.
        arm: genetic, mutation-only, random-search or hill-climber.
        seed: same seed, same result, unless the search is limited by seconds.
        trials: for each generation.
        adapt: whether operators are used as often as they succeed.
        hyper: hyper-parameters of the search.
        generations: limit; 1000 where no limit is given.
        trainings: limit.
        seconds: limit.
        stagnation: limit.
        compare: whether the arms of equal budget run too; each takes as long as the search.
        tune: whether champion and controls are tuned before they are sealed.
        seal_trials: for every seal, at least 30.
        objectives: "error", or "error" and "edges".
        operators: names of those that make children; None for all that apply.
        offspring: of a generation, with half as many survivors; None for 8 and 4.
        task_options: of `tasks.from_file`, for a file, or of `tasks.from_table`, for an array or a DataFrame.
        start: genomes to begin with.
        run: file of the run's journal; a temporary one where None.
        executor: who works, or "serial", "processes" or "dask"; processes on all cores where None.
        workers: how many processes, where the executor is not given.
        scheduler: address of a Dask scheduler, where the executor is not given.
        callbacks: called after every generation; one that returns True ends that arm.
        say: called with a few words before every longer step.

    Raises:
        StatescapeError: for settings that do not fit, data that cannot be used, a run that exists.
    """
    opened, source = open_task(task, task_options)
    limits = Limits(generations, trainings, seconds, stagnation)
    settings = Settings(
        source,
        units,
        encoding,
        level,
        radius,
        evolve_inputs,
        density,
        arm,
        seed,
        trials,
        adapt,
        hyper or Hyperparameters(),
        limits,
        compare,
        tune,
        seal_trials,
        tuple(objectives),
        None if operators is None else tuple(operators),
        offspring,
    )
    _try_out(settings, opened, start)
    with ExitStack() as stack:
        if run is None:
            run = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "temporary.run"
        workforce = stack.enter_context(working(executor, workers, scheduler))
        kept = stack.enter_context(Ledger.begun(run, settings, start))
        return Steps(kept, opened, workforce, tuple(callbacks), say).whole()


def resume(
    run: str | Path,
    *,
    task: TaskLike = None,
    executor: Executor | str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    callbacks: Sequence[Callback] = (),
    say: Say | None = None,
) -> Evolution:
    """Go on with a run, to the result it would have had; one that is finished is only read.

    Args:
        run: its file.
        task: needed where the run's task was an object or an array, not a name or a file.
        executor: as for `evolve`.
        workers: as for `evolve`.
        scheduler: as for `evolve`.
        callbacks: as for `evolve`.
        say: as for `evolve`.

    Raises:
        StatescapeError: where the run cannot be used, another process writes it, or its data has changed.
    """
    with Ledger.read(run) as looked_at:
        finished = looked_at.journal.finished
    with ExitStack() as stack:
        kept = stack.enter_context(Ledger.read(run) if finished else Ledger.opened(run))
        opened = kept.task(task)
        workforce = stack.enter_context(Serial() if finished else working(executor, workers, scheduler))
        return Steps(kept, opened, workforce, tuple(callbacks), say).whole()


def search_only(settings: Settings, task: Task, executor: Executor) -> Found:
    """A search to its champion, without tuning, rivals and seals; nothing is kept.

    Args:
        settings: of the search.
        task: that the settings name.
        executor: who works.
    """
    with tempfile.TemporaryDirectory() as folder, Ledger.begun(Path(folder) / "temporary.run", settings) as kept:
        return Steps(kept, task, executor, (), None).searched(settings.arm, settings.limits)


def _try_out(settings: Settings, task: Task, start: Sequence[Genome]) -> None:
    """Refuse now what would fail later: data too short for the seals, genomes of another space."""
    parts: tuple[Part, ...] = ("search", "seal")
    for part in parts:
        drawn(task, settings.seed, part)
    for genome in start:
        space_of(settings, task).check(genome)
