"""Blocks: a small motif of edges, tiled over groups of units wherever a coarse grid says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.evolution.encodings.encoding import scattered, start_density
from statescape.evolution.values import Values

LARGEST_MOTIF = 12


def motif_size(units: int) -> int:
    """The divisor of `units` nearest to its square root and at most `LARGEST_MOTIF`; 1 for primes."""
    divisors = [size for size in range(1, LARGEST_MOTIF + 1) if units % size == 0]
    return min(divisors, key=lambda size: abs(size - units**0.5))


@dataclass(frozen=True)
class Blocks:
    """Genes "motif" (size x size) and "grid" (blocks x blocks): W is their Kronecker product, grid outside.

    Attributes:
        units: units of the network.
        values: what an entry of motif and grid may be.
        density: share of edges at the start; None for one edge a unit. Motif and grid both start at its square root.
    """

    units: int
    values: Values
    density: float | None = None
    name: str = "blocks"

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Motif and grid."""
        size = motif_size(self.units)
        return {"motif": (size, size), "grid": (self.units // size, self.units // size)}

    def random(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Both random; together they have about the drawn density."""
        share = start_density(self.units, self.density) ** 0.5
        return {name: scattered(shape, share, self.values, rng) for name, shape in self.shapes.items()}

    def decode(self, genes: Mapping[str, np.ndarray]) -> Float[np.ndarray, "units units"]:
        """The motif wherever the grid has an entry, times that entry."""
        return np.asarray(np.kron(genes["grid"], genes["motif"]))
