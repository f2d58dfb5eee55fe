"""Who survives, and all else that the next generation depends on; random numbers come from its number alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.evolution.credit import Credit
from statescape.evolution.search.candidate import Candidate, Record

# A candidate is ranked by its record plus this many standard errors: luck on few trials is not merit.
CAUTION = 0.5
# Weight of the newest generation in the running estimate of the noise.
MEMORY = 0.1


@dataclass(frozen=True, eq=False)
class Population:
    """The state of a search between two generations.

    Attributes:
        generation: number of generations so far.
        members: the survivors, best first.
        credit: rates of the operators.
        born: candidates so far.
        trainings: networks trained and tested so far.
        noise: standard deviation of one trial around a candidate's record, in log score.
        best_since: generation since which the best candidate is the best.
    """

    generation: int
    members: tuple[Candidate, ...]
    credit: Credit
    born: int = 0
    trainings: int = 0
    noise: float = 0.0
    best_since: int = 0

    @property
    def best(self) -> Candidate:
        """The survivor with the best record."""
        return self.members[0]

    @property
    def diversity(self) -> float:
        """Share of different genomes among the survivors."""
        return len({member.genome.digest for member in self.members}) / max(len(self.members), 1)


def merit(record: Record, noise: float) -> float:
    """What candidates are ranked by; lower is better."""
    return record.difference + CAUTION * noise / math.sqrt(record.n) if record.n else math.inf


def ranked(candidates: Sequence[Candidate], noise: float) -> list[Candidate]:
    """Best first; among equals the younger, so that changes that cost nothing add up (neutral drift)."""
    return sorted(candidates, key=lambda candidate: (merit(candidate.record, noise), -candidate.number))


def noise_of(differences: Sequence[Float[np.ndarray, " _"]]) -> float:
    """Standard deviation of single trials around their candidates' means, pooled; 0 where nothing varies."""
    squares, degrees = 0.0, 0
    for own in differences:
        if len(own) > 1 and np.isfinite(own).all():
            squares += float(((own - own.mean()) ** 2).sum())
            degrees += len(own) - 1
    return math.sqrt(squares / degrees) if degrees else 0.0


def running(old: float, new: float, generation: int) -> float:
    """The noise after one generation more."""
    return new if generation == 0 else math.sqrt((1.0 - MEMORY) * old**2 + MEMORY * new**2)
