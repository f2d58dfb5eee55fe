"""Student's t over few independent runs: the mean with its interval, and how often chance gives as much.

A run is worth minutes, so there are few; the bootstrap is too narrow for fewer than some twenty. A run's value is
itself a mean over many trials, which makes the normal distribution that Student's t rests on plausible.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import stats

from statescape.errors import StatescapeError
from statescape.statistics.intervals import MeanInterval


@dataclass(frozen=True)
class StudentMean:
    """A mean over runs.

    Attributes:
        interval: the mean with its interval; infinite ends for a single run.
        p: two-sided p-value of a mean of 0; 1 for a single run.
    """

    interval: MeanInterval
    p: float


def student_mean(values: Float[np.ndarray, " runs"], level: float = 0.95) -> StudentMean:
    """Mean, interval and p-value of independent values (Student, Biometrika 6, 1908).

    Args:
        values: one for each run, finite.
        level: of the interval.

    Raises:
        StatescapeError: for an empty sample or values that are not finite.
    """
    if not len(values) or not np.isfinite(values).all():
        raise StatescapeError("A mean over runs needs at least one run, and finite values.")
    n, mean = len(values), float(values.mean())
    if n == 1:
        return StudentMean(MeanInterval(mean, -np.inf, np.inf, level, n), 1.0)
    error = float(values.std(ddof=1)) / np.sqrt(n)
    if error == 0.0:
        return StudentMean(MeanInterval(mean, mean, mean, level, n), 1.0 if mean == 0.0 else 0.0)
    reach = float(stats.t.ppf((1.0 + level) / 2.0, n - 1)) * error
    p = 2.0 * float(stats.t.sf(abs(mean) / error, n - 1))
    return StudentMean(MeanInterval(mean, mean - reach, mean + reach, level, n), p)
