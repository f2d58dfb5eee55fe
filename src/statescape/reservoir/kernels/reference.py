"""The state update in plain NumPy: what the compiled kernels are tested against."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def simulate_reference(
    W: Float[np.ndarray, "units units"],
    W_in: Float[np.ndarray, "units features"],
    bias: Float[np.ndarray, " units"],
    inputs: Float[np.ndarray, "steps features"],
    start: Float[np.ndarray, " units"],
    lr: Float[np.ndarray, " units"],
    noise: Float[np.ndarray, "steps units"] | None = None,
    *,
    linear: bool = False,
) -> Float[np.ndarray, "steps units"]:
    """States of one network, step by step (design of the update: Jaeger 2001; leak: Jaeger et al. 2007)."""
    x, states = start, np.empty((len(inputs), len(W)))
    for step, u in enumerate(inputs):
        z = W @ x + W_in @ u + bias
        x = (1 - lr) * x + lr * (z if linear else np.tanh(z))
        if noise is not None:
            x = x + noise[step]
        states[step] = x
    return states
