"""Mutations of whole units: one is copied onto another, one falls silent. The number of units stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.evolution.genome import Genome
from statescape.evolution.operators.operator import edited, over_units
from statescape.evolution.space import SearchSpace


@dataclass(frozen=True)
class Duplicate:
    """One unit becomes the twin of another: same sources, same targets, same input weights where they evolve.

    With an input weight of its own, which a fixed or redrawn W_in gives it, the twin does something new at once; else
    later edits part the two.
    """

    name: str = "duplicate-unit"
    parents: int = 1
    keeps_edges: bool = False

    def applies(self, space: SearchSpace) -> bool:
        """Where the genes are a matrix over all units."""
        return over_units(space)

    def __call__(self, space: SearchSpace, parents: Sequence[Genome], rng: np.random.Generator) -> Genome:
        """A child in which one unit has given way to a twin of another."""
        original, twin = rng.choice(space.units, 2, replace=False)

        def edit(array: Float[np.ndarray, "units units"]) -> None:
            array[twin, :] = array[original, :]
            array[:, twin] = array[:, original]

        child = edited(parents[0], rng, edit)
        if child.W_in is None:
            return child
        W_in = child.W_in.copy()
        W_in[twin] = W_in[original]
        return Genome(child.genes, W_in, child.sr)


@dataclass(frozen=True)
class Silence:
    """One unit loses all its edges; the readout still sees it as far as the input drives it."""

    name: str = "remove-unit"
    parents: int = 1
    keeps_edges: bool = False

    def applies(self, space: SearchSpace) -> bool:
        """Where the genes are a matrix over all units."""
        return over_units(space)

    def __call__(self, space: SearchSpace, parents: Sequence[Genome], rng: np.random.Generator) -> Genome:
        """A child without the edges of one connected unit."""

        def edit(array: Float[np.ndarray, "units units"]) -> None:
            connected = np.flatnonzero((array != 0).any(axis=0) | (array != 0).any(axis=1))
            if len(connected):
                unit = connected[rng.integers(len(connected))]
                array[unit, :] = array[:, unit] = 0.0

        return edited(parents[0], rng, edit)
