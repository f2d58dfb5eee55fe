"""A cloud drawn as pixels has its dots where the points are."""

import base64
import io

import numpy as np
from PIL import Image

from statescape.views.core.raster import SIDE, cloud_image


def pixels(points: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    data = cloud_image(points, low, high, 0.004)
    image = Image.open(io.BytesIO(base64.b64decode(data.removeprefix("data:image/png;base64,"))))
    return np.asarray(image.convert("RGBA"))[:, :, 3]


def test_dots_lie_where_the_points_are_with_y_upwards():
    low, high = np.array([0.0, 0.0]), np.array([4.0, 2.0])
    alpha = pixels(np.array([[1.0, 0.5], [3.0, 1.5]]), low, high)
    assert alpha.shape == (SIDE // 2, SIDE)
    rows, columns = np.nonzero(alpha)
    left = columns < SIDE / 2
    for x, y, mask in ((1.0, 0.5, left), (3.0, 1.5, ~left)):
        assert abs(columns[mask].mean() / (SIDE - 1) * 4 - x) < 0.01
        assert abs((1 - rows[mask].mean() / (SIDE / 2 - 1)) * 2 - y) < 0.01


def test_points_outside_are_left_out_and_many_on_one_place_grow_darker():
    low, high = np.zeros(2), np.ones(2)
    assert pixels(np.array([[2.0, 0.5], [-1.0, 0.5]]), low, high).max() == 0
    one, many = (pixels(np.full((n, 2), 0.5), low, high).max() for n in (1, 20))
    assert many > one > 0
