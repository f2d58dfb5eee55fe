"""Who works: one small slot for this process, many processes, or many machines.

An executor maps a function over tasks. It may do them in any order, anywhere, and again after a worker died; results
come back in the order of the tasks. Every worker runs BLAS on one thread, since the order of additions, and with it
the last bits of a result, depends on the number of threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol, TypeVar, runtime_checkable

from statescape.errors import StatescapeError, unknown_name

T = TypeVar("T")
R = TypeVar("R")
NAMES = ("serial", "processes", "dask")


@runtime_checkable
class Executor(Protocol):
    """What works; a context manager that ends its workers."""

    @property
    def workers(self) -> int:
        """How many tasks run at once."""

    def map(self, function: Callable[[T], R], tasks: Sequence[T]) -> list[R]:
        """`function` of every task, in the order of the tasks; function and tasks travel to the workers."""

    def close(self) -> None:
        """End the workers."""

    def __enter__(self) -> Executor:
        """The executor itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""


MOST_WORKERS = 1_000


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
    from statescape.runs.processes import Processes
    from statescape.runs.serial import Serial

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
        from statescape.runs.dask import Dask

        return Dask(scheduler, count)
    if name == "serial" or (name is None and count == 1):
        return Serial()
    return Processes(count)


@contextmanager
def working(
    executor: Executor | str | None, workers: int | None = None, scheduler: str | None = None
) -> Iterator[Executor]:
    """The given executor, or one of this name that ends with the work."""
    if executor is not None and not isinstance(executor, str):
        yield executor
        return
    with make_executor(executor, workers, scheduler) as own:
        yield own


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
