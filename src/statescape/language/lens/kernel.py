"""What the lens does with a block of logits, row by row in one pass while the row is in the nearest cache.

The same sums as the plain operations of `lens`, where each reads and writes the whole block anew. Exponentials are
2^k times a polynomial of the rest (Cody & Waite 1980), within two units in the last place, so that the compiler can
take sixteen numbers at once. Compiled at the first use and kept on disk.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_LOG2_E = np.float32(1.4426950408889634)
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
# Below, an exponential is zero in float32 but for numbers that no sum of a vocabulary can feel.
_LOWEST = np.float32(-87.0)
# For the loops over numbers of which the largest has been found to be one.
_FREEDOMS = {"reassoc", "contract", "nsz", "arcp", "nnan"}


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def absorb(logits: Any, start: int, target_logits: Any, probabilities: Any, top: Any, top_ids: Any, sums: Any) -> None:
    """What the logits of a block of the vocabulary add up to, in every row.

    Args:
        logits: [rows, width], float32.
        start: the token of its first column.
        target_logits: the target's logit of every row.
        probabilities: the final distribution on the whole vocabulary, [positions, vocabulary]; row r belongs to
            position r % positions. No positions: there is none yet.
        top: the best logits of all blocks so far, best first.
        top_ids: the tokens of ``top``.
        sums: [5, rows], filled with the count of logits above the target's, the largest logit M, sum e^(z - M),
            sum e^(z - M) (z - M), and the sum of the final probability times z.
    """
    rows, width = logits.shape
    positions, kept = probabilities.shape[0], top.shape[1]
    powers, shifts = np.empty(width, np.float32), np.empty(width, np.float32)
    for row in range(rows):
        z = logits[row]
        largest = _largest(z, shifts)
        sums[1, row] = largest
        if not largest < np.inf:  # NaN counts as largest; it stays one
            sums[2, row] = np.nan
            continue
        sums[0, row] = _count_above(z, target_logits[row])
        if positions:
            sums[4, row] = _product(z, probabilities[row % positions][start : start + width])
        if largest > top[row, kept - 1]:
            _insert(z, start, top[row], top_ids[row])
        _exponentials(z, largest, powers, shifts)
        sums[2, row], sums[3, row] = _sums(z, largest, powers, shifts)


# Each loop is a function of its own: with few arrays in sight the compiler sees that none overlap.


@njit(fastmath=_FREEDOMS)  # type: ignore[untyped-decorator]
def _count_above(z: Any, target: Any) -> Any:
    above = np.float32(0.0)  # counts below 2^24 are exact, and floats are added sixteen at a time
    for v in range(len(z)):
        above += np.float32(1.0) if z[v] > target else np.float32(0.0)
    return above


@njit(fastmath=_FREEDOMS)  # type: ignore[untyped-decorator]
def _product(z: Any, final: Any) -> Any:
    product = np.float32(0.0)
    for v in range(len(z)):
        product += final[v] * z[v]
    return product


@njit  # type: ignore[untyped-decorator]
def _largest(z: Any, spare: Any) -> Any:
    """Floats in the order of integers: of these the compiler takes the maximum sixteen at a time."""
    ordered, bits = z.view(np.int32), spare.view(np.int32)
    key = np.int32(-2147483648)
    for v in range(len(z)):
        here = ordered[v] ^ ((ordered[v] >> np.int32(31)) & np.int32(0x7FFFFFFF))
        key = here if here > key else key
    bits[0] = key ^ ((key >> np.int32(31)) & np.int32(0x7FFFFFFF))
    return spare[0]


@njit(fastmath=_FREEDOMS)  # type: ignore[untyped-decorator]
def _exponentials(z: Any, base: Any, powers: Any, shifts: Any) -> None:
    """e^(z - base) = powers * shifts."""
    bits = shifts.view(np.int32)
    for v in range(len(z)):
        d = z[v] - base
        d = d if d > _LOWEST else _LOWEST
        k = np.floor(d * _LOG2_E + np.float32(0.5))
        r = (d - k * _LN2_HIGH) - k * _LN2_LOW
        p = np.float32(1 / 5040) * r + np.float32(1 / 720)
        p = p * r + np.float32(1 / 120)
        p = p * r + np.float32(1 / 24)
        p = p * r + np.float32(1 / 6)
        p = p * r + np.float32(0.5)
        p = (p * r) * r + r
        powers[v] = p + np.float32(1.0)
        bits[v] = (np.int32(k) + np.int32(127)) << np.int32(23)


@njit(fastmath=_FREEDOMS)  # type: ignore[untyped-decorator]
def _sums(z: Any, base: Any, powers: Any, shifts: Any) -> Any:
    """Sum of e^(z - base), and of e^(z - base) (z - base)."""
    total, weighted = np.float32(0.0), np.float32(0.0)
    for v in range(len(z)):
        exponential = powers[v] * shifts[v]
        total += exponential
        weighted += exponential * (z[v] - base)
    return total, weighted


@njit  # type: ignore[untyped-decorator]
def _insert(z: Any, start: int, top: Any, top_ids: Any) -> None:
    """Put what is better than the last of the best in its place among them; equals keep the order of their tokens."""
    last = len(top) - 1
    for v in range(len(z)):
        if z[v] > top[last]:
            place = last
            while place > 0 and z[v] > top[place - 1]:
                top[place] = top[place - 1]
                top_ids[place] = top_ids[place - 1]
                place -= 1
            top[place] = z[v]
            top_ids[place] = start + v
