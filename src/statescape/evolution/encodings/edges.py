"""Edges one by one: every pair of units has its own entry, binary, ternary or real."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.evolution.encodings.encoding import scattered, start_density
from statescape.evolution.values import Values


@dataclass(frozen=True)
class Edges:
    """Gene "W": W itself, self-loops allowed.

    Attributes:
        units: units of the network.
        values: what an edge may be.
        density: share of edges at the start; None for one edge a unit.
    """

    units: int
    values: Values
    density: float | None = None

    @property
    def name(self) -> str:
        """The kind of its edges."""
        return self.values.kind

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """All pairs of units."""
        return {"W": (self.units, self.units)}

    def random(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """A sparse random matrix."""
        shape = (self.units, self.units)
        return {"W": scattered(shape, start_density(self.units, self.density), self.values, rng)}

    def decode(self, genes: Mapping[str, np.ndarray]) -> Float[np.ndarray, "units units"]:
        """The matrix as it is."""
        return genes["W"]
