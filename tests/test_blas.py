"""BLAS on one thread, however many ask for it, and back to what it was when the last has left."""

import numpy  # noqa: F401 - the two bring a BLAS each
import scipy.linalg  # noqa: F401
from threadpoolctl import threadpool_info, threadpool_limits

from statescape.blas import one_blas_thread


def threads() -> set[int]:
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


def test_who_asks_within_changes_nothing_and_the_first_puts_it_back() -> None:
    with threadpool_limits(2, user_api="blas"):
        with one_blas_thread():
            with one_blas_thread():
                assert threads() == {1}
            assert threads() == {1}
        assert threads() == {2}
        with one_blas_thread():  # and it can be asked for again
            assert threads() == {1}
        assert threads() == {2}
