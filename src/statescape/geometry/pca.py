"""Principal components of a cloud: the axes along which it spreads most, and how much of it they show.

Exact: eigenvectors of the covariance ``C = V diag(w) V'`` in float64 (no randomised solver), ordered by falling w. An
eigenvector's sign is free; here the entry of largest magnitude (the first of equals) is positive, so that one
checkpoint always gives one picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.geometry.moments import Moments, coordinates
from statescape.geometry.rows import Rows
from statescape.wording import Noun


@dataclass(frozen=True, eq=False)
class PCA(Noun):
    """Mean and principal components of a cloud.

    Attributes:
        mean: what is subtracted before projecting.
        components: orthonormal rows, by falling variance.
        explained_variance_ratio: share of the cloud's whole variance along each component.
    """

    mean: Float[np.ndarray, " d"]
    components: Float[np.ndarray, "k d"]
    explained_variance_ratio: Float[np.ndarray, " k"]

    @classmethod
    def fit(cls, points: Float[np.ndarray, "n d"], k: int | None = None) -> PCA:
        """The first `k` components of the rows of `points` (all d where `k` is None).

        Raises:
            StatescapeError: k outside 1..d, fewer than two points, or all points equal.
        """
        return cls.from_moments(Moments.of(points), k)

    @classmethod
    def from_moments(cls, moments: Moments, k: int | None = None) -> PCA:
        """As `fit`, from moments that are known already.

        Raises:
            StatescapeError: k outside 1..d, or all points equal.
        """
        d = len(moments.mean)
        k = d if k is None else k
        if not 1 <= k <= d:
            raise StatescapeError(f"{k} principal components of {d} dimensions do not exist; ask for 1 to {d}.")
        total = float(np.trace(moments.covariance))
        if not total > 0:
            raise StatescapeError("All points are equal, so they have no principal components.")
        variances, vectors = moments.eigen
        components = vectors[:, ::-1][:, :k].T
        leading = np.take_along_axis(components, np.abs(components).argmax(axis=1)[:, None], axis=1)
        # eigh may return tiny negative variances for a singular covariance.
        ratios = np.maximum(variances[::-1][:k], 0.0) / total
        return cls(moments.mean, np.ascontiguousarray(components * np.sign(leading)), ratios)

    def project(self, points: Float[Rows, "n d"], k: int = 2) -> Float[np.ndarray, "n {k}"]:
        """Coordinates of `points` along the first `k` components, from the cloud's mean.

        Raises:
            StatescapeError: more components asked for than were kept.
        """
        if k > len(self.components):
            raise StatescapeError(f"This PCA keeps {len(self.components)} components; {k} were asked for.")
        axes = self.components[:k]
        return np.asarray(coordinates(points, axes) - self.mean @ axes.T)
