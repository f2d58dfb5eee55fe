"""Information processing capacity: how much of every function of its past input a network's state can tell.

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
import scipy.stats
from jaxtyping import Float

from statescape.errors import StatescapeError

CHANCE = 1e-4
RANK_TOLERANCE = 1e-9
TARGETS_AT_ONCE = 256


@dataclass(frozen=True)
class InformationProcessingCapacity:
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
