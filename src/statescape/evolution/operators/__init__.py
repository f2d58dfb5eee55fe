"""Operators: what makes a child of one parent or two, one small class each."""

from __future__ import annotations

from statescape.evolution.operators.alignment import match
from statescape.evolution.operators.crossovers import Aligned, Blocks, Rows, Uniform
from statescape.evolution.operators.entries import Add, Delete, Flip, Move, Perturb, Rewire, Swap
from statescape.evolution.operators.operator import Operator
from statescape.evolution.operators.surroundings import ChangeInputs, ChangeRadius
from statescape.evolution.operators.units import Duplicate, Silence
from statescape.evolution.space import SearchSpace

__all__ = [
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


def for_space(space: SearchSpace, *, crossover: bool = True) -> tuple[Operator, ...]:
    """All operators that make sense in a space, mutations first."""
    known = MUTATIONS + (CROSSOVERS if crossover else ())
    return tuple(operator for operator in known if operator.applies(space))
