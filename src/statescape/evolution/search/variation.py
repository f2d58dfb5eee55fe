"""Offspring: parents by tournament, an operator by its success, and no genome twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from statescape.evolution.genome import Genome
from statescape.evolution.operators import CROSSOVERS, MUTATIONS, Operator
from statescape.evolution.search.population import Candidate, Population
from statescape.evolution.search.rates import shared_out
from statescape.evolution.search.strategies import Strategy
from statescape.evolution.space import SearchSpace

OURS = MUTATIONS + CROSSOVERS
# A child equal to a survivor or a sibling is made again this often; then a random one takes its place.
ATTEMPTS = 8


def offspring(
    population: Population,
    space: SearchSpace,
    strategy: Strategy,
    operators: Sequence[Operator],
    count: int,
    seed: tuple[int, ...],
) -> list[Candidate]:
    """New candidates without records.

    Args:
        population: their parents; empty at the start.
        space: where genomes come from.
        strategy: how they are made.
        operators: in the order of `population.rates`.
        count: how many.
        seed: each child has a stream of its own below it.
    """
    seen = {member.genome.digest for member in population.members}
    rates = np.cumsum(shared_out(operators, population.rates.probabilities, strategy.crossover))
    children = []
    for index in range(count):
        rng = np.random.default_rng(np.random.SeedSequence((*seed, index)))
        for _ in range(ATTEMPTS):
            genome, parents, operator = _child(population.members, space, strategy, operators, rates, rng)
            if genome.digest not in seen:
                break
        else:
            genome, parents, operator = space.random(rng), (), "random"
        seen.add(genome.digest)
        children.append(Candidate(population.born + index, population.generation, parents, operator, genome))
    return children


def _child(
    members: tuple[Candidate, ...],
    space: SearchSpace,
    strategy: Strategy,
    operators: Sequence[Operator],
    rates: np.ndarray,
    rng: np.random.Generator,
) -> tuple[Genome, tuple[int, ...], str]:
    if not members or strategy.variation == "random":
        return space.random(rng), (), "random"
    operator = operators[min(int(np.searchsorted(rates, rng.random(), side="right")), len(operators) - 1)]
    parents = strategy.mates(members, operator.parents, rng)
    genome = operator(space, [parent.genome for parent in parents], rng)
    if operator not in OURS:
        space.check(genome)
    return genome, tuple(parent.number for parent in parents), operator.name
