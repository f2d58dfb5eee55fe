"""The linear map between states: exact where blocks are linear, nothing where they are not, honest on what is new."""

import numpy as np
import pytest

from statescape.errors import StatescapeError
from statescape.geometry import LinearMap


def pairs(n=400, d=12, seed=0, noise=0.0):
    rng = np.random.default_rng(seed)
    fixed = np.random.default_rng(99)
    matrix, offset = fixed.standard_normal((d, d)), fixed.standard_normal(d)
    before = rng.standard_normal((n, d)) * np.linspace(3, 0.5, d) + 2
    return before, before + before @ matrix + offset + noise * rng.standard_normal((n, d))


def test_a_linear_block_is_explained_whole_also_in_states_that_were_not_seen():
    found = LinearMap.fit(*pairs())
    assert found.explained(*pairs(seed=1)) == pytest.approx(1, abs=1e-4)
    assert found.carried(*pairs(seed=1)) == pytest.approx(1, abs=1e-4)
    assert found.states == 400


def test_noise_is_not_explained():
    rng = np.random.default_rng(3)
    before = rng.standard_normal((500, 10))
    found = LinearMap.fit(before, before + rng.standard_normal(before.shape))
    fresh = rng.standard_normal((500, 10))
    after = fresh + rng.standard_normal(fresh.shape)
    assert abs(found.explained(fresh, after)) < 0.05
    assert found.carried(fresh, after) == pytest.approx(0.5, abs=0.05)  # the stream carries itself: 1 of 1 + 1


def test_the_share_is_that_of_the_noise():
    """Variance of A x over variance of A x + noise, by construction."""
    before, after = pairs(4000, noise=3.0)
    found, (fresh, then) = LinearMap.fit(before, after), pairs(4000, seed=5, noise=3.0)
    whole = np.square(then - fresh - (then - fresh).mean(axis=0)).sum(axis=1).mean()
    assert found.explained(fresh, then) == pytest.approx(1 - 9 * 12 / whole, abs=0.02)


def test_ridge_is_that_of_the_normal_equations():
    before, after = pairs(60, 8, noise=2.0)
    found = LinearMap.fit(before, after)
    centred, added = before - before.mean(axis=0), after - before
    gram = centred.T @ centred
    shrunk = gram + found.penalty * np.trace(gram) / 8 * np.eye(8)
    np.testing.assert_allclose(found.matrix, np.linalg.solve(shrunk, centred.T @ (added - added.mean(axis=0))))


def test_rotations_of_the_space_change_nothing():
    turn = np.linalg.qr(np.random.default_rng(2).standard_normal((12, 12)))[0]
    (before, after), (fresh, then) = pairs(noise=1.0), pairs(seed=4, noise=1.0)
    one, other = LinearMap.fit(before, after), LinearMap.fit(before @ turn, after @ turn)
    assert one.explained(fresh, then) == pytest.approx(other.explained(fresh @ turn, then @ turn))


def test_few_states_are_refused():
    before, after = pairs(23, 12)
    with pytest.raises(StatescapeError, match="width 12 needs at least 24 states; got 23"):
        LinearMap.fit(before, after)


def test_a_block_that_adds_nothing():
    before = np.random.default_rng(0).standard_normal((30, 4))
    found = LinearMap.fit(before, before)
    assert np.isnan(found.explained(before, before))
    assert found.carried(before, before) == pytest.approx(1)


@pytest.mark.filterwarnings("error")
def test_states_that_are_all_alike_give_a_map_that_does_nothing():
    before = np.full((40, 4), 3.0)
    found = LinearMap.fit(before, before + 2.0)
    np.testing.assert_array_equal(found.matrix, 0)
    np.testing.assert_allclose(found.added, 2)


def test_states_of_another_width_and_states_that_are_no_numbers():
    before, after = pairs()
    found = LinearMap.fit(before, after)
    with pytest.raises(StatescapeError, match="of states of width 12; got width 11"):
        found.explained(before[:, 1:], after[:, 1:])
    after[3, 4] = np.nan
    for ask in (LinearMap.fit, found.explained, found.carried):
        with pytest.raises(StatescapeError, match="some are NaN or infinite"):
            ask(before, after)
