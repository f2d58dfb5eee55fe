"""Mutations: a child of one parent, with a few edits.

Of single entries, the same for edges, bands, motifs and grids: add, delete, move, flip, perturb. Of edges: rewire,
swap. Of whole units: one is copied onto another, one falls silent; the number of units stays. Of what surrounds the
wiring, where it evolves: input weights and the spectral radius.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from statescape.evolution.genome import Genome
from statescape.evolution.space import LARGEST_SR, LEAST_SR, SearchSpace

# A mutation makes a geometric number of edits: one in six of ten cases, 1.7 on average.
STOP = 0.6
# Standard deviation of a step of the logarithm of the radius.
STEP = 0.05


@dataclass(frozen=True)
class Mutation:
    """One of the parent's arrays, chosen at random, is edited.

    Attributes:
        name: how tables call it.
        edit: the edit, in place, in a space and by random numbers.
        applies: whether it makes sense in a space.
        keeps_edges: whether every child's W has as many edges as its parent's.
        between_nodes: whether only arrays are chosen that connect nodes with nodes, no bands.
        parents: how many it takes.
        changes: what kind of thing, for figures: "edges", "units", "other".
    """

    name: str
    edit: Callable[[SearchSpace, Float[np.ndarray, "*shape"], np.random.Generator], None]
    applies: Callable[[SearchSpace], bool] = lambda space: True
    keeps_edges: bool = True
    between_nodes: bool = False
    parents: int = 1
    changes: str = "edges"

    def __call__(self, space: SearchSpace, parents: Sequence[Genome], rng: np.random.Generator) -> Genome:
        """A child; equal to its parent where there is nothing to edit."""
        (genome,) = parents
        names = square_arrays(space) if self.between_nodes else list(genome.genes)
        name = names[int(rng.integers(len(names)))]
        array = genome.genes[name].copy()
        self.edit(space, array, rng)
        return Genome({**genome.genes, name: array}, genome.W_in, genome.sr)


def add_entries(space: SearchSpace, array: Float[np.ndarray, "*shape"], rng: np.random.Generator) -> None:
    """New entries at empty places."""
    places = some(np.flatnonzero(array == 0), rng, array.size)
    array.flat[places] = space.values.draw(len(places), rng)


def delete_entries(space: SearchSpace, array: Float[np.ndarray, "*shape"], rng: np.random.Generator) -> None:
    """Some entries become 0; the last one stays."""
    entries = np.flatnonzero(array)
    if len(entries) > 1:
        array.flat[some(entries, rng, len(entries) - 1)] = 0.0


def move_entries(space: SearchSpace, array: Float[np.ndarray, "*shape"], rng: np.random.Generator) -> None:
    """Some entries go to empty places, with their values."""
    entries, empty = np.flatnonzero(array), np.flatnonzero(array == 0)
    chosen = some(entries, rng, len(empty)) if len(empty) else entries[:0]
    places = rng.choice(empty, len(chosen), replace=False)
    array.flat[places] = array.flat[chosen]
    array.flat[chosen] = 0.0


def rewire_edges(space: SearchSpace, array: Float[np.ndarray, "*shape"], rng: np.random.Generator) -> None:
    """One end of some edges goes elsewhere: the edge keeps its other end and its value."""
    for entry in some(np.flatnonzero(array), rng, array.size):
        row, column = divmod(int(entry), array.shape[1])
        line, here = (array[row], column) if rng.random() < 0.5 else (array[:, column], row)
        empty = np.flatnonzero(line == 0)
        if len(empty):
            line[empty[rng.integers(len(empty))]] = line[here]
            line[here] = 0.0


def swap_edges(space: SearchSpace, array: Float[np.ndarray, "*shape"], rng: np.random.Generator) -> None:
    """Two edges exchange targets: a -> b, c -> d become a -> d, c -> b; degrees stay (Maslov and Sneppen 2002)."""
    targets, sources = np.nonzero(array)
    count = len(targets)
    if count < 2:
        return
    left = edits(rng, count)
    for first, second in rng.integers(count, size=(10 * left, 2)).tolist():
        b, a, d, c = targets[first], sources[first], targets[second], sources[second]
        if a != c and b != d and array[d, a] == 0 and array[b, c] == 0:
            array[d, a], array[b, c] = array[b, a], array[d, c]
            array[b, a] = array[d, c] = 0.0
            targets[first], targets[second] = d, b
            left -= 1
            if not left:
                break


def flip_signs(space: SearchSpace, array: Float[np.ndarray, "*shape"], rng: np.random.Generator) -> None:
    """Some entries change their sign."""
    array.flat[some(np.flatnonzero(array), rng, array.size)] *= -1.0


def perturb_weights(space: SearchSpace, array: Float[np.ndarray, "*shape"], rng: np.random.Generator) -> None:
    """Some real entries change a little."""
    entries = some(np.flatnonzero(array), rng, array.size)
    array.flat[entries] = space.values.perturbed(array.flat[entries], rng)


def silence_unit(space: SearchSpace, array: Float[np.ndarray, "*shape"], rng: np.random.Generator) -> None:
    """One unit loses all its edges; the readout still sees it as far as the input drives it."""
    connected = np.flatnonzero((array != 0).any(axis=0) | (array != 0).any(axis=1))
    if len(connected):
        unit = connected[rng.integers(len(connected))]
        array[unit, :] = array[:, unit] = 0.0


@dataclass(frozen=True)
class Duplicate:
    """One unit becomes the twin of another: same sources, same targets, same input weights where they evolve.

    With an input weight of its own, which a fixed or redrawn W_in gives it, the twin does something new at once; else
    later edits part the two.
    """

    name: str = "duplicate-unit"
    parents: int = 1
    changes: str = "units"
    keeps_edges: bool = False

    def applies(self, space: SearchSpace) -> bool:
        """Where the genes are a matrix over all units."""
        return over_units(space)

    def __call__(self, space: SearchSpace, parents: Sequence[Genome], rng: np.random.Generator) -> Genome:
        """A child in which one unit has given way to a twin of another."""
        original, twin = rng.choice(space.units, 2, replace=False)

        W, W_in = parents[0].genes["W"].copy(), parents[0].W_in
        W[twin, :] = W[original, :]
        W[:, twin] = W[:, original]
        if W_in is not None:
            W_in = W_in.copy()
            W_in[twin] = W_in[original]
        return Genome({"W": W}, W_in, parents[0].sr)


@dataclass(frozen=True)
class ChangeInputs:
    """Some input weights change: their sign where they are -1 and 1, their value where they are real."""

    name: str = "change-inputs"
    parents: int = 1
    changes: str = "other"
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
    changes: str = "other"
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


def edits(rng: np.random.Generator, most: int) -> int:
    """How many edits a mutation makes."""
    return min(int(rng.geometric(STOP)), most)


def some(at: Int[np.ndarray, " entries"], rng: np.random.Generator, most: int) -> Int[np.ndarray, " chosen"]:
    """A few different entries out of `at`, as many as a mutation edits."""
    count = edits(rng, min(len(at), most))
    return at[:0] if not len(at) else np.asarray(rng.choice(at, count, replace=False))


def square_arrays(space: SearchSpace) -> list[str]:
    """The arrays that connect a set of nodes with itself: all units, the units of a motif, the blocks of a grid."""
    return [name for name, shape in space.encoding.shapes.items() if len(shape) == 2 and of_entries(space)]


def of_entries(space: SearchSpace) -> bool:
    """Whether the genes are entries of one alphabet, which come and go; those of plans are not."""
    return not space.planned


def over_units(space: SearchSpace) -> bool:
    """Whether the genes are one matrix over all units."""
    return set(space.encoding.shapes) == {"W"}


MUTATIONS = (
    Mutation("add", add_entries, of_entries, keeps_edges=False),
    Mutation("delete", delete_entries, of_entries, keeps_edges=False),
    # Edges are rewired, which keeps one end.
    Mutation("move", move_entries, lambda space: of_entries(space) and not square_arrays(space)),
    Mutation("rewire", rewire_edges, lambda space: bool(square_arrays(space)), between_nodes=True),
    Mutation("swap", swap_edges, lambda space: bool(square_arrays(space)), between_nodes=True),
    Mutation("flip", flip_signs, lambda space: of_entries(space) and space.values.signed),
    Mutation("perturb", perturb_weights, lambda space: of_entries(space) and space.values.kind == "real"),
    Duplicate(),
    Mutation("remove-unit", silence_unit, over_units, keeps_edges=False, changes="units"),
    ChangeInputs(),
    ChangeRadius(),
)
