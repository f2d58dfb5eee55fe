"""What users give, as arrays: real numbers out of whatever holds them, series, targets, labels; else one sentence."""

from __future__ import annotations

import numbers
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse
from jaxtyping import Float

from statescape.errors import StatescapeError

# An array [steps], [steps, features] or [series, steps, features], or a sequence of the first two.
SeriesLike: TypeAlias = Any


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


def is_many(given: SeriesLike) -> bool:
    """Whether several series were given."""
    if isinstance(given, np.ndarray):
        return given.ndim == 3
    return isinstance(given, (list, tuple)) and bool(len(given)) and _is_series(given[0])


def _is_series(one: Any) -> bool:
    return isinstance(one, list | tuple) or getattr(one, "ndim", 0) > 0


def as_series(given: SeriesLike, name: str) -> list[Float[np.ndarray, "_ features"]]:
    """One or several series as a list.

    Args:
        given: one series [steps, features] or [steps], or several of them in a list or along the first axis.
        name: what the user calls it.

    Raises:
        StatescapeError: where a series is empty, not numeric, not finite, or the widths differ.
    """
    series = [_one_series(one, name) for one in (given if is_many(given) else [given])]
    widths = {one.shape[1] for one in series}
    if len(widths) > 1:
        raise StatescapeError(f"All series of {name} need the same number of columns; got {sorted(widths)}.")
    return series


def _one_series(given: Any, name: str) -> Float[np.ndarray, "steps features"]:
    series = np.asarray(real_array(given, name), order="C")
    if series.ndim == 1:
        series = series[:, None]
    if series.ndim != 2 or not series.size:
        raise StatescapeError(f"{name} must have shape [steps, features] with at least one step; got {series.shape}.")
    if not np.isfinite(series).all():
        row = int(np.flatnonzero(~np.isfinite(series).all(axis=1))[0])
        raise StatescapeError(f"{name} holds NaN or infinite values, first at step {row}; fill or leave them out.")
    return series


def as_targets(given: SeriesLike, series: list[Float[np.ndarray, "_ inputs"]]) -> list[Float[np.ndarray, "_ outputs"]]:
    """Targets, one row for each step of each series.

    Raises:
        StatescapeError: as `as_series`, and where the lengths differ from those of the inputs.
    """
    targets = as_series(given, "Y")
    lengths, wanted = [len(one) for one in targets], [len(one) for one in series]
    if lengths != wanted:
        raise StatescapeError(f"Y needs one row for each step of X: X has {_few(wanted)} steps, Y has {_few(lengths)}.")
    return targets


def as_labels(given: Any, n_series: int) -> tuple[Float[np.ndarray, "series classes"], tuple[int, ...]]:
    """One class for each series as a table of zeros and ones, and the classes in their order.

    Raises:
        StatescapeError: where the classes are not one integer for each series, or there is only one class.
    """
    labels = np.asarray(given)
    if labels.shape != (n_series,) or not np.issubdtype(labels.dtype, np.integer):
        raise StatescapeError(
            f"Where states are pooled, Y is one class (an integer) for each of the {n_series} series; "
            f"got {labels.dtype} of shape {labels.shape}."
        )
    classes, place = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise StatescapeError("Y holds one class only; there is nothing to tell apart.")
    return np.eye(len(classes))[place], tuple(int(label) for label in classes)


def shifted(outputs: Float[np.ndarray, "steps outputs"]) -> Float[np.ndarray, "steps outputs"]:
    """The output before each step; nothing, before the first."""
    return np.vstack([np.zeros((1, outputs.shape[1])), outputs[:-1]])


def _few(lengths: list[int]) -> str:
    """Some lengths in words."""
    return ", ".join(map(str, lengths[:5])) + (", ..." if len(lengths) > 5 else "")
