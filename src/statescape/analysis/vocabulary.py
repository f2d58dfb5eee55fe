"""What depends on a vocabulary alone: moments, principal subspace, and what choosing its best token gives by chance.

One pass over 49,152 embeddings takes seconds and is the same for every text, so the numbers are shared by all readings
of one matrix, and kept between commands by a digest of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass
from functools import cached_property
from weakref import WeakValueDictionary

import numpy as np
from jaxtyping import Float

from statescape import cache
from statescape.geometry import Null, Subspace, best_of_isotropic
from statescape.geometry.moments import Moments

VARIANCE_SHARE = 0.9
"""Share of the embeddings' variance that their principal subspace holds."""

ISOTROPIC_DRAWS = 200
"""Random directions behind the null of the best token."""

_VERSION = 1  # of these numbers: another one makes them anew
_LEAST_KEPT = 5_000_000  # entries of a matrix


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Numbers of an embedding matrix, each computed when it is first asked for.

    Attributes:
        rows: the embeddings.
    """

    rows: Float[np.ndarray, "vocabulary d_model"]

    @cached_property
    def mean(self) -> Float[np.ndarray, " d_model"]:
        """Mean over the rows."""
        return np.asarray(self.rows.mean(axis=0, dtype=np.float64))

    @cached_property
    def moments(self) -> Moments:
        """Mean and covariance, from which every PCA of the rows follows."""

        def make() -> cache.Arrays:
            made = Moments.of(self.rows)
            return {"mean": made.mean, "covariance": made.covariance}

        found = self._kept(make, "moments")
        return Moments(len(self.rows), found["mean"], found["covariance"])

    @cached_property
    def subspace(self) -> Subspace:
        """The embedding subspace: principal components that hold `VARIANCE_SHARE` of the variance."""
        return Subspace.from_moments(self.moments, VARIANCE_SHARE)

    @cached_property
    def energy_inside(self) -> Null:
        """Share of the rows' squared distances from their mean that lies in the embedding subspace."""

        def make() -> Null:
            inside = self.subspace.energy_inside(self.rows)
            return Null.of(inside[np.isfinite(inside)])

        return self._null(make, "energy")

    def best_of_isotropic(self, variant: str, left_out: tuple[int, ...], seed: int) -> Null:
        """Cosine of the best token with an isotropic random direction: what choosing gives by itself (design 5.5).

        Args:
            variant: "raw", "centred" (the rows less their mean) or "without_rogue".
            left_out: the rogue dimensions; for "without_rogue" only.
            seed: of the directions.
        """
        left_out = left_out if variant == "without_rogue" else ()

        def make() -> Null:
            rows = self.rows
            if variant == "centred":
                rows = rows - self.mean.astype(rows.dtype)
            elif left_out:
                rows = np.delete(rows, list(left_out), axis=1)
            return best_of_isotropic(rows, draws=ISOTROPIC_DRAWS, seed=seed)

        return self._null(make, "isotropic", variant == "centred", left_out, ISOTROPIC_DRAWS, seed, seed=seed)

    def _null(self, make: Callable[[], Null], *parts: object, seed: int | None = None) -> Null:
        found = self._kept(lambda: {"null": np.array(astuple(make())[:4])}, *parts)["null"]
        return Null(float(found[0]), float(found[1]), float(found[2]), int(found[3]), seed)

    def _kept(self, make: Callable[[], cache.Arrays], *parts: object) -> cache.Arrays:
        """Made once for all paths; numbers of a large matrix are kept between commands, too."""
        if parts not in self._made:
            large = self.rows.size >= _LEAST_KEPT
            name = cache.digest(self._digest, VARIANCE_SHARE, _VERSION, *parts) if large else ""
            self._made[parts] = cache.kept(name, make) if large else make()
        return self._made[parts]

    @cached_property
    def _made(self) -> dict[tuple[object, ...], cache.Arrays]:
        return {}

    @cached_property
    def _digest(self) -> str:
        return cache.digest(self.rows)


_OPEN: WeakValueDictionary[int, Vocabulary] = WeakValueDictionary()


def vocabulary_of(rows: Float[np.ndarray, "vocabulary d_model"]) -> Vocabulary:
    """The numbers of an embedding matrix, the same for all that ask while somebody holds them."""
    found = _OPEN.get(id(rows))
    if found is None:
        found = _OPEN[id(rows)] = Vocabulary(rows)
    return found
