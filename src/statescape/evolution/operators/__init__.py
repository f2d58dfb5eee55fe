"""Operators: what makes a child of one parent or two, one small class each."""

from __future__ import annotations

from collections.abc import Sequence

from statescape.errors import StatescapeError, unknown_name
from statescape.evolution.operators.alignment import match
from statescape.evolution.operators.crossovers import Aligned, Blocks, Rows, Uniform
from statescape.evolution.operators.entries import Add, Delete, Flip, Move, Perturb, Rewire, Swap
from statescape.evolution.operators.operator import Operator
from statescape.evolution.operators.surroundings import ChangeInputs, ChangeRadius
from statescape.evolution.operators.units import Duplicate, Silence
from statescape.evolution.space import SearchSpace

__all__ = [
    "CROSSOVERS",
    "MUTATIONS",
    "NAMES",
    "Add",
    "Aligned",
    "Blocks",
    "ChangeInputs",
    "ChangeRadius",
    "Delete",
    "Duplicate",
    "Flip",
    "Move",
    "Operator",
    "Perturb",
    "Rewire",
    "Rows",
    "Silence",
    "Swap",
    "Uniform",
    "for_space",
    "match",
]

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
CROSSOVERS: tuple[Operator, ...] = (Uniform(), Rows(), Blocks(), Aligned())


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
