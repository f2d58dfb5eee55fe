"""Samples in, intervals and tests out."""

from statescape.arguments import opened
from statescape.statistics.designs import marginal_means, variance_components
from statescape.statistics.intervals import MeanInterval, mean_interval, mean_intervals
from statescape.statistics.permutation import holm, sign_flip, smallest_visible
from statescape.statistics.student import StudentMean, student_mean

__all__ = [
    "MeanInterval",
    "StudentMean",
    "holm",
    "marginal_means",
    "mean_interval",
    "mean_intervals",
    "sign_flip",
    "smallest_visible",
    "student_mean",
    "variance_components",
]

opened(globals())
