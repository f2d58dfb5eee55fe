"""The front of a run: how little error for how many edges.

Every wiring that ever survived a generation is a candidate. Those that nobody dominates by their records are scored
once more, all on the same fresh trials of the part that the search never read: records flatter those that they chose,
and these scores do not. What is dominated then is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from statescape.evolution.conditions import Conditions
from statescape.evolution.ledger import Ledger
from statescape.evolution.scoring import score
from statescape.evolution.search.candidate import Candidate, Record
from statescape.evolution.search.final import RESCORED
from statescape.evolution.search.fronts import by_fronts, nobody_dominates
from statescape.evolution.search.population import merit
from statescape.evolution.space import SearchSpace
from statescape.runs import Executor

# Points that are scored once more; the most crowded are left out.
MOST = 16
# Stream of random numbers below (seed, arm), beside those of the search and its final.
_FRONT = 5


@dataclass(frozen=True)
class FrontPoint:
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
    ordered = by_fronts([candidates[place] for place in best], space, noise)[:MOST]
    chosen = sorted(names[one.number] for one in ordered)
    unseen = Conditions(conditions.task, conditions.level, "seal", conditions.hyper)
    seeds = [(*stream, _FRONT, trial) for trial in range(1 if conditions.deterministic else RESCORED)]
    scores = score([topologies[place] for place in chosen], unseen, seeds, executor).mean(axis=1)
    left = nobody_dominates(scores, edges[chosen])
    points = [
        FrontPoint(int(edges[place]), float(mean), candidates[place].number)
        for place, mean, kept in zip(chosen, scores, left, strict=True)
        if kept
    ]
    return tuple(sorted(points, key=lambda point: point.edges))


def front_of_run(
    kept: Ledger,
    arm: str,
    space: SearchSpace,
    conditions: Conditions,
    stream: tuple[int, ...],
    executor: Executor,
) -> list[dict[str, Any]]:
    """The front of an arm's search as plain JSON."""
    last = kept.states(arm, last=True)
    noise = last[0][2].noise if last else 0.0
    points = front_of(ever_survived(kept, arm), space, conditions, noise, stream, executor)
    return [asdict(point) for point in points]


def ever_survived(kept: Ledger, arm: str) -> list[Candidate]:
    """All candidates that survived a generation, with their last records there, oldest first."""
    records: dict[int, Record] = {}
    for _, _, state in kept.states(arm):
        records.update(state.records)
    return [kept.candidate(arm, number).with_record(record) for number, record in sorted(records.items())]
