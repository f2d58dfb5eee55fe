"""One BLAS thread, here and now."""

from __future__ import annotations

from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    import numpy  # noqa: F401 - the libraries must be loaded to be found
    import scipy.linalg  # noqa: F401

    return ThreadpoolController()


def one_blas_thread() -> Any:
    """A context in which BLAS runs on one thread; without `with`, for good."""
    return _controller().limit(limits=1)
