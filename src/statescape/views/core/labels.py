"""Which labels of a crowded line can be written without one lying on another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float


def thinned(
    points: Float[np.ndarray, "n 2"], apart: tuple[float, float], order: Sequence[int] | None = None
) -> list[int]:
    """Indices of the points that can carry a label, sorted.

    A label is a box of size `apart` (width, height, in the units of `points`); one that would touch a box already
    placed is left out.

    Args:
        points: where the labels would stand.
        apart: size of a label.
        order: who comes first; by default the last point, the first, then evenly spread ones, finer and finer.
    """
    chosen: list[int] = []
    for index in order if order is not None else _coarse_to_fine(len(points)):
        gaps = np.abs(points[chosen] - points[index]) / apart
        if not (gaps < 1).all(axis=1).any():
            chosen.append(int(index))
    return sorted(chosen)


def every(count: int, most: int) -> list[int]:
    """Ticks 0, step, 2 step, ... below `count`, at most about `most` of them, in steps a reader counts by."""
    step = next(step for step in (1, 2, 4, 5, 6, 8, 10, 12, 20, 25, 50, 100, 200, 500, 1000) if count <= step * most)
    return list(range(0, count, step))


def _coarse_to_fine(count: int) -> list[int]:
    order = [count - 1, 0]
    step = 1 << max(count - 1, 1).bit_length()
    while step:
        order.extend(range(0, count, step))
        step //= 2
    return list(dict.fromkeys(order))
