"""W laid out for the kernels: rows sorted by their number of weights, sparse or dense by density."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse
from jaxtyping import Float, Int, UInt32

from statescape.reservoir.kernels.lanes import WIDTH

# Below this density the sparse kernels win (measured at 50 to 500 units; see benchmarks/esn.py).
DENSE_FROM = 0.5


@dataclass(frozen=True, eq=False)
class PackedWeights:
    """One W, ready for `simulate`.

    Attributes:
        units: number of units.
        order: the user's index of each row of the layout.
        dense: W, in the user's order, where it is dense enough; else None.
        starts, indices, weights: compressed rows in the layout's order, columns in the layout's numbering.
        group_starts, group_indices, group_weights: the same rows, eight at a time, interleaved and padded with zeros.
    """

    units: int
    order: Int[np.ndarray, " units"]
    dense: Float[np.ndarray, "units units"] | None
    starts: UInt32[np.ndarray, " units_plus_one"]
    indices: UInt32[np.ndarray, " weights"]
    weights: Float[np.ndarray, " weights"]
    group_starts: UInt32[np.ndarray, " groups_plus_one"]
    group_indices: UInt32[np.ndarray, " padded_weights"]
    group_weights: Float[np.ndarray, " padded_weights"]

    @property
    def padded(self) -> int:
        """Units rounded up to whole vectors."""
        return -(-self.units // WIDTH) * WIDTH


def pack(W: Float[np.ndarray, "units units"] | scipy.sparse.sparray | scipy.sparse.spmatrix) -> PackedWeights:
    """Lay out W for the kernels; its dtype (float64 or float32) is the dtype of the simulation.

    Args:
        W: square, `W[i, j]` the weight from unit j to unit i.

    Returns:
        The layout. Explicit zeros of a sparse W are dropped.
    """
    units = W.shape[0]
    rows = scipy.sparse.csr_array(W, copy=True)
    rows.eliminate_zeros()
    rows.sort_indices()
    none = np.zeros(0, dtype=np.uint32)
    if rows.nnz >= DENSE_FROM * units**2:
        nothing = np.zeros(0, dtype=rows.dtype)
        return PackedWeights(
            units, np.arange(units), np.ascontiguousarray(rows.toarray()), none, none, nothing, none, none, nothing
        )
    lengths = np.diff(rows.indptr)
    order = np.argsort(-lengths, kind="stable")
    position = np.empty(units, dtype=np.uint32)
    position[order] = np.arange(units, dtype=np.uint32)
    sorted_lengths = lengths[order]
    starts = np.concatenate([[0], np.cumsum(sorted_lengths)])
    # Where each weight of the sorted rows stands in the original rows.
    within = np.arange(rows.nnz) - np.repeat(starts[:-1], sorted_lengths)
    source = np.repeat(rows.indptr[order], sorted_lengths) + within
    indices, weights = position[rows.indices[source]], rows.data[source]

    group_widths = sorted_lengths[::WIDTH]  # sorted: the first row of a group is its longest
    group_starts = np.concatenate([[0], np.cumsum(group_widths) * WIDTH])
    padded = -(-units // WIDTH) * WIDTH
    group_indices = np.full(group_starts[-1], padded, dtype=np.uint32)
    group_weights = np.zeros(group_starts[-1], dtype=rows.dtype)
    row = np.repeat(np.arange(units), sorted_lengths)
    target = group_starts[row // WIDTH] + within * WIDTH + row % WIDTH
    group_indices[target] = indices
    group_weights[target] = weights
    return PackedWeights(
        units=units,
        order=order.astype(np.int64),
        dense=None,
        starts=starts.astype(np.uint32),
        indices=indices,
        weights=weights,
        group_starts=group_starts.astype(np.uint32),
        group_indices=group_indices,
        group_weights=group_weights,
    )
