"""Mutations of what surrounds the wiring, where it evolves: input weights and the spectral radius."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from statescape.evolution.genome import Genome
from statescape.evolution.operators.operator import some
from statescape.evolution.space import LARGEST_SR, LEAST_SR, SearchSpace

# Standard deviation of a step of the logarithm of the radius.
STEP = 0.05


@dataclass(frozen=True)
class ChangeInputs:
    """Some input weights change: their sign where they are -1 and 1, their value where they are real."""

    name: str = "change-inputs"
    parents: int = 1
    keeps_edges: bool = True

    def applies(self, space: SearchSpace) -> bool:
        """Where W_in evolves."""
        return space.evolve_inputs

    def __call__(self, space: SearchSpace, parents: Sequence[Genome], rng: np.random.Generator) -> Genome:
        """A child with the same W."""
        parent = parents[0]
        assert parent.W_in is not None
        W_in = parent.W_in.copy()
        at = some(np.arange(W_in.size), rng, W_in.size)
        values = W_in.flat[at]
        real = space.input_values.kind == "real"
        W_in.flat[at] = space.input_values.perturbed(values, rng) if real else -values
        return Genome(parent.genes, W_in, parent.sr)


@dataclass(frozen=True)
class ChangeRadius:
    """The spectral radius changes by some per cent."""

    name: str = "change-radius"
    parents: int = 1
    keeps_edges: bool = True

    def applies(self, space: SearchSpace) -> bool:
        """Where the radius is a gene."""
        return space.radius == "gene"

    def __call__(self, space: SearchSpace, parents: Sequence[Genome], rng: np.random.Generator) -> Genome:
        """A child with the same W before scaling."""
        parent = parents[0]
        assert parent.sr is not None
        sr = min(max(parent.sr * math.exp(rng.normal(0.0, STEP)), LEAST_SR), LARGEST_SR)
        return Genome(parent.genes, parent.W_in, sr)
