"""Crossovers: a child of two parents.

On raw matrices they are disruptive, because the labels of units are arbitrary; `Aligned` matches units first. Input
weights, where they evolve, go with their unit's incoming edges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from statescape.evolution.genome import Genome
from statescape.evolution.operators.alignment import match
from statescape.evolution.operators.operator import over_units
from statescape.evolution.space import SearchSpace


@dataclass(frozen=True)
class Uniform:
    """Every entry comes from either parent."""

    name: str = "uniform-crossover"
    parents: int = 2
    keeps_edges: bool = False

    def applies(self, space: SearchSpace) -> bool:
        """Always."""
        return True

    def __call__(self, space: SearchSpace, parents: Sequence[Genome], rng: np.random.Generator) -> Genome:
        """Entries mixed one by one, a unit's input weights as a whole."""
        first, second = parents
        genes = {
            name: np.where(rng.random(array.shape) < 0.5, array, second.genes[name])
            for name, array in first.genes.items()
        }
        return _child(genes, first, second, rng.random(space.units) < 0.5, rng)


@dataclass(frozen=True)
class Rows:
    """Every unit takes all its incoming edges from either parent."""

    name: str = "row-crossover"
    parents: int = 2
    keeps_edges: bool = False

    def applies(self, space: SearchSpace) -> bool:
        """Where the genes are a matrix over all units."""
        return over_units(space)

    def __call__(self, space: SearchSpace, parents: Sequence[Genome], rng: np.random.Generator) -> Genome:
        """Rows mixed one by one."""
        return _by_rows(parents[0], parents[1], rng.random(space.units) < 0.5, rng)


@dataclass(frozen=True)
class Blocks:
    """The edges among a set of neighbouring units come from one parent, all others from the other."""

    name: str = "block-crossover"
    parents: int = 2
    keeps_edges: bool = False

    def applies(self, space: SearchSpace) -> bool:
        """Where the genes are a matrix over all units."""
        return over_units(space)

    def __call__(self, space: SearchSpace, parents: Sequence[Genome], rng: np.random.Generator) -> Genome:
        """A block of the second parent in the first."""
        units = space.units
        size = int(rng.integers(1, units))
        inside = np.zeros(units, dtype=bool)
        inside[(int(rng.integers(units)) + np.arange(size)) % units] = True
        first, second = parents
        W = np.where(inside[:, None] & inside[None], second.genes["W"], first.genes["W"])
        return _child({"W": W}, first, second, ~inside, rng)


@dataclass(frozen=True)
class Aligned:
    """The second parent's units are matched to the first's; then every unit takes its incoming edges from either."""

    name: str = "aligned-crossover"
    parents: int = 2
    keeps_edges: bool = False

    def applies(self, space: SearchSpace) -> bool:
        """Where the genes are a matrix over all units."""
        return over_units(space)

    def __call__(self, space: SearchSpace, parents: Sequence[Genome], rng: np.random.Generator) -> Genome:
        """Rows mixed after relabelling; a W_in that stays with the labels restricts the relabelling."""
        first, second = parents
        inputs = None
        if first.W_in is not None and second.W_in is not None:
            inputs = (first.W_in, second.W_in)
        elif space.W_in is not None:
            inputs = (space.W_in, space.W_in)
        order = match(first.genes["W"], second.genes["W"], inputs, fixed=first.W_in is None)
        relabelled = Genome(
            {"W": second.genes["W"][np.ix_(order, order)]},
            None if second.W_in is None else second.W_in[order],
            second.sr,
        )
        return _by_rows(first, relabelled, rng.random(space.units) < 0.5, rng)


def _by_rows(first: Genome, second: Genome, of_first: Bool[np.ndarray, " units"], rng: np.random.Generator) -> Genome:
    W = np.where(of_first[:, None], first.genes["W"], second.genes["W"])
    return _child({"W": W}, first, second, of_first, rng)


def _child(
    genes: dict[str, np.ndarray],
    first: Genome,
    second: Genome,
    of_first: Bool[np.ndarray, " units"],
    rng: np.random.Generator,
) -> Genome:
    """Genes with input weights of the units' parents and the radius of one of the two."""
    W_in = None
    if first.W_in is not None and second.W_in is not None:
        W_in = np.where(of_first[:, None], first.W_in, second.W_in)
    return Genome(genes, W_in, first.sr if rng.random() < 0.5 else second.sr)
