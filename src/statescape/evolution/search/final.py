"""After a search: who is the best of the survivors, and how little error there is for how many edges.

Records are flattered by having been chosen, so fresh trials decide. The best few survivors meet them round by round,
and whoever is clearly worse than the leader drops out (a race, Maron and Moore 1994; Birattari et al. 2002). The
winner is then scored once more on trials that did not choose it: this score is honest for the search's own
conditions.

Every wiring that ever survived a generation is a candidate of the front. Those that nobody dominates by their records
are scored once more, all on the same fresh trials of the part that the search never read; what is dominated then is
left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from statescape.evolution.conditions import Conditions
from statescape.evolution.scoring import losses, score
from statescape.evolution.search.fronts import by_fronts, nobody_dominates
from statescape.evolution.search.population import Candidate, merit
from statescape.evolution.space import SearchSpace
from statescape.runs import Executor
from statescape.streams import Stream
from statescape.wording import Noun

FINALISTS = 8
ROUND, ROUNDS = 8, 6
# Standard errors of the paired difference behind the leader at which a finalist drops out.
BEHIND = 2.5
RESCORED = 30
# Points of a front that are scored once more; the most crowded are left out.
MOST_POINTS = 16


@dataclass(frozen=True, eq=False)
class Final:
    """Who won, and its honest score.

    Attributes:
        champion: number of the winner.
        trainings: of the race and after.
        rescored: scores of the winner on fresh trials of the search's own part of the data.
        sealed: scores on fresh trials of the part that the search never read, all else equal.
    """

    champion: int
    trainings: int
    rescored: tuple[float, ...]
    sealed: tuple[float, ...]


def race(
    survivors: Sequence[Candidate],
    space: SearchSpace,
    conditions: Conditions,
    stream: tuple[int, ...],
    executor: Executor,
) -> Final:
    """Race the first `FINALISTS` of the survivors, who stand best first.

    Args:
        survivors: of the search.
        space: what makes wirings of them.
        conditions: those of the search.
        stream: seed of the trials, with the search's own streams beside it.
        executor: who works.
    """
    finalists = list(survivors)[:FINALISTS]
    topologies = [space.topology(one.genome) for one in finalists]
    left, trainings = list(range(len(finalists))), 0
    if not conditions.deterministic:
        found = np.empty((len(finalists), 0))
        for number in range(ROUNDS):
            if len(left) == 1:
                break
            seeds = [Stream.RACE.below(stream, number, trial) for trial in range(ROUND)]
            scores = np.full((len(finalists), ROUND), np.nan)
            scores[left] = losses(score([topologies[index] for index in left], conditions, seeds, executor))
            trainings += len(left) * ROUND
            found = np.hstack([found, scores])
            left = _remaining(found, left)
    winner = left[0]
    n = 1 if conditions.deterministic else RESCORED
    again = [Stream.RESCORE.below(stream, trial) for trial in range(n)]
    unseen = Conditions(conditions.task, conditions.level, "seal", conditions.hyper)
    fresh = [Stream.SEALED.below(stream, trial) for trial in range(n)]
    rescored = score([topologies[winner]], conditions, again, executor)[0]
    sealed = score([topologies[winner]], unseen, fresh, executor)[0]
    return Final(finalists[winner].number, trainings + 2 * n, tuple(rescored.tolist()), tuple(sealed.tolist()))


def _remaining(found: np.ndarray, left: list[int]) -> list[int]:
    """Those not clearly behind the leader, who comes first."""
    means = found[left].mean(axis=1)
    order = [left[place] for place in np.argsort(means, kind="stable")]
    leader = found[order[0]]
    kept = [order[0]]
    for index in order[1:]:
        with np.errstate(invalid="ignore"):
            behind = found[index] - leader
        if not np.isfinite(behind).all():
            continue
        error = behind.std(ddof=1) / np.sqrt(len(behind))
        if behind.mean() <= BEHIND * error:
            kept.append(index)
    return kept


@dataclass(frozen=True)
class FrontPoint(Noun):
    """One point of the front.

    Attributes:
        edges: of the wiring.
        score: mean on fresh trials, the same for all points; lower is better.
        candidate: number of the wiring in the run.
    """

    edges: int
    score: float
    candidate: int


def front_of(
    candidates: Sequence[Candidate],
    space: SearchSpace,
    conditions: Conditions,
    noise: float,
    stream: tuple[int, ...],
    executor: Executor,
) -> tuple[FrontPoint, ...]:
    """The front, fewest edges first.

    Args:
        candidates: with their records.
        space: what makes wirings of them.
        conditions: of the search.
        noise: of a single trial, in log score.
        stream: seed of the trials, with the search's own streams beside it.
        executor: who works.
    """
    topologies = [space.topology(one.genome) for one in candidates]
    edges = np.array([topology.edges for topology in topologies], dtype=np.int64)
    errors = np.array([merit(one.record, noise) for one in candidates])
    best = [int(place) for place in np.flatnonzero(nobody_dominates(errors, edges))]
    if not best:
        return ()
    names = {candidates[place].number: place for place in best}
    ordered = by_fronts([candidates[place] for place in best], space, noise)[:MOST_POINTS]
    chosen = sorted(names[one.number] for one in ordered)
    unseen = Conditions(conditions.task, conditions.level, "seal", conditions.hyper)
    seeds = [Stream.FRONT.below(stream, trial) for trial in range(1 if conditions.deterministic else RESCORED)]
    scores = score([topologies[place] for place in chosen], unseen, seeds, executor).mean(axis=1)
    left = nobody_dominates(scores, edges[chosen])
    points = [
        FrontPoint(int(edges[place]), float(mean), candidates[place].number)
        for place, mean, kept in zip(chosen, scores, left, strict=True)
        if kept
    ]
    return tuple(sorted(points, key=lambda point: point.edges))
