"""The alphabet of a genome: what an entry that is not 0 may be, and how new ones are drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Bool, Float

from statescape.errors import StatescapeError

ValueKind: TypeAlias = Literal["binary", "ternary", "real"]
# Standard deviation of a perturbation of a real weight: a fifth of the way from 0 to the bound.
SPREAD = 0.2
# A real edge closer to 0 than this would be no edge.
LEAST = 1e-3


@dataclass(frozen=True)
class Values:
    """The alphabet of edges.

    Attributes:
        kind: "binary", "ternary" or "real".
    """

    kind: ValueKind

    def __post_init__(self) -> None:
        if self.kind not in ("binary", "ternary", "real"):
            raise StatescapeError(f"Edges are binary, ternary or real; got {self.kind!r}.")

    @property
    def signed(self) -> bool:
        """Whether edges have signs."""
        return self.kind != "binary"

    def draw(self, count: int, rng: np.random.Generator) -> Float[np.ndarray, " count"]:
        """Values for new edges, all equally likely."""
        if self.kind == "binary":
            return np.ones(count)
        signs = np.asarray(2.0 * rng.integers(0, 2, count) - 1.0)
        return signs if self.kind == "ternary" else np.asarray(signs * rng.uniform(LEAST, 1.0, count))

    def perturbed(self, values: Float[np.ndarray, " count"], rng: np.random.Generator) -> Float[np.ndarray, " count"]:
        """Real values a little off, never across the bound and never 0; the sign may change by crossing 0."""
        moved = np.clip(values + rng.normal(0.0, SPREAD, len(values)), -1.0, 1.0)
        return np.asarray(np.where(np.abs(moved) < LEAST, np.copysign(LEAST, moved), moved))

    def legal(self, values: Float[np.ndarray, "*shape"]) -> Bool[np.ndarray, "*shape"]:
        """Which entries are edges of this kind or no edge."""
        if self.kind == "binary":
            return np.isin(values, (0.0, 1.0))
        if self.kind == "ternary":
            return np.isin(values, (-1.0, 0.0, 1.0))
        return np.asarray(np.isfinite(values) & (np.abs(values) <= 1.0))


def scattered(
    shape: tuple[int, ...], share: float, values: Values, rng: np.random.Generator
) -> Float[np.ndarray, "*shape"]:
    """An array in which a share of the entries, and at least one, is not 0."""
    array = np.zeros(math.prod(shape))
    count = min(max(round(share * array.size), 1), array.size)
    array[rng.choice(array.size, count, replace=False)] = values.draw(count, rng)
    return array.reshape(shape)
