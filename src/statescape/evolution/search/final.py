"""The racing final: who is the best of the survivors, on trials that none of them has seen.

Records of survivors are flattered by having been chosen. So the best few meet fresh trials, round by round; whoever is
clearly worse than the leader drops out (a race, Maron and Moore 1994; Birattari et al. 2002). The winner is then scored
once more on trials that did not choose it: this score is honest for the search's own conditions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from statescape.evolution.conditions import Conditions
from statescape.evolution.scoring import losses, score
from statescape.evolution.search.candidate import Candidate
from statescape.evolution.space import SearchSpace
from statescape.runs import Executor

FINALISTS = 8
ROUND, ROUNDS = 8, 6
# Standard errors of the paired difference behind the leader at which a finalist drops out.
BEHIND = 2.5
RESCORED = 30
_RACE, _RESCORE, _SEALED = 2, 3, 4


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

    def as_json(self) -> dict[str, Any]:
        """All of it, as plain JSON."""
        return dict(vars(self))


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
            seeds = [(*stream, _RACE, number, trial) for trial in range(ROUND)]
            scores = np.full((len(finalists), ROUND), np.nan)
            scores[left] = losses(score([topologies[index] for index in left], conditions, seeds, executor))
            trainings += len(left) * ROUND
            found = np.hstack([found, scores])
            left = _remaining(found, left)
    winner = left[0]
    n = 1 if conditions.deterministic else RESCORED
    again = [(*stream, _RESCORE, trial) for trial in range(n)]
    unseen = Conditions(conditions.task, conditions.level, "seal", conditions.hyper)
    fresh = [(*stream, _SEALED, trial) for trial in range(n)]
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
