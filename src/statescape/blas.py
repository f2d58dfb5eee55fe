"""BLAS on one thread: the last digits of a result depend on the order of additions, and that on how many there are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


class _Limited:
    """How many of this process's threads ask for one BLAS thread, and what there was before the first did."""

    def __init__(self) -> None:
        self.lock, self.inside = threading.Lock(), 0
        self.before: Any = None


class _Own(threading.local):
    """Whether this thread has asked already."""

    asked = False


_LIMITED, _OWN = _Limited(), _Own()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """BLAS on one thread, until the last of this process's threads that asked for it has left.

    The number is the process's own in some libraries and a thread's own in others, so each thread that enters sets it;
    one that is inside already does not again.
    """
    if _OWN.asked:
        yield
        return
    with _LIMITED.lock:
        limit = _controller().limit(limits=1)
        _LIMITED.before = _LIMITED.before if _LIMITED.inside else limit
        _LIMITED.inside += 1
    _OWN.asked = True
    try:
        yield
    finally:
        _OWN.asked = False
        with _LIMITED.lock:
            _LIMITED.inside -= 1
            if not _LIMITED.inside:
                _LIMITED.before.restore_original_limits()


@cache
def _controller() -> ThreadpoolController:
    import numpy  # noqa: F401 - the libraries must be loaded to be found
    import scipy.linalg  # noqa: F401

    return ThreadpoolController()
