"""Work in processes of this machine. A worker that dies is replaced and its tasks are done again.

Workers are loky's: unlike those of the standard library they do not import the script that started them, so a plain
script needs no guard, and functions and classes that it defines itself travel to them by value.
"""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pickle import PicklingError
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from statescape.errors import StatescapeError
from statescape.runs.threads import one_blas_thread

if TYPE_CHECKING:
    from loky import ProcessPoolExecutor

T = TypeVar("T")
R = TypeVar("R")

# Pools in a row that may break without a single task done before the tasks are to blame.
PATIENCE = 3


class Processes:
    """An executor of `workers` processes, started when they are first needed."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None

    @property
    def workers(self) -> int:
        """How many processes."""
        return self._workers

    def map(self, function: Callable[[T], R], tasks: Sequence[T]) -> list[R]:
        """`function` of every task, in the order of the tasks.

        Raises:
            StatescapeError: where workers die again and again on the same tasks, or tasks cannot travel to them.
        """
        done: dict[int, R] = {}
        failures = 0
        while len(done) < len(tasks):
            before = len(done)
            try:
                self._round(function, tasks, done)
            except BrokenProcessPool as broken:
                self.close()
                failures = 0 if len(done) > before else failures + 1
                if failures == PATIENCE:
                    raise StatescapeError(_blame(broken)) from None
        return [done[index] for index in range(len(tasks))]

    def _round(self, function: Callable[[T], R], tasks: Sequence[T], done: dict[int, R]) -> None:
        """Give out what is not done and collect what comes back before a worker dies."""
        pool = self._running()
        futures: dict[int, Future[R]] = {}
        try:
            for index, task in enumerate(tasks):
                if index not in done:
                    futures[index] = pool.submit(function, task)
            for index, future in futures.items():
                done[index] = future.result()
        except BrokenProcessPool:
            for index, future in futures.items():
                if future.done() and not future.cancelled() and future.exception() is None:
                    done[index] = future.result()
            raise
        except BaseException as error:
            for future in futures.values():
                future.cancel()
            if isinstance(error, PicklingError):
                raise StatescapeError(_untold(error)) from None
            raise

    def _running(self) -> ProcessPoolExecutor:
        if self._pool is None:
            from loky import ProcessPoolExecutor
            from loky.backend import get_context

            # It looks for children of workers, of which there are none, with tools that a machine may lack.
            warnings.filterwarnings("ignore", "Failed to kill subprocesses")
            _begin_tracker()
            context = get_context("loky")
            self._pool = ProcessPoolExecutor(
                self._workers, context=context, initializer=_begin, initargs=(os.getpid(),)
            )
        return self._pool

    def close(self) -> None:
        """End the processes at once; what they work on is dropped."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, kill_workers=True)

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _begin_tracker() -> None:
    """Start loky's tracker of semaphores, deaf to its own complaints.

    A worker that is ended while it starts tells it of a semaphore that has gone by then, which it reports on stderr.
    """
    from loky.backend import resource_tracker

    sys.warnoptions.append("ignore:resource_tracker")  # what its process is started with
    try:
        resource_tracker.ensure_running()
    finally:
        sys.warnoptions.remove("ignore:resource_tracker")


def _blame(broken: BrokenProcessPool) -> str:
    """What pools broke of: a worker that died, or one that could not read what it was sent."""
    if broken.__cause__ is not None:
        return _untold(broken)
    return f"{PATIENCE} times all workers died on the same work, perhaps for lack of memory; use fewer workers."


def _untold(error: BaseException) -> str:
    reason = [line for line in str(error.__cause__ or error).splitlines() if line.strip(' "')][-1].strip()
    return f"The work cannot travel to worker processes ({reason}); work in this process, with one worker."


def _begin(parent: int) -> None:
    """Before a worker's first task: BLAS on one thread, Ctrl-C left to the parent, no life without it."""
    from loky import process_executor

    # A worker keeps what it has loaded, models among it: growing is no reason to replace it, nor to look every second.
    process_executor._MEMORY_LEAK_CHECK_DELAY = math.inf
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    one_blas_thread()
    threading.Thread(target=_die_with, args=(parent,), daemon=True).start()


def _die_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)
