"""The sphere against a plain computation, and what must not move its points."""

import numpy as np
import pytest

from statescape.errors import StatescapeError
from statescape.geometry import PCA, Sphere

RNG = np.random.default_rng(3)
POINTS = RNG.standard_normal((400, 6)) @ RNG.standard_normal((6, 6)) + RNG.standard_normal(6)


def test_equals_standardise_pca_and_unit_norm_done_plainly():
    z = (POINTS - POINTS.mean(0)) / POINTS.std(0)
    coordinates = PCA.fit(z, 3).project(z, 3)
    sphere = Sphere.fit(POINTS)
    np.testing.assert_allclose(sphere.coordinates(POINTS), coordinates, atol=1e-9)
    np.testing.assert_allclose(
        sphere.project(POINTS), coordinates / np.linalg.norm(coordinates, axis=1, keepdims=True), atol=1e-9
    )
    np.testing.assert_allclose(sphere.explained_share, coordinates.var(0).sum() / 6)


def test_the_units_of_a_coordinate_do_not_matter():
    units = np.array([1, 10, 0.1, 5, 1e4, 1e-4])
    np.testing.assert_allclose(
        Sphere.fit(POINTS * units).project(POINTS * units), Sphere.fit(POINTS).project(POINTS), atol=1e-8
    )


def test_origins_share_their_axes_and_differ_in_where_directions_start():
    mean, zero = Sphere.fit(POINTS, "mean"), Sphere.fit(POINTS, "zero")
    np.testing.assert_allclose(mean.components, zero.components)
    np.testing.assert_allclose(zero.coordinates(POINTS), (POINTS / POINTS.std(0)) @ zero.components.T, atol=1e-9)
    # Seen from zero a point and its double lie in one direction; seen from the mean they do not.
    np.testing.assert_allclose(zero.project(POINTS), zero.project(2 * POINTS), atol=1e-9)
    assert np.abs(mean.project(POINTS) - mean.project(2 * POINTS)).max() > 0.1


def test_the_origin_itself_stays_at_the_centre():
    np.testing.assert_array_equal(Sphere.fit(POINTS, "zero").project(np.zeros((1, 6))), 0)


def test_angles_in_three_dimensions_are_seen_as_they_are():
    points = RNG.standard_normal((100, 3))
    sphere = Sphere.fit(points)
    np.testing.assert_allclose(sphere.seen_angle(points[:50], points[50:]), sphere.true_angle(points[:50], points[50:]))
    np.testing.assert_allclose(sphere.shown_share(points), 1)


def test_known_angles():
    sphere = Sphere("zero", np.zeros(4), np.ones(4), np.eye(4)[:3], np.full(3, 0.25))
    a, b = np.array([[1.0, 0, 0, 1]]), np.array([[0.0, 1, 0, 1]])
    np.testing.assert_allclose(np.degrees(sphere.true_angle(a, b)), 60)
    np.testing.assert_allclose(np.degrees(sphere.seen_angle(a, b)), 90)
    np.testing.assert_allclose(sphere.shown_share(a), 0.5)
    tiny = np.array([[1.0, 1e-9, 0, 1]])
    np.testing.assert_allclose(sphere.seen_angle(a, tiny), 1e-9, rtol=1e-6)


def test_refusals():
    with pytest.raises(StatescapeError, match="at least 3 dimensions; got 2"):
        Sphere.fit(POINTS[:, :2])
    with pytest.raises(StatescapeError, match=r"The origin of the sphere is one of .*; got 'centre'"):
        Sphere.fit(POINTS, "centre")
