"""Work on many machines: the tasks of a map as bundles on a Dask cluster, of this machine or behind a scheduler.

Dask does a dead worker's bundles again elsewhere; when the scheduler itself is lost, or no worker is left for long, the
run ends with one sentence and can be resumed. Bundles are bytes in Dask's own wire format: the scheduler passes them on
and neither reads nor needs what is in them. Dask's own noise is kept away.
"""

from __future__ import annotations

import asyncio
import logging
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from statescape import __version__
from statescape.errors import StatescapeError
from statescape.runs.executor import LOOK, Executor, LostWorkersError

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

R = TypeVar("R")

# Seconds: for a scheduler to be found, for it to answer, without any worker.
CONNECT, ANSWER, PATIENCE = 15.0, 15.0, 300.0
# Of a local worker: Dask's own, without its MALLOC_TRIM_THRESHOLD_, which gives memory back that arrays ask for again.
_ENVIRONMENT = {"OMP_NUM_THREADS": 1, "MKL_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1}
# Dask speaks of lost connections and restarted workers; here they are one sentence or nothing.
_TALKERS = ("distributed", "tornado", "asyncio", "concurrent")


class Dask(Executor):
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
        super().__init__()
        require_distributed()
        self._patience, self._asked, self._seen = patience, 0.0, time.monotonic()
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
            self.shutdown()
            raise

    @property
    def workers(self) -> int:
        """How many worker processes the cluster has, asked every few seconds: it may grow and shrink."""
        if time.monotonic() - self._asked > LOOK:
            self._workers = max(len(self._ask()), 1)
        return self._workers

    def submit(self, fn: Callable[..., R], /, *args: object, **kwargs: object) -> Future[R]:
        """Give one call to a worker.

        Raises:
            LostWorkersError: where the scheduler is gone.
        """
        import dask.config
        from distributed.protocol.serialize import serialize_bytes

        client = self._running()
        payload = serialize_bytes((fn, args, kwargs))
        with self._lost_is_told(), dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"}):
            future: Future[R] = client.get_executor(pure=False).submit(_unpacked, payload)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002 - always at once
        """Let the cluster go; one on this machine ends."""
        client, self._client = self._client, None
        cluster, self._cluster = self._cluster, None
        for one in (client, cluster):
            if one is not None:
                with suppress(Exception):
                    one.close(timeout=LOOK)
        for logger, level in self._levels.items():
            logging.getLogger(logger).setLevel(level)

    def look(self, waited: float) -> None:
        """See whether scheduler and workers are still there.

        Raises:
            LostWorkersError: where they are not.
        """
        if self._ask():
            self._seen = time.monotonic()
        elif min(waited, time.monotonic() - self._seen) > self._patience:
            raise LostWorkersError(
                f"The Dask scheduler {self.address} has had no worker for {self._patience:.0f} s; start some and "
                "resume the run: no finished generation is lost."
            )

    def refusal(self, error: BaseException) -> StatescapeError | None:
        """What work died of that came to nothing."""
        from distributed import KilledWorker

        if isinstance(error, CancelledError):
            return self._lost()
        if isinstance(error, KilledWorker):
            return StatescapeError(
                f"{error.allowed_failures + 1} Dask workers died on the same work, perhaps for lack of memory; use "
                "fewer workers on each machine."
            )
        if isinstance(error, ModuleNotFoundError):
            return StatescapeError(
                f"A Dask worker cannot import {error.name}; install statescape {__version__} and what you use with it "
                "on every machine of the cluster."
            )
        return super().refusal(error)

    def _running(self) -> Client:
        if self._client is None:
            raise StatescapeError("This Dask executor is closed; make a new one.")
        return self._client

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
        try:
            yield
        except (OSError, TimeoutError, CancelledError, RuntimeError):
            raise self._lost() from None

    def _lost(self) -> LostWorkersError:
        return LostWorkersError(
            f"The Dask scheduler {self.address} was lost; start it again and resume the run: no finished generation is "
            "lost."
        )


def _unpacked(payload: bytes) -> Any:
    """One call, on a worker."""
    from distributed.protocol.serialize import deserialize_bytes

    function, arguments, named = deserialize_bytes(payload)
    return function(*arguments, **named)


def require_distributed() -> None:
    """Refuse, in one sentence, where Dask is not installed."""
    try:
        import distributed  # noqa: F401
    except ModuleNotFoundError:
        raise StatescapeError(
            "The executor dask needs Dask, which is not installed: pip install 'statescape[dask]'"
        ) from None


def local_cluster(workers: int) -> LocalCluster:
    """Single-threaded processes of this machine, each with a nanny, who starts it again when it dies."""
    import dask.config
    from distributed import LocalCluster

    try:
        # The profiler looks at every worker a hundred times a second, and here nobody looks at the profile.
        dask.config.set({"distributed.worker.profile.enabled": False})
        dask.config.set({"distributed.nanny.pre-spawn-environ": _ENVIRONMENT})
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            memory_limit=0,
            silence_logs=logging.CRITICAL,
        )
    except (RuntimeError, OSError, TimeoutError):
        raise StatescapeError(
            "The Dask workers of this machine did not start; a script must start the work under "
            '`if __name__ == "__main__":`.'
        ) from None


def connected(address: str, *, direct: bool) -> Client:
    """A client of the scheduler at an address, within `CONNECT` seconds or not at all.

    Args:
        address: of the scheduler.
        direct: whether this process reaches the workers, so that results need not pass through the scheduler.
    """
    from distributed import Client

    try:
        # A listener that never answers would hang Dask's own handshake for ever, so it is knocked at first.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda: asyncio.run(_knock(address))).result()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about versions, of which `versions` refuses those that matter
            return Client(address, timeout=CONNECT, set_as_default=False, direct_to_workers=direct)
    except (OSError, TimeoutError, ValueError) as error:
        raise StatescapeError(
            f"No Dask scheduler answers at {address} ({_first_line(error)}); start one with `dask scheduler` and give "
            "the address that it prints."
        ) from None


async def _knock(address: str) -> None:
    from distributed import Security
    from distributed.comm import connect

    arguments = Security().get_connection_args("client")
    comm = await asyncio.wait_for(connect(address, timeout=CONNECT, **arguments), CONNECT)
    await comm.close()


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def silence() -> dict[str, int]:
    """Quieten Dask; returns the levels that were."""
    names = {name for name in logging.root.manager.loggerDict if name.split(".")[0] in _TALKERS} | set(_TALKERS)
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return levels
