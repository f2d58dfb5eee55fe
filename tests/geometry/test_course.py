"""The course of a path: exact on paths whose geometry is known, and what shuffling its steps leaves alone."""

import numpy as np
import pytest

from statescape.errors import StatescapeError
from statescape.geometry import Course, shuffled_steps


def test_a_square_is_known():
    course = Course.of(np.array([[1.0, 0], [2, 0], [2, 1], [1, 1]]))
    np.testing.assert_allclose(course.growth, [2, np.sqrt(5) / 2, np.sqrt(2 / 5)])
    np.testing.assert_allclose(course.step_angle, [0, 90, 180 - np.degrees(np.arctan(1 / 2))])
    np.testing.assert_allclose(course.turn, [90, 90])
    assert course.straightness == pytest.approx(1 / 3)
    assert course.means["growth"] == pytest.approx(np.sqrt(2) ** (1 / 3))


def test_a_straight_path_has_straightness_one_and_no_turn():
    course = Course.of(np.outer([1.0, 2, 5, 9], [3.0, 4]))
    assert course.straightness == pytest.approx(1)
    np.testing.assert_allclose(course.turn, 0, atol=1e-5)


def test_rotations_and_scales_change_nothing():
    rng = np.random.default_rng(0)
    states, turn = rng.standard_normal((7, 5)), np.linalg.qr(rng.standard_normal((5, 5)))[0]
    one, other = Course.of(states), Course.of(3 * states @ turn)
    for name in ("growth", "step_angle", "turn", "straightness"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name))


def test_shuffled_steps_lead_to_the_same_end_and_keep_the_seed():
    states = np.random.default_rng(1).standard_normal((6, 4)).cumsum(axis=0)
    one, again, other = (shuffled_steps(states, 50, seed) for seed in (1, 1, 2))
    assert one == again != other
    with pytest.raises(StatescapeError, match="seed"):
        shuffled_steps(states, seed=-1)


def test_a_path_that_zigzags_turns_more_than_its_steps_in_random_order():
    right, back = np.array([1.0, 0]), np.array([-0.9, 0.1])
    states = np.concatenate([[[5.0, 5]], np.tile([right, back], (8, 1))]).cumsum(axis=0)
    assert Course.of(states).means["turn"] > shuffled_steps(states)["turn"].high


def test_paths_that_stand_still_or_have_one_step():
    still = Course.of(np.ones((3, 2)))
    assert np.isnan(still.straightness)
    assert np.isnan(still.turn).all()
    assert np.isnan(still.means["turn"])
    short = Course.of(np.array([[1.0, 0], [1, 1]]))
    assert (len(short.growth), len(short.turn)) == (1, 0)
    assert np.isnan(shuffled_steps(np.ones((1, 2)), 3)["turn"].mean)
