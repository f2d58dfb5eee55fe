"""Work on many machines: the tasks of a map as bundles on a Dask cluster, of this machine or behind a scheduler.

A Dask task costs the scheduler about a millisecond, so tasks travel in bundles of about a second of work, but in enough
of them that no worker waits long. What a worker computes does not depend on bundles or workers, so results are those of
any other executor, bit for bit, on one kind of processor. Dask does a dead worker's tasks again elsewhere; when the
scheduler itself is lost, or no worker is left for long, the run ends with one sentence and can be resumed.

Bundles are bytes in Dask's own wire format: the scheduler passes them on and neither reads nor needs what is in them.
"""

from __future__ import annotations

import logging
import math
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from statescape import __version__
from statescape.errors import StatescapeError
from statescape.runs.dask_connection import connected, local_cluster, require_distributed, silence
from statescape.runs.errors import LostWorkersError
from statescape.runs.threads import one_blas_thread

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

T = TypeVar("T")
R = TypeVar("R")

# Seconds of work in a bundle; bundles for each worker where a map is shorter than that; seconds below which a worker's
# share is not split.
SECOND, BUNDLES_PER_WORKER, LEAST = 1.0, 4, 0.25
# Seconds: for a scheduler to answer, between two looks at it while nothing comes back, without any worker.
ANSWER, LOOK, PATIENCE = 15.0, 5.0, 300.0
# Weight of the newest measurement in the running seconds of a task.
NEWEST = 0.5


class Dask:
    """An executor on a Dask cluster.

    Args:
        scheduler: address of a running scheduler, such as "tcp://node:8786"; None starts a cluster on this machine,
            which ends with the executor.
        workers: single-threaded worker processes of a cluster on this machine.
        patience: seconds to wait for a worker where there is none.

    Raises:
        StatescapeError: where `distributed` is not installed, the scheduler cannot be reached, or its workers have
            several threads or another version of statescape.
    """

    def __init__(self, scheduler: str | None = None, workers: int = 1, *, patience: float = PATIENCE) -> None:
        require_distributed()
        self._patience, self._pace, self._asked = patience, _Pace(), 0.0
        self._levels = silence()
        self._cluster: LocalCluster | None = None
        self._client: Client | None = None
        try:
            if scheduler is None:
                self._cluster = local_cluster(workers)
                scheduler = str(self._cluster.scheduler_address)
            self.address = scheduler
            self._client = connected(self.address, direct=self._cluster is not None)
            self._workers = self._await_workers()
        except BaseException:
            self.close()
            raise

    @property
    def workers(self) -> int:
        """How many worker processes the cluster had when it was last asked: it may grow and shrink."""
        return self._workers

    def map(self, function: Callable[[T], R], tasks: Sequence[T]) -> list[R]:
        """`function` of every task, in the order of the tasks.

        Raises:
            LostWorkersError: where the scheduler, or every worker, is gone.
            StatescapeError: where work kills its workers, or they cannot import it.
        """
        if not tasks:
            return []
        import dask.config
        from distributed.protocol.serialize import serialize_bytes

        client = self._running()
        if time.monotonic() - self._asked > LOOK:
            self._workers = max(len(self._ask()), 1)
        size = self._pace.bundle_size(function, len(tasks), self._workers)
        starts = range(0, len(tasks), size)
        payloads = [serialize_bytes((function, list(tasks[start : start + size]))) for start in starts]
        with self._lost_is_told(), dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"}):
            futures = client.map(_work, payloads, pure=False, key=f"statescape-{time.monotonic_ns()}")
        try:
            done = self._collected(dict(enumerate(futures)))
        except BaseException:
            with suppress(Exception):
                client.cancel(futures)
            raise
        for start, one in zip(starts, done, strict=True):
            if one.versions != versions():
                raise StatescapeError(
                    f"A Dask worker has {one.versions}; here are {versions()}; install the same everywhere, since "
                    "results must not depend on who works."
                )
            self._pace.learn(function, one.seconds / len(tasks[start : start + size]))
        return [result for one in done for result in one.results]

    def close(self) -> None:
        """Let the cluster go; one on this machine ends."""
        client, self._client = self._client, None
        cluster, self._cluster = self._cluster, None
        for one in (client, cluster):
            if one is not None:
                with suppress(Exception):
                    one.close(timeout=LOOK)
        for logger, level in self._levels.items():
            logging.getLogger(logger).setLevel(level)

    def __enter__(self) -> Dask:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _running(self) -> Client:
        if self._client is None:
            raise StatescapeError("This Dask executor is closed; make a new one.")
        return self._client

    def _collected(self, waiting: dict[int, Future[_Done]]) -> list[_Done]:
        """What the futures bring, in their order."""
        finished: SimpleQueue[int] = SimpleQueue()
        for index, future in waiting.items():
            future.add_done_callback(lambda _, index=index: finished.put(index))
        done: dict[int, _Done] = {}
        alone_since: float | None = None
        while waiting:
            try:
                ready = [finished.get(timeout=LOOK)]
            except Empty:
                alone_since = self._looked_after(alone_since)
                continue
            alone_since = None
            with suppress(Empty):
                while True:
                    ready.append(finished.get_nowait())
            here = {index: waiting.pop(index) for index in sorted(ready)}
            for future in here.values():
                self._refuse(future)
            brought = self._brought(list(here.values()))
            done.update(zip(here, brought, strict=True))
        return [done[index] for index in sorted(done)]

    def _brought(self, futures: list[Future[_Done]]) -> list[_Done]:
        """The results of futures that are done; Dask does those again whose worker has died since."""
        return list(self._within(lambda client: client.gather(futures), self._patience))

    def _refuse(self, future: Future[_Done]) -> None:
        """Say what a future that came to nothing died of."""
        from distributed import KilledWorker

        if future.status == "cancelled":
            raise self._lost()
        if future.status != "error":
            return
        error = future.exception()
        if isinstance(error, KilledWorker):
            raise StatescapeError(
                f"{error.allowed_failures + 1} Dask workers died on the same work, perhaps for lack of memory; use "
                "fewer workers on each machine."
            ) from None
        if isinstance(error, ModuleNotFoundError):
            raise StatescapeError(
                f"A Dask worker cannot import {error.name}; install statescape {__version__} and what you use with it "
                "on every machine of the cluster."
            ) from None
        raise error if error is not None else self._lost()

    def _looked_after(self, alone_since: float | None) -> float | None:
        """Look whether scheduler and workers are still there while nothing comes back."""
        self._workers = len(self._ask())
        if self._workers:
            return None
        now = time.monotonic()
        since = now if alone_since is None else alone_since
        if now - since > self._patience:
            raise LostWorkersError(
                f"The Dask scheduler {self.address} has had no worker for {self._patience:.0f} s; start some and "
                "resume the run: no finished generation is lost."
            )
        return since

    def _await_workers(self) -> int:
        """Wait for the first worker; refuse workers of several threads, which would be used for one task at a time."""
        deadline = time.monotonic() + self._patience
        while not (threads := self._ask()):
            if time.monotonic() > deadline:
                raise StatescapeError(
                    f"The Dask scheduler {self.address} has no workers after {self._patience:.0f} s; start some: dask "
                    f"worker {self.address} --nworkers N --nthreads 1"
                )
            time.sleep(0.1)
        many = next((f"{address} has {count}" for address, count in threads.items() if count > 1), None)
        if many is not None:
            raise StatescapeError(
                f"Every Dask worker must have one thread, and {many}; start them so: dask worker {self.address} "
                "--nworkers N --nthreads 1"
            )
        return len(threads)

    def _ask(self) -> dict[str, int]:
        """Threads of every worker, by its address."""
        threads = dict(self._within(lambda client: client.nthreads(), ANSWER))
        self._asked = time.monotonic()
        return threads

    def _within(self, question: Callable[[Client], Any], seconds: float) -> Any:
        """An answer of the cluster in time, or the sentence for a scheduler that is lost."""
        client = self._running()
        with self._lost_is_told():
            return client.sync(lambda: question(client), callback_timeout=seconds)

    @contextmanager
    def _lost_is_told(self) -> Iterator[None]:
        from concurrent.futures import CancelledError

        try:
            yield
        except (OSError, TimeoutError, CancelledError, RuntimeError):
            raise self._lost() from None

    def _lost(self) -> LostWorkersError:
        return LostWorkersError(
            f"The Dask scheduler {self.address} was lost; start it again and resume the run: no finished generation is "
            "lost."
        )


@dataclass
class _Pace:
    """Seconds that a task takes, by function, learnt from what came back."""

    seconds: dict[Callable[..., Any], float] = field(default_factory=dict)

    def bundle_size(self, function: Callable[..., Any], tasks: int, workers: int) -> int:
        """Tasks in a bundle: a second of work; less where workers would have too few bundles, but no trifle."""
        known = self.seconds.get(function)
        if not known:
            return max(tasks // (BUNDLES_PER_WORKER * workers), 1)
        rounds = min(max(int(tasks * known / (LEAST * workers)), 1), BUNDLES_PER_WORKER)
        return min(math.ceil(SECOND / known), max(tasks // (rounds * workers), 1))

    def learn(self, function: Callable[..., Any], seconds: float) -> None:
        """Take one measurement."""
        old = self.seconds.get(function, seconds)
        self.seconds[function] = (1.0 - NEWEST) * old + NEWEST * seconds


@dataclass(frozen=True)
class _Done:
    """A bundle's results, the seconds they took, and the worker's versions."""

    results: list[Any]
    seconds: float
    versions: str


@cache
def versions() -> str:
    """What the last bits of a result depend on, beside the kind of processor."""
    found = [f"Python {sys.version_info.major}.{sys.version_info.minor}", f"statescape {__version__}"]
    for name in ("numpy", "scipy", "numba"):
        with suppress(PackageNotFoundError):
            found.append(f"{name} {version(name)}")
    return ", ".join(found)


# A worker with several threads that joined later works on one bundle at a time: BLAS and caches are the process's own.
_ONE_AT_A_TIME = threading.Lock()


def _work(payload: bytes) -> _Done:
    """Do one bundle, on a worker."""
    from distributed.protocol.serialize import deserialize_bytes

    with _ONE_AT_A_TIME:
        one_blas_thread()
        function, tasks = deserialize_bytes(payload)
        begun = time.perf_counter()
        results = [function(task) for task in tasks]
        return _Done(results, time.perf_counter() - begun, versions())
