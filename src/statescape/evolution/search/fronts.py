"""Two objectives, error and number of edges: who survives by fronts and crowding (NSGA-II, Deb et al. 2002).

A wiring dominates another if it is at least as good in both and better in one. Those that nobody dominates are the
first front, those that only the first front dominates the second, and so on. Within a front the lonelier comes first:
its crowding distance, the sum over both objectives of the gap between its neighbours as a share of the front's range,
is larger, and the ends of a front are never lost. The sorting is moocore's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from statescape.evolution.search.population import Candidate, merit
from statescape.evolution.space import SearchSpace


def by_fronts(candidates: Sequence[Candidate], space: SearchSpace, noise: float) -> list[Candidate]:
    """Candidates front by front, the lonelier first; the one with the lowest error heads them all.

    Args:
        candidates: with their records.
        space: what makes wirings of them.
        noise: of a single trial, in log score.
    """
    if not candidates:
        return []
    errors = np.array([merit(candidate.record, noise) for candidate in candidates])
    edges = np.array([space.topology(candidate.genome).edges for candidate in candidates])
    order = in_order(errors, edges, np.array([candidate.number for candidate in candidates]))
    return [candidates[place] for place in order]


def in_order(
    errors: Float[np.ndarray, " points"], edges: Int[np.ndarray, " points"], ages: Int[np.ndarray, " points"]
) -> Int[np.ndarray, " points"]:
    """Places of points front by front, the lonelier first, among equals the younger.

    Args:
        errors: lower is better; who diverged (infinity) stands behind all fronts.
        edges: lower is better.
        ages: a higher number is younger.
    """
    import moocore  # here, since most runs never need it

    alive = np.isfinite(errors)
    ranks = np.full(len(errors), len(errors))
    lonely = np.zeros(len(errors))
    points = np.column_stack([errors, edges.astype(float)])
    if alive.any():
        ranks[alive] = moocore.pareto_rank(points[alive])
    for rank in np.unique(ranks[alive]):
        front = np.flatnonzero(ranks == rank)
        lonely[front] = crowding(points[front])
    order = np.lexsort((-ages, errors, -lonely, ranks))
    # Both ends of the first front are infinitely lonely, and of these the lower error was put first.
    return np.asarray(order)


def crowding(front: Float[np.ndarray, "points 2"]) -> Float[np.ndarray, " points"]:
    """Crowding distance of every point of a front; infinite at its ends, 0 for a repeated point."""
    _, first = np.unique(front, axis=0, return_index=True)  # sorted by the first objective, each point once
    distances = np.zeros(len(front))
    own = front[first]
    if len(own) <= 2:
        distances[first] = np.inf
        return distances
    gaps = np.abs(own[2:] - own[:-2]) / np.ptp(own, axis=0)
    distances[first[1:-1]] = gaps.sum(axis=1)
    distances[first[[0, -1]]] = np.inf
    return distances


def nobody_dominates(
    errors: Float[np.ndarray, " points"], edges: Int[np.ndarray, " points"]
) -> Bool[np.ndarray, " points"]:
    """Which points are the first front, each point once; never one that diverged."""
    import moocore

    points = np.column_stack([errors, edges.astype(float)])
    return np.asarray(moocore.is_nondominated(points) & np.isfinite(errors))
