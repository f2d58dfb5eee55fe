"""To a Dask cluster and away from it: one that is started here or one behind an address, without Dask's own noise."""

from __future__ import annotations

import asyncio
import logging
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from statescape.errors import StatescapeError

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

# Seconds in which a scheduler must answer.
CONNECT = 15.0
# Of a local worker: Dask's own, without its MALLOC_TRIM_THRESHOLD_, which gives memory back that arrays ask for again.
_ENVIRONMENT = {"OMP_NUM_THREADS": 1, "MKL_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1}
# Dask speaks of lost connections and restarted workers; here they are one sentence or nothing.
_TALKERS = ("distributed", "tornado", "asyncio")


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
