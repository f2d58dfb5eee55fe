"""Intervals of a mean agree with SciPy's, and hold the truth about as often as they say, from three values on."""

import numpy as np
import pytest
from scipy import stats
from scipy.stats import bootstrap

from statescape.errors import StatescapeError
from statescape.statistics.intervals import FEW, bootstrap_mean, bootstrap_means, mean_interval, mean_intervals


@pytest.mark.parametrize(("n", "level"), [(5, 0.95), (30, 0.95), (200, 0.8)])
def test_agrees_with_scipy(n, level):
    values = np.random.default_rng(n).lognormal(size=n)
    ours = bootstrap_mean(values, seed=1, level=level)
    theirs = bootstrap(
        (values,), np.mean, confidence_level=level, method="percentile", n_resamples=9999, rng=np.random.default_rng(2)
    ).confidence_interval
    width = theirs.high - theirs.low
    assert ours.mean == values.mean()
    assert ours.low == pytest.approx(theirs.low, abs=0.05 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.05 * width)


def test_holds_the_true_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    intervals = [bootstrap_mean(rng.normal(3.0, 1.0, 40), seed=trial, level=0.9) for trial in range(300)]
    share = np.mean([interval.low <= 3.0 <= interval.high for interval in intervals])
    assert 0.84 < share < 0.95


def test_same_seed_same_interval():
    values = np.random.default_rng(0).normal(size=20)
    assert bootstrap_mean(values, 4) == bootstrap_mean(values, 4) != bootstrap_mean(values, 5)


def test_a_diverged_network_is_a_value_like_others():
    one_in_ten = bootstrap_mean(np.array([*range(9), np.inf], dtype=float), 0)
    assert one_in_ten.mean == one_in_ten.high == np.inf
    assert np.isfinite(one_in_ten.low)


def test_one_value_has_no_interval_and_equal_values_no_width():
    alone = bootstrap_mean(np.array([2.0]), 0)
    assert alone.mean == 2.0
    assert np.isnan([alone.low, alone.high]).all()
    same = bootstrap_mean(np.full(10, 0.25), 0)
    assert same.low == same.high == 0.25


@pytest.mark.parametrize(
    ("values", "level", "words"), [([], 0.95, "at least one"), ([1, np.nan], 0.95, "no NaN"), ([1, 2], 1.0, "0 and 1")]
)
def test_refusals(values, level, words):
    with pytest.raises(StatescapeError, match=words):
        bootstrap_mean(np.array(values, dtype=float), 0, level)


def test_many_means_at_once_are_those_of_each_alone():
    rng = np.random.default_rng(3)
    values = rng.standard_normal((40, 3)) + np.array([0.0, 5.0, -2.0])
    together = bootstrap_means(values, seed=1)
    for column, interval in enumerate(together):
        alone = bootstrap_mean(values[:, column], seed=1)
        assert (interval.mean, interval.n) == (pytest.approx(alone.mean), 40)
        assert (interval.low, interval.high) == (pytest.approx(alone.low), pytest.approx(alone.high))


def test_a_missing_value_leaves_its_mean_to_the_others():
    values = np.array([[1.0, np.nan], [2.0, np.nan], [6.0, 4.0], [np.nan, 8.0], [3.0, np.nan]])
    first, second = bootstrap_means(values, seed=0)
    assert (first.mean, first.n, second.mean, second.n) == (3.0, 4, 6.0, 2)
    assert 1.0 <= first.low < first.high <= 6.0
    assert (second.low, second.high) == (4.0, 8.0)
    nothing = bootstrap_means(np.full((3, 1), np.nan), seed=0)[0]
    assert nothing.n == 0
    assert np.isnan([nothing.mean, nothing.low, nothing.high]).all()
    assert np.isnan(bootstrap_means(np.array([[1.0]]), seed=0)[0].low)


def coverage(draw, n, truth, samples):
    """How often the interval of n values holds the true mean."""
    rng = np.random.default_rng([n, samples])
    found = [mean_interval(draw(rng, n), seed) for seed in range(samples)]
    return np.mean([one.low <= truth <= one.high for one in found])


def log_normal(sigma):
    return (lambda rng, n: rng.lognormal(0.0, sigma, n)), np.exp(sigma**2 / 2.0)


@pytest.mark.slow
@pytest.mark.parametrize("n", [3, 5, 10, 30])
def test_an_interval_of_95_percent_holds_the_mean_of_normal_values_in_93_to_97(n):
    assert 0.93 <= coverage(lambda rng, n: rng.normal(2.0, 0.5, n), n, 2.0, 4000) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("n", [3, 5, 10, 30])
def test_errors_as_skewed_as_those_of_networks_hold_nearly_as_often(n):
    """Log-normal: the logs of NARMA10's errors spread by 0.14 at the defaults of `esn`; 0.5 is a rough task."""
    assert coverage(*_of(log_normal(0.2), n), 4000) >= 0.92
    assert coverage(*_of(log_normal(0.5), n), 4000) >= 0.89


def _of(drawn, n):
    draw, truth = drawn
    return draw, n, truth


@pytest.mark.parametrize("n", [2, 3, 10, FEW - 1])
def test_few_values_have_students_interval(n):
    values = np.random.default_rng(n).normal(3.0, 1.0, n)
    ours, theirs = mean_interval(values, 0), stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))
    assert ours.method == "Student's t"
    assert ours.mean == pytest.approx(values.mean())


def test_many_values_have_the_bootstraps():
    values = np.random.default_rng(0).lognormal(size=FEW)
    assert mean_interval(values, 5) == bootstrap_mean(values, 5)
    assert mean_interval(values, 5).method == "bootstrap"


@pytest.mark.parametrize("n", [2, 3, 10, 40])
def test_a_diverged_trial_leaves_an_infinite_end_and_the_other_as_it_is(n):
    values = np.random.default_rng(n).normal(3.0, 0.1, n)
    values[-1] = np.inf
    one = mean_interval(values, 0)
    assert one.mean == one.high == np.inf
    assert one.low < values[:-1].max()
    assert np.isfinite(one.low) == (n > 2)
    below = mean_interval(-values, 0)
    assert below.low == -np.inf
    assert below.high == pytest.approx(-one.low) or n == 40
    lost = mean_interval(np.full(n, np.inf), 0)
    assert lost.mean == lost.high == np.inf
    both = np.array([-np.inf, *values])
    assert (mean_interval(both, 0).low, mean_interval(both, 0).high) == (-np.inf, np.inf)


def test_each_column_has_the_interval_of_its_own_number_of_values():
    values = np.random.default_rng(0).normal(size=(FEW + 5, 4))
    values[6:, 0] = np.nan
    values[: 5 + 1, 1] = np.nan
    values[1:, 2] = np.nan
    values[:, 3] = np.nan
    few, fewer, alone, none = mean_intervals(values, 0)
    assert few == mean_interval(values[:6, 0], 0)
    assert (few.method, fewer.method, fewer.n) == ("Student's t", "Student's t", FEW - 1)
    assert np.isnan(alone.low)
    assert alone.n == 1
    assert np.isnan(none.mean)
    assert none.n == 0
    whole = np.random.default_rng(1).normal(size=(FEW, 2))
    for ours, theirs in zip(mean_intervals(whole, 3), bootstrap_means(whole, 3), strict=True):
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))
        assert ours.method == "bootstrap"


@pytest.mark.parametrize("values", [[1.0], [1, 2, 4], [1, 2, np.inf], [1, 2, -np.inf], [np.inf, np.inf], range(40)])
def test_all_numbers_of_an_interval_are_pythons_own(values):
    values = np.array(values, dtype=float)
    one = mean_interval(values, 0)
    for interval in (one, *mean_intervals(values[:, None], 0)):
        assert {type(number) for number in (interval.mean, interval.low, interval.high)} == {float}
    assert "np." not in repr(one)
