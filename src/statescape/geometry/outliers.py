"""What dominates: rogue dimensions of a model's states, the spikes of a single vector, positions of far larger norm.

A few coordinates can carry most of the norm of every state and so decide every cosine (Kovaleva et al. 2021,
arXiv:2105.06990; Timkey & van Schijndel 2021, arXiv:2109.04404). They are found from the states of each checkpoint.
With ``share_i = mean over states of s_i^2 / |s|^2``, dimension i's average contribution to the cosine of a state with
itself (the shares sum to 1, and no single huge state decides), it is *rogue* when both hold:

- ``share_i >= 10 / d``: it weighs at least ten times its fair share (it dominates);
- the robust z of ``log share_i`` (median and MAD over dimensions; Iglewicz & Hoaglin 1993) is above 5, not their 3.5,
  since hundreds of dimensions are tested at once: it stands apart from the spread that dimensions of this model have
  anyway, also when there are few states.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

FAIR_SHARES = 10.0
ROBUST_Z = 5.0
SPIKE_Z = 6.0  # the largest of 1,600 Gaussian coordinates exceeds it once in 300,000 vectors
MAD_TO_DEVIATION = 1.4826  # standard deviation of a Gaussian over its median absolute deviation


def dimension_shares(states: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " d"]:
    """Average share of each dimension in the squared norm of a state; they sum to 1. States of norm 0 do not count."""
    squares = np.square(np.asarray(states, dtype=np.float64))
    whole = squares.sum(axis=1)
    if not whole.any():
        return np.zeros(states.shape[1])
    return np.asarray((squares[whole > 0] / whole[whole > 0, None]).mean(axis=0))


def rogue_dimensions(states: Float[np.ndarray, "n d"]) -> tuple[int, ...]:
    """Dimensions that dominate norms and cosines of `states`, heaviest first (definition: top of this module).

    Args:
        states: raw states, one a row; leave out position 0, an attention sink whose spikes are its own.
    """
    shares = dimension_shares(states)
    d = len(shares)
    logarithms = np.log(np.maximum(shares, np.finfo(np.float64).tiny))
    apart = (shares >= FAIR_SHARES / d) & (robust_z(logarithms) > ROBUST_Z)
    return tuple(int(i) for i in np.argsort(-shares, kind="stable") if apart[i])


def spikes(vector: Float[np.ndarray, " d"]) -> tuple[int, ...]:
    """Coordinates of one vector more than 6 robust standard deviations from its median, furthest first."""
    distance = np.abs(robust_z(vector))
    return tuple(int(i) for i in np.argsort(-distance, kind="stable") if distance[i] > SPIKE_Z)


def far_norms(
    states: Float[np.ndarray, "states positions d"],
) -> tuple[Float[np.ndarray, " positions"], Int[np.ndarray, " positions"]]:
    """How far each position's norm lies beyond the others', and at which inner state it lies furthest.

    For every state but the first and the last: its norm over the median of the other positions' norms. The first value
    is the largest of these (NaN without an inner state or another position), the second the state that it belongs to.
    """
    n_states, n = states.shape[:2]
    if n_states < 3 or n < 2:
        return np.full(n, np.nan), np.zeros(n, dtype=np.int64)
    norms = np.linalg.norm(np.asarray(states[1:-1], dtype=np.float64), axis=2)
    order = np.argsort(norms, axis=1)
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.broadcast_to(np.arange(n), order.shape), axis=1)
    ascending = np.take_along_axis(norms, order, axis=1)
    # Without the one at its own rank, the values above it move down by a place.
    middle = [np.where(ranks > k, ascending[:, [k]], ascending[:, [k + 1]]) for k in ((n - 2) // 2, (n - 1) // 2)]
    others = (middle[0] + middle[1]) / 2
    times = norms / np.where(others > 0, others, np.nan)
    times[np.isnan(times)] = 0.0
    return times.max(axis=0), times.argmax(axis=0) + 1


def robust_z(values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Distance of each value from the median in robust standard deviations; 0 or infinite where the MAD is 0."""
    centred = np.asarray(values, dtype=np.float64) - np.median(values)
    deviation = MAD_TO_DEVIATION * float(np.median(np.abs(centred)))
    if deviation > 0:
        return np.asarray(centred / deviation)
    return np.asarray(np.where(centred == 0, 0.0, np.copysign(np.inf, centred)))
