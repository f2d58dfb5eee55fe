"""Operators: what makes a child of one parent (`mutations`) or of two (`crossovers`), one small class each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from statescape.errors import StatescapeError, unknown_name
from statescape.evolution.crossovers import AlignedCrossover, BlockCrossover, RowCrossover, UniformCrossover
from statescape.evolution.genome import Genome
from statescape.evolution.mutations import (
    Add,
    ChangeInputs,
    ChangeRadius,
    Delete,
    Duplicate,
    Flip,
    Move,
    Perturb,
    Rewire,
    Silence,
    Swap,
)
from statescape.evolution.space import SearchSpace


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


MUTATIONS: tuple[Operator, ...] = (
    Add(),
    Delete(),
    Move(),
    Rewire(),
    Swap(),
    Flip(),
    Perturb(),
    Duplicate(),
    Silence(),
    ChangeInputs(),
    ChangeRadius(),
)
CROSSOVERS: tuple[Operator, ...] = (UniformCrossover(), RowCrossover(), BlockCrossover(), AlignedCrossover())


NAMES: tuple[str, ...] = tuple(operator.name for operator in MUTATIONS + CROSSOVERS)


def for_space(
    space: SearchSpace, *, crossover: bool = True, names: Sequence[str] | None = None
) -> tuple[Operator, ...]:
    """The operators that make sense in a space, mutations first; all of them or those that are named.

    Args:
        space: where they make children.
        crossover: whether children may have two parents.
        names: some of `NAMES`, in any order; None for all that apply.

    Raises:
        StatescapeError: for a name that is unknown or does not apply.
    """
    known = MUTATIONS + (CROSSOVERS if crossover else ())
    apply = tuple(operator for operator in known if operator.applies(space))
    if names is None:
        return apply
    _check(names, [operator.name for operator in apply], crossover)
    return tuple(operator for operator in apply if operator.name in names)


def _check(names: Sequence[str], apply: Sequence[str], crossover: bool) -> None:
    for name in names:
        if name not in NAMES:
            raise unknown_name("operator", name, NAMES)
        if name not in apply:
            where = "in this space" if crossover else "in this space without crossover"
            raise StatescapeError(
                f"The operator {name!r} does not apply {where}. Those that do are: {', '.join(apply)}."
            )
