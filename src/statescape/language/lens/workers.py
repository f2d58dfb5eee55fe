"""Threads that each take whole chunks of work, where one operation over all threads would be too small to share well.

A product of some hundred rows, the exponentials after it and the sorting after those are shared badly by the threads
inside torch, which meet at the end of every operation. Here a chunk goes through all its operations in one thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch

T = TypeVar("T")
R = TypeVar("R")


def in_workers(function: Callable[[T], R], items: Iterable[T], apart: bool = True) -> list[R]:
    """``function`` of every item, in order; as many items at a time as torch has threads.

    Args:
        function: what is done; it must not touch what another item's work touches.
        items: read in this thread, only as far ahead as workers can take them.
        apart: whether items may be worked on at the same time; otherwise one after the other, here.
    """
    workers = torch.get_num_threads()
    if workers == 1 or not apart:
        return [function(item) for item in items]
    done: list[R] = []
    waiting: deque[Future[R]] = deque()
    with one_torch_thread(), ThreadPoolExecutor(workers) as pool:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > workers:
                done.append(waiting.popleft().result())
        done += [future.result() for future in waiting]
    return done


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """One thread inside every product: whole pieces of work are what is shared, and sums keep their order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
