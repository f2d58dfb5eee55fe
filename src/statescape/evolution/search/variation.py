"""Offspring: parents by tournament, an operator by its credit, and no genome twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from statescape.evolution.genome import Genome
from statescape.evolution.operators import Operator
from statescape.evolution.search.arms import Arm
from statescape.evolution.search.candidate import Candidate
from statescape.evolution.search.population import Population
from statescape.evolution.space import SearchSpace

# A child equal to a survivor or a sibling is made again this often; then a random one takes its place.
ATTEMPTS = 8


def offspring(
    population: Population,
    space: SearchSpace,
    arm: Arm,
    operators: Sequence[Operator],
    count: int,
    seed: tuple[int, ...],
) -> list[Candidate]:
    """New candidates without records.

    Args:
        population: their parents; empty at the start.
        space: where genomes come from.
        arm: how they are made.
        operators: in the order of `population.credit`.
        count: how many.
        seed: each child has a stream of its own below it.
    """
    seen = {member.genome.digest for member in population.members}
    rates = np.cumsum(rates_of(operators, population.credit.probabilities, arm.crossover))
    children = []
    for index in range(count):
        rng = np.random.default_rng(np.random.SeedSequence((*seed, index)))
        for _ in range(ATTEMPTS):
            genome, parents, operator = _child(population.members, space, arm, operators, rates, rng)
            if genome.digest not in seen:
                break
        else:
            genome, parents, operator = space.random(rng), (), "random"
        seen.add(genome.digest)
        children.append(Candidate(population.born + index, population.generation, parents, operator, genome))
    return children


def rates_of(
    operators: Sequence[Operator], credit: Float[np.ndarray, " operators"], crossover: float
) -> Float[np.ndarray, " operators"]:
    """How often each operator is used: by credit, among crossovers and among mutations, each kind with its share.

    Args:
        operators: in the order of the credit.
        credit: their rates by success; they sum to 1.
        crossover: share of the crossovers together; read only where there are both kinds.
    """
    crossovers = np.array([operator.parents > 1 for operator in operators])
    if crossovers.all() or not crossovers.any():
        return credit
    shares = np.where(crossovers, crossover / credit[crossovers].sum(), (1.0 - crossover) / credit[~crossovers].sum())
    return np.asarray(credit * shares)


def _child(
    members: tuple[Candidate, ...],
    space: SearchSpace,
    arm: Arm,
    operators: Sequence[Operator],
    rates: np.ndarray,
    rng: np.random.Generator,
) -> tuple[Genome, tuple[int, ...], str]:
    if not members or arm.variation == "random":
        return space.random(rng), (), "random"
    operator = operators[min(int(np.searchsorted(rates, rng.random(), side="right")), len(operators) - 1)]
    # Members stand best first: the lowest of a few random places wins the tournament.
    places = rng.integers(len(members), size=(operator.parents, arm.tournament)).min(axis=1)
    parents = [members[place] for place in places]
    genome = operator(space, [parent.genome for parent in parents], rng)
    return genome, tuple(parent.number for parent in parents), operator.name
