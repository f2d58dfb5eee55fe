"""Rogue dimensions are found where they were planted, and nowhere else."""

import numpy as np
import pytest

from statescape.geometry import cosine, dimension_shares, rogue_dimensions, spikes, without


def states(n: int, d: int, seed: int = 0) -> np.ndarray:
    """States whose dimensions differ in spread by a log-normal factor, as those of trained models do."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)) * np.exp(0.3 * rng.standard_normal(d))


def test_shares_sum_to_one_and_one_huge_state_does_not_decide():
    plain = states(100, 64)
    huge = plain.copy()
    huge[0] *= 1e6
    assert dimension_shares(plain).sum() == pytest.approx(1)
    np.testing.assert_allclose(dimension_shares(huge), dimension_shares(plain))


@pytest.mark.parametrize(("n", "d"), [(7, 64), (90, 192), (400, 768)])
def test_planted_dimensions_are_found_heaviest_first_and_explain_the_cosines(n, d):
    points = states(n, d)
    points[:, 11] += 3 * np.sqrt(d)
    points[:, 40] -= 2 * np.sqrt(d)
    assert rogue_dimensions(points) == (11, 40)
    pairs = cosine(points[:-1], points[1:]).mean()
    cleaned = without(points, rogue_dimensions(points))
    assert pairs > 0.8 > 0.4 > abs(cosine(cleaned[:-1], cleaned[1:]).mean())


@pytest.mark.parametrize("n", [1, 3, 20, 300])
@pytest.mark.parametrize("d", [64, 192, 768])
def test_ordinary_states_have_none(n, d):
    found = [rogue_dimensions(states(n, d, seed)) for seed in range(10)]
    assert sum(map(len, found)) == 0


def test_units_and_order_of_states_do_not_matter():
    points = states(50, 64)
    points[:, 3] *= 30
    expected = rogue_dimensions(points)
    assert expected == (3,)
    assert rogue_dimensions(points[::-1] * 1e-3) == expected


def test_spikes_of_a_vector():
    vector = np.random.default_rng(0).standard_normal(768)
    assert spikes(vector) == ()
    vector[5], vector[700] = -20, 9
    assert spikes(vector) == (5, 700)
    assert spikes(vector * 1e-4 + 2) == (5, 700)
    assert spikes(np.array([0.0, 0, 0, 1])) == (3,)
