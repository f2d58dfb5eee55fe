"""Student's t over few independent runs: the mean with its interval, and how often chance gives as much.

A run is worth minutes, so there are few, and the test goes with the interval however many there are. A run's value is
itself a mean over many trials, which makes the normal distribution that Student's t rests on plausible.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import stats

from statescape.errors import StatescapeError
from statescape.statistics.intervals import MeanInterval, student_interval
from statescape.wording import Noun


@dataclass(frozen=True)
class StudentMean(Noun):
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
    if len(values) == 1:
        return StudentMean(MeanInterval(float(values[0]), -np.inf, np.inf, level, 1), 1.0)
    interval = student_interval(values, level)
    error = float(values.std(ddof=1)) / np.sqrt(len(values))
    if error == 0.0:
        return StudentMean(interval, 1.0 if interval.mean == 0.0 else 0.0)
    return StudentMean(interval, 2.0 * float(stats.t.sf(abs(interval.mean) / error, len(values) - 1)))
