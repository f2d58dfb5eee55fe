"""One generation: what a search asks to have scored, what came of it, and what it is made by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Float

from statescape.evolution.conditions import TrialSeed
from statescape.evolution.operators import Operator
from statescape.evolution.search.population import Candidate, Population
from statescape.evolution.search.strategies import Strategy
from statescape.evolution.space import SearchSpace
from statescape.reservoir import Topology
from statescape.wording import Noun


@dataclass(frozen=True, eq=False)
class Batch(Noun):
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
class GenerationSummary(Noun):
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
class Generation(Noun):
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


@dataclass(frozen=True, eq=False)
class Rules:
    """What does not change while a search goes on.

    Attributes:
        space: where genomes come from.
        strategy: how it searches.
        operators: that make children, in the order of their rates.
        stream: seed of everything random.
        trials: of a generation, or of the pool.
        deterministic: whether trials are all alike.
        sparse: whether few edges are an objective beside a low error.
    """

    space: SearchSpace
    strategy: Strategy
    operators: tuple[Operator, ...]
    stream: tuple[int, ...]
    trials: int
    deterministic: bool
    sparse: bool


class Contest(Protocol):
    """A generation under way.

    Attributes:
        candidates: who is to be scored next.
    """

    candidates: list[Candidate]

    @property
    def seeds(self) -> tuple[TrialSeed, ...]:
        """On which trials."""

    def take(self, scores: Float[np.ndarray, "candidates trials"]) -> Generation | None:
        """Take these scores; the generation, where that ended it."""


def children_by_operator(born: Sequence[Candidate], alive: set[int]) -> dict[str, tuple[int, int]]:
    """For every operator, how many children it made and how many of them survived."""
    operators: dict[str, tuple[int, int]] = {}
    for child in born:
        made, kept = operators.get(child.operator, (0, 0))
        operators[child.operator] = (made + 1, kept + (child.number in alive))
    return operators
