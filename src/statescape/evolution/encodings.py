"""Encodings: how genes become W, a ladder of search spaces, smallest first.

An encoding draws genes and turns them into W; its values say what an edge may be: binary {1}, ternary {-1, 1}, real
[-1, 1]; 0 is no edge and belongs to none. *Circulant*: one weight for each distance around a ring, the same for all
units. *Blocks*: a small motif of edges, tiled over groups of units wherever a coarse grid says so. *Edges*: every
pair of units has its own entry. *Modules* (`plans`) are of another kind: reservoirs and what connects them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import scipy.linalg
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.evolution.alphabet import Values, scattered
from statescape.evolution.plans import Modules
from statescape.registry import Registry

# A random start is sparse: so many edges a unit, or the density that was asked for. From denser starts a search climbs
# to poor local optima (measured on noisy memory capacity); edges that are missing are added in a few generations.
EDGES_PER_UNIT = 1.0


@runtime_checkable
class Encoding(Protocol):
    """One rung of the ladder of search spaces; a new one is a small file with these members."""

    @property
    def name(self) -> str:
        """How it is called."""

    @property
    def units(self) -> int:
        """Units of the networks it makes."""

    @property
    def values(self) -> Values:
        """What an entry may be."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The arrays of its genes."""

    def random(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Random genes."""

    def decode(self, genes: Mapping[str, np.ndarray]) -> Float[np.ndarray, "units units"]:
        """W before any scaling; `W[i, j]` is the weight from unit j to unit i."""


def start_density(units: int, density: float | None) -> float:
    """The share of entries of a random start."""
    return density if density is not None else min(EDGES_PER_UNIT / units, 1.0)


# Share of bands that a random start has, two at least: a single band may be the simple cycle itself, which is to be
# found and not given.
START_BANDS = 0.1


@dataclass(frozen=True)
class Circulant:
    """Gene "bands": W[i, j] = bands[(i - j) mod units], so that band 1 alone is the simple cycle.

    All units look alike, hence the search space is tiny: 3^units for ternary bands.

    Attributes:
        units: units of the network.
        values: what a band may be.
        density: share of bands at the start; None for `START_BANDS`.
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
        share = max(START_BANDS, 2.0 / self.units) if self.density is None else self.density
        return {"bands": scattered((self.units,), share, self.values, rng)}

    def decode(self, genes: Mapping[str, np.ndarray]) -> Float[np.ndarray, "units units"]:
        """The circulant matrix whose first column is the bands."""
        return np.asarray(scipy.linalg.circulant(genes["bands"]))


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


BUILT_IN: dict[str, Callable[[int, float | None], Encoding]] = {
    "circulant": lambda units, density: Circulant(units, Values("ternary"), density),
    "circulant-real": lambda units, density: Circulant(units, Values("real"), density, "circulant-real"),
    "blocks": lambda units, density: Blocks(units, Values("ternary"), density),
    "binary": lambda units, density: Edges(units, Values("binary"), density),
    "ternary": lambda units, density: Edges(units, Values("ternary"), density),
    "real": lambda units, density: Edges(units, Values("real"), density),
    "modules": Modules,
}
REGISTRY: Registry[Callable[[int, float | None], Encoding]] = Registry("encoding", "statescape.encodings", BUILT_IN)
"""All encodings that have a name; one of another package is a class or a function of units and density."""


def names() -> tuple[str, ...]:
    """The encodings, smallest search space first, then those of installed packages and of the session."""
    return REGISTRY.names()


def by_name(name: str, units: int, density: float | None = None) -> Encoding:
    """An encoding.

    Args:
        name: one of `names()`.
        units: units of the network.
        density: share of entries that a random start has; None for one edge a unit.

    Raises:
        StatescapeError: for an unknown name, no units, or a density outside (0, 1].
    """
    part = REGISTRY.find(name)
    if units < 2:
        raise StatescapeError(f"A wiring to be searched needs at least 2 units; got {units}.")
    if density is not None and not 0 < density <= 1:
        raise StatescapeError(f"The density is a share above 0 and up to 1; got {density:g}.")
    encoding = part(units, density)
    if not isinstance(encoding, Encoding):
        raise StatescapeError(
            f"The encoding {name!r} of {REGISTRY.origin(name)} makes a {type(encoding).__name__}, which lacks members "
            "of statescape.evolution.encodings.Encoding; mend it."
        )
    return encoding
