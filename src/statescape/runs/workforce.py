"""From what a caller says of who shall work to an executor: by a name, by numbers, or by an executor of his own."""

from __future__ import annotations

import concurrent.futures
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from statescape.errors import StatescapeError, unknown_name
from statescape.runs.dask import Dask
from statescape.runs.executor import Executor, Lent
from statescape.runs.local import Processes, Serial

NAMES = ("serial", "processes", "dask")
MOST_WORKERS = 1_000

AnyExecutor: TypeAlias = concurrent.futures.Executor | str | None
"""Who works: any executor of Python, the name of one of ours, or None for processes on all cores."""


def make_executor(name: str | None = None, workers: int | None = None, scheduler: str | None = None) -> Executor:
    """An executor by name.

    Args:
        name: "serial", "processes" or "dask"; None takes Dask where there is a scheduler, else processes where there is
            more than one worker.
        workers: how many; None for all cores that this process may use.
        scheduler: address of a Dask scheduler, which has workers of its own; for "dask" only.

    Raises:
        StatescapeError: for an unknown name, fewer than one worker, a scheduler that does not go with the rest or
            cannot be reached.
    """
    if name is not None and name not in NAMES:
        raise unknown_name("executor", name, NAMES)
    if workers is not None and workers < 1:
        raise StatescapeError(f"At least one worker is needed; got {workers}.")
    if workers is not None and workers > MOST_WORKERS:
        raise StatescapeError(f"At most {MOST_WORKERS:,} workers are started on one machine; got {workers:,}.")
    if scheduler is not None and name not in (None, "dask"):
        raise StatescapeError(f"A scheduler belongs to the executor dask; got the executor {name}.")
    if scheduler is not None and workers is not None:
        raise StatescapeError("A scheduler has workers of its own; leave out how many.")
    count = usable_cores() if workers is None else workers
    if name == "dask" or scheduler is not None:
        return Dask(scheduler, count)
    if name == "serial" or (name is None and count == 1):
        return Serial()
    return Processes(count)


@contextmanager
def working(executor: AnyExecutor, workers: int | None = None, scheduler: str | None = None) -> Iterator[Executor]:
    """Who works while the block lasts: one made here ends with it, one of the caller's stays open.

    Args:
        executor: any executor of Python (`concurrent.futures`), or a name; processes where None.
        workers: how many tasks an executor of the caller's runs at once, where it does not say; else how many
            processes, one for each core where None.
        scheduler: address of a Dask scheduler; for "dask" only.

    Raises:
        StatescapeError: for an unknown name, fewer than one worker, or a scheduler that does not go with the rest.
    """
    if executor is None or isinstance(executor, str):
        with make_executor(executor, workers, scheduler) as own:
            yield own
    elif scheduler is not None:
        raise StatescapeError("A scheduler belongs to the executor dask; give it or an executor.")
    else:
        yield executor if isinstance(executor, Executor) else Lent(executor, workers)


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
