"""Mean and covariance of a cloud, the one pass over its points that PCA, the sphere and subspaces are read from.

``C = (1/n) sum (x - mean)(x - mean)'``, accumulated in float64 over blocks of rows, so that a float32 vocabulary of
50,257 x 768 is never copied whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.geometry.rows import Rows
from statescape.wording import Noun

BLOCK_ROWS = 2048  # their float64 copy takes 26 MB at width 1,600


@dataclass(frozen=True, eq=False)
class Moments(Noun):
    """First and second moments of a cloud.

    Attributes:
        n: number of points.
        mean: their mean.
        covariance: their covariance with 1/n (population).
    """

    n: int
    mean: Float[np.ndarray, " d"]
    covariance: Float[np.ndarray, "d d"]

    @classmethod
    def of(cls, points: Float[Rows, "n d"]) -> Moments:
        """Moments of the rows of `points`.

        Raises:
            StatescapeError: fewer than two points.
        """
        n, d = points.shape
        if n < 2:
            raise StatescapeError(f"Moments need at least two points; got {n}.")
        # Centred before squaring: sums of raw squares would lose half the digits of a cloud far from zero.
        mean = mean_of(points)
        scatter = np.zeros((d, d))
        for block in blocks(points):
            centred = block - mean
            scatter += centred.T @ centred
        return cls(n, mean, scatter / n)

    @property
    def standard_deviation(self) -> Float[np.ndarray, " d"]:
        """Standard deviation of every coordinate."""
        return np.sqrt(np.diag(self.covariance))

    @cached_property
    def eigen(self) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, "d d"]]:
        """Eigenvalues of the covariance, rising, and its eigenvectors as columns."""
        values, vectors = np.linalg.eigh(self.covariance)
        return values, vectors

    def scaled(self, scale: Float[np.ndarray, " d"]) -> Moments:
        """Moments of the same points with every coordinate divided by its `scale`; the same object for the same one."""
        name = scale.tobytes()
        if name not in self._scaled:
            self._scaled[name] = Moments(self.n, self.mean / scale, self.covariance / np.outer(scale, scale))
        return self._scaled[name]

    @cached_property
    def _scaled(self) -> dict[bytes, Moments]:
        return {}


def mean_of(points: Float[Rows, "n d"]) -> Float[np.ndarray, " d"]:
    """Mean of the rows in float64."""
    if isinstance(points, np.ndarray):
        return np.asarray(points.mean(axis=0, dtype=np.float64))
    sums = [block.sum(axis=0) for block in blocks(points)]
    return np.asarray(np.sum(sums, axis=0) / len(points))


def blocks(points: Float[Rows, "n d"]) -> Iterator[Float[np.ndarray, "rows d"]]:
    """The rows of `points` in float64, a few thousand at a time."""
    for start in range(0, len(points), BLOCK_ROWS):
        yield np.asarray(points[start : start + BLOCK_ROWS], dtype=np.float64)


def coordinates(points: Float[Rows, "n d"], axes: Float[np.ndarray, "k d"]) -> Float[np.ndarray, "n k"]:
    """Dot products of every point with every axis, in float64 without a float64 copy of all points."""
    return np.concatenate([np.zeros((0, len(axes))), *(block @ axes.T for block in blocks(points))])
