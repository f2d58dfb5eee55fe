"""Labels never lie on each other, and ticks are numbers one counts by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statescape.views.core.labels import every, thinned


@given(st.integers(0, 1000), st.integers(1, 60))
def test_no_two_labels_touch_and_the_last_is_kept(seed, count):
    points = np.random.default_rng(seed).random((count, 2))
    chosen = thinned(points, (0.2, 0.1))
    assert count - 1 in chosen
    for i in chosen:
        for j in chosen:
            assert i == j or (np.abs(points[i] - points[j]) >= (0.2, 0.1)).any()


def test_where_there_is_room_all_are_kept():
    assert thinned(np.arange(10.0)[:, None] * [1, 1], (0.5, 0.5)) == list(range(10))


@pytest.mark.parametrize(("count", "step"), [(7, 1), (13, 1), (25, 2), (49, 4), (97, 8), (1, 1)])
def test_ticks(count, step):
    ticks = every(count, 13)
    assert ticks == list(range(0, count, step))
    assert len(ticks) <= 13
