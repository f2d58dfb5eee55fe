"""Work on this machine: in this process, or in processes of their own, which are replaced when they die.

Worker processes are loky's: unlike those of the standard library they do not import the script that started them, so a
plain script needs no guard, and functions and classes that it defines itself travel to them by value.
"""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from typing import TYPE_CHECKING, TypeVar

from statescape.runs.executor import Executor

if TYPE_CHECKING:
    from loky import ProcessPoolExecutor

R = TypeVar("R")


class Serial(Executor):
    """An executor without workers of its own: one task after the other, here and now."""

    workers = 1

    def submit(self, fn: Callable[..., R], /, *args: object, **kwargs: object) -> Future[R]:
        """Do it at once."""
        future: Future[R] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class Processes(Executor):
    """An executor of processes, started when they are first needed and ended with it.

    Args:
        workers: how many.
    """

    near = True

    def __init__(self, workers: int) -> None:
        super().__init__()
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None

    @property
    def workers(self) -> int:
        """How many processes."""
        return self._workers

    def submit(self, fn: Callable[..., R], /, *args: object, **kwargs: object) -> Future[R]:
        """Give one call to a worker."""
        future: Future[R] = self._running().submit(fn, *args, **kwargs)
        return future

    def renew(self, broken: BrokenExecutor) -> None:  # noqa: ARG002 - whatever it was
        """End what is left; the next work starts other processes."""
        self.shutdown()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002 - always at once
        """End the processes at once; what they work on is dropped."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, kill_workers=True)

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


def _begin(parent: int) -> None:
    """Before a worker's first task: Ctrl-C left to the parent, no life without it."""
    from loky import process_executor

    # A worker keeps what it has loaded, models among it: growing is no reason to replace it, nor to look every second.
    process_executor._MEMORY_LEAK_CHECK_DELAY = math.inf
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with, args=(parent,), daemon=True).start()


def _die_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)
