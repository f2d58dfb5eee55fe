"""A cloud of many points as pixels, under the lines and labels of an interactive figure.

Fifty thousand circles as SVG make a page crawl and as WebGL cost three contexts a figure; as one small picture they
cost nothing, print, and need no graphics card.
"""

from __future__ import annotations

import base64
import io
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from PIL import Image

from statescape.views.core.theme import GREY

TOGETHER = 20_000  # points drawn in one go
SIDE = 1100  # pixels along the longer side: sharp on a dense screen, and when zoomed in a little


def cloud_image(
    points: Float[np.ndarray, "n 2"], low: Float[np.ndarray, " 2"], high: Float[np.ndarray, " 2"], dot: float
) -> str:
    """A transparent PNG, as a data URI, of grey dots in the rectangle from `low` to `high`.

    Args:
        points: where the dots are.
        low: lower left corner of the rectangle.
        high: upper right corner.
        dot: diameter of a dot as a share of the picture's longer side.
    """
    corners = np.stack([low, high]).astype(np.float64)
    return _drawn(np.ascontiguousarray(points, dtype=np.float64).tobytes(), corners.tobytes(), dot)


@lru_cache(maxsize=8)
def _drawn(points: bytes, corners: bytes, dot: float) -> str:
    """The picture; the last few are kept, since a cloud stays as it is while one asks of path after path."""
    of = np.frombuffer(points).reshape(-1, 2)
    low, high = np.frombuffer(corners).reshape(2, 2)
    extent = np.maximum(high - low, 1e-12)
    width, height = np.maximum(1, np.ceil(SIDE * extent / extent.max())).astype(int)
    place = (of - low) / extent * [width - 1, height - 1]
    place = place[((place >= 0) & (place <= [width - 1, height - 1])).all(axis=1)]
    radius = max(1.0, dot * SIDE / 2)
    reach = int(np.ceil(radius))
    near = np.arange(-reach, reach + 1)
    # A margin around the picture takes what the outermost dots have outside of it.
    columns, rows = width + 2 * reach, height + 2 * reach
    count = np.zeros(rows * columns)
    for some in range(0, len(place), TOGETHER):
        middle = np.rint(place[some : some + TOGETHER])
        x, y = ((middle - place[some : some + TOGETHER])[:, :, None] + near).astype(np.float32).transpose(1, 0, 2)
        # Coverage falls off over the last pixel, which smooths the edge.
        cover = np.clip(radius + 0.5 - np.sqrt(x[:, None] ** 2 + y[:, :, None] ** 2), 0.0, 1.0)
        across, down = (middle.astype(np.int64)[:, :, None] + near + reach).transpose(1, 0, 2)
        count += np.bincount((across[:, None] + columns * down[:, :, None]).ravel(), cover.ravel(), len(count))
    inside = count.reshape(rows, columns)[reach : reach + height, reach : reach + width][::-1]
    strength = 0.45 if len(of) < 20_000 else 0.25
    # Sixteen levels of grey are enough for a cloud, and compress well.
    levels = np.zeros((height, width), dtype=np.uint8)
    covered = inside > 0
    levels[covered] = np.rint(15 * (1 - (1 - strength) ** inside[covered]))
    return _png(levels)


def _png(levels: np.ndarray) -> str:
    image = Image.fromarray(levels, mode="P")
    red, green, blue = (int(GREY[i : i + 2], 16) for i in (1, 3, 5))
    image.putpalette([red, green, blue] * 16)
    content = io.BytesIO()
    image.save(content, format="png", transparency=bytes(level * 17 for level in range(16)), bits=4)
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode("ascii")
