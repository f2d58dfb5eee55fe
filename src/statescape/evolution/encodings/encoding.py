"""What an encoding is: it draws genes, says which are legal, and turns them into W."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from statescape.evolution.values import Values

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


def scattered(
    shape: tuple[int, ...], share: float, values: Values, rng: np.random.Generator
) -> Float[np.ndarray, "*shape"]:
    """An array in which a share of the entries, and at least one, is not 0."""
    array = np.zeros(math.prod(shape))
    count = min(max(round(share * array.size), 1), array.size)
    array[rng.choice(array.size, count, replace=False)] = values.draw(count, rng)
    return array.reshape(shape)
