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


def bootstrap_means(values: Float[np.ndarray, "n measures"], seed: int, level: float = 0.95) -> list[MeanInterval]:
    """Mean and percentile bootstrap interval of every column, all from the same redrawings of the rows.

    Args:
        values: one row for each unit (a document); NaN where a unit lacks a measure, which then rests on the others.
        seed: of the redrawing.
        level: of the intervals.

    Returns:
        One interval a column, `n` the number of its values; mean NaN for a column without any.

    Raises:
        StatescapeError: for a level outside (0, 1).
    """
    if not 0.0 < level < 1.0:
        raise StatescapeError(f"The level of an interval lies between 0 and 1; got {level:g}.")
    n, columns = values.shape
    present = ~np.isnan(values)
    counts = present.sum(axis=0)
    filled = np.where(present, values, 0.0)
    with np.errstate(invalid="ignore"):
        means = filled.sum(axis=0) / counts
    if n < 2:
        return [
            MeanInterval(float(mean), float("nan"), float("nan"), level, int(count))
            for mean, count in zip(means, counts, strict=True)
        ]
    rng = np.random.default_rng(seed)
    rows = max(1, min(RESAMPLES, AT_ONCE // n))
    redrawn = np.empty((RESAMPLES, columns))
    for start in range(0, RESAMPLES, rows):
        size = min(rows, RESAMPLES - start)
        drawn = rng.integers(0, n, (size, n)) + n * np.arange(size)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n).astype(np.float64)
        with np.errstate(invalid="ignore"):
            redrawn[start : start + size] = (weights @ filled) / (weights @ present)
    lows, highs = np.full(columns, np.nan), np.full(columns, np.nan)
    known = counts > 1
    ends = [(1.0 - level) / 2.0, (1.0 + level) / 2.0]
    # A redrawing may hold no unit that has a rare measure: it says nothing about it.
    if known.any():
        lows[known], highs[known] = np.nanquantile(redrawn[:, known], ends, axis=0, method="inverted_cdf")
    return [
        MeanInterval(float(mean), float(low), float(high), level, int(count))
        for mean, low, high, count in zip(means, lows, highs, counts, strict=True)
    ]
