"""Sign flips and Holm against SciPy and statsmodels, and their false alarms on simulated nulls."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from statescape.errors import StatescapeError
from statescape.statistics import holm, sign_flip, smallest_visible


@pytest.mark.parametrize("count", [5, 10, 13])
def test_few_differences_are_counted_exactly_as_by_scipy(count: int) -> None:
    values = np.random.default_rng(count).normal(-0.4, 1.0, count)
    theirs = stats.permutation_test(
        (values,), np.mean, permutation_type="samples", alternative="less", n_resamples=np.inf
    )
    assert sign_flip(values) == pytest.approx(theirs.pvalue, abs=1e-12)


def test_many_differences_are_sampled_close_to_the_normal_limit() -> None:
    values = np.random.default_rng(1).normal(-0.25, 1.0, 60)
    z = values.sum() / np.sqrt((values**2).sum())
    assert sign_flip(values) == pytest.approx(stats.norm.cdf(z), abs=0.01)


def test_a_sampled_p_value_is_never_zero() -> None:
    assert sign_flip(np.full(40, -5.0)) == pytest.approx(1 / 20_001)


@pytest.mark.parametrize("count", [12, 30])
def test_at_most_one_in_twenty_nulls_alarms(count: int) -> None:
    rng = np.random.default_rng(2)
    alarms = sum(sign_flip(rng.standard_t(3, count), seed) <= 0.05 for seed in range(400))
    assert alarms <= stats.binom.ppf(0.999, 400, 0.05)
    assert alarms > 0


def test_holm_as_statsmodels() -> None:
    p_values = np.random.default_rng(3).uniform(0, 0.2, 11)
    np.testing.assert_allclose(holm(p_values.tolist()), multipletests(p_values, method="holm")[1])
    assert holm([]) == ()


@pytest.mark.slow
def test_eleven_true_nulls_together_alarm_in_at_most_one_of_twenty_cases() -> None:
    rng = np.random.default_rng(4)
    alarms = 0
    for _ in range(200):
        champion = rng.normal(size=30)
        p_values = [sign_flip(champion - rng.normal(size=30)) for _ in range(11)]
        alarms += min(holm(p_values)) <= 0.05
    assert alarms <= stats.binom.ppf(0.999, 200, 0.05)


def test_the_smallest_visible_gain_is_seen_in_four_of_five_cases() -> None:
    rng = np.random.default_rng(5)
    gain = smallest_visible(rng.normal(size=20_000)[:30] / 1.0)
    seen = sum(sign_flip(rng.normal(-gain, 1.0, 30)) <= 0.05 for _ in range(300))
    assert 0.65 < seen / 300 < 0.92


def test_infinite_differences_count_and_nan_is_refused() -> None:
    assert sign_flip(np.array([-np.inf] * 6)) == pytest.approx(1 / 64)
    with pytest.raises(StatescapeError, match="NaN"):
        sign_flip(np.array([np.nan]))
    with pytest.raises(StatescapeError, match="at least one"):
        sign_flip(np.array([]))
