"""A cloud of many points as pixels, under the lines and labels of an interactive figure.

Fifty thousand circles as SVG make a page crawl and as WebGL cost three contexts a figure; as one small picture they
cost nothing, print, and need no graphics card.
"""

from __future__ import annotations

import base64
import io

import numpy as np
from jaxtyping import Float
from PIL import Image

from statescape.views.core.theme import GREY

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
    extent = np.maximum(high - low, 1e-12)
    width, height = np.maximum(1, np.ceil(SIDE * extent / extent.max())).astype(int)
    count = np.zeros((height + 1, width + 1))
    place = (points - low) / extent * [width - 1, height - 1]
    inside = ((place >= 0) & (place <= [width - 1, height - 1])).all(axis=1)
    x, y = place[inside].T
    radius = max(1.0, dot * SIDE / 2)
    reach = int(np.ceil(radius))
    for dx in range(-reach, reach + 1):
        for dy in range(-reach, reach + 1):
            # Coverage falls off over the last pixel, which smooths the edge.
            cover = np.clip(radius + 0.5 - np.hypot(np.rint(x) + dx - x, np.rint(y) + dy - y), 0.0, 1.0)
            rows, columns = np.rint(y).astype(int) + dy, np.rint(x).astype(int) + dx
            keep = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width) & (cover > 0)
            np.add.at(count, (rows[keep], columns[keep]), cover[keep])
    strength = 0.45 if len(points) < 20_000 else 0.25
    alpha = 1 - (1 - strength) ** count[height - 1 :: -1, :width]
    # Sixteen levels of grey are enough for a cloud, and compress well.
    levels = np.rint(alpha * 15).astype(np.uint8)
    return _png(levels)


def _png(levels: np.ndarray) -> str:
    image = Image.fromarray(levels, mode="P")
    red, green, blue = (int(GREY[i : i + 2], 16) for i in (1, 3, 5))
    image.putpalette([red, green, blue] * 16)
    content = io.BytesIO()
    image.save(content, format="png", transparency=bytes(level * 17 for level in range(16)), bits=4)
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode("ascii")
