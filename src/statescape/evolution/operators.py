"""Operators: what makes a child of one parent (`mutations`) or of two (`crossovers`), each with a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from statescape.errors import StatescapeError
from statescape.evolution import crossovers, mutations, plan_operators
from statescape.evolution.genome import Genome
from statescape.evolution.space import SearchSpace
from statescape.registry import Registry


@runtime_checkable
class Operator(Protocol):
    """One way to make a child; a new one is a small class with these members.

    It may also say what kind of thing it ``changes``: "edges", "units" or "modules" (see `family`).
    """

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


MUTATIONS: tuple[Operator, ...] = (*mutations.MUTATIONS, *plan_operators.MUTATIONS)
CROSSOVERS: tuple[Operator, ...] = (*crossovers.CROSSOVERS, *plan_operators.CROSSOVERS)
NAMES: tuple[str, ...] = tuple(operator.name for operator in MUTATIONS + CROSSOVERS)
# Those that no search was shown to miss (docs/findings-studies.md); used where they are named.
SPARED = ("duplicate-unit", "remove-unit", "row-crossover", "block-crossover", "aligned-crossover")
REGISTRY: Registry[Any] = Registry(
    "operator", "statescape.operators", {operator.name: operator for operator in MUTATIONS + CROSSOVERS}
)
"""All operators that have a name; one of another package is an object, or a class that is called without arguments."""


def by_name(name: str) -> Operator:
    """An operator.

    Raises:
        StatescapeError: for an unknown name, or a part of another package that is no operator.
    """
    part = REGISTRY.find(name)
    operator = part() if isinstance(part, type) or not isinstance(part, Operator) else part
    if not isinstance(operator, Operator):
        raise StatescapeError(
            f"The operator {name!r} of {REGISTRY.origin(name)} is a {type(operator).__name__}, which lacks members of "
            "statescape.evolution.operators.Operator; mend it."
        )
    return operator


def family(name: str, others: Sequence[Any] = ()) -> str:
    """What kind of change an operator makes, by what the operator itself says.

    Args:
        name: of the operator.
        others: operators of others, looked at first.

    Returns:
        "crossover" with two parents; else what it ``changes``; "other" where it does not say, or is not known.
    """
    operator = next((one for one in (*others, *MUTATIONS, *CROSSOVERS) if getattr(one, "name", "") == name), None)
    return "crossover" if getattr(operator, "parents", 1) == 2 else str(getattr(operator, "changes", "other"))


def for_space(
    space: SearchSpace, *, crossover: bool = True, names: Sequence[str | Operator] | None = None
) -> tuple[Operator, ...]:
    """The operators that make sense in a space, mutations first; all of ours, or those that are named.

    Args:
        space: where they make children.
        crossover: whether children may have two parents.
        names: some of `NAMES` in any order, other names, or operators themselves; None for all of ours that apply.

    Raises:
        StatescapeError: for a name that is unknown, and for an operator that does not apply.
    """
    known = MUTATIONS + (CROSSOVERS if crossover else ())
    apply = tuple(operator for operator in known if operator.applies(space))
    if names is None:
        return apply
    ours = [name for name in names if isinstance(name, str) and name in NAMES]
    others = [by_name(one) if isinstance(one, str) else one for one in names if one not in ours]
    fits = [one for one in others if one.applies(space) and (crossover or one.parents == 1)]
    for name in [*ours, *(one.name for one in others if one not in fits)]:
        if name not in [operator.name for operator in apply] or name not in ours:
            where = "in this space" if crossover else "in this space without crossover"
            raise StatescapeError(
                f"The operator {name!r} does not apply {where}. Those that do are: "
                f"{', '.join(operator.name for operator in apply)}."
            )
    return (*(operator for operator in apply if operator.name in ours), *others)
