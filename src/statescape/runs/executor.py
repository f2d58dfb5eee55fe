"""Who works: an executor as Python defines it (`concurrent.futures`), with a `map` that outlives its workers.

An executor may do tasks in any order, anywhere, and again after a worker died; results come back in the order of the
tasks, and are the same, bit for bit, for all executors on one kind of processor.
"""

from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Future, as_completed
from contextlib import suppress
from pickle import PicklingError
from typing import Any, TypeVar

from statescape.blas import one_blas_thread
from statescape.errors import StatescapeError
from statescape.runs.bundles import Done, Pace, versions, work

T = TypeVar("T")
R = TypeVar("R")

# Times in a row that all workers may die without a single task done before the tasks are to blame.
PATIENCE = 3
# Seconds between two looks at those who work while nothing comes back.
LOOK = 5.0


class LostWorkersError(StatescapeError):
    """Those who worked are gone, through no fault of the work: the run can be resumed."""


class Executor(concurrent.futures.Executor):
    """What works: an executor of Python with a number of workers and a `map` that gives a dead worker's work out again.

    A kind of executor defines `submit` and `shutdown` as Python does, and `workers`; it may say more about deaths,
    silence and errors.

    Attributes:
        near: whether its workers are other processes of this machine, so that a trifle is done sooner in this one.
    """

    near = False

    def __init__(self) -> None:
        self._pace = Pace()

    @property
    def workers(self) -> int:
        """How many tasks run at once; results do not depend on it."""
        raise NotImplementedError

    def map(  # type: ignore[override] # at once
        self, function: Callable[[T], R], tasks: Sequence[T], keep: Callable[[int, R], None] | None = None
    ) -> list[R]:
        """`function` of every task, in the order of the tasks; function and tasks travel to the workers.

        Args:
            function: of a module, or one that can be pickled by value.
            tasks: what it is called with.
            keep: called with the place and the result of a task as soon as it is done, in any order: for tasks of many
                seconds, which travel one by one then. What was kept is not lost where something is raised.

        Raises:
            LostWorkersError: where those who worked are gone.
            StatescapeError: where work kills its workers again and again, or cannot travel to them.
        """
        if not tasks:
            return []
        if keep is None and self.near and self._pace.is_trifle(function, len(tasks)):
            here = work(function, tasks)
            self._pace.learn(function, here.seconds / len(tasks))
            return here.results
        size = 1 if keep else self._pace.bundle_size(function, len(tasks), self.workers)
        bundles = {start: list(tasks[start : start + size]) for start in range(0, len(tasks), size)}
        done: dict[int, Done] = {}

        def take(start: int, one: Done) -> None:
            if one.versions != versions():
                raise StatescapeError(
                    f"A worker has {one.versions}; here are {versions()}; install the same everywhere, since results "
                    "must not depend on who works."
                )
            done[start] = one
            self._pace.learn(function, one.seconds / len(bundles[start]))
            if keep is not None:
                keep(start, one.results[0])

        fruitless = 0
        with one_blas_thread():
            while len(done) < len(bundles):
                before = len(done)
                try:
                    left = {start: bundle for start, bundle in bundles.items() if start not in done}
                    self._round(function, left, take)
                except BrokenExecutor as broken:
                    fruitless = 0 if len(done) > before else fruitless + 1
                    self.renew(broken)
                    if fruitless == PATIENCE:
                        raise StatescapeError(_blame(broken)) from None
        return [result for start in bundles for result in done[start].results]

    def renew(self, broken: BrokenExecutor) -> None:
        """Begin anew with other workers after some have died; raises where that cannot be."""
        raise NotImplementedError

    def look(self, waited: float) -> None:
        """Look at the workers, where nothing has come back for so many seconds; raises where they are gone."""

    def refusal(self, error: BaseException) -> StatescapeError | None:
        """A sentence in place of an error that is not the work's own; None where it is."""
        if isinstance(error, PicklingError) or (
            isinstance(error, TypeError | AttributeError) and "pickle" in str(error)
        ):
            return StatescapeError(_untold(error))
        return None

    def _round(
        self, function: Callable[[T], R], bundles: dict[int, list[T]], take: Callable[[int, Done], None]
    ) -> None:
        """Give out bundles and take what comes back, until something is raised."""
        futures: dict[Future[Done], int] = {}
        try:
            for start, bundle in bundles.items():
                future = self.submit(work, function, bundle)
                if future.done():  # in this process: what it gives or raises need not wait for the others
                    take(start, future.result())
                else:
                    futures[future] = start
            self._collect(futures, take)
        except BaseException as error:
            for future in futures:
                future.cancel()
            for future, start in futures.items():
                if future.done() and not future.cancelled() and future.exception() is None:
                    take(start, future.result())
            refusal = None if isinstance(error, BrokenExecutor) else self.refusal(error)
            if refusal is not None:
                raise refusal from None
            raise

    def _collect(self, futures: dict[Future[Done], int], take: Callable[[int, Done], None]) -> None:
        """Take what comes back, each out of `futures`."""
        since = time.monotonic()
        while futures:
            finished: list[Future[Done]] = []
            with suppress(TimeoutError):
                for future in as_completed(futures, timeout=LOOK):
                    finished.append(future)
                    if future.cancelled() or future.exception() is not None:
                        break
            for future in finished:
                result = future.result()
                take(futures.pop(future), result)
            if finished:
                since = time.monotonic()
            else:
                self.look(time.monotonic() - since)


class Lent(Executor):
    """An executor of the caller's, who closes it: threads, processes, loky's, `client.get_executor()` of Dask, MPI's.

    Args:
        lender: it.
        workers: how many tasks it runs at once; None asks it.
    """

    def __init__(self, lender: concurrent.futures.Executor, workers: int | None = None) -> None:
        super().__init__()
        self._lender, self._workers = lender, workers

    @property
    def workers(self) -> int:
        """How many tasks it runs at once: as it says, or 1."""
        if self._workers is not None:
            return self._workers
        client: Any = getattr(self._lender, "_client", None)  # Dask's
        found = len(client.nthreads()) if hasattr(client, "nthreads") else getattr(self._lender, "_max_workers", 1)
        return max(found, 1) if isinstance(found, int) else 1

    def submit(self, fn: Callable[..., R], /, *args: object, **kwargs: object) -> Future[R]:
        """Hand one call on."""
        try:
            return self._lender.submit(fn, *args, **kwargs)
        except BrokenExecutor:
            raise
        except RuntimeError as error:
            raise LostWorkersError(
                f"The {self._name} takes no work ({error}); make a new one and resume the run: no finished "
                "generation is lost."
            ) from None

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Nothing: who made it ends it."""

    def renew(self, broken: BrokenExecutor) -> None:
        """Workers of the caller's are his to replace.

        Raises:
            LostWorkersError: always.
        """
        if broken.__cause__ is not None and "pickle" in str(broken.__cause__).lower():
            raise StatescapeError(_untold(broken)) from None
        raise self._lost() from None

    def refusal(self, error: BaseException) -> StatescapeError | None:
        """Work that was cancelled, or killed its workers, is lost."""
        if isinstance(error, CancelledError) or type(error).__name__ == "KilledWorker":  # the latter is Dask's
            return self._lost()
        return super().refusal(error)

    @property
    def _name(self) -> str:
        return type(self._lender).__name__

    def _lost(self) -> LostWorkersError:
        return LostWorkersError(
            f"Workers of the {self._name} died, perhaps for lack of memory; make a new one and resume the run: no "
            "finished generation is lost."
        )


def _blame(broken: BaseException) -> str:
    """What executors broke of: a worker that died, or one that could not read what it was sent."""
    if broken.__cause__ is not None:
        return _untold(broken)
    return f"{PATIENCE} times all workers died on the same work, perhaps for lack of memory; use fewer workers."


def _untold(error: BaseException) -> str:
    reason = [line for line in str(error.__cause__ or error).splitlines() if line.strip(' "')][-1].strip()
    return f"The work cannot travel to worker processes ({reason}); work in this process, with one worker."
