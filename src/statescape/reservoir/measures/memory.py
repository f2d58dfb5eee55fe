"""Memory capacity: how much of its past input a network's present state tells, in units of delays told perfectly.

MC = sum over delays k >= 1 of the squared correlation between u(t-k) and its best linear reading from x(t), for i.i.d.
input u (Jaeger, GMD report 152, 2001). For linear units x(t) = W x(t-1) + w u(t), with v_k = W^k w and the state
covariance C = sum over k >= 0 of v_k v_k',

    MC = sum over k >= 1 of v_k' C^-1 v_k = n - 1 + det(W restricted)^2,

where n is the dimension of the controllable subspace span(v_0, v_1, ...) and W is restricted to it: since C = W C W' +
w w', the sum is tr(C^-1 (C - w w')) = n - w' C^-1 w, and det(C - w w') = det(W)^2 det(C). With noise e in the states,
relative to their mean variance, MC_e = sum over k >= 1 of v_k' (C + e tr(C)/N I)^-1 v_k, which does rank wirings.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.reservoir.measures.capacity import chance_corrected, orthonormal_states, raw_capacities

# An input direction whose new part is smaller than this share of |W| counts as reachable already.
CONTROLLABLE = 1e-12
UNSTABLE = "Memory capacity needs a spectral radius below 1: the state of these linear units never settles."


def exact_memory_capacity(W: Float[np.ndarray, "units units"], w_in: Float[np.ndarray, " units"]) -> float:
    """MC of linear units without noise, over delays 1, 2, ...

    The controllable subspace is built by Arnoldi's method with reorthogonalisation, which is stable at sizes where C
    itself is far beyond float64 (it is numerically singular from about 20 units on).

    Raises:
        StatescapeError: where the controllable part has a spectral radius of 1 or more, or weights are not finite.
    """
    _require_finite(W, w_in)
    restricted = _restrict(W, w_in)
    if not len(restricted):
        return 0.0
    if np.abs(np.linalg.eigvals(restricted)).max() >= 1.0:
        raise StatescapeError(UNSTABLE)
    return float(len(restricted) - 1 + np.linalg.det(restricted) ** 2)


def noisy_memory_capacity(
    W: Float[np.ndarray, "units units"], w_in: Float[np.ndarray, " units"], noise: float = 1e-4
) -> float:
    """MC_e of linear units whose states carry noise of variance `noise` times their mean variance.

    Raises:
        StatescapeError: where the spectral radius is 1 or more, or weights are not finite.
    """
    _require_finite(W, w_in)
    covariance = state_covariance(W, w_in)
    mean_variance = np.trace(covariance) / len(W)
    if mean_variance == 0.0:
        return 0.0
    noisy = covariance + noise * mean_variance * np.eye(len(W))
    past = covariance - np.outer(w_in, w_in)
    return float(np.trace(scipy.linalg.solve(noisy, past, assume_a="pos")))


def estimated_memory_capacity(
    states: Float[np.ndarray, "steps units"], inputs: Float[np.ndarray, " steps"], max_delay: int | None = None
) -> float:
    """MC of any driven network, from its states and the i.i.d. input that drove them.

    Capacities at chance level count as nothing, and the others are corrected for the N / steps that any target gets
    by chance (`statescape.reservoir.measures.capacity`).

    Args:
        states: x(t), warmup left out.
        inputs: u(t) of the same steps.
        max_delay: last delay; twice the number of units where none is given.

    Raises:
        StatescapeError: where the steps are too few for the delays and units.
    """
    delays = 2 * states.shape[1] if max_delay is None else max_delay
    if delays >= len(inputs) - states.shape[1]:
        raise StatescapeError(f"{len(inputs)} steps are too few for {delays} delays and {states.shape[1]} units.")
    centred = inputs - inputs.mean()
    lagged = np.lib.stride_tricks.sliding_window_view(centred, delays + 1)[:, ::-1][:, 1:]
    basis = orthonormal_states(states[delays:])
    return float(chance_corrected(raw_capacities(basis, lagged), *basis.shape).sum())


def state_covariance(
    W: Float[np.ndarray, "units units"], w_in: Float[np.ndarray, " units"]
) -> Float[np.ndarray, "units units"]:
    """C = sum over k >= 0 of (W^k w)(W^k w)', by doubling: each round adds as many terms as there are already.

    Raises:
        StatescapeError: where the sum does not converge, as the spectral radius is not below 1.
    """
    covariance, power = np.outer(w_in, w_in), W
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(60):
            more = power @ covariance @ power.T
            covariance = covariance + more
            # Traces of positive semidefinite matrices: they bound all entries.
            total, added = np.trace(covariance), np.trace(more)
            if not np.isfinite(total):
                break
            if added <= 1e-17 * total:
                return np.asarray(covariance)
            power = power @ power
    raise StatescapeError(UNSTABLE)


def _restrict(
    W: Float[np.ndarray, "units units"], w_in: Float[np.ndarray, " units"]
) -> Float[np.ndarray, "reached reached"]:
    """W in an orthonormal basis of the controllable subspace (Arnoldi; each direction orthogonalised twice)."""
    units, least_share = len(W), CONTROLLABLE * float(np.linalg.norm(W))
    basis, image = np.zeros((units, units)), np.zeros((units, units))
    direction, reached = w_in, 0
    length, least = float(np.linalg.norm(direction)), 0.0
    while reached < units and length > least:
        basis[:, reached] = direction / length
        image[:, reached] = W @ basis[:, reached]
        reached += 1
        known = basis[:, :reached]
        direction = image[:, reached - 1]
        for _ in range(2):
            direction = direction - known @ (known.T @ direction)
        length, least = float(np.linalg.norm(direction)), least_share
    return np.asarray(basis[:, :reached].T @ image[:, :reached])


def _require_finite(W: Float[np.ndarray, "units units"], w_in: Float[np.ndarray, " units"]) -> None:
    if not (np.isfinite(W).all() and np.isfinite(w_in).all()):
        raise StatescapeError("Memory capacity needs finite weights; some of W or W_in are NaN or infinite.")
