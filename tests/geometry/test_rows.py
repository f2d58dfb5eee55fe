"""A multiple of a matrix reads as the array of its products, and makes those only that are asked for."""

import numpy as np
import pytest

from statescape.geometry import PCA, Moments, Multiple, cosine_to, random_row_null, unit
from statescape.geometry.moments import mean_of

MATRIX = np.random.default_rng(0).standard_normal((5000, 6)).astype(np.float32)
ROWS, PRODUCTS = Multiple(MATRIX, 3.7), MATRIX * np.float32(3.7)


@pytest.mark.parametrize("which", [7, [1, 4], slice(3, 90), (slice(None), [0, 2]), (3, 1), np.arange(5000) % 2 == 0])
def test_what_is_read_is_what_the_array_of_the_products_holds(which):
    np.testing.assert_array_equal(ROWS[which], PRODUCTS[which])


def test_all_that_takes_an_array_takes_it():
    assert (len(ROWS), ROWS.shape, ROWS.dtype, ROWS.size, ROWS.ndim) == (5000, (5000, 6), np.float32, 30000, 2)
    assert repr(ROWS) == "Multiple of 5,000 rows of width 6: 3.7 times a matrix"
    vector = np.arange(6, dtype=np.float32)
    for found, expected in (
        (np.asarray(ROWS, dtype=np.float64), PRODUCTS.astype(np.float64)),
        (ROWS @ vector, PRODUCTS @ vector),
        (vector @ ROWS.T, vector @ PRODUCTS.T),
        (ROWS - 1, PRODUCTS - 1),
        (2 / ROWS, 2 / PRODUCTS),
        (np.linalg.norm(ROWS, axis=1), np.linalg.norm(PRODUCTS, axis=1)),
        (np.square(ROWS, dtype=np.float64), np.square(PRODUCTS, dtype=np.float64)),
        (np.concatenate([ROWS, PRODUCTS]), np.concatenate([PRODUCTS, PRODUCTS])),
        (unit(np.asarray(ROWS)), unit(PRODUCTS)),
        (ROWS.mean(axis=0), PRODUCTS.mean(axis=0)),
        (cosine_to(ROWS, vector), cosine_to(PRODUCTS, vector)),
        (PCA.fit(PRODUCTS).project(ROWS), PCA.fit(PRODUCTS).project(PRODUCTS)),
    ):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_allclose(mean_of(ROWS), PRODUCTS.mean(axis=0, dtype=np.float64), rtol=1e-12)
    np.testing.assert_allclose(Moments.of(ROWS).covariance, Moments.of(PRODUCTS).covariance, rtol=1e-12)
    assert random_row_null(ROWS, vector) == random_row_null(PRODUCTS, vector)
