"""What a network tells of its past input: memory capacity, and information processing capacity.

Memory capacity: how much of its past input a network's present state tells, in units of delays told perfectly.

MC = sum over delays k >= 1 of the squared correlation between u(t-k) and its best linear reading from x(t), for i.i.d.
input u (Jaeger, GMD report 152, 2001). For linear units x(t) = W x(t-1) + w u(t), with v_k = W^k w and the state
covariance C = sum over k >= 0 of v_k v_k',

    MC = sum over k >= 1 of v_k' C^-1 v_k = n - 1 + det(W restricted)^2,

where n is the dimension of the controllable subspace span(v_0, v_1, ...) and W is restricted to it: since C = W C W' +
w w', the sum is tr(C^-1 (C - w w')) = n - w' C^-1 w, and det(C - w w') = det(W)^2 det(C). With noise e in the states,
relative to their mean variance, MC_e = sum over k >= 1 of v_k' (C + e tr(C)/N I)^-1 v_k, which does rank wirings.

Information processing capacity: how much of every function of its past input a network's state can tell.

Dambre, Verstraeten, Schrauwen and Massar, Scientific Reports 2 (2012). The input is i.i.d. from U(-1, 1); targets are
all products of Legendre polynomials of delayed inputs, an orthogonal basis of its functions. The capacity
for a target y is 1 - min MSE / <y^2>, and the capacities of all targets sum to the number of linearly independent
states at most, whatever the network does.

Over T steps any target gets about N/T by chance. A capacity counts only above the value that chance exceeds once in
10,000 targets (T c is then close to chi-squared with N degrees of freedom), and what counts is corrected for the chance
share: (c - N/T) / (1 - N/T), so that totals are not inflated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, islice

import numpy as np
import scipy.linalg
import scipy.stats
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.wording import Noun, phrase

CHANCE = 1e-4
RANK_TOLERANCE = 1e-9
TARGETS_AT_ONCE = 256
# An input direction whose new part is smaller than this share of |W| counts as reachable already.
CONTROLLABLE = 1e-12
UNSTABLE = phrase("Memory capacity needs a spectral radius below 1: the state of these linear units never settles.")


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


@dataclass(frozen=True)
class InformationProcessingCapacity(Noun):
    """What a network can compute of its input, term by term.

    Attributes:
        total: sum over all terms; at most `rank`.
        by_degree: the sum for each degree, 1 first.
        terms: the delays of each term above chance (a delay named m times is a Legendre polynomial of degree m) with
            its capacity, largest first.
        rank: number of linearly independent states.
        threshold: the capacity below which a term counts as chance.
    """

    total: float
    by_degree: tuple[float, ...]
    terms: tuple[tuple[tuple[int, ...], float], ...]
    rank: int
    threshold: float


def information_processing_capacity(
    states: Float[np.ndarray, "steps units"],
    inputs: Float[np.ndarray, " steps"],
    max_delays: Sequence[int] = (100, 30, 12),
) -> InformationProcessingCapacity:
    """The capacities for all products of Legendre polynomials up to given degrees and delays.

    Args:
        states: x(t), warmup left out.
        inputs: u(t) of the same steps, i.i.d. from U(-1, 1).
        max_delays: the last delay for each degree, degree 1 first; delays begin at 0.

    Raises:
        StatescapeError: for inputs outside [-1, 1], or fewer steps than delays and units need.
    """
    if not max_delays or min(max_delays) < 0:
        raise StatescapeError("Give the last delay, 0 or more, for each degree, e.g. (100, 30, 12).")
    if np.abs(inputs).max() > 1.0:
        raise StatescapeError("Information processing capacity needs input from U(-1, 1); some lies outside.")
    skipped = max(max_delays)
    if len(inputs) - skipped < 10 * states.shape[1]:
        raise StatescapeError(
            f"{len(inputs)} steps are too few for a delay of {skipped} and {states.shape[1]} units; use ten times as "
            "many steps as units, and the delay on top."
        )
    basis = orthonormal_states(states[skipped:])
    terms: list[tuple[tuple[int, ...], float]] = []
    by_degree = []
    for degree, max_delay in enumerate(max_delays, start=1):
        found: list[tuple[tuple[int, ...], float]] = []
        for delays, targets in _targets(inputs, degree, max_delay, skipped):
            capacities = chance_corrected(raw_capacities(basis, targets), *basis.shape)
            found += [(term, float(c)) for term, c in zip(delays, capacities, strict=True) if c > 0]
        by_degree.append(sum(c for _, c in found))
        terms += found
    return InformationProcessingCapacity(
        total=sum(by_degree),
        by_degree=tuple(by_degree),
        terms=tuple(sorted(terms, key=lambda term: -term[1])),
        rank=basis.shape[1],
        threshold=chance_threshold(*basis.shape),
    )


def orthonormal_states(states: Float[np.ndarray, "steps units"]) -> Float[np.ndarray, "steps rank"]:
    """An orthonormal basis of what the centred states span, directions of numerical noise left out."""
    centred = states - states.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    return np.asarray(left[:, sizes > RANK_TOLERANCE * max(sizes[0], np.finfo(float).tiny)])


def raw_capacities(
    basis: Float[np.ndarray, "steps rank"], targets: Float[np.ndarray, "steps targets"]
) -> Float[np.ndarray, " targets"]:
    """The share of each target that the states explain on these very steps, chance included."""
    return np.asarray(((basis.T @ targets) ** 2).sum(axis=0) / (targets**2).sum(axis=0))


def chance_threshold(steps: int, rank: int) -> float:
    """The capacity that an unrelated target exceeds once in 10,000 times."""
    return float(scipy.stats.chi2.isf(CHANCE, rank) / steps)


def chance_corrected(raw: Float[np.ndarray, " targets"], steps: int, rank: int) -> Float[np.ndarray, " targets"]:
    """Capacities with the chance share taken off, and 0 for those at chance level."""
    chance = rank / steps
    return np.where(raw > chance_threshold(steps, rank), (raw - chance) / (1.0 - chance), 0.0)


def _targets(
    inputs: Float[np.ndarray, " steps"], degree: int, max_delay: int, skipped: int
) -> Iterator[tuple[tuple[tuple[int, ...], ...], Float[np.ndarray, "kept targets"]]]:
    """All products of one degree, some hundred at a time, from step `skipped` on.

    A product of degree d is a multiset of d delays: a delay that occurs m times contributes P_m(u(t-k)).
    """
    lags = np.arange(skipped, len(inputs))[:, None] - np.arange(max_delay + 1)[None, :]
    lagged = inputs[lags]
    # Unnormalised: a capacity does not depend on the scale of its target.
    legendre = [np.polynomial.legendre.legval(lagged, [0.0] * m + [1.0]) for m in range(1, degree + 1)]
    every = combinations_with_replacement(range(max_delay + 1), degree)
    while terms := tuple(islice(every, TARGETS_AT_ONCE)):
        targets = np.ones((len(lagged), len(terms)))
        for column, term in enumerate(terms):
            for delay in set(term):
                targets[:, column] *= legendre[term.count(delay) - 1][:, delay]
        yield terms, targets
