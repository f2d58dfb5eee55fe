"""Circulant bands: one weight for each distance around a ring, the same for all units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from jaxtyping import Float

from statescape.evolution.encodings.encoding import scattered
from statescape.evolution.values import Values

# Share of bands that a random start has, two at least: a single band may be the simple cycle itself, which is to be
# found and not given.
START = 0.1


@dataclass(frozen=True)
class Circulant:
    """Gene "bands": W[i, j] = bands[(i - j) mod units], so that band 1 alone is the simple cycle.

    All units look alike, hence the search space is tiny: 3^units for ternary bands.

    Attributes:
        units: units of the network.
        values: what a band may be.
        density: share of bands at the start; None for `START`.
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
        share = max(START, 2.0 / self.units) if self.density is None else self.density
        return {"bands": scattered((self.units,), share, self.values, rng)}

    def decode(self, genes: Mapping[str, np.ndarray]) -> Float[np.ndarray, "units units"]:
        """The circulant matrix whose first column is the bands."""
        return np.asarray(scipy.linalg.circulant(genes["bands"]))
