"""What travels to a worker and back: bundles of tasks, and with their results what these depend on.

Sending a task costs about a millisecond, so tasks travel in bundles of about a second of work, but in enough of them
that no worker waits long. What a worker computes does not depend on bundles or workers: BLAS runs on one thread
everywhere, since the order of additions, and with it the last bits of a result, depends on the number of threads.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from statescape import __version__
from statescape.blas import one_blas_thread

# Seconds of work in a bundle; bundles for each worker where a map is shorter than that; seconds below which a worker's
# share is not split.
SECOND, BUNDLES_PER_WORKER, LEAST = 1.0, 4, 0.25
# Seconds of work, of all tasks together, that are done sooner than handed over to processes of this machine and back:
# besides the journey, a worker that has slept finds its caches cold (measured: 11 ms of work take two of them 14).
TRIFLE = 0.02
# Weight of the newest measurement in the running seconds of a task.
NEWEST = 0.5


@dataclass
class Pace:
    """Seconds that a task takes, by function, learnt from what came back."""

    seconds: dict[Callable[..., Any], float] = field(default_factory=dict)

    def bundle_size(self, function: Callable[..., Any], tasks: int, workers: int) -> int:
        """Tasks in a bundle: a second of work; less where workers would have too few bundles, but no trifle."""
        known = self.seconds.get(function)
        if not known:
            return max(tasks // (BUNDLES_PER_WORKER * workers), 1)
        rounds = min(max(int(tasks * known / (LEAST * workers)), 1), BUNDLES_PER_WORKER)
        return min(math.ceil(SECOND / known), max(tasks // (rounds * workers), 1))

    def is_trifle(self, function: Callable[..., Any], tasks: int) -> bool:
        """Whether so many tasks are known to be done sooner than handed over."""
        return self.seconds.get(function, math.inf) * tasks < TRIFLE

    def learn(self, function: Callable[..., Any], seconds: float) -> None:
        """Take one measurement."""
        old = self.seconds.get(function, seconds)
        self.seconds[function] = (1.0 - NEWEST) * old + NEWEST * seconds


@dataclass(frozen=True)
class Done:
    """A bundle's results, the seconds they took, and the worker's versions."""

    results: list[Any]
    seconds: float
    versions: str


def work(function: Callable[[Any], Any], tasks: Sequence[Any]) -> Done:
    """Do one bundle, wherever that is."""
    with one_blas_thread():
        begun = time.perf_counter()
        results = [function(task) for task in tasks]
        return Done(results, time.perf_counter() - begun, versions())


@cache
def versions() -> str:
    """What the last bits of a result depend on, beside the kind of processor."""
    found = [f"Python {sys.version_info.major}.{sys.version_info.minor}", f"statescape {__version__}"]
    for name in ("numpy", "scipy", "numba"):
        with suppress(PackageNotFoundError):
            found.append(f"{name} {version(name)}")
    return ", ".join(found)
