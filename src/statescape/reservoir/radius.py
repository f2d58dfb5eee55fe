"""The spectral radius of W: exact where the structure of the graph allows, never less accurate than 1e-6.

The eigenvalues of W are those of its strongly connected components (W is block-triangular in their order), so an
acyclic graph has radius 0, a unit that feeds only itself |w|, and a simple cycle of weights w_1..w_n the radius
|w_1 ... w_n|^(1/n). Structure decides, not arithmetic: the eigenvalues of nearly nilpotent matrices are so sensitive
that iterations on them stop anywhere. What remains goes to LAPACK, or, many times as fast, to subspace iteration where
it converges (Saad, Numerical Methods for Large Eigenvalue Problems, 5); a nonnegative component of many units to
ARPACK, where the bounds of Collatz and Wielandt, min_i (Wv)_i / v_i <= radius <= max_i (Wv)_i / v_i for positive v,
prove the answer (Horn and Johnson, Matrix Analysis, 8.1). Plain power iteration on |W v| is off by up to 6%.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import numpy as np
import scipy.sparse
from jaxtyping import Float, Int
from scipy.sparse.linalg import ArpackError, eigs, svds

from statescape.blas import one_blas_thread
from statescape.errors import StatescapeError
from statescape.reservoir.arrays import real_array
from statescape.reservoir.kernels.components import strong_components
from statescape.wording import Noun

# W, dense or sparse. Two names for its two sides: that they agree is checked where a sentence can say so.
Matrix: TypeAlias = Float[np.ndarray, "to_units from_units"] | scipy.sparse.csr_array

ACCURACY = 1e-6
# From this size on a sparse nonnegative component is worth an attempt with ARPACK.
ARPACK_FROM = 300
# From this size on subspace iteration is worth an attempt: so many vectors, a power of 2 to so many, so many rounds at
# most, and a residual, as a share of the radius, that leaves the radius as exact as LAPACK's (1e-13, measured).
ITERATED_FROM = 40
VECTORS, SQUARINGS, ROUNDS, RESIDUAL = 8, 7, 6, 1e-12
# A square that is smaller, beside what was squared, is of a nearly nilpotent matrix.
LEAST_SQUARE = 1e-6
_REMEMBERED = 256
_cache: OrderedDict[bytes, float] = OrderedDict()
_lock = threading.Lock()  # threads may work side by side


@dataclass(frozen=True, eq=False)
class Rescaled(Noun):
    """A matrix brought to a radius, and what it was scaled by.

    Attributes:
        W: the matrix that runs.
        spectral_radius: its spectral radius: the wanted one, or 0 where `scaled_by` says otherwise.
        scaled_by: the quantity that was brought to the wanted value; a nilpotent matrix (any acyclic graph) has
            radius 0 whatever its scale, so its largest singular value stands in; a zero matrix stays as it is.
    """

    W: Matrix
    spectral_radius: float
    scaled_by: Literal["spectral radius", "largest singular value", "nothing"]


def spectral_radius(W: Matrix | Any) -> float:
    """Largest modulus of an eigenvalue of W, within 1e-6 of it; remembered for the matrices seen last.

    Args:
        W: square, dense or sparse, or nested lists; finite.

    Raises:
        StatescapeError: where W is not square or not finite.
    """
    edges = _Edges.of(W)
    key = hashlib.blake2b(digest_size=16)
    for part in (edges.starts, edges.sources, edges.weights):
        key.update(part.view(np.uint8).data)
    digest = key.digest()
    with _lock:
        if digest in _cache:
            _cache.move_to_end(digest)
            return _cache[digest]
    with one_blas_thread():  # so that what is remembered does not depend on who asked first
        radius = max((edges.radius_of(units) for units in edges.cyclic_components()), default=0.0)
    with _lock:
        _cache[digest] = radius
        if len(_cache) > _REMEMBERED:
            _cache.popitem(last=False)
    return radius


def forget() -> None:
    """Forget the remembered radii."""
    _cache.clear()


def is_acyclic(W: Matrix | Any) -> bool:
    """Whether the graph of W has no cycle, so that W is nilpotent whatever its weights."""
    return not _Edges.of(W).cyclic_components()


def rescale(W: Matrix | Any, sr: float) -> Rescaled:
    """Scale W to the spectral radius `sr`, a nilpotent W to the largest singular value `sr`.

    Raises:
        StatescapeError: where W is not square or not finite, or `sr` is negative or not finite.
    """
    if not (np.isfinite(sr) and sr >= 0):
        raise StatescapeError(f"A spectral radius is a finite number from 0 on; got sr={sr}.")
    W = _real(W)
    radius = spectral_radius(W)
    if radius > 0:
        return Rescaled(W * (sr / radius), float(sr), "spectral radius")
    largest = _largest_singular_value(W)
    if largest > 0:
        return Rescaled(W * (sr / largest), 0.0, "largest singular value")
    return Rescaled(W, 0.0, "nothing")


@dataclass(frozen=True, eq=False)
class _Edges:
    """The weights that are not 0, row by row, without the overhead of a sparse matrix.

    Attributes:
        starts: where each row begins in the other two; one more at the end.
        sources: columns.
        weights: their weights.
    """

    starts: Int[np.ndarray, " units_plus_one"]
    sources: Int[np.ndarray, " edges"]
    weights: Float[np.ndarray, " edges"]

    @classmethod
    def of(cls, W: Matrix | Any) -> _Edges:
        """The edges of a matrix that is square and finite."""
        W = _real(W)
        if W.ndim != 2 or W.shape[0] != W.shape[1]:
            raise StatescapeError(f"W must be square, one row and one column a unit; got shape {tuple(W.shape)}.")
        units = W.shape[0]
        if isinstance(W, np.ndarray):
            rows, sources = np.nonzero(W)
            sources, weights = np.ascontiguousarray(sources), W[rows, sources].astype(np.float64)
        else:
            entries = scipy.sparse.csr_array(W, dtype=np.float64, copy=True)
            entries.eliminate_zeros()
            entries.sort_indices()
            rows = np.repeat(np.arange(units), np.diff(entries.indptr))
            sources, weights = entries.indices.astype(np.int64), entries.data
        if not np.isfinite(weights).all():
            raise StatescapeError("W holds NaN or infinite weights; every weight must be a finite number.")
        starts = np.zeros(units + 1, dtype=np.int64)
        np.cumsum(np.bincount(rows, minlength=units), out=starts[1:])
        return cls(starts, sources, weights)

    def cyclic_components(self) -> list[Int[np.ndarray, " units"]]:
        """The strongly connected components that hold a cycle."""
        units = len(self.starts) - 1
        label = np.empty(units, dtype=np.int64)
        strong_components(self.starts, self.sources, label)
        sizes = np.bincount(label)
        looped = np.zeros(len(sizes), dtype=bool)
        looped[label[self.sources[self.sources == self._targets]]] = True
        return [np.flatnonzero(label == number) for number in np.flatnonzero((sizes > 1) | looped)]

    def radius_of(self, units: Int[np.ndarray, " units"]) -> float:
        """Spectral radius of one strongly connected component."""
        place = np.full(len(self.starts) - 1, -1, dtype=np.int64)
        place[units] = np.arange(len(units))
        rows, columns = place[self._targets], place[self.sources]
        inside = (rows >= 0) & (columns >= 0)
        rows, columns, weights = rows[inside], columns[inside], self.weights[inside]
        size = len(units)
        if size == 1 or len(weights) == size:  # strongly connected with one edge a unit: a simple cycle
            return float(np.exp(np.mean(np.log(np.abs(weights)))))
        if size >= ARPACK_FROM and len(weights) < size**2 / 2 and (weights > 0).all():
            bounded = _perron(scipy.sparse.csr_array((weights, (rows, columns)), shape=(size, size)))
            if bounded is not None:
                return bounded
        block = np.zeros((size, size))
        block[rows, columns] = weights
        found = _iterated(block) if size >= ITERATED_FROM else None
        return float(np.abs(np.linalg.eigvals(block)).max()) if found is None else found

    @property
    def _targets(self) -> Int[np.ndarray, " edges"]:
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))


def _perron(block: scipy.sparse.csr_array) -> float | None:
    """Radius of an irreducible nonnegative matrix, or None where its bounds do not close."""
    try:
        _, vectors = eigs(block, k=1, which="LR", v0=np.ones(block.shape[0]), tol=1e-10)
    except ArpackError:
        return None
    v = np.abs(vectors[:, 0])
    if not (v > 0).all():
        return None
    ratios = (block @ v) / v
    low, high = float(ratios.min()), float(ratios.max())
    return (low + high) / 2 if high - low <= ACCURACY * high else None


def _iterated(block: Float[np.ndarray, "units units"]) -> float | None:
    """Radius by subspace iteration with a high power of the block; None where it does not converge soon.

    Of the power no more is asked than directions: the radius is the largest Ritz value of the block itself, and its
    vector must be an eigenvector to working precision. Many eigenvalues of nearly one modulus, as a ring has them,
    never come so far.
    """
    scale = np.abs(block).max()
    power = block = block / scale
    for _ in range(SQUARINGS):
        power = power @ power
        largest = np.abs(power).max()
        if largest < LEAST_SQUARE:
            return None
        power /= largest
    basis = np.linalg.qr(power @ _start(len(block)))[0]
    for _ in range(ROUNDS):
        basis = np.linalg.qr(power @ basis)[0]
        image = block @ basis
        values, vectors = np.linalg.eig(basis.T @ image)
        first = np.abs(values).argmax()
        radius, vector = float(np.abs(values[first])), vectors[:, first]
        if np.linalg.norm(image @ vector - values[first] * (basis @ vector)) <= RESIDUAL * radius:
            return float(scale) * radius
    return None


@lru_cache(maxsize=16)
def _start(units: int) -> Float[np.ndarray, "units vectors"]:
    """Directions to begin with, always the same."""
    return np.random.default_rng(0).standard_normal((units, VECTORS))


def _real(W: Any) -> Matrix:
    """W as it is where it is a matrix of real numbers, else made one or refused."""
    matrix: Matrix
    if type(W) is np.ndarray and W.dtype.kind in "biuf":
        matrix = W
    elif scipy.sparse.issparse(W) and W.dtype.kind in "biuf":
        matrix = W if isinstance(W, scipy.sparse.csr_array) else scipy.sparse.csr_array(W)
    else:
        matrix = real_array(W, "W")
    return matrix


def _largest_singular_value(W: Matrix) -> float:
    with one_blas_thread():
        if isinstance(W, np.ndarray):
            return float(np.linalg.norm(W, 2))
        if W.nnz and W.shape[0] > ARPACK_FROM:
            return float(svds(W, k=1, return_singular_vectors=False, v0=np.ones(W.shape[0]))[0])
        return float(np.linalg.norm(W.toarray(), 2))
