"""The unit sphere of a cloud: every point seen as a direction in its first three principal components.

Columns are normalised on the dimension, ``z = (x - mean) / sd``, projected on the first three principal components of
the cloud's z, and put at norm 1. Measured from zero instead of the mean, ``z = x / sd`` on the same axes: centring
changes angles, so the origin is always stated. What three of d dimensions show of an angle is compared with the angle
in all of them (`true_angle`, `seen_angle`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError, require_choice
from statescape.geometry.moments import Moments, coordinates
from statescape.geometry.normalisation import Normalisation, unit
from statescape.geometry.pca import PCA
from statescape.geometry.rows import Rows
from statescape.wording import Noun

ORIGINS = ("mean", "zero")


@dataclass(frozen=True, eq=False)
class Sphere(Noun):
    """Three axes, a scale and an origin that turn points into directions.

    Attributes:
        origin: "mean" or "zero": from where directions are measured.
        centre: the point of the original space that is the sphere's centre (the mean, or zeros).
        scale: what every coordinate is divided by.
        components: three orthonormal rows in the scaled space.
        explained_variance_ratio: share of the scaled cloud's variance along each.
    """

    origin: str
    centre: Float[np.ndarray, " d"]
    scale: Float[np.ndarray, " d"]
    components: Float[np.ndarray, "3 d"]
    explained_variance_ratio: Float[np.ndarray, " 3"]

    @classmethod
    def fit(cls, reference: Float[np.ndarray, "n d"], origin: str = "mean") -> Sphere:
        """The sphere of the rows of `reference`.

        Raises:
            StatescapeError: fewer than three dimensions, or an unknown origin.
        """
        return cls.from_moments(Moments.of(reference), origin)

    @classmethod
    def from_moments(
        cls, moments: Moments, origin: str = "mean", directions: Float[np.ndarray, "k d"] | None = None
    ) -> Sphere:
        """As `fit`, from moments that are known already.

        Args:
            moments: mean and covariance of the cloud.
            origin: from where directions are measured, "mean" or "zero".
            directions: of the axes instead of the first principal components, in the original space and in this order;
                they are made orthonormal once scaled, and the first components fill up what is missing of three.

        Raises:
            StatescapeError: for an unknown origin, fewer than 3 dimensions or directions that are not independent.
        """
        require_choice("The origin of the sphere", origin, ORIGINS)
        if len(moments.mean) < 3:
            raise StatescapeError(f"A sphere needs points of at least 3 dimensions; got {len(moments.mean)}.")
        scale = Normalisation.from_moments(moments).scale
        scaled = moments.scaled(scale)
        pca = PCA.from_moments(scaled, 3)
        if directions is not None:
            pca = _along(directions / scale, pca, scaled)
        centre = moments.mean if origin == "mean" else np.zeros_like(moments.mean)
        return cls(origin, centre, scale, pca.components, pca.explained_variance_ratio)

    @property
    def explained_share(self) -> float:
        """Share of the scaled cloud's variance that the three axes carry."""
        return float(self.explained_variance_ratio.sum())

    def coordinates(self, points: Float[Rows, "n d"]) -> Float[np.ndarray, "n 3"]:
        """Coordinates along the three axes before they are put at norm 1."""
        axes = self.components / self.scale
        return np.asarray(coordinates(points, axes) - self.centre @ axes.T)

    def project(self, points: Float[Rows, "n d"]) -> Float[np.ndarray, "n 3"]:
        """Directions of `points` on the unit sphere; a point at the very origin stays at its centre."""
        return unit(self.coordinates(points))

    def shown_share(self, points: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " n"]:
        """Share of each point's squared distance from the origin that the three axes show (0 at the origin)."""
        whole = np.square((points - self.centre) / self.scale).sum(axis=1)
        return np.asarray(np.square(self.coordinates(points)).sum(axis=1) / np.where(whole > 0, whole, 1.0))

    def true_angle(self, a: Float[np.ndarray, "n d"], b: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " n"]:
        """Angles in radians between rows of `a` and `b` in all scaled dimensions."""
        return _angle(unit((a - self.centre) / self.scale), unit((b - self.centre) / self.scale))

    def seen_angle(self, a: Float[np.ndarray, "n d"], b: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " n"]:
        """Angles in radians between rows of `a` and `b` as the sphere shows them."""
        return _angle(self.project(a), self.project(b))


def _along(directions: Float[np.ndarray, "k d"], pca: PCA, scaled: Moments) -> PCA:
    """Three orthonormal axes along the directions, in their order, with the share of variance along each."""
    axes: list[Float[np.ndarray, " d"]] = []
    for direction in [*directions, *pca.components]:
        rest = direction - sum(((direction @ axis) * axis for axis in axes), np.zeros_like(direction))
        if np.linalg.norm(rest) > 1e-6 * np.linalg.norm(direction):
            axes.append(rest / np.linalg.norm(rest))
        elif len(axes) < len(directions):
            raise StatescapeError("The directions of the sphere's axes are not independent of each other.")
    rows = np.stack(axes[:3])
    shares = ((rows @ scaled.covariance) * rows).sum(axis=1) / np.trace(scaled.covariance)
    return replace(pca, components=rows, explained_variance_ratio=shares)


def _angle(a: Float[np.ndarray, "n m"], b: Float[np.ndarray, "n m"]) -> Float[np.ndarray, " n"]:
    # Kahan's formula: arccos of the dot product loses half the digits of small angles.
    return np.asarray(2 * np.arctan2(np.linalg.norm(a - b, axis=1), np.linalg.norm(a + b, axis=1)))
