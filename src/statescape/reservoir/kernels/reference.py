"""The state update in plain NumPy: what the compiled kernels are tested against, and how any other activation runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

Activation: TypeAlias = Callable[[np.ndarray], np.ndarray]


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
    activation: Activation = np.tanh,
) -> Float[np.ndarray, "steps units"]:
    """States of one network, step by step (design of the update: Jaeger 2001; leak: Jaeger et al. 2007)."""
    x, states = start, np.empty((len(inputs), len(W)))
    for step, u in enumerate(inputs):
        z = W @ x + W_in @ u + bias
        x = (1 - lr) * x + lr * (z if linear else activation(z))
        if noise is not None:
            x = x + noise[step]
        states[step] = x
    return states


class PlainSimulation:
    """One network whose activation is a function of the user's, step by step: a `Simulation` without its speed.

    Attributes:
        x: the present states.
    """

    def __init__(
        self,
        W: Float[np.ndarray, "units units"],
        W_in: Float[np.ndarray, "units features"],
        bias: Float[np.ndarray, " units"],
        lr: Float[np.ndarray, " units"],
        activation: Activation,
    ) -> None:
        self._weights, self._lr, self._activation = (W, W_in, bias), lr, activation
        self.x: Float[np.ndarray, "1 units"] = np.zeros((1, len(bias)))

    def advance(
        self, inputs: Float[np.ndarray, "1 steps features"], noise: Float[np.ndarray, "1 steps units"] | None = None
    ) -> Float[np.ndarray, "1 steps units"]:
        """Run on from the present states; returns the states after every step."""
        added = None if noise is None else noise[0]
        states = simulate_reference(*self._weights, inputs[0], self.x[0], self._lr, added, activation=self._activation)
        self.x = states[-1:] if len(states) else self.x
        return states[None]
