"""Samples in, intervals and tests out."""

from statescape.statistics.intervals import MeanInterval, bootstrap_mean, bootstrap_means
from statescape.statistics.permutation import holm, sign_flip, smallest_visible

__all__ = ["MeanInterval", "bootstrap_mean", "bootstrap_means", "holm", "sign_flip", "smallest_visible"]
