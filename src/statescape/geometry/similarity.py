"""How far two vectors point the same way, which coordinates make it so, and what chance alone would give.

``cos(a, b) = a.b / (|a| |b|) = sum_i a_i b_i / (|a| |b|)``, the terms of the sum being each dimension's contribution
(Timkey & van Schijndel 2021, arXiv:2109.04404). A predicted token is *chosen* for its product with the state, so the
null that matters is the best row for an isotropic random direction, about ``sqrt(2 ln V / d)`` for V rows of width d.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.arguments import require_seed
from statescape.errors import StatescapeError
from statescape.geometry.moments import blocks
from statescape.geometry.rows import Rows
from statescape.wording import Noun


@dataclass(frozen=True)
class Null(Noun):
    """What chance gives: the distribution of a number when nothing but chance made it.

    Attributes:
        mean: its mean.
        low: 2.5th percentile.
        high: 97.5th percentile.
        draws: number of draws behind it.
        seed: seed of the draws; None where every case was counted and nothing was drawn.
    """

    mean: float
    low: float
    high: float
    draws: int
    seed: int | None = None

    @classmethod
    def of(cls, values: Float[np.ndarray, " draws"], seed: int | None = None) -> Null:
        """Mean and central 95% of `values`.

        Raises:
            StatescapeError: if there are none.
        """
        if not len(values):
            raise StatescapeError("Chance is told by at least one draw; got none.")
        low, high = np.quantile(values, [0.025, 0.975])
        return cls(float(values.mean()), float(low), float(high), len(values), seed)


def cosine(a: Float[np.ndarray, "*#rows d"], b: Float[np.ndarray, "*#rows d"]) -> Float[np.ndarray, "*rows"]:
    """Cosine of `a` with `b` along the last axis, rows broadcast; NaN where one of the two is zero."""
    return np.asarray(cosine_contributions(a, b).sum(axis=-1))


def cosine_contributions(
    a: Float[np.ndarray, "*#rows d"], b: Float[np.ndarray, "*#rows d"]
) -> Float[np.ndarray, "*rows d"]:
    """What each dimension adds to the cosine of `a` with `b`; sums to `cosine` along the last axis."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    norms = np.linalg.norm(a, axis=-1, keepdims=True) * np.linalg.norm(b, axis=-1, keepdims=True)
    return np.asarray(a * b / np.where(norms > 0, norms, np.nan))


def cosine_to(rows: Float[Rows, "n d"], vector: Float[np.ndarray, " d"]) -> Float[np.ndarray, " n"]:
    """Cosine of every row (a vocabulary, block by block) with one vector; NaN where one of the two is zero."""
    length = float(np.linalg.norm(np.asarray(vector, dtype=np.float64)))
    direction = vector / (length if length > 0 else np.nan)
    return np.concatenate([np.zeros(0), *(block @ direction for block in _unit_blocks(rows))])


def without(points: Float[np.ndarray, "*rows d"], dimensions: Sequence[int]) -> Float[np.ndarray, "*rows rest"]:
    """`points` with the coordinates `dimensions` taken out.

    Raises:
        StatescapeError: a dimension that the points do not have, or none left.
    """
    d = points.shape[-1]
    outside = [dimension for dimension in dimensions if not 0 <= dimension < d]
    if outside:
        raise StatescapeError(f"Dimension {outside[0]} does not exist in points of {d} dimensions.")
    if len(set(dimensions)) == d:
        raise StatescapeError("Taking out every dimension leaves nothing to compare.")
    return np.delete(points, list(dimensions), axis=-1)


def best_of_isotropic(rows: Float[np.ndarray, "n d"], draws: int = 200, seed: int = 0) -> Null:
    """The cosine of the best row for a direction drawn isotropically: what choosing gives by itself.

    Args:
        rows: the rows that can be chosen (embeddings); zero rows are never the best.
        draws: number of random directions.
        seed: seed of their generator.

    Raises:
        StatescapeError: for a negative seed.
    """
    require_seed(seed)
    d = rows.shape[1]
    directions = np.random.default_rng(seed).standard_normal((d, draws))
    directions /= np.linalg.norm(directions, axis=0)
    best = np.full(draws, -np.inf)
    for block in _unit_blocks(rows):
        np.fmax(best, np.fmax.reduce(block @ directions, axis=0), out=best)
    return Null.of(best, seed)


def random_row_null(rows: Float[Rows, "n d"], vector: Float[np.ndarray, " d"]) -> Null:
    """The cosine of a row chosen at random with `vector`: exact over all rows, nothing is drawn."""
    return Null.of(cosine_to(rows, vector))


def _unit_blocks(rows: Float[Rows, "n d"]) -> Iterator[Float[np.ndarray, "block d"]]:
    """Rows at norm 1 in float64, block by block; NaN where a row is zero."""
    for block in blocks(rows):
        norms = np.linalg.norm(block, axis=1, keepdims=True)
        yield block / np.where(norms > 0, norms, np.nan)
