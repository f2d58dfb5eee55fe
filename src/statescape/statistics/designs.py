"""Balanced designs: where a variance comes from, and the mean over cells whose runs have something in common.

Crossed random factors are told apart by the analysis of variance, which is ours since that of statsmodels knows fixed
factors only; a mean over cells of the same runs is that of a linear mixed model, fitted by statsmodels.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy import stats


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


def marginal_means(values: Float[np.ndarray, "cells runs"], level: float = 0.95) -> tuple[float, float, float]:
    """The mean over the cells with its interval: cells are fixed effects, the run is a random one.

    Runs of one number share a seed, so their values in different cells are not independent; the random intercept
    carries what they have in common (Laird and Ware, Biometrics 38, 1982; REML). The interval is Student's with one
    degree of freedom less than there are runs.

    Args:
        values: one row for each cell, one column for each run.
        level: of the interval.

    Returns:
        Mean, lower and upper end.
    """
    import statsmodels.api as sm

    cells, runs = values.shape
    design = np.kron(np.eye(cells), np.ones((runs, 1)))
    groups = np.tile(np.arange(runs), cells)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a variance of 0 between runs is a result, not a fault
        fit = sm.MixedLM(values.ravel(), design, groups=groups).fit(reml=True)
    contrast = np.full(cells, 1.0 / cells)
    mean = float(contrast @ fit.fe_params)
    error = float(np.sqrt(contrast @ fit.cov_params()[:cells, :cells] @ contrast))
    reach = float(stats.t.ppf((1.0 + level) / 2.0, runs - 1)) * error
    return mean, mean - reach, mean + reach
