"""The bootstrap of a mean agrees with SciPy's, and holds the truth about as often as it says."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from statescape.errors import StatescapeError
from statescape.statistics.intervals import bootstrap_mean, bootstrap_means


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
