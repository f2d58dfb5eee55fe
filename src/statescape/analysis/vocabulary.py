"""What depends on a vocabulary alone: moments, principal subspace, and what choosing its best token gives by chance.

One pass over 49,152 embeddings takes seconds and is the same for every text, so the numbers are shared by all readings
of one matrix, and kept between commands by a digest of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass
from functools import cached_property
from typing import TypeVar, cast
from weakref import WeakValueDictionary

import numpy as np
from jaxtyping import Float

from statescape import cache
from statescape.geometry import Null, Subspace
from statescape.geometry.moments import Moments, blocks

VARIANCE_SHARE = 0.9
"""Share of the embeddings' variance that their principal subspace holds."""

ISOTROPIC_DRAWS = 200
"""Random directions behind the null of the best token."""

T = TypeVar("T")
_VERSION = 2  # of these numbers: another one makes them anew
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

        def make() -> cache.Arrays:
            inside = self.subspace.energy_inside(self.rows)
            return {"null": np.array(astuple(Null.of(inside[np.isfinite(inside)]))[:4])}

        return _null_of(self._kept(make, "energy")["null"], None)

    def remember(self, key: object, make: Callable[[], T]) -> T:
        """What is made of the rows alone, once for all paths of a model, as long as somebody holds the vocabulary.

        Args:
            key: names it.
            make: makes it.
        """
        if key not in self._remembered:
            self._remembered[key] = make()
        return cast("T", self._remembered[key])

    @cached_property
    def _remembered(self) -> dict[object, object]:
        return {}

    def best_of_isotropic(self, variant: str, left_out: tuple[int, ...], seed: int) -> Null:
        """Cosine of the best token with an isotropic random direction: what choosing gives by itself (design 5.5).

        Args:
            variant: "raw", "centred" (the rows less their mean) or "without_rogue".
            left_out: the rogue dimensions; for "without_rogue" only.
            seed: of the directions.
        """
        left_out = left_out if variant == "without_rogue" else ()
        parts = ("isotropic", left_out, ISOTROPIC_DRAWS, seed)
        found = self._kept(lambda: self._best_of_isotropic(left_out, seed), *parts)
        return _null_of(found["centred" if variant == "centred" else "raw"], seed)

    def _best_of_isotropic(self, left_out: tuple[int, ...], seed: int) -> cache.Arrays:
        """The null of the rows without some dimensions; with all of them also that of the rows less their mean.

        Both follow from one product with the directions, so that no copy of the rows is made.
        """
        kept = np.ones(self.rows.shape[1])
        kept[list(left_out)] = 0
        drawn = np.random.default_rng(seed).standard_normal((int(kept.sum()), ISOTROPIC_DRAWS))
        directions = np.zeros((len(kept), ISOTROPIC_DRAWS))
        directions[kept > 0] = drawn / np.linalg.norm(drawn, axis=0)
        best = {name: np.full(ISOTROPIC_DRAWS, -np.inf) for name in (("raw",) if left_out else ("raw", "centred"))}
        for block in blocks(self.rows):
            products, squares = block @ directions, np.square(block) @ kept
            _improve(best["raw"], products, squares, 0.0)
            if not left_out:
                centred = squares - 2 * (block @ self.mean) + self.mean @ self.mean
                _improve(best["centred"], products - self.mean @ directions, centred, 1e-12 * squares)
        return {name: np.array(astuple(Null.of(values))[:4]) for name, values in best.items()}

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


def _improve(
    best: Float[np.ndarray, " draws"],
    products: Float[np.ndarray, "rows draws"],
    squares: Float[np.ndarray, " rows"],
    least: Float[np.ndarray, " rows"] | float,
) -> None:
    """The largest cosines so far, with those of more rows; a row whose squared length is `least` has no direction."""
    lengths = np.sqrt(np.where(squares > least, squares, np.nan))
    np.fmax(best, np.fmax.reduce(products / lengths[:, None], axis=0), out=best)


def _null_of(numbers: np.ndarray, seed: int | None) -> Null:
    mean, low, high, draws = map(float, numbers)
    return Null(mean, low, high, int(draws), seed)


_OPEN: WeakValueDictionary[int, Vocabulary] = WeakValueDictionary()


def vocabulary_of(rows: Float[np.ndarray, "vocabulary d_model"]) -> Vocabulary:
    """The numbers of an embedding matrix, the same for all that ask while somebody holds them."""
    found = _OPEN.get(id(rows))
    if found is None:
        found = _OPEN[id(rows)] = Vocabulary(rows)
    return found
