"""Samples in, intervals and tests out."""

from statescape.statistics.intervals import MeanInterval, bootstrap_mean

__all__ = ["MeanInterval", "bootstrap_mean"]
