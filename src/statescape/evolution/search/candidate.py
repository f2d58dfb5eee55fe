"""A candidate of a search, with its record: what it scored, freed from how difficult its trials were."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from statescape.evolution.genome import Genome


@dataclass(frozen=True)
class Record:
    """The trials of one candidate, added up.

    A trial's difficulty is a term of the log score that all candidates share. It is taken off, so that records over
    different trials can be compared; how it is found is told in `difficulty.py`.

    Attributes:
        n: number of trials.
        total: sum of the differences, log score minus difficulty; infinite where a trial diverged.
        raw: sum of the scores themselves.
    """

    n: int = 0
    total: float = 0.0
    raw: float = 0.0

    @property
    def difference(self) -> float:
        """Mean difference from what the trials' difficulty lets expect; lower is better, infinite without trials."""
        return self.total / self.n if self.n else math.inf

    @property
    def mean(self) -> float:
        """Mean score: what the search chose by, and so too good to be true (the winner's curse)."""
        return self.raw / self.n if self.n else math.inf

    def with_trial(self, difference: float, score: float) -> Record:
        """The record with one trial more."""
        return Record(self.n + 1, self.total + difference, self.raw + score)


@dataclass(frozen=True, eq=False)
class Candidate:
    """One genome of a search.

    Attributes:
        number: in the order of birth, unique within a run and arm.
        generation: in which it was born.
        parents: numbers of its parents; none for a random one.
        operator: what made it.
        genome: what it is.
        record: its trials so far.
    """

    number: int
    generation: int
    parents: tuple[int, ...]
    operator: str
    genome: Genome
    record: Record = Record()

    def with_record(self, record: Record) -> Candidate:
        """The same candidate after more trials."""
        return replace(self, record=record)
