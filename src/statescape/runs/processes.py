"""Work in processes of this machine. A worker that dies is replaced and its tasks are done again."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import TypeVar

from statescape.errors import StatescapeError
from statescape.runs.threads import one_blas_thread

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
            StatescapeError: where workers die again and again on the same tasks.
        """
        done: dict[int, R] = {}
        failures = 0
        while len(done) < len(tasks):
            before = len(done)
            try:
                self._round(function, tasks, done)
            except BrokenProcessPool:
                self.close()
                failures = 0 if len(done) > before else failures + 1
                if failures == PATIENCE:
                    raise StatescapeError(
                        f"{PATIENCE} times all workers died on the same work, perhaps for lack of memory; use fewer "
                        'workers. A script must start the work under `if __name__ == "__main__":`.'
                    ) from None
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

    def _running(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._workers, context, _begin, (os.getpid(),))
        return self._pool

    def close(self) -> None:
        """End the processes; what they work on is dropped."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _begin(parent: int) -> None:
    """Before a worker's first task: BLAS on one thread, Ctrl-C left to the parent, no life without it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    one_blas_thread()
    threading.Thread(target=_die_with, args=(parent,), daemon=True).start()


def _die_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)
