"""How much of a point lies where a cloud lives: the top-k principal subspace, the energy inside it, angles to it.

With P the projection on the first k principal components (the fewest that reach a stated share of the variance) and mu
the mean, the energy inside is ``|P(x - mu)|^2 / |x - mu|^2``; an isotropic vector has k / d of it. Principal angles
between two subspaces are those of Bjorck & Golub (1973).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.geometry.moments import Moments, blocks
from statescape.geometry.pca import PCA
from statescape.geometry.rows import Rows
from statescape.wording import Noun


@dataclass(frozen=True, eq=False)
class Subspace(Noun):
    """The affine subspace through a cloud's mean that holds a share of its variance.

    Attributes:
        mean: the cloud's mean.
        basis: orthonormal rows, the first k principal components.
        rest: orthonormal rows, all other directions.
        variance_share: share of the cloud's variance that they hold (at least what was asked for).
    """

    mean: Float[np.ndarray, " d"]
    basis: Float[np.ndarray, "k d"]
    rest: Float[np.ndarray, "others d"]
    variance_share: float

    @classmethod
    def fit(cls, points: Float[np.ndarray, "n d"], variance_share: float = 0.9) -> Subspace:
        """The smallest principal subspace that holds `variance_share` of the variance of `points`.

        Raises:
            StatescapeError: a share outside (0, 1].
        """
        return cls.from_moments(Moments.of(points), variance_share)

    @classmethod
    def from_moments(cls, moments: Moments, variance_share: float = 0.9) -> Subspace:
        """As `fit`, from moments that are known already.

        Raises:
            StatescapeError: where the share is not above 0 and up to 1.
        """
        if not 0 < variance_share <= 1:
            raise StatescapeError(f"A share of the variance lies above 0 and up to 1; got {variance_share}.")
        pca = PCA.from_moments(moments)
        held = np.cumsum(pca.explained_variance_ratio)
        # Rounding may leave the last sum a hair below 1.
        k = min(int(np.searchsorted(held, variance_share - 1e-12)) + 1, len(held))
        return cls(pca.mean, pca.components[:k], pca.components[k:], float(held[k - 1]))

    @property
    def k(self) -> int:
        """Number of dimensions of the subspace."""
        return len(self.basis)

    @property
    def isotropic_expectation(self) -> float:
        """Energy inside that an isotropic vector has on average: k / d."""
        return self.k / len(self.mean)

    def energy_inside(self, points: Float[Rows, "n d"]) -> Float[np.ndarray, " n"]:
        """Share of each point's squared distance from the mean that lies inside; NaN at the mean itself."""
        shares = []
        for block in blocks(points):
            centred = block - self.mean
            whole = np.square(centred).sum(axis=1)
            # Both ways are exact; the narrower of the two is the cheaper.
            if len(self.rest) < self.k:
                inside = np.maximum(whole - np.square(centred @ self.rest.T).sum(axis=1), 0.0)
            else:
                inside = np.square(centred @ self.basis.T).sum(axis=1)
            shares.append(inside / np.where(whole > 0, whole, np.nan))
        return np.concatenate([np.zeros(0), *shares])

    def outside(self, points: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " n"]:
        """Distance of each point from the subspace: its height above it."""
        return np.asarray(np.linalg.norm((points - self.mean) @ self.rest.T, axis=1))

    def principal_angles(self, rows: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " angles"]:
        """Principal angles in radians, smallest first, between the span of `rows` and this subspace's directions."""
        return _angles(scipy.linalg.orth(np.asarray(rows, dtype=np.float64).T), self.basis.T)


def principal_angles(a: Float[np.ndarray, "n d"], b: Float[np.ndarray, "m d"]) -> Float[np.ndarray, " angles"]:
    """Principal angles in radians, smallest first, between the spans of the rows of `a` and of `b`.

    Rows need not be independent or orthogonal. There are as many angles as the smaller span has dimensions; all near 0:
    one span lies in the other; all near pi/2: the spans are orthogonal.
    """
    return _angles(*(scipy.linalg.orth(np.asarray(rows, dtype=np.float64).T) for rows in (a, b)))


def _angles(a: Float[np.ndarray, "d n"], b: Float[np.ndarray, "d m"]) -> Float[np.ndarray, " angles"]:
    """Angles between the spans of orthonormal columns: by cosines, and by sines where cosines lose their digits."""
    if a.shape[1] > b.shape[1]:
        a, b = b, a
    shared = b.T @ a
    cosines = np.clip(np.linalg.svd(shared, compute_uv=False), 0.0, 1.0)
    sines = np.clip(np.linalg.svd(a - b @ shared, compute_uv=False), 0.0, 1.0)[::-1]
    return np.asarray(np.where(cosines**2 > 0.5, np.arcsin(sines[: len(cosines)]), np.arccos(cosines)))
