"""Three ways to look at points before PCA or a cosine, always named: none, on the vector, on the dimension.

``none`` leaves them; ``vector`` puts every row at norm 1, ``x / |x|``; ``dimension`` centres and scales every column by
the reference's own mean and standard deviation, ``(x - mean) / sd``. The question "normalise on x or on dim?" is
answered by showing both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.errors import require_choice
from statescape.geometry.moments import Moments
from statescape.wording import Noun

KINDS = ("none", "vector", "dimension")


def unit(points: Float[np.ndarray, "*rows d"]) -> Float[np.ndarray, "*rows d"]:
    """`points` at norm 1 along the last axis; one of norm 0 stays where it is."""
    norms = np.linalg.norm(points, axis=-1, keepdims=True)
    return np.asarray(points / np.where(norms > 0, norms, 1))


@dataclass(frozen=True, eq=False)
class Normalisation(Noun):
    """A named way to normalise points, learned from a reference cloud.

    Attributes:
        kind: "none", "vector" or "dimension".
        mean: what "dimension" subtracts; zeros otherwise.
        scale: what "dimension" divides by, 1 where the reference is constant; ones otherwise.
    """

    kind: str
    mean: Float[np.ndarray, " d"]
    scale: Float[np.ndarray, " d"]

    @classmethod
    def fit(cls, reference: Float[np.ndarray, "n d"], kind: str) -> Normalisation:
        """Learn `kind` from the rows of `reference`.

        Raises:
            StatescapeError: an unknown kind.
        """
        require_choice("The normalisation", kind, KINDS)
        if kind == "dimension":
            return cls.from_moments(Moments.of(reference))
        d = reference.shape[1]
        return cls(kind, np.zeros(d), np.ones(d))

    @classmethod
    def from_moments(cls, moments: Moments) -> Normalisation:
        """The "dimension" normalisation of a cloud whose moments are known already."""
        deviation = moments.standard_deviation
        # A column that only rounding moves would be blown up to noise of size 1.
        constant = deviation <= 1e-12 * np.maximum(np.abs(moments.mean), np.finfo(np.float64).tiny)
        return cls("dimension", moments.mean, np.where(constant, 1.0, deviation))

    def apply(self, points: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        """`points` normalised, in float64; a row of norm 0 stays where it is under "vector"."""
        if self.kind == "vector":
            return unit(np.asarray(points, dtype=np.float64))
        if self.kind == "dimension":
            return np.asarray((points - self.mean) / self.scale)
        return np.array(points, dtype=np.float64)
