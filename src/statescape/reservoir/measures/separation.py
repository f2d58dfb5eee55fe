"""What a network tells apart and what it forgets: kernel rank, generalisation rank, the largest Lyapunov exponent.

Kernel rank and generalisation rank: how many inputs a network tells apart, and how many it should not.

Legenstein and Maass, Neural Networks 20 (2007). Drive the network with m different input streams and stack the last
states: the rank of that matrix counts the streams a linear readout can tell apart (kernel rank, high is good). Let the
streams share their last steps: now the rank counts how much of a long gone past still disturbs (generalisation rank,
low is good). Singular values below `tolerance` times the largest are not counted: without noise every small difference
would count, and no readout could use it.

The largest Lyapunov exponent: at what rate two close states of one driven network drift apart.

A small difference d moves by the Jacobian of the update, d(t) = J(t) d(t-1), J(t) = (1 - lr) I + lr diag(f'(a(t))) W
and f' = 1 - tanh^2 (1 for linear units); the exponent is the mean of log |J(t) d| / |d|, d rescaled at every step
(Benettin et al., Meccanica 15, 1980). Negative: the network forgets its start (the echo state property along this
input); positive: chaos. In nats per step.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError


class Driven(Protocol):
    """Anything that turns inputs into states."""

    def states(self, X: Float[np.ndarray, "steps inputs"]) -> Float[np.ndarray, "steps units"]:
        """The states along X, from rest."""


def kernel_rank(
    network: Driven,
    streams: int = 100,
    steps: int = 100,
    n_inputs: int = 1,
    tolerance: float = 1e-3,
    seed: int = 0,
) -> int:
    """Rank of the last states after `streams` independent streams of U(-1, 1); at most the number of units."""
    return generalisation_rank(network, streams, steps, 0, n_inputs, tolerance, seed)


def generalisation_rank(
    network: Driven,
    streams: int = 100,
    steps: int = 100,
    shared: int = 10,
    n_inputs: int = 1,
    tolerance: float = 1e-3,
    seed: int = 0,
) -> int:
    """Rank of the last states after streams of U(-1, 1) that share their last `shared` steps.

    Raises:
        StatescapeError: without streams or steps, or where more steps are shared than there are.
    """
    if streams < 1 or steps < 1 or not 0 <= shared <= steps:
        raise StatescapeError(f"{streams} streams of {steps} steps, {shared} of them shared, are no experiment.")
    rng = np.random.default_rng(seed)
    ending = rng.uniform(-1.0, 1.0, (shared, n_inputs))
    last = np.stack(
        [
            network.states(np.concatenate([rng.uniform(-1.0, 1.0, (steps - shared, n_inputs)), ending]))[-1]
            for _ in range(streams)
        ]
    )
    sizes = np.linalg.svd(last, compute_uv=False)
    return int(np.count_nonzero(sizes > tolerance * sizes[0]))


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
