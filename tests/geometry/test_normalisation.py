"""The three normalisations, by what they must leave in the points."""

import numpy as np
import pytest

from statescape.errors import StatescapeError
from statescape.geometry import Normalisation

POINTS = np.random.default_rng(0).standard_normal((50, 4)) * [1, 10, 100, 0.1] + [0, 1, -1000, 5]


def test_none_leaves_the_points():
    np.testing.assert_array_equal(Normalisation.fit(POINTS, "none").apply(POINTS), POINTS)


def test_vector_keeps_directions_and_gives_norm_one():
    normed = Normalisation.fit(POINTS, "vector").apply(POINTS)
    np.testing.assert_allclose(np.linalg.norm(normed, axis=1), 1)
    np.testing.assert_allclose(normed * np.linalg.norm(POINTS, axis=1, keepdims=True), POINTS)
    np.testing.assert_array_equal(Normalisation.fit(POINTS, "vector").apply(np.zeros((1, 4))), 0)


def test_dimension_centres_and_scales_by_the_reference_not_by_the_points():
    normalisation = Normalisation.fit(POINTS, "dimension")
    normed = normalisation.apply(POINTS)
    np.testing.assert_allclose(normed.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(normed.std(0), 1)
    other = POINTS[:3] + 7
    np.testing.assert_allclose(normalisation.apply(other), (other - POINTS.mean(0)) / POINTS.std(0), atol=1e-9)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9])
def test_a_constant_column_is_centred_and_not_blown_up(value):
    points = POINTS.copy()
    points[:, 2] = value
    normed = Normalisation.fit(points, "dimension").apply(points)
    assert np.abs(normed[:, 2]).max() <= 1e-6 * max(value, 1)
    np.testing.assert_allclose(normed[:, [0, 1, 3]].std(0), 1)


def test_an_unknown_kind_is_refused():
    with pytest.raises(StatescapeError, match="The normalisation is one of none, vector, dimension; got 'layer'"):
        Normalisation.fit(POINTS, "layer")
