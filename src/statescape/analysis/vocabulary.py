"""What depends on a vocabulary alone: moments, principal subspace, and what choosing its best token gives by chance.

One pass over 49,152 embeddings takes seconds and is the same for every text, so the numbers are shared by all readings
of one matrix, and kept between commands by a digest of it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from functools import cached_property
from typing import TypeVar, cast
from weakref import WeakValueDictionary

import numpy as np
from jaxtyping import Float

from statescape import cache
from statescape.blas import one_blas_thread
from statescape.geometry import Normalisation, Null, Rows, Subspace
from statescape.geometry.moments import BLOCK_ROWS, Moments, mean_of
from statescape.runs.workforce import usable_cores

VARIANCE_SHARE = 0.9
"""Share of the embeddings' variance that their principal subspace holds."""

ISOTROPIC_DRAWS = 200
"""Random directions behind the null of the best token."""

T = TypeVar("T")
_VERSION = 4  # of these numbers: another one makes them anew
_LEAST_KEPT = 5_000_000  # entries of a matrix


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Numbers of an embedding matrix, each computed when it is first asked for.

    Attributes:
        rows: the embeddings.
    """

    rows: Float[Rows, "vocabulary d_model"]

    @cached_property
    def mean(self) -> Float[np.ndarray, " d_model"]:
        """Mean over the rows."""
        return mean_of(self.rows)

    @cached_property
    def moments(self) -> Moments:
        """Mean and covariance, with their eigenvectors, from which every PCA of the rows follows."""

        def make() -> cache.Arrays:
            made = Moments.of(self.rows)
            return {"mean": made.mean, "covariance": made.covariance, "values": made.eigen[0], "vectors": made.eigen[1]}

        found = self.kept(make, "moments")
        moments = Moments(len(self.rows), found["mean"], found["covariance"])
        vars(moments)["eigen"] = found["values"], found["vectors"]  # as it would be found again
        return moments

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

        return _null_of(self.kept(make, "energy")["null"], None)

    def kept(self, make: Callable[[], cache.Arrays], *parts: object) -> cache.Arrays:
        """Arrays made of the rows alone, once for all paths; those of a large matrix are kept between commands, too.

        Args:
            make: makes them.
            parts: name them.
        """
        if parts not in self._made:
            large = self.rows.size >= _LEAST_KEPT
            name = cache.digest(self._digest, VARIANCE_SHARE, _VERSION, *parts) if large else ""
            self._made[parts] = cache.kept(name, make)
        return self._made[parts]

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

    def best_of_isotropic(
        self, variant: str, left_out: tuple[int, ...], seed: int, draws: int = ISOTROPIC_DRAWS
    ) -> Null:
        """Cosine of the best token with an isotropic random direction: what choosing gives by itself.

        Args:
            variant: "raw", "centred" (the rows less their mean), "without_rogue" or "dimension" (centred, every
                coordinate in units of its deviation).
            left_out: the rogue dimensions; for "without_rogue" only.
            seed: of the directions.
            draws: how many directions.
        """
        left_out = left_out if variant == "without_rogue" else ()
        by = "dimension" if variant == "dimension" else left_out
        found = self.kept(lambda: self._best_of_isotropic(by, seed, draws), "isotropic", by, draws, seed)
        return _null_of(found["centred" if variant == "centred" else "raw"], seed)

    def _best_of_isotropic(self, by: str | tuple[int, ...], seed: int, draws: int) -> cache.Arrays:
        """The null of the rows without some dimensions; with all of them also that of the rows less their mean.

        Both follow from one product with the directions, in the precision of the rows; what is best by it in a block is
        computed anew in float64. Every thread takes whole blocks, so that none changes a number.
        """
        weights, means = np.ones(self.rows.shape[1]), {"raw": np.zeros(self.rows.shape[1]), "centred": self.mean}
        if isinstance(by, str):
            normal = Normalisation.from_moments(self.moments)
            weights, means = 1 / normal.scale, {"raw": normal.mean}
        elif by:
            weights[list(by)] = 0
            del means["centred"]
        drawn = np.random.default_rng(seed).standard_normal((np.count_nonzero(weights), draws))
        directions = np.zeros((len(weights), draws))
        directions[weights > 0] = drawn / np.linalg.norm(drawn, axis=0)
        weighted = directions * weights[:, None]
        narrow = weighted.T.astype(self.rows.dtype)

        def best(start: int) -> list[Float[np.ndarray, " draws"]]:
            block = self.rows[start : start + BLOCK_ROWS]
            products = narrow @ block.T
            return [_best(products, block, mean, weights, directions) for mean in means.values()]

        with one_blas_thread(), ThreadPoolExecutor(usable_cores()) as pool:
            of_blocks = list(pool.map(best, range(0, len(self.rows), BLOCK_ROWS)))
        nulls = (Null.of(np.fmax.reduce(one)) for one in zip(*of_blocks, strict=True))
        return {name: np.array(astuple(null)[:4]) for name, null in zip(means, nulls, strict=True)}

    @cached_property
    def _made(self) -> dict[tuple[object, ...], cache.Arrays]:
        return {}

    @cached_property
    def _digest(self) -> str:
        return cache.digest(self.rows)


def _best(
    products: Float[np.ndarray, "draws rows"],
    block: Float[np.ndarray, "rows d_model"],
    mean: Float[np.ndarray, " d_model"],
    weights: Float[np.ndarray, " d_model"],
    directions: Float[np.ndarray, "d_model draws"],
) -> Float[np.ndarray, " draws"]:
    """The largest cosine of ``(row - mean) weights`` with each direction; the products are those of the rows alone.

    Which row is best is found in the precision of the block, and its cosine in float64.
    """
    kind = products.dtype
    rows = (block - mean.astype(kind)) * weights.astype(kind)
    lengths = np.sqrt(np.einsum("nd,nd->n", rows, rows))
    cosines = products - (mean * weights @ directions).astype(kind)[:, None]
    cosines *= np.where(lengths > 0, 1 / np.where(lengths > 0, lengths, 1), 0).astype(kind)
    cosines[:, lengths == 0] = -np.inf
    chosen = (block[cosines.argmax(axis=1)].astype(np.float64) - mean) * weights
    lengths = np.linalg.norm(chosen, axis=1)
    return np.asarray(np.einsum("nd,dn->n", chosen, directions) / np.where(lengths > 0, lengths, np.nan))


def _null_of(numbers: np.ndarray, seed: int | None) -> Null:
    mean, low, high, draws = map(float, numbers)
    return Null(mean, low, high, int(draws), seed)


_OPEN: WeakValueDictionary[int, Vocabulary] = WeakValueDictionary()


def vocabulary_of(rows: Float[Rows, "vocabulary d_model"]) -> Vocabulary:
    """The numbers of an embedding matrix, the same for all that ask while somebody holds them."""
    found = _OPEN.get(id(rows))
    if found is None:
        found = _OPEN[id(rows)] = Vocabulary(rows)
    return found
