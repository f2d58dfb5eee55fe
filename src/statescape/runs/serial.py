"""Work in this process, one task after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TypeVar

from statescape.runs.threads import one_blas_thread

T = TypeVar("T")
R = TypeVar("R")


class Serial:
    """An executor without workers of its own."""

    workers = 1

    def map(self, function: Callable[[T], R], tasks: Sequence[T]) -> list[R]:
        """`function` of every task."""
        with one_blas_thread():
            return [function(task) for task in tasks]

    def close(self) -> None:
        """Nothing to end."""

    def __enter__(self) -> Serial:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
