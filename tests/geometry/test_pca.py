"""PCA against the singular value decomposition, and what must not change it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statescape.errors import StatescapeError
from statescape.geometry import PCA, Moments


def cloud(n: int = 300, d: int = 7, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)) @ rng.standard_normal((d, d)) + 5 * rng.standard_normal(d)


def rotation(d: int, seed: int = 1) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((d, d)))[0]


def test_agrees_with_the_singular_value_decomposition():
    points = cloud()
    _, singular, axes = np.linalg.svd(points - points.mean(0), full_matrices=False)
    pca = PCA.fit(points)
    np.testing.assert_allclose(np.abs(np.sum(pca.components * axes, axis=1)), 1, atol=1e-10)
    np.testing.assert_allclose(pca.explained_variance_ratio, singular**2 / (singular**2).sum(), atol=1e-12)


def test_float32_rows_over_many_blocks_lose_nothing_even_far_from_zero():
    points = (cloud(n=9001) + 1000).astype(np.float32)
    exact = np.cov(points.astype(np.float64), rowvar=False, bias=True)
    np.testing.assert_allclose(Moments.of(points).covariance, exact, rtol=1e-10, atol=1e-10)


def test_the_largest_entry_of_every_component_is_positive():
    for seed in range(5):
        components = PCA.fit(cloud(seed=seed)).components
        assert (components[np.arange(7), np.abs(components).argmax(axis=1)] > 0).all()


def test_a_point_cloud_on_a_line_is_explained_by_its_direction():
    direction = np.array([3.0, 0.0, -4.0]) / 5
    points = np.linspace(-1, 1, 11)[:, None] * direction + [1.0, 2.0, 3.0]
    pca = PCA.fit(points, k=1)
    np.testing.assert_allclose(pca.components[0], -direction, atol=1e-12)
    np.testing.assert_allclose(pca.explained_variance_ratio, [1.0])
    np.testing.assert_allclose(pca.project(points, k=1)[:, 0], np.linspace(1, -1, 11), atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.01, 100))
def test_rotation_shift_scale_and_order_change_coordinates_by_sign_and_scale_only(seed, scale):
    points = cloud(n=40, d=5, seed=seed)
    moved = (points @ rotation(5, seed).T * scale + 3)[np.random.default_rng(seed).permutation(40)]
    before, after = PCA.fit(points), PCA.fit(moved)
    np.testing.assert_allclose(after.explained_variance_ratio, before.explained_variance_ratio, atol=1e-9)
    np.testing.assert_allclose(
        np.sort(np.abs(after.project(moved, 1)[:, 0])),
        scale * np.sort(np.abs(before.project(points, 1)[:, 0])),
        rtol=1e-5,
    )


def test_projecting_is_linear_from_the_mean():
    points = cloud()
    pca = PCA.fit(points, k=3)
    np.testing.assert_allclose(pca.project(points, 3), (points - points.mean(0)) @ pca.components.T, atol=1e-10)
    np.testing.assert_allclose(pca.project(pca.mean[None], 3), 0, atol=1e-10)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: PCA.fit(cloud(), k=8), "8 principal components of 7 dimensions do not exist"),
        (lambda: PCA.fit(np.ones((4, 3))), "All points are equal"),
        (lambda: PCA.fit(cloud(n=1)), "at least two points"),
        (lambda: PCA.fit(cloud(), k=1).project(cloud(), k=2), "keeps 1 components; 2 were asked for"),
    ],
)
def test_refusals(ask, says):
    with pytest.raises(StatescapeError, match=says):
        ask()
