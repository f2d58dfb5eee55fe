"""A mean over cells whose runs share seeds: a linear mixed model, fitted by statsmodels."""

from __future__ import annotations

import warnings

import numpy as np
from jaxtyping import Float
from scipy import stats

# Runs in every cell from which on a mixed-effects analysis is made.
LEAST_RUNS = 10


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
