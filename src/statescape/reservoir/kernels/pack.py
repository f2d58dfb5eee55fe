"""W laid out for the kernels: dense, or its rows compressed, for a batch or a network alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse
from jaxtyping import Float, Int, UInt32

from statescape.reservoir.kernels.lanes import WIDTH
from statescape.wording import Noun

# From this density on the dense kernels win (measured at 50 to 500 units, benchmarks/esn.py).
DENSE_FROM = 0.5


@dataclass(frozen=True, eq=False)
class Rows:
    """Compressed sparse rows in the user's order, for batches.

    Attributes:
        starts: where each row begins in the other two; one more at the end.
        indices: columns.
        weights: their weights.
    """

    starts: UInt32[np.ndarray, " units_plus_one"]
    indices: UInt32[np.ndarray, " weights"]
    weights: Float[np.ndarray, " weights"]


@dataclass(frozen=True, eq=False)
class Groups:
    """Rows in groups of eight of similar length, interleaved, for a network alone.

    Attributes:
        order: the user's index of each unit of this layout: units sorted by their number of weights, most first.
        starts: where each group begins in the other two; one more at the end.
        indices: columns in this layout; weight k of row r of a group stands at 8 k + r. Padding points past the state.
        weights: their weights; 0 where a row is shorter than the first of its group.
    """

    order: Int[np.ndarray, " units"]
    starts: UInt32[np.ndarray, " groups_plus_one"]
    indices: UInt32[np.ndarray, " padded_weights"]
    weights: Float[np.ndarray, " padded_weights"]


@dataclass(frozen=True, eq=False)
class PackedWeights(Noun):
    """One W, ready for `Simulation`; `dense` or `rows` is set.

    Attributes:
        units: number of units.
        dtype: of the weights and so of the simulation.
        dense: W, where it is dense enough.
        rows: where it is not.
    """

    units: int
    dtype: np.dtype
    dense: Float[np.ndarray, "units units"] | None = None
    rows: Rows | None = None

    @cached_property
    def groups(self) -> Groups | None:
        """For a network alone, where W is sparse."""
        return None if self.rows is None else _groups(self.rows, self.units)


def padded(units: int) -> int:
    """Units rounded up to whole vectors."""
    return -(-units // WIDTH) * WIDTH


def pack(W: Float[np.ndarray, "units units"] | scipy.sparse.csr_array) -> PackedWeights:
    """Lay out W for the kernels; its dtype (float64 or float32) is the dtype of the simulation.

    Args:
        W: square, `W[i, j]` the weight from unit j to unit i.

    Returns:
        The layout. Explicit zeros of a sparse W are dropped.
    """
    units = W.shape[0]
    if isinstance(W, np.ndarray) and np.count_nonzero(W) >= DENSE_FROM * units**2:
        return PackedWeights(units, W.dtype, dense=np.array(W, order="C"))
    csr = scipy.sparse.csr_array(W, copy=True)
    csr.eliminate_zeros()
    csr.sort_indices()
    if csr.nnz >= DENSE_FROM * units**2:
        return PackedWeights(units, csr.dtype, dense=np.ascontiguousarray(csr.toarray()))
    rows = Rows(csr.indptr.astype(np.uint32), csr.indices.astype(np.uint32), csr.data)
    return PackedWeights(units, csr.dtype, rows=rows)


def _groups(rows: Rows, units: int) -> Groups:
    begins = rows.starts.astype(np.int64)
    lengths = np.diff(begins)
    order = np.argsort(-lengths, kind="stable").astype(np.int64)
    position = np.empty(units, dtype=np.uint32)
    position[order] = np.arange(units, dtype=np.uint32)
    lengths = lengths[order]
    row = np.repeat(np.arange(units), lengths)
    within = np.arange(len(rows.weights)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    source = np.repeat(begins[order], lengths) + within
    # The first row of a group is its longest.
    starts = np.concatenate([[0], np.cumsum(lengths[::WIDTH]) * WIDTH])
    indices = np.full(starts[-1], padded(units), dtype=np.uint32)
    weights = np.zeros(starts[-1], dtype=rows.weights.dtype)
    target = starts[row // WIDTH] + within * WIDTH + row % WIDTH
    indices[target] = position[rows.indices[source]]
    weights[target] = rows.weights[source]
    return Groups(order, starts.astype(np.uint32), indices, weights)
