"""Who is in a search: candidates with their records, and all else that the next generation depends on.

Scores follow log score = candidate + trial + noise. A record is what a candidate scored, freed from how difficult its
trials were: among candidates that nobody has seen, a trial's difficulty is the median of their log scores; where some
have a record already, it is the median of (log score - record) over these. Differences from the plain median of a
population that improves would leave old records better than they are, since they were measured against worse company.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.evolution.genome import Genome
from statescape.evolution.scoring import losses
from statescape.evolution.search.rates import OperatorRates
from statescape.wording import Noun

# A candidate is ranked by its record plus this many standard errors: luck on few trials is not merit.
CAUTION = 0.5
# Weight of the newest generation in the running estimate of the noise.
MEMORY = 0.1


@dataclass(frozen=True)
class Record(Noun):
    """The trials of one candidate, added up.

    A trial's difficulty is a term of the log score that all candidates share. It is taken off, so that records over
    different trials can be compared; `difficulties` finds it.

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
        return abs(self.raw) / self.n if self.n else math.inf

    def with_trial(self, difference: float, score: float) -> Record:
        """The record with one trial more."""
        return Record(self.n + 1, self.total + difference, self.raw + score)


@dataclass(frozen=True, eq=False)
class Candidate(Noun):
    """One genome of a search.

    Attributes:
        number: in the order of birth, unique within a run and strategy.
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


@dataclass(frozen=True)
class Pool(Noun):
    """Common trials, and what the survivors scored on them.

    Attributes:
        drawn: trials that it ever had; they are numbered from 0.
        trials: the number of the trial in every slot.
        difficulties: of these, in log score.
        scores: of every survivor, best first, in every slot.
        redrawn: how often it was given a new trial.
        surprise: sum over these of how much worse the survivors were on the new trial than on the pool, in log score.
        gain: running mean of what the best child of a generation was ahead of its parent, in log score; 0 for none.
    """

    drawn: int
    trials: tuple[int, ...]
    difficulties: tuple[float, ...]
    scores: tuple[tuple[float, ...], ...] = ()
    redrawn: int = 0
    surprise: float = 0.0
    gain: float = 0.0

    def __post_init__(self) -> None:
        sizes = {len(self.trials), len(self.difficulties), *map(len, self.scores)}
        if len(sizes) > 1 or not self.trials or not all(0 <= trial < self.drawn for trial in self.trials):
            raise StatescapeError("its pool does not fit together")

    @classmethod
    def unseen(cls, size: int) -> Pool:
        """A pool of so many trials that nobody has met."""
        return cls(size, tuple(range(size)), (0.0,) * size)

    @property
    def bias(self) -> float:
        """By how much the pool flatters the survivors, in log score: they were chosen on it; NaN where not known."""
        return self.surprise / self.redrawn if self.redrawn else math.nan

    def after(
        self,
        members: Sequence[Candidate],
        scores: Sequence[Float[np.ndarray, " slots"]],
        fresh: Float[np.ndarray, " survivors"] | None,
        grow: bool = False,
    ) -> tuple[Pool, tuple[Candidate, ...]]:
        """The pool of the next generation and the survivors in their order there.

        Args:
            members: the survivors with their records.
            scores: of each in every slot.
            fresh: of each on a new trial; None where there is none.
            grow: whether the new trial has a slot of its own; else it takes the oldest.
        """
        members, table = list(members), np.stack(scores)
        if fresh is None:
            return replace(self, scores=tuple(map(tuple, table.tolist()))), tuple(members)
        found, slot = losses(fresh), int(np.argmin(self.trials))
        off = float(difficulties(found[:, None], [one.record for one in members])[0])
        with np.errstate(invalid="ignore"):
            worse = found - losses(table).mean(axis=1)
        known = bool(np.isfinite(worse).all())
        if grow:
            slot, table = table.shape[1], np.column_stack([table, np.empty(len(table))])
        table[:, slot] = fresh
        seen = [
            one.with_record(one.record.with_trial(float(loss) - off, float(score)))
            for one, loss, score in zip(members, found, fresh, strict=True)
        ]
        trials, offs = list(self.trials), list(self.difficulties)
        trials[slot : slot + 1], offs[slot : slot + 1] = [self.drawn], [off]
        with np.errstate(invalid="ignore"):
            means = losses(table).mean(axis=1)
        order = np.lexsort([[-one.number for one in seen], means])
        pool = Pool(
            self.drawn + 1,
            tuple(trials),
            tuple(offs),
            tuple(tuple(table[place].tolist()) for place in order),
            self.redrawn + known,
            self.surprise + (float(worse.mean()) if known else 0.0),
            self.gain,
        )
        return pool, tuple(seen[place] for place in order)


@dataclass(frozen=True, eq=False)
class Population(Noun):
    """The state of a search between two generations.

    Attributes:
        generation: number of generations so far.
        members: the survivors, best first.
        rates: how often each operator is used.
        born: candidates so far.
        trainings: networks trained and tested so far.
        noise: standard deviation of one trial around a candidate's record, in log score.
        best_since: generation since which the best candidate is the best.
        pool: the trials that children race on; None where every generation draws its own.
    """

    generation: int
    members: tuple[Candidate, ...]
    rates: OperatorRates
    born: int = 0
    trainings: int = 0
    noise: float = 0.0
    best_since: int = 0
    pool: Pool | None = None

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


def difficulties(
    losses: Float[np.ndarray, "candidates trials"], records: Sequence[Record]
) -> Float[np.ndarray, " trials"]:
    """The difficulty of every trial, in units of the loss.

    Args:
        losses: log scores; infinite where a candidate diverged.
        records: of the same candidates before these trials.

    Returns:
        Finite numbers; 0 for a trial that everyone diverged on.
    """
    expected = np.array([record.difference if record.n else np.nan for record in records])
    known = np.isfinite(expected)
    differences = losses[known] - expected[known, None] if known.any() else losses
    return np.array([_median(column) for column in differences.T])


def _median(values: Float[np.ndarray, " candidates"]) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else 0.0
