"""The search itself, by ask and tell: `ask` names wirings and trials, whoever asked scores them, `tell` takes scores.

A generation: offspring join the survivors and all are scored on the same trials, which are redrawn each generation.
The trials come in two parts (sequential halving): all candidates meet the first, the survivors and the better half of
the offspring the second. Records then decide who survives (`Strategy.survive`). Where nothing is random in a trial, one
is enough, survivors need none, and scores are compared as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.evolution.conditions import Stream, TrialSeed
from statescape.evolution.genome import Genome
from statescape.evolution.operators import Operator
from statescape.evolution.scoring import losses
from statescape.evolution.search.fronts import by_fronts
from statescape.evolution.search.population import (
    Candidate,
    Population,
    difficulties,
    merit,
    noise_of,
    ranked,
    running,
)
from statescape.evolution.search.rates import OperatorRates
from statescape.evolution.search.strategies import Strategy, for_front, operators_of, stream_of
from statescape.evolution.search.variation import offspring
from statescape.evolution.space import SearchSpace
from statescape.reservoir import Topology


@dataclass(frozen=True, eq=False)
class Batch:
    """What is to be scored next: every candidate on every trial.

    Attributes:
        candidates: with their records so far.
        topologies: what they become.
        seeds: of the trials.
    """

    candidates: tuple[Candidate, ...]
    topologies: tuple[Topology, ...]
    seeds: tuple[TrialSeed, ...]


@dataclass(frozen=True)
class GenerationSummary:
    """One generation in a line.

    Attributes:
        number: 0 for the random start.
        best: mean score of the best survivor on the generation's trials.
        median: median over the survivors.
        trainings: networks trained so far.
        seconds: so far.
        diversity: share of different genomes among the survivors.
        operators: children made and survived, by operator.
    """

    number: int
    best: float
    median: float
    trainings: int
    seconds: float
    diversity: float
    operators: dict[str, tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Generation:
    """A generation that is over.

    Attributes:
        number: 0 for the random start.
        born: its new candidates, with their records.
        seeds: of its trials.
        scores: candidate number, number of the trial within the generation, score.
        best: mean score of the best survivor on this generation's trials.
        median: median over the survivors of their mean scores on these trials.
        operators: for every operator, how many children it made and how many of them survived.
        population: what came of it.
    """

    number: int
    born: tuple[Candidate, ...]
    seeds: tuple[TrialSeed, ...]
    scores: tuple[tuple[int, int, float], ...]
    best: float
    median: float
    operators: dict[str, tuple[int, int]]
    population: Population

    def summary(self, seconds: float) -> GenerationSummary:
        """Its line, so many seconds after the search began."""
        now = self.population
        return GenerationSummary(
            self.number, self.best, self.median, now.trainings, seconds, now.diversity, self.operators
        )


class Search:
    """A search that can be asked and told.

    Args:
        space: where genomes come from.
        strategy: how it searches.
        seed: of everything random.
        trials: for each generation.
        deterministic: whether trials are all alike.
        adapt: whether operators are used as often as their children are worth.
        start: genomes to begin with, before random ones.
        sparse: whether few edges are an objective beside a low error.
        operators: those to use, or their names; None for all of ours that apply.
        population: a state to go on from.

    Raises:
        StatescapeError: for no trials, or a start that does not belong to the space.
    """

    def __init__(
        self,
        space: SearchSpace,
        strategy: Strategy,
        seed: int,
        *,
        trials: int = 4,
        deterministic: bool = False,
        adapt: bool = True,
        start: Sequence[Genome] = (),
        sparse: bool = False,
        operators: Sequence[str | Operator] | None = None,
        population: Population | None = None,
    ) -> None:
        if trials < 1:
            raise StatescapeError(f"A generation needs at least one trial; got {trials}.")
        for genome in start:
            space.check(genome)
        self.space, self.deterministic, self.sparse = space, deterministic, sparse
        self.strategy = for_front(strategy) if sparse else strategy
        self.trials = 1 if deterministic else trials
        self.operators = operators_of(strategy, space, operators)
        names = tuple(operator.name for operator in self.operators)
        self.population = population or Population(0, (), OperatorRates(names, adapt))
        self._start = tuple(start)
        self._stream = (seed, stream_of(strategy.name))
        self._open: _Open | None = None

    def ask(self) -> Batch:
        """What to score next; the same batch until it is told."""
        if self._open is None:
            self._open = self._begin()
        stage = self._open
        seeds = tuple((*self._stream, Stream.TRIALS, self.population.generation, trial) for trial in stage.numbers)
        topologies = tuple(self.space.topology(candidate.genome) for candidate in stage.candidates)
        return Batch(tuple(stage.candidates), topologies, seeds)

    def tell(self, scores: Float[np.ndarray, "candidates trials"]) -> Generation | None:
        """Take the scores of the batch that was asked for last.

        Returns:
            The generation, where this ended it.

        Raises:
            StatescapeError: where nothing was asked for, or the scores do not fit it.
        """
        stage = self._open
        if stage is None:
            raise StatescapeError("Ask before you tell: there is no batch that these scores could belong to.")
        if scores.shape != (len(stage.candidates), len(stage.numbers)) or np.isnan(scores).any():
            raise StatescapeError(
                f"Scores need the shape {(len(stage.candidates), len(stage.numbers))}, candidates by trials, and no "
                f"NaN (a network that diverged scores infinity); got shape {scores.shape}."
            )
        stage.take(scores)
        if stage.last < self.trials:
            self._open = self._halved(stage)
            return None
        generation = self._close(stage)
        self._open, self.population = None, generation.population
        return generation

    def _begin(self) -> _Open:
        """Offspring beside survivors, on the first part of the trials."""
        now = self.population
        count = self.strategy.offspring if now.members else max(self.strategy.survivors, len(self._start))
        seed = (*self._stream, Stream.OPERATORS, now.generation)
        children = offspring(now, self.space, self.strategy, self.operators, count, seed)
        if not now.members:
            for index, genome in enumerate(self._start):
                children[index] = Candidate(index, 0, (), "given", genome)
        again = () if self.deterministic else now.members
        first = math.ceil(self.trials / 2) if self.trials > 1 else 1
        return _Open((*again, *children), range(first), alike=self.deterministic)

    def _halved(self, stage: _Open) -> _Open:
        """The survivors and the better half of the offspring, on the other trials."""
        old = {member.number for member in self.population.members}
        children = [candidate for candidate in stage.candidates if candidate.number not in old]
        better = (by_fronts(children, self.space, 0.0) if self.sparse else ranked(children, 0.0))[
            : max(math.ceil(len(children) / 2), 1)
        ]
        chosen = {candidate.number for candidate in better} | old
        stage.narrow([candidate for candidate in stage.candidates if candidate.number in chosen])
        stage.numbers = range(stage.last, self.trials)
        return stage

    def _close(self, stage: _Open) -> Generation:
        now, everyone = self.population, dict(stage.everyone)
        for member in now.members:
            everyone.setdefault(member.number, member)
        noise = running(now.noise, noise_of([np.array(own) for own in stage.differences.values()]), now.generation)
        born = tuple(candidate for candidate in stage.everyone.values() if candidate.number >= now.born)
        members = [everyone[member.number] for member in now.members]
        if self.sparse:
            survivors = by_fronts([*members, *born], self.space, noise)[: self.strategy.survivors]
        else:
            survivors = self.strategy.survive(members, born, noise, now.generation)
        alive = {survivor.number for survivor in survivors}
        same = bool(now.members) and survivors[0].number == now.members[0].number
        population = Population(
            now.generation + 1,
            tuple(survivors),
            now.rates.after([self._improvement(child, everyone, noise, alive) for child in born]),
            now.born + len(born),
            now.trainings + len(stage.scores),
            noise,
            now.best_since if same else now.generation,
        )
        here = stage.means()
        known = [here.get(survivor.number, survivor.record.mean) for survivor in survivors]
        operators: dict[str, tuple[int, int]] = {}
        for child in born:
            made, kept = operators.get(child.operator, (0, 0))
            operators[child.operator] = (made + 1, kept + (child.number in alive))
        return Generation(
            now.generation,
            born,
            tuple((*self._stream, Stream.TRIALS, now.generation, trial) for trial in range(self.trials)),
            tuple(stage.scores),
            known[0],
            float(np.median(known)),
            operators,
            population,
        )

    def _improvement(
        self, child: Candidate, everyone: dict[int, Candidate], noise: float, alive: set[int]
    ) -> tuple[str, float]:
        """By how much a child is better than the better of its parents: a copy of that one is no success.

        With two objectives a success is a child that survives.
        """
        if self.sparse:
            return child.operator, float(child.number in alive)
        parents = [everyone[number] for number in child.parents if number in everyone]
        if not parents:
            return child.operator, 0.0
        best = min(merit(parent.record, noise) for parent in parents)
        return child.operator, best - merit(child.record, noise)


class _Open:
    """A generation under way: who is still in it, and what they have scored."""

    def __init__(self, candidates: Sequence[Candidate], numbers: range, *, alike: bool) -> None:
        self.candidates, self.numbers, self._alike = list(candidates), numbers, alike
        self.everyone = {candidate.number: candidate for candidate in candidates}
        self.differences: dict[int, list[float]] = {candidate.number: [] for candidate in candidates}
        self.scores: list[tuple[int, int, float]] = []

    @property
    def last(self) -> int:
        """The first trial that nobody has met yet."""
        return self.numbers.stop

    def take(self, scores: Float[np.ndarray, "candidates trials"]) -> None:
        """Bring the records up to date."""
        differences = losses(scores)
        if not self._alike:
            differences = differences - difficulties(differences, [one.record for one in self.candidates])[None]
        for place, candidate in enumerate(self.candidates):
            record = candidate.record
            for trial, difference, score in zip(self.numbers, differences[place], scores[place], strict=True):
                record = record.with_trial(float(difference), float(score))
                self.scores.append((candidate.number, trial, float(score)))
                self.differences[candidate.number].append(float(difference))
            self.candidates[place] = self.everyone[candidate.number] = candidate.with_record(record)

    def narrow(self, candidates: list[Candidate]) -> None:
        """Go on with some of the candidates."""
        self.candidates = candidates

    def means(self) -> dict[int, float]:
        """Mean score of every candidate in this generation."""
        raw: dict[int, list[float]] = {}
        for number, _, score in self.scores:
            raw.setdefault(number, []).append(score)
        return {number: float(np.mean(values)) for number, values in raw.items()}
