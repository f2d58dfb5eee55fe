"""What an operator is: it makes a child of one parent (mutation) or of two (crossover)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from statescape.evolution.genome import Genome
from statescape.evolution.space import SearchSpace

# A mutation makes a geometric number of edits: one in six of ten cases, 1.7 on average.
STOP = 0.6


@runtime_checkable
class Operator(Protocol):
    """One way to make a child; a new one is a small class with these members."""

    @property
    def name(self) -> str:
        """How tables call it."""

    @property
    def parents(self) -> int:
        """How many parents it takes: 1 (mutation) or 2 (crossover)."""

    @property
    def keeps_edges(self) -> bool:
        """Whether every child's W has as many edges as its parent's."""

    def applies(self, space: SearchSpace) -> bool:
        """Whether it makes sense in this space."""

    def __call__(self, space: SearchSpace, parents: Sequence[Genome], rng: np.random.Generator) -> Genome:
        """A child; equal to its parent where there is nothing that this operator could change."""


def edits(rng: np.random.Generator, most: int) -> int:
    """How many edits a mutation makes."""
    return min(int(rng.geometric(STOP)), most)


def edited(
    genome: Genome,
    rng: np.random.Generator,
    edit: Callable[[Float[np.ndarray, "*shape"]], None],
    names: Sequence[str] | None = None,
) -> Genome:
    """The genome with one of its arrays, chosen at random, copied and edited in place."""
    choice = list(genome.genes) if names is None else list(names)
    name = choice[int(rng.integers(len(choice)))]
    array = genome.genes[name].copy()
    edit(array)
    return Genome({**genome.genes, name: array}, genome.W_in, genome.sr)


def some(at: Int[np.ndarray, " entries"], rng: np.random.Generator, most: int) -> Int[np.ndarray, " chosen"]:
    """A few different entries out of `at`, as many as a mutation edits."""
    count = edits(rng, min(len(at), most))
    return at[:0] if not len(at) else np.asarray(rng.choice(at, count, replace=False))


def square_arrays(space: SearchSpace) -> list[str]:
    """The arrays that connect a set of nodes with itself: all units, the units of a motif, the blocks of a grid."""
    return [name for name, shape in space.encoding.shapes.items() if len(shape) == 2]


def over_units(space: SearchSpace) -> bool:
    """Whether the genes are one matrix over all units."""
    return set(space.encoding.shapes) == {"W"}
