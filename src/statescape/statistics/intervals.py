"""The mean of a sample and how well it is known: the bootstrap.

The sample is redrawn with replacement many times; the interval runs between the percentiles of the redrawn means
(Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13). With fewer than some twenty values such
intervals are too narrow: they hold the mean less often than they say. Infinite values (a network that diverged)
are allowed: percentiles are values of the sorted means, never between two of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError

RESAMPLES = 9999
AT_ONCE = 2_000_000  # values redrawn at a time, so that memory stays small


@dataclass(frozen=True)
class MeanInterval:
    """A mean with its interval.

    Attributes:
        mean: mean of the sample.
        low: lower end; NaN where one value leaves no interval.
        high: upper end; NaN where one value leaves no interval.
        level: how often such intervals hold the true mean, about.
        n: size of the sample.
    """

    mean: float
    low: float
    high: float
    level: float
    n: int


def bootstrap_mean(values: Float[np.ndarray, " n"], seed: int, level: float = 0.95) -> MeanInterval:
    """Mean and percentile bootstrap interval of a sample.

    Args:
        values: the sample; infinite values are allowed, NaN is not.
        seed: of the redrawing.
        level: of the interval.

    Raises:
        StatescapeError: for an empty sample, NaN, or a level outside (0, 1).
    """
    if not len(values) or np.isnan(values).any():
        raise StatescapeError("A mean needs at least one value and no NaN.")
    if not 0.0 < level < 1.0:
        raise StatescapeError(f"The level of an interval lies between 0 and 1; got {level:g}.")
    n, mean = len(values), float(values.mean())
    if n == 1:
        return MeanInterval(mean, float("nan"), float("nan"), level, n)
    rng = np.random.default_rng(seed)
    rows = max(1, min(RESAMPLES, AT_ONCE // n))
    means = np.concatenate(
        [
            values[rng.integers(0, n, (min(rows, RESAMPLES - start), n))].mean(axis=1)
            for start in range(0, RESAMPLES, rows)
        ]
    )
    low, high = np.quantile(means, [(1.0 - level) / 2.0, (1.0 + level) / 2.0], method="inverted_cdf")
    return MeanInterval(mean, float(low), float(high), level, n)
