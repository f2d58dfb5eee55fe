"""Cosines in closed form, their invariances, and the nulls against theory."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from statescape.errors import StatescapeError
from statescape.geometry import best_of_isotropic, cosine, cosine_contributions, cosine_to, random_row_null, without

RNG = np.random.default_rng(5)


def test_known_cosines():
    assert cosine(np.array([1.0, 0.0]), np.array([1.0, 1.0])) == pytest.approx(np.sqrt(0.5))
    np.testing.assert_allclose(cosine(np.array([[2.0, 0], [0, -3]]), np.array([4.0, 0])), [1, 0])
    assert np.isnan(cosine(np.zeros(2), np.ones(2)))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(1e-3, 1e3))
def test_cosine_ignores_rotation_and_length(seed, scale):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((4, 9)), rng.standard_normal((4, 9))
    turn = np.linalg.qr(rng.standard_normal((9, 9)))[0]
    np.testing.assert_allclose(cosine(scale * a @ turn, b @ turn), cosine(a, b), atol=1e-12)


def test_contributions_sum_to_the_cosine_and_say_who_made_it():
    a = np.array([100.0, 1, 1, -1])
    b = np.array([100.0, -1, 1, 1])
    contributions = cosine_contributions(a, b)
    assert contributions.sum() == pytest.approx(cosine(a, b))
    assert contributions[0] > 0.99
    assert cosine(without(a, (0,)), without(b, (0,))) == pytest.approx(-1 / 3)


def test_every_row_against_one_vector_over_many_blocks():
    rows = RNG.standard_normal((5000, 8)).astype(np.float32)
    rows[17] = 0
    vector = RNG.standard_normal(8)
    expected = [
        np.nan if not row.any() else row @ vector / np.linalg.norm(row) / np.linalg.norm(vector) for row in rows
    ]
    np.testing.assert_allclose(cosine_to(rows, vector), expected, atol=1e-6)
    np.testing.assert_allclose(cosine_to(rows, vector), cosine(rows, vector), atol=1e-12)


def test_the_best_of_many_rows_for_a_random_direction_is_near_the_theory():
    n, d = 20_000, 256
    rows = RNG.standard_normal((n, d)).astype(np.float32)
    null = best_of_isotropic(rows, draws=200, seed=1)
    # A cosine with an isotropic direction is Beta((d-1)/2, (d-1)/2) on [-1, 1]; its best of n, exactly:
    levels = scipy.stats.beta.ppf(np.array([0.025, 0.5, 0.975]) ** (1 / n), (d - 1) / 2, (d - 1) / 2) * 2 - 1
    assert null.mean == pytest.approx(levels[1], abs=0.004)
    assert null.low == pytest.approx(levels[0], abs=0.006)
    assert null.high == pytest.approx(levels[2], abs=0.015)
    assert null.mean == pytest.approx(np.sqrt(2 * np.log(n) / d), rel=0.15)


def test_the_null_depends_on_the_seed_only_not_on_lengths_order_or_rotation_of_its_law():
    rows = RNG.standard_normal((3000, 32))
    null = best_of_isotropic(rows, draws=100, seed=4)
    assert null == best_of_isotropic(rows, draws=100, seed=4)
    shuffled = best_of_isotropic(RNG.permutation(rows * RNG.uniform(0.1, 9, (3000, 1))), draws=100, seed=4)
    assert shuffled.mean == pytest.approx(null.mean, abs=1e-9)
    turned = best_of_isotropic(rows @ np.linalg.qr(RNG.standard_normal((32, 32)))[0], draws=400, seed=9)
    assert turned.mean == pytest.approx(null.mean, abs=0.015)
    assert (null.draws, null.seed) == (100, 4)


def test_a_single_line_of_rows_has_the_null_of_one_cosine_and_its_opposite_is_not_chosen():
    rows = np.vstack([np.eye(3)[0], np.zeros(3)])
    null = best_of_isotropic(rows, draws=4000, seed=0)
    # In three dimensions a coordinate of a random direction is uniform on [-1, 1] (Archimedes).
    assert null.mean == pytest.approx(0, abs=0.03)
    assert null.low == pytest.approx(-0.95, abs=0.02)


def test_random_row_null_counts_every_row():
    rows = np.array([[1.0, 0], [0, 1], [-1, 0], [0, -1]])
    null = random_row_null(rows, np.array([2.0, 0]))
    assert (null.mean, null.draws, null.seed) == (0.0, 4, None)
    assert null.low == pytest.approx(-0.925)
    assert null.high == pytest.approx(0.925)


def test_refusals():
    with pytest.raises(StatescapeError, match="Dimension 5 does not exist in points of 4 dimensions"):
        without(np.ones((2, 4)), (1, 5))
    with pytest.raises(StatescapeError, match="leaves nothing"):
        without(np.ones((2, 2)), (0, 1))
