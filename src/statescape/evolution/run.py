"""Evolve the wiring of an echo state network, name a champion, and put it under seal.

A run is a search (one strategy), a racing final, the strategies that get the same budget, and the seals. Every step
is kept in the run's journal when it is done, so a run that was interrupted goes on where it was, to the same result.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from statescape.errors import StatescapeError, unknown_name
from statescape.evolution.genome import Genome
from statescape.evolution.parts import require_parts, require_present, space_of
from statescape.evolution.result import Evolution, Found
from statescape.evolution.settings import Hyperparameters, Settings, keywords
from statescape.evolution.source import open_task
from statescape.evolution.steps import Callback, RunSteps, Say
from statescape.evolution.tables import Tables
from statescape.options import taking
from statescape.reservoir.tasks import Part, SequencesTrial, Task, TaskLike, usable_trial
from statescape.reservoir.tasks.opening import data_options
from statescape.runs import AnyExecutor, Executor, Serial, working

# What `evolve` takes by name; an encoding is how wirings are written, so that of a text has another name.
_SETTINGS = keywords()
_DATA = {"text_encoding" if name == "encoding" else name: one for name, one in data_options().items()}


@taking({**_SETTINGS, **_DATA})
def evolve(
    task: TaskLike,
    settings: Settings | None = None,
    *,
    task_options: Mapping[str, Any] | None = None,
    start: Sequence[Genome] = (),
    run: str | Path | None = None,
    executor: AnyExecutor = None,
    workers: int | None = None,
    scheduler: str | None = None,
    callbacks: Sequence[Callback] = (),
    say: Say | None = None,
    **changes: Any,
) -> Evolution:
    """Search a wiring for a task and hold it against its controls under every seal.

    Settings are given by name, those of `Hyperparameters` and `Limits` too (`units=50`, `sr=0.95`, `generations=100`);
    they go before `settings`. Data is opened as by `tasks.open`, with its options.

    Args:
        task: a name, a file, an array, a DataFrame, a pair of inputs and targets, or a task.
        settings: what is asked for, a `statescape.Settings`; None for the defaults.
        task_options: options of `tasks.open` in a mapping, by the names that they have there.
        start: genomes to begin with.
        run: file of the run's journal; a temporary one where None.
        executor: who works: any executor of Python (`concurrent.futures`), which stays open, or "serial", "processes"
            or "dask"; processes on all cores where None.
        workers: how many processes, where the executor is not given.
        scheduler: address of a Dask scheduler, where the executor is not given.
        callbacks: called after every generation; one that returns True ends that strategy.
        say: called with a few words before every longer step.
        **changes: settings and options.

    Raises:
        StatescapeError: for settings that do not fit, data that cannot be used, a run that exists.
    """
    if "arm" in changes:  # as the strategy was called once
        changes["strategy"] = changes.pop("arm")
    options = {name: changes.pop(name) for name in [*changes] if name in _DATA}
    for name in changes:
        if name not in _SETTINGS:
            raise unknown_name("setting", name, [*_SETTINGS, *_DATA])
    wanted = (settings or Settings()).changed(**changes)
    opened, source = _opened(task, task_options, options)
    wanted = require_parts(replace(wanted, task=source))
    _try_out(wanted, opened, start)
    with ExitStack() as stack:
        if run is None:
            run = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "temporary.run"
        workforce = stack.enter_context(working(executor, workers, scheduler))
        kept = stack.enter_context(Tables.begun(run, wanted, start))
        return RunSteps(kept, opened, workforce, tuple(callbacks), say).whole()


def resume(
    run: str | Path,
    *,
    task: TaskLike = None,
    executor: AnyExecutor = None,
    workers: int | None = None,
    scheduler: str | None = None,
    callbacks: Sequence[Callback] = (),
    say: Say | None = None,
    parts: Sequence[object] = (),
) -> Evolution:
    """Go on with a run, to the result it would have had; one that is finished is only read.

    Args:
        run: its file.
        task: needed where the run's task was an object or an array, not a name or a file.
        executor: who works: any executor of Python (`concurrent.futures`), which stays open, or "serial", "processes"
            or "dask"; processes on all cores where None.
        workers: how many processes, where the executor is not given.
        scheduler: address of a Dask scheduler, where the executor is not given.
        callbacks: called after every generation; one that returns True ends that strategy.
        say: called with a few words before every longer step.
        parts: encoding, operators and strategy again, where they were given as objects; those of installed packages are
            found by their names.

    Raises:
        StatescapeError: where the run cannot be used, a part is not here, another process writes it, or its data has
            changed.
    """
    with Tables.read(run, parts) as looked_at:
        finished = looked_at.journal.finished
        require_present(looked_at.settings)
    with ExitStack() as stack:
        kept = stack.enter_context((Tables.read if finished else Tables.opened)(run, parts))
        opened = kept.task(task)
        workforce = stack.enter_context(Serial() if finished else working(executor, workers, scheduler))
        return RunSteps(kept, opened, workforce, tuple(callbacks), say).whole()


def search_only(settings: Settings, task: Task, executor: Executor) -> Found:
    """A search to its champion, without tuning, rivals and seals; nothing is kept.

    Args:
        settings: of the search.
        task: that the settings name.
        executor: who works.
    """
    with tempfile.TemporaryDirectory() as folder, Tables.begun(Path(folder) / "temporary.run", settings) as kept:
        return RunSteps(kept, task, executor, (), None).searched(settings.strategy, settings.limits)


def _opened(
    task: TaskLike, task_options: Mapping[str, Any] | None, named: Mapping[str, Any]
) -> tuple[Task, dict[str, Any]]:
    """The task with its source; messages call the encoding of a text as `evolve` does."""
    options = {"encoding" if name == "text_encoding" else name: value for name, value in named.items()}
    try:
        return open_task(task, {**(task_options or {}), **options})
    except StatescapeError as error:
        if "encoding=" not in str(error):
            raise
        raise StatescapeError(str(error).replace("encoding=", "text_encoding=")) from None


def _try_out(settings: Settings, task: Task, start: Sequence[Genome]) -> None:
    """Refuse now what would fail later: data too short for the seals, genomes of another space."""
    parts: tuple[Part, ...] = ("search", "seal")
    for part in parts:
        trial = usable_trial(task, settings.seed, part)
        if isinstance(trial, SequencesTrial) and settings.hyper.ridge != Hyperparameters().ridge:
            raise StatescapeError(
                f"In {task.name} every training chooses its ridge on the validation sequences; leave the ridge out."
            )
    for genome in start:
        space_of(settings, task).check(genome)
