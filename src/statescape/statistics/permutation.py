"""Is a mean difference more than chance? Sign-flip permutation, Holm, and what a design could have seen.

Under the null hypothesis every difference is as likely as its opposite, so all patterns of signs are equally likely
(Fisher, The Design of Experiments, 1935). Differences that share a draw form a cluster and flip together. Several
p-values are corrected by Holm's step-down procedure (Scandinavian J. Statistics 6, 1979).

Both are ours. SciPy's `permutation_test` gives the same p where all patterns are counted, takes 5 to 20 times as long
and draws other patterns, which would change what kept runs say; statsmodels corrects alike to the last bit, but needs
seconds to import for these eight lines.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy import stats

from statescape.errors import StatescapeError

# Up to so many differences all patterns are counted; beyond, so many are drawn.
EXACT_UP_TO = 14
RESAMPLES = 20_000
AT_ONCE = 2_000_000  # signs drawn at a time, so that memory stays small
# Differences beyond this count as this: an infinite log ratio is a ratio of a trillion and more.
BOUND = 30.0


def sign_flip(differences: Float[np.ndarray, " pairs"], seed: int = 0) -> float:
    """One-sided p-value for a mean below 0.

    Args:
        differences: independent under the null hypothesis and then symmetric around 0. Infinite ones count as
            `BOUND`; those of clusters are given as one mean a cluster.
        seed: of the drawn patterns, where there are too many to count.

    Returns:
        Share of sign patterns whose mean is as low as that observed; the observed one counts among them.

    Raises:
        StatescapeError: without differences, or where one is NaN.
    """
    if not len(differences) or np.isnan(differences).any():
        raise StatescapeError("A sign-flip test needs at least one difference, and none that is NaN.")
    values = np.clip(differences, -BOUND, BOUND)
    count = len(values)
    if count <= EXACT_UP_TO:
        patterns = 1.0 - 2.0 * ((np.arange(2**count)[:, None] >> np.arange(count)) & 1)
        sums = patterns @ values
        return float((sums <= values.sum() + _tolerance(values)).mean())
    rng = np.random.default_rng(seed)
    as_low, rows = 0, max(1, AT_ONCE // count)
    for start in range(0, RESAMPLES, rows):
        signs = 1.0 - 2.0 * rng.integers(0, 2, (min(rows, RESAMPLES - start), count))
        as_low += int((signs @ values <= values.sum() + _tolerance(values)).sum())
    return (as_low + 1) / (RESAMPLES + 1)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm's adjusted p-values, in the order given; the family-wise error stays below the level they are held to."""
    if not len(p_values):
        return ()
    order = np.argsort(p_values, kind="stable")
    ascending = np.asarray(p_values, dtype=np.float64)[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(ascending), 1.0)
    return tuple(float(value) for value in adjusted)


def smallest_visible(differences: Float[np.ndarray, " pairs"], alpha: float = 0.05, power: float = 0.8) -> float:
    """The smallest mean difference that so many pairs of this spread would have shown, one-sided.

    The normal approximation for a paired design: (z_alpha + z_power) s / sqrt(n).

    Args:
        differences: as observed; only their spread counts.
        alpha: level of the test.
        power: probability to see it.

    Returns:
        In the units of the differences, positive; infinite for fewer than two pairs.
    """
    values = np.clip(differences, -BOUND, BOUND)
    if len(values) < 2:
        return float("inf")
    quantiles = stats.norm.isf(alpha) + stats.norm.isf(1.0 - power)
    return float(quantiles * values.std(ddof=1) / np.sqrt(len(values)))


def _tolerance(values: Float[np.ndarray, " pairs"]) -> float:
    """Sums that differ by rounding only count as equal."""
    return 1e-12 * float(np.abs(values).sum())
