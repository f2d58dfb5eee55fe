"""How matrices are drawn where the user gives none, and what may be given instead."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import scipy.sparse
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.reservoir.real import real_array

# What a user may give for weights: an array, nested lists, a sparse matrix, or an initialiser as in `from_user`.
WeightsLike: TypeAlias = Any


def draw_matrix(
    rows: int, columns: int, connectivity: float, values: str, rng: np.random.Generator
) -> scipy.sparse.csr_array:
    """A random matrix in which exactly the wanted share of entries, rounded, is not zero.

    Args:
        rows: number of rows.
        columns: number of columns.
        connectivity: share of entries that are drawn, 0 to 1.
        values: N(0, 1), U(-1, 1), or -1 and 1 with equal probability.
        rng: where the numbers come from.
    """
    entries = round(connectivity * rows * columns)
    position = np.sort(rng.choice(rows * columns, size=entries, replace=False))
    return scipy.sparse.csr_array(
        (draw_values(entries, values, rng), (position // columns, position % columns)), shape=(rows, columns)
    )


def draw_values(count: int, values: str, rng: np.random.Generator) -> Float[np.ndarray, " count"]:
    """Weights of one of the three usual kinds."""
    if values == "normal":
        return rng.normal(size=count)
    if values == "uniform":
        return rng.uniform(-1.0, 1.0, size=count)
    if values == "ternary":
        return rng.choice([-1.0, 1.0], size=count)
    raise StatescapeError(f'Values are "normal", "uniform" or "ternary"; got {values!r}.')


def checked_share(share: float, name: str) -> float:
    """A share between 0 and 1.

    Raises:
        StatescapeError: where it is not.
    """
    if not 0 <= share <= 1:
        raise StatescapeError(f"{name} is a share between 0 and 1; got {share}.")
    return float(share)


def from_user(
    given: Any, name: str, rows: int, columns: int, connectivity: float, rng: np.random.Generator
) -> Float[np.ndarray, "rows columns"]:
    """What the user gave for a matrix, as a finite array of the wanted shape.

    Args:
        given: an array, a sparse matrix, or an initialiser, called as those of ReservoirPy:
            `given(rows, columns, connectivity=..., seed=generator)`.
        name: what the matrix is called.
        rows: wanted number of rows.
        columns: wanted number of columns.
        connectivity: passed on to an initialiser.
        rng: passed on to an initialiser as `seed`.

    Raises:
        StatescapeError: where the matrix has another shape or is not finite.
    """
    if callable(given):
        given = given(rows, columns, connectivity=connectivity, seed=rng)
    matrix = real_array(given, name)
    if matrix.ndim == 1 and columns == 1:
        matrix = matrix[:, None]
    if matrix.shape != (rows, columns):
        raise StatescapeError(f"{name} must have shape {(rows, columns)}; got {matrix.shape}.")
    if not np.isfinite(matrix).all():
        raise StatescapeError(f"{name} holds NaN or infinite weights; every weight must be a finite number.")
    return matrix
