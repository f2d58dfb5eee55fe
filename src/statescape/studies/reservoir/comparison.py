"""Runs compared with runs: log ratios paired by the search's seed, Student's t over runs, Holm over comparisons."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from statescape.statistics import MeanInterval, holm, student_mean

ALPHA = 0.05


@dataclass(frozen=True)
class Ratio:
    """How two ways compare, run by run.

    Attributes:
        interval: mean log ratio of the errors; below 0 the first is better.
        points: of the runs.
        p: two-sided.
        p_holm: corrected over the comparisons of the study.
    """

    interval: MeanInterval
    points: tuple[float, ...]
    p: float
    p_holm: float

    @property
    def shown(self) -> bool:
        """Whether a difference is shown."""
        return self.p_holm < ALPHA

    @property
    def change(self) -> float:
        """Change of the error, as a share: -0.1 is a tenth less."""
        return math.expm1(self.interval.mean)

    @property
    def ends(self) -> tuple[float, float]:
        """Of the 95% interval, as shares."""
        return share(self.interval.low), share(self.interval.high)

    @property
    def as_shares(self) -> tuple[float, ...]:
        """Of the runs."""
        return tuple(share(point) for point in self.points)

    def as_json(self) -> dict[str, object]:
        """Plain JSON."""
        low, high = self.ends
        return {
            "change": self.change,
            "ci95": [low, high],
            "n": self.interval.n,
            "p": self.p,
            "p_holm": self.p_holm,
            "runs": list(self.as_shares),
        }


def ratios(pairs: Mapping[str, tuple[Sequence[float], Sequence[float]]]) -> dict[str, Ratio]:
    """Compare pairs of ways.

    Args:
        pairs: by name, the log errors of the runs of the first and of the second way, in the same order.
    """
    differences = {name: np.subtract(first, second) for name, (first, second) in pairs.items()}
    return compared(differences)


def compared(differences: Mapping[str, np.ndarray]) -> dict[str, Ratio]:
    """Test mean differences of logarithms against 0, all together."""
    found = {name: student_mean(np.asarray(values, dtype=np.float64)) for name, values in differences.items()}
    corrected = holm([one.p for one in found.values()])
    return {
        name: Ratio(one.interval, tuple(float(value) for value in differences[name]), one.p, p)
        for (name, one), p in zip(found.items(), corrected, strict=True)
    }


def share(log_ratio: float) -> float:
    """A log ratio as a change of the error; infinite stays infinite."""
    return math.expm1(log_ratio) if log_ratio < 700 else math.inf
