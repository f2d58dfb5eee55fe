"""Operators on plans: add, remove and split modules, rewire what connects them, retune them, redraw, cross two plans.

The units of all modules together never change: whoever grows takes units from another. What would leave no way from
input to readout leaves the parent as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from statescape.errors import StatescapeError
from statescape.evolution.genome import Genome
from statescape.evolution.mutations import edits
from statescape.evolution.plans import CONNECTIVITY, INPUT_SCALING, LR, SR, Modules, new_draw, random_module
from statescape.evolution.space import SearchSpace
from statescape.reservoir import Module, Plan

# Standard deviations of a step: of sr itself, of the logarithms of the others.
STEP_SR, STEP_LR, STEP_SCALING, STEP_CONNECTIVITY = 0.1, 0.3, 0.5, 0.5
# Most edits of one child.
MOST_EDITS = 8

Edges = set[tuple[int, int]]


@dataclass
class Draft:
    """A plan under change; nothing is checked until it is made."""

    modules: list[Module]
    edges: Edges
    inputs: set[int]
    outputs: set[int]

    @classmethod
    def of(cls, plan: Plan) -> Draft:
        """A plan to be changed."""
        return cls(list(plan.modules), set(plan.edges), set(plan.inputs), set(plan.seen))

    def made(self) -> Plan:
        """The plan.

        Raises:
            StatescapeError: where it is none.
        """
        return Plan(tuple(self.modules), tuple(self.edges), tuple(self.inputs), tuple(self.outputs))

    def resize(self, number: int, units: int) -> None:
        """Give a module so many units more."""
        module = self.modules[number]
        self.modules[number] = replace(module, units=module.units + units)


@dataclass(frozen=True)
class PlanMutation:
    """A child of one plan.

    Attributes:
        name: how tables call it.
        edit: changes a draft, with room for so many modules at most, by random numbers.
        parents: how many it takes.
        changes: what kind of thing, for figures.
        keeps_edges: whether every child's W has as many edges as its parent's.
    """

    name: str
    edit: Callable[[Draft, int, np.random.Generator], None]
    parents: int = 1
    changes: str = "modules"
    keeps_edges: bool = False

    def applies(self, space: SearchSpace) -> bool:
        """Where genomes are plans."""
        return isinstance(space.encoding, Modules)

    def __call__(self, space: SearchSpace, parents: Sequence[Genome], rng: np.random.Generator) -> Genome:
        """A child; equal to its parent where the edit leaves no plan."""
        encoding, genes = _encoding(space), parents[0].genes
        draft = Draft.of(encoding.plan(genes))
        self.edit(draft, encoding.most, rng)
        try:
            return Genome(encoding.genes(draft.made(), int(genes["draw"][0])))
        except StatescapeError:
            return parents[0]


def add_module(draft: Draft, most: int, rng: np.random.Generator) -> None:
    """A new module with units of another one, fed by the input or a module, read or feeding a module."""
    large = [number for number, module in enumerate(draft.modules) if module.units > 1]
    if len(draft.modules) == most or not large:
        return
    donor = large[int(rng.integers(len(large)))]
    units = int(rng.integers(1, draft.modules[donor].units))
    new = len(draft.modules)
    draft.resize(donor, -units)
    draft.modules.append(random_module(units, rng))
    if rng.random() < 0.5:
        draft.inputs.add(new)
    else:
        draft.edges.add((int(rng.integers(new)), new))
    if rng.random() < 0.5:
        draft.outputs.add(new)
    else:
        draft.edges.add((new, int(rng.integers(new))))


def remove_module(draft: Draft, most: int, rng: np.random.Generator) -> None:  # noqa: ARG001
    """A module goes; another one gets its units, and who fed it feeds whom it fed."""
    if len(draft.modules) == 1:
        return
    gone = int(rng.integers(len(draft.modules)))
    sources = {source for source, target in draft.edges if target == gone}
    targets = {target for source, target in draft.edges if source == gone}
    draft.edges |= {(source, target) for source in sources for target in targets if source != target}
    if gone in draft.inputs:
        draft.inputs |= targets
    if gone in draft.outputs:
        draft.outputs |= sources
    heir = int(rng.choice([number for number in range(len(draft.modules)) if number != gone]))
    draft.resize(heir, draft.modules[gone].units)
    rest = [number - (number > gone) if number != gone else None for number in range(len(draft.modules))]
    draft.modules.pop(gone)
    draft.edges = {(a, b) for a, b in ((rest[s], rest[t]) for s, t in draft.edges) if a is not None and b is not None}
    draft.inputs = {new for new in (rest[one] for one in draft.inputs) if new is not None}
    draft.outputs = {new for new in (rest[one] for one in draft.outputs) if new is not None}


def split_module(draft: Draft, most: int, rng: np.random.Generator) -> None:
    """A module becomes two of half its size: side by side, or one behind the other and the second fed by the first."""
    large = [number for number, module in enumerate(draft.modules) if module.units > 1]
    if len(draft.modules) == most or not large:
        return
    first, new = large[int(rng.integers(len(large)))], len(draft.modules)
    units = draft.modules[first].units // 2
    draft.resize(first, -units)
    draft.modules.append(replace(draft.modules[first], units=units))
    leaving = {edge for edge in draft.edges if edge[0] == first}
    if rng.random() < 0.5:
        draft.edges |= {(new, target) for _, target in leaving}
        draft.edges |= {(source, new) for source, target in draft.edges if target == first}
        draft.inputs |= {new} if first in draft.inputs else set()
    else:
        draft.edges = (draft.edges - leaving) | {(new, target) for _, target in leaving} | {(first, new)}
    draft.outputs |= {new} if first in draft.outputs else set()


def rewire_modules(draft: Draft, most: int, rng: np.random.Generator) -> None:  # noqa: ARG001
    """Some edges among modules, to the input or to the readout come, go or end elsewhere."""
    count = len(draft.modules)
    for _ in range(edits(rng, MOST_EDITS)):
        kind = int(rng.integers(5 if count > 1 else 2))
        if kind < 2:
            (draft.inputs, draft.outputs)[kind].symmetric_difference_update({int(rng.integers(count))})
            continue
        source = int(rng.integers(count))
        target = (source + int(rng.integers(1, count))) % count
        if kind == 2 or not draft.edges:
            draft.edges ^= {(source, target)}
            continue
        old = sorted(draft.edges)[int(rng.integers(len(draft.edges)))]
        new = (old[0], target) if kind == 3 else (source, old[1])
        if new[0] != new[1] and new not in draft.edges:
            draft.edges = (draft.edges - {old}) | {new}


def retune_module(draft: Draft, most: int, rng: np.random.Generator) -> None:  # noqa: ARG001
    """Some hyper-parameters of modules change a little, or units go from one module to another."""
    for _ in range(edits(rng, MOST_EDITS)):
        number, kind, step = int(rng.integers(len(draft.modules))), int(rng.integers(5)), float(rng.normal())
        module = draft.modules[number]
        if kind == 0:
            module = replace(module, sr=_clipped(module.sr + STEP_SR * step, SR))
        elif kind == 1:
            module = replace(module, lr=_clipped(module.lr * math.exp(STEP_LR * step), LR))
        elif kind == 2:
            moved = module.input_scaling * math.exp(STEP_SCALING * step)
            module = replace(module, input_scaling=_clipped(moved, INPUT_SCALING))
        elif kind == 3:
            moved = module.connectivity * math.exp(STEP_CONNECTIVITY * step)
            module = replace(module, connectivity=_clipped(moved, CONNECTIVITY))
        elif module.units > 1 and len(draft.modules) > 1:
            other = (number + int(rng.integers(1, len(draft.modules)))) % len(draft.modules)
            units = int(rng.integers(1, max(module.units // 4, 1) + 1))
            draft.resize(other, units)
            module = replace(module, units=module.units - units)
        draft.modules[number] = module


@dataclass(frozen=True)
class RedrawWeights:
    """The same plan with another draw of its weights; where these stay from trial to trial."""

    name: str = "redraw-weights"
    parents: int = 1
    changes: str = "other"
    keeps_edges: bool = False

    def applies(self, space: SearchSpace) -> bool:
        """Where genomes are plans and a draw belongs to them."""
        return isinstance(space.encoding, Modules) and space.own_draw

    def __call__(
        self,
        space: SearchSpace,  # noqa: ARG002 - every operator's signature
        parents: Sequence[Genome],
        rng: np.random.Generator,
    ) -> Genome:
        """A child that differs in its draw alone."""
        return Genome({**parents[0].genes, "draw": np.array([float(new_draw(rng))])})


@dataclass(frozen=True)
class ModuleCrossover:
    """A child of two plans: modules are matched by what they are, and each is taken from either parent.

    Matched are the modules of the assignment with the least distance, in units, hyper-parameters and in who meets input
    and readout. A matched module takes hyper-parameters, the edges that enter it and its own ends at input and readout
    from the same parent; modules without a match stay those of the first.
    """

    name: str = "module-crossover"
    parents: int = 2
    keeps_edges: bool = False

    def applies(self, space: SearchSpace) -> bool:
        """Where genomes are plans."""
        return isinstance(space.encoding, Modules)

    def __call__(self, space: SearchSpace, parents: Sequence[Genome], rng: np.random.Generator) -> Genome:
        """A child; equal to the first parent where the mixture is no plan."""
        encoding = _encoding(space)
        first, second = (encoding.plan(parent.genes) for parent in parents)
        child, match = Draft.of(first), matched(first, second)
        back = {theirs: ours for ours, theirs in match.items()}
        for ours, theirs in match.items():
            if rng.random() < 0.5:
                continue
            child.modules[ours] = replace(second.modules[theirs], units=first.modules[ours].units)
            child.edges = {edge for edge in child.edges if edge[1] != ours}
            entering = [source for source, target in second.edges if target == theirs and source in back]
            child.edges |= {(back[source], ours) for source in entering}
            for mine, other in ((child.inputs, second.inputs), (child.outputs, second.seen)):
                mine.discard(ours)
                mine |= {ours} if theirs in other else set()
        draw = parents[int(rng.integers(2))].genes["draw"][0]
        try:
            return Genome(encoding.genes(child.made(), int(draw)))
        except StatescapeError:
            return parents[0]


def matched(first: Plan, second: Plan) -> dict[int, int]:
    """The modules of the second plan that correspond to modules of the first."""
    a, b = _profiles(first), _profiles(second)
    distance = np.abs(a[:, None] - b[None]).sum(axis=2)
    ours, theirs = linear_sum_assignment(distance)
    return dict(zip(ours.tolist(), theirs.tolist(), strict=True))


def _profiles(plan: Plan) -> np.ndarray:
    """What a module is, in numbers of like size."""
    return np.array(
        [
            [
                module.units / plan.units,
                module.sr,
                math.log(module.lr),
                math.log(abs(module.input_scaling) + 1e-9) / 3,
                math.log(module.connectivity + 1e-9) / 3,
                number in plan.inputs,
                number in plan.seen,
                sum(target == number for _, target in plan.edges) / len(plan.modules),
                sum(source == number for source, _ in plan.edges) / len(plan.modules),
            ]
            for number, module in enumerate(plan.modules)
        ],
        dtype=np.float64,
    )


def _encoding(space: SearchSpace) -> Modules:
    assert isinstance(space.encoding, Modules)  # what `applies` says
    return space.encoding


def _clipped(value: float, bounds: tuple[float, float]) -> float:
    return float(min(max(value, bounds[0]), bounds[1]))


MUTATIONS = (
    PlanMutation("add-module", add_module),
    PlanMutation("remove-module", remove_module),
    PlanMutation("split-module", split_module),
    PlanMutation("rewire-modules", rewire_modules),
    PlanMutation("retune-module", retune_module),
    RedrawWeights(),
)
CROSSOVERS = (ModuleCrossover(),)
