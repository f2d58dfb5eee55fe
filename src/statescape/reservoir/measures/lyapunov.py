"""The largest Lyapunov exponent: at what rate two close states of one driven network drift apart.

A small difference d moves by the Jacobian of the update, d(t) = J(t) d(t-1), J(t) = (1 - lr) I + lr diag(f'(a(t))) W
and f' = 1 - tanh^2 (1 for linear units); the exponent is the mean of log |J(t) d| / |d|, d rescaled at every step
(Benettin et al., Meccanica 15, 1980). Negative: the network forgets its start (the echo state property along this
input); positive: chaos. In nats per step.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError


def largest_lyapunov_exponent(
    W: Float[np.ndarray, "units units"],
    states: Float[np.ndarray, "steps units"],
    lr: float = 1.0,
    activation: str = "tanh",
    seed: int = 0,
) -> float:
    """The exponent along a run.

    Args:
        W: recurrent weights.
        states: x(t) of consecutive steps; the first fifth only turns the difference into the fastest direction.
        lr: leak rate.
        activation: "tanh" or "identity".
        seed: of the first difference.

    Returns:
        The exponent per step; minus infinity where every difference dies at once (nilpotent linear units).

    Raises:
        StatescapeError: for fewer than 10 states or an unknown activation.
    """
    if len(states) < 10:
        raise StatescapeError(f"A Lyapunov exponent needs at least 10 states; got {len(states)}.")
    if activation not in ("tanh", "identity"):
        raise StatescapeError(f"The activation is tanh or identity, not {activation!r}.")
    slopes = np.ones_like(states[1:])
    if activation == "tanh":
        # The update solved for what went through tanh: x(t) = (1 - lr) x(t-1) + lr tanh(a(t)).
        slopes = 1.0 - ((states[1:] - (1.0 - lr) * states[:-1]) / lr) ** 2
    difference = np.random.default_rng(seed).normal(size=len(W))
    difference /= np.linalg.norm(difference)
    growth = np.empty(len(slopes))
    for step, slope in enumerate(slopes):
        difference = (1.0 - lr) * difference + lr * slope * (W @ difference)
        size = float(np.linalg.norm(difference))
        if size == 0.0:
            return -float("inf")
        growth[step] = np.log(size)
        difference = difference / size
    return float(growth[len(growth) // 5 :].mean())
