"""Which units of two networks correspond? Labels are arbitrary, so units are matched by what they are connected to.

Every unit gets a profile: its degrees, strengths, self-loop and input weights, then, round by round, the sums of its
sources' and targets' profiles. Profiles do not depend on labels, so two relabellings of one network get the same ones.
The assignment of least total distance (Jonker and Volgenant 1987, by SciPy) matches the units.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

ROUNDS = 3
# Units whose fixed input weights differ are no counterparts: exchanging them would change the network.
FORBIDDEN = 1e6


def match(
    first: Float[np.ndarray, "units units"],
    second: Float[np.ndarray, "units units"],
    inputs: tuple[Float[np.ndarray, "units inputs"], Float[np.ndarray, "units inputs"]] | None,
    *,
    fixed: bool,
) -> Int[np.ndarray, " units"]:
    """The unit of `second` that corresponds to each unit of `first`.

    Args:
        first: W of one network.
        second: W of the other.
        inputs: W_in of both; None where it is drawn for every trial.
        fixed: whether W_in stays with the labels, so that only units of equal input weights may be matched.
    """
    a, b = (
        _profiles(first, None if inputs is None else inputs[0]),
        _profiles(second, None if inputs is None else inputs[1]),
    )
    spread = np.concatenate([a, b]).std(axis=0)
    a, b = a / (spread + 1e-12), b / (spread + 1e-12)
    distance = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2.0 * a @ b.T
    if fixed and inputs is not None:
        distance = distance + FORBIDDEN * (inputs[0][:, None] != inputs[1][None]).any(axis=2)
    return np.asarray(linear_sum_assignment(distance)[1])


def _profiles(
    W: Float[np.ndarray, "units units"], W_in: Float[np.ndarray, "units inputs"] | None
) -> Float[np.ndarray, "units features"]:
    size, present = np.abs(W), W != 0
    own = [present.sum(1), present.sum(0), W.sum(1), W.sum(0), size.sum(1), size.sum(0), W.diagonal()]
    features = np.stack(own, axis=1).astype(np.float64)
    if W_in is not None:
        features = np.column_stack([features, W_in])
    newest = features
    for _ in range(ROUNDS):
        newest = np.tanh(0.1 * np.column_stack([W @ newest, W.T @ newest, size @ newest]))[:, : 2 * features.shape[1]]
        features = np.column_stack([features, newest])
    return features
