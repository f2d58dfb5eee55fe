"""Real numbers out of whatever holds them: arrays, lists, frames, sparse matrices, tensors; else one sentence."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
import scipy.sparse
from jaxtyping import Float

from statescape.errors import StatescapeError


def real_array(given: Any, name: str) -> Float[np.ndarray, "*shape"]:
    """A new float64 array of what was given; NumPy alone would drop imaginary parts and take texts and dates.

    Args:
        given: anything that NumPy makes an array of, or a sparse matrix.
        name: what the user calls it.

    Raises:
        StatescapeError: for what is not real numbers.
    """
    dense = given.toarray() if scipy.sparse.issparse(given) else given
    if np.ma.is_masked(dense):
        raise StatescapeError(f"{name} holds masked values; fill or leave them out.")
    try:
        array = np.asarray(dense)
    except Exception:  # whatever the __array__ of a stranger raises
        array = np.asarray(None, dtype=object)
    if array.dtype.kind == "c":
        raise StatescapeError(f"{name} holds complex numbers; give real ones, such as its real part.")
    real = array.dtype.kind in "biuf" or (
        array.dtype == object and all(isinstance(value, numbers.Real | np.bool_) for value in array.ravel())
    )
    if not real:
        raise StatescapeError(f"{name} must be numbers, such as an array or lists of equal length; got {_kind(given)}.")
    return np.array(array, dtype=np.float64)


def _kind(given: Any) -> str:
    dtype = getattr(given, "dtype", None)
    return "None" if given is None else type(given).__name__ + ("" if dtype is None else f" of {dtype}")
