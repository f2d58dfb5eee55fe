"""Circulant bands: one weight for each distance around a ring, the same for all units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from jaxtyping import Float

from statescape.evolution.encodings.encoding import scattered, start_density
from statescape.evolution.values import Values


@dataclass(frozen=True)
class Circulant:
    """Gene "bands": W[i, j] = bands[(i - j) mod units], so that band 1 alone is the simple cycle.

    All units look alike, hence the search space is tiny: 3^units for ternary bands.

    Attributes:
        units: units of the network.
        values: what a band may be.
        density: share of bands at the start; None draws it.
    """

    units: int
    values: Values
    density: float | None = None
    name: str = "circulant"

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """One weight for each distance."""
        return {"bands": (self.units,)}

    def random(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """A few random bands."""
        return {"bands": scattered((self.units,), start_density(self.units, self.density, rng), self.values, rng)}

    def decode(self, genes: Mapping[str, np.ndarray]) -> Float[np.ndarray, "units units"]:
        """The circulant matrix whose first column is the bands."""
        return np.asarray(scipy.linalg.circulant(genes["bands"]))
