"""Energy, height and angles in closed form, and that the frame does not matter."""

import numpy as np
import pytest
import scipy.linalg

from statescape.errors import StatescapeError
from statescape.geometry import Subspace, principal_angles

RNG = np.random.default_rng(7)


def flat_cloud(n: int = 500) -> np.ndarray:
    """Spread 3, 2 and 1 along the first three axes, nothing along the other two, around (1, 1, 1, 1, 1)."""
    spread = RNG.standard_normal((n, 3))
    spread -= spread.mean(0)
    spread = np.linalg.qr(spread)[0] * np.sqrt(n)
    return np.hstack([spread * [3, 2, 1], np.zeros((n, 2))]) + 1


def test_the_smallest_subspace_that_holds_the_share_is_taken():
    cloud = flat_cloud()
    for share, k, held in [(0.5, 1, 9 / 14), (9 / 14, 1, 9 / 14), (0.9, 2, 13 / 14), (0.99, 3, 1), (1.0, 3, 1)]:
        subspace = Subspace.fit(cloud, share)
        assert (subspace.k, subspace.variance_share) == (k, pytest.approx(held))
        assert subspace.isotropic_expectation == k / 5


def test_energy_and_height_of_known_points():
    subspace = Subspace.fit(flat_cloud(), 0.9)
    points = np.array([[4.0, 1, 1, 1, 1], [1, 1, 1, 5, 1], [4, 1, 1, 5, 1]])
    np.testing.assert_allclose(subspace.energy_inside(points), [1, 0, 9 / 25], atol=1e-12)
    np.testing.assert_allclose(subspace.outside(points), [0, 4, 4], atol=1e-12)
    assert np.isnan(subspace.energy_inside(subspace.mean[None]))[0]


def test_energy_and_height_do_not_depend_on_the_frame():
    cloud, points = flat_cloud() + 0.1 * RNG.standard_normal((500, 5)), RNG.standard_normal((20, 5)) * 4
    turn = np.linalg.qr(RNG.standard_normal((5, 5)))[0]
    here, there = Subspace.fit(cloud), Subspace.fit(2 * cloud @ turn + 3)
    np.testing.assert_allclose(there.energy_inside(2 * points @ turn + 3), here.energy_inside(points), atol=1e-9)
    np.testing.assert_allclose(there.outside(2 * points @ turn + 3), 2 * here.outside(points), atol=1e-9)


def test_isotropic_vectors_have_the_expected_energy():
    subspace = Subspace.fit(RNG.standard_normal((2000, 40)) * np.linspace(3, 0.1, 40))
    energy = subspace.energy_inside(RNG.standard_normal((4000, 40)) + subspace.mean)
    assert energy.mean() == pytest.approx(subspace.isotropic_expectation, abs=0.01)


def test_principal_angles_of_known_planes():
    tilt = np.radians(30)
    a = np.array([[1.0, 0, 0, 0], [0, 1, 0, 0]])
    b = np.array([[5.0, 0, 0, 0], [0, np.cos(tilt), np.sin(tilt), 0]])
    np.testing.assert_allclose(np.degrees(principal_angles(a, b)), [0, 30], atol=1e-6)
    # Rows that repeat themselves span no more; a line orthogonal to a plane stands at 90 degrees.
    np.testing.assert_allclose(np.degrees(principal_angles(np.vstack([a, a[0] + a[1]]), np.eye(4)[3:])), [90])


def test_principal_angles_agree_with_scipy_and_with_the_subspace():
    points = RNG.standard_normal((300, 12)) * np.linspace(3, 0.1, 12)
    subspace = Subspace.fit(points, 0.8)
    for rows in (RNG.standard_normal((3, 12)), RNG.standard_normal((9, 12)), subspace.basis[:2] + 1e-9):
        expected = scipy.linalg.subspace_angles(rows.T, subspace.basis.T)[::-1]
        np.testing.assert_allclose(subspace.principal_angles(rows), expected, atol=1e-9)
        np.testing.assert_allclose(principal_angles(rows, subspace.basis), expected, atol=1e-9)


def test_energy_is_the_same_by_what_lies_inside_and_by_what_lies_outside():
    points = RNG.standard_normal((300, 12)) * np.linspace(3, 0.1, 12)
    for share in (0.3, 0.95):
        subspace = Subspace.fit(points, share)
        centred = points - points.mean(0)
        inside = np.square(centred @ subspace.basis.T).sum(1) / np.square(centred).sum(1)
        np.testing.assert_allclose(subspace.energy_inside(points), inside, atol=1e-12)
        np.testing.assert_allclose(
            subspace.outside(points), np.linalg.norm(centred, axis=1) * np.sqrt(1 - inside), atol=1e-7
        )


def test_refusals():
    with pytest.raises(StatescapeError, match=r"above 0 and up to 1; got 90.0"):
        Subspace.fit(flat_cloud(), 90.0)
