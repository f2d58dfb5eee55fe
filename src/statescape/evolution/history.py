"""What the journal remembers of one strategy beyond its winner: who was born of whom, and who stood where when.

A search keeps its survivors and forgets the rest; here the way to them is read back. Gains along a line of ancestors
are differences of records, log scores freed from the difficulty of their trials, so they add up over generations.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from statescape.errors import StatescapeError
from statescape.evolution.genome import Genome
from statescape.evolution.parts import space_of
from statescape.evolution.result import Champion
from statescape.evolution.rows import Birth, State
from statescape.evolution.search.population import Pool, Record
from statescape.evolution.tables import Tables
from statescape.runs.plain import DamagedRunError
from statescape.wording import say


@dataclass(frozen=True)
class Moment:
    """The survivors of a generation.

    Attributes:
        generation: its number.
        members: number and record of every survivor, best first.
        noise: standard deviation of one trial around a record, in log score.
        rates: how often each operator is used in the next.
        pool: the trials that children raced on; None where every generation drew its own.
    """

    generation: int
    members: tuple[tuple[int, Record], ...]
    noise: float
    rates: Mapping[str, float]
    pool: Pool | None = None


@dataclass(frozen=True)
class Ancestor:
    """One step of a line of descent.

    Attributes:
        birth: how it came to be.
        record: its last.
        change: its log score minus that of its better parent, difficulty taken off: negative is better; NaN for the
            first of a line.
        error: standard error of the change; NaN for the first of a line.
        partner: its other parent, where there is one.
        partner_record: the last record of that parent.
    """

    birth: Birth
    record: Record
    change: float
    error: float
    partner: Birth | None = None
    partner_record: Record | None = None


@dataclass(frozen=True, eq=False)
class History:
    """All births and all generations of one strategy.

    Attributes:
        births: by number.
        moments: generation by generation.
        trainings: of every candidate in the generation it was born in, and later, by number.
    """

    births: Mapping[int, Birth]
    moments: tuple[Moment, ...]
    trainings: Mapping[int, tuple[int, int]]

    @cached_property
    def records(self) -> Mapping[int, Record]:
        """The last record of everyone who ever survived."""
        return {number: record for moment in self.moments for number, record in moment.members}

    @property
    def noise(self) -> float:
        """Standard deviation of one trial around a record, in log score, at the end."""
        return self.moments[-1].noise

    @property
    def best(self) -> int:
        """The number of the best survivor so far."""
        return self.moments[-1].members[0][0]

    def founder(self, number: int) -> int:
        """The candidate without parents that a candidate's lineage began with: first parents are followed."""
        while parents := self.births[number].parents:
            number = parents[0]
        return number

    def line(self, number: int) -> tuple[Ancestor, ...]:
        """From a random start to a candidate; of two parents the better one is followed, as success is counted."""
        births = [self.births[number]]
        while births[-1].parents:
            births.append(self.births[min(births[-1].parents, key=lambda one: self._last(one).difference)])
        line: list[Ancestor] = []
        for birth in reversed(births):
            record = self._last(birth.number)
            if not line:
                line.append(Ancestor(birth, record, math.nan, math.nan))
                continue
            parent = line[-1]
            error = self.noise * math.sqrt(1.0 / max(record.n, 1) + 1.0 / max(parent.record.n, 1))
            others = [one for one in birth.parents if one != parent.birth.number]
            partner = self.births[others[0]] if others else None
            partner_record = self._last(others[0]) if others else None
            change = record.difference - parent.record.difference
            line.append(Ancestor(birth, record, change, error, partner, partner_record))
        return tuple(line)

    def _last(self, number: int) -> Record:
        """The last record of a candidate; without trials for one that never survived."""
        return self.records.get(number, Record())

    def children(self, number: int) -> tuple[Birth, ...]:
        """All that were born of a candidate, as its first or second."""
        return tuple(birth for birth in self.births.values() if number in birth.parents)


def read_history(run: str | Path, strategy: str | None = None) -> History:
    """Read the history of a run, also of one that is not finished.

    Args:
        run: its file.
        strategy: which; the run's own search where None.

    Raises:
        StatescapeError: where the run cannot be read, or has no generation yet.
    """
    with Tables.read(run) as kept:
        strategy = strategy or kept.settings.strategy
        births, states, trainings = kept.births(strategy), kept.states(strategy), kept.trainings(strategy)
        if not states:
            raise StatescapeError(f"{run} has no generation of {strategy} yet; resume it first.")
        known = {number for _, _, state in states for number in state.records} | {
            parent for birth in births.values() for parent in birth.parents
        }
        if known - set(births):
            raise DamagedRunError(f"{run} is damaged: it lacks candidate {min(known - set(births))}.")
    return History(births, tuple(_moment(number, state) for number, _, state in states), trainings)


@dataclass(frozen=True)
class RunProgress:
    """How far a run has come.

    Attributes:
        finished: whether it is over.
        generations: of its search so far.
        champion: the winner's number, where the search is over.
    """

    finished: bool
    generations: int
    champion: int | None

    @property
    def words(self) -> str:
        """How far it is, for a reader."""
        if self.finished:
            return say("{generations:,} generations, sealed", generations=self.generations)
        if self.champion is not None:
            return say(
                "its search of {generations:,} generations is over, its seals are not", generations=self.generations
            )
        return say("{generations:,} generations of its search so far", generations=self.generations)


def progress_of(run: str | Path) -> RunProgress:
    """How far a run has come, also while another process writes it.

    Raises:
        StatescapeError: where the run cannot be read.
    """
    with Tables.read(run) as kept:
        strategy = kept.settings.strategy
        generations, final, finished = kept.generations(strategy), kept.final(strategy), kept.journal.finished
    champion = None if final is None else final.champion
    return RunProgress(finished, generations, champion)


def genomes(
    run: str | Path, numbers: Collection[int], strategy: str | None = None, parts: Sequence[object] = ()
) -> dict[int, Genome]:
    """The genomes of some candidates of a run.

    Args:
        run: its file.
        numbers: of the candidates.
        strategy: of which search; the run's own where None.
        parts: what was given to the run as objects.

    Raises:
        StatescapeError: where the run cannot be read or lacks one of them.
    """
    with Tables.read(run, parts) as kept:
        return {number: kept.candidate(strategy or kept.settings.strategy, number).genome for number in numbers}


def scores(run: str | Path, number: int) -> tuple[float, ...]:
    """All scores of one candidate of a run's search, in the order of its trials; infinite where it diverged.

    Raises:
        StatescapeError: where the run cannot be read.
    """
    with Tables.read(run) as kept:
        return tuple(map(abs, kept.scores(kept.settings.strategy, number)))


def champion_of(run: str | Path, number: int | None = None, parts: Sequence[object] = ()) -> Champion:
    """The champion of a run, or one of its candidates by its number.

    Args:
        run: its file.
        number: of the candidate; None for the champion.
        parts: what was given to the run as objects.

    Raises:
        StatescapeError: where there is none, or the search has no champion yet.
    """
    with Tables.read(run, parts) as kept:
        settings = kept.settings
        if number is None:
            final = kept.final(settings.strategy)
            if final is None:
                raise StatescapeError(f"{run} has no champion yet; resume it first, or name a candidate.")
            number = final.champion
        found, task = kept.candidate(settings.strategy, number), kept.task()
        with kept.journal.understood(f"candidate {number}"):
            space = space_of(settings, task)
            space.check(found.genome)
            return Champion(found, space.topology(found.genome, f"candidate {number}"), settings.hyper)


def survivors_of_run(run: str | Path, parts: Sequence[object] = ()) -> tuple[Genome, ...]:
    """The genomes of the last survivors of a run, best first.

    Args:
        run: its file.
        parts: what was given to the run as objects.

    Raises:
        StatescapeError: where the run has none.
    """
    with Tables.read(run, parts) as kept:
        found = kept.population(kept.settings.strategy)
    if found is None:
        raise StatescapeError(f"{run} has no survivors yet to begin with.")
    return tuple(member.genome for member in found[0].members)


def _moment(number: int, state: State) -> Moment:
    rates = dict(zip(state.credit.names, state.credit.probabilities.tolist(), strict=True))
    return Moment(number, tuple(state.records.items()), state.noise, rates, state.pool)
