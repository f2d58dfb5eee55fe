"""Kernel rank and generalisation rank: how many inputs a network tells apart, and how many it should not.

Legenstein and Maass, Neural Networks 20 (2007). Drive the network with m different input streams and stack the last
states: the rank of that matrix counts the streams a linear readout can tell apart (kernel rank, high is good). Let the
streams share their last steps: now the rank counts how much of a long gone past still disturbs (generalisation rank,
low is good). Singular values below `tolerance` times the largest are not counted: without noise every small difference
would count, and no readout could use it.
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
