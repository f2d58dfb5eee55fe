"""Where the variance of a score comes from: crossed random effects, by the analysis of variance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float


def variance_components(
    values: Float[np.ndarray, "*factors"], factors: Sequence[str], rest: str = "rest"
) -> dict[str, float]:
    """Variance of each crossed random factor, and of what is left.

    The additive model y = mu + a_i + b_j + ... + e with one value a cell; every interaction is part of the rest. The
    estimates equate mean squares with their expectations (Searle, Casella and McCulloch, Variance Components, 1992,
    chapter 4): those below 0 are given as 0.

    Args:
        values: one axis for each factor, at least two levels each, balanced and finite.
        factors: names of the axes.
        rest: name of what is left.

    Returns:
        Variances, in the units of the values squared.
    """
    grand, total = values.mean(), values.size
    squares, degrees = float(((values - grand) ** 2).sum()), total - 1
    between = {}
    for axis, name in enumerate(factors):
        levels = values.shape[axis]
        means = values.mean(axis=tuple(other for other in range(values.ndim) if other != axis))
        own = float(((means - grand) ** 2).sum()) * (total // levels)
        between[name] = (own / (levels - 1), total // levels)
        squares, degrees = squares - own, degrees - (levels - 1)
    noise = squares / degrees
    found = {name: max((mean_square - noise) / size, 0.0) for name, (mean_square, size) in between.items()}
    return {**found, rest: max(noise, 0.0)}
