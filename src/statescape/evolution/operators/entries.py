"""Mutations of single entries, the same for edges, bands, motifs and grids: add, delete, move, flip, perturb."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.evolution.genome import Genome
from statescape.evolution.operators.operator import edited, edits, some, square_arrays
from statescape.evolution.space import SearchSpace


@dataclass(frozen=True)
class Add:
    """New entries at empty places."""

    name: str = "add"
    parents: int = 1
    keeps_edges: bool = False

    def applies(self, space: SearchSpace) -> bool:
        """Always."""
        return True

    def __call__(self, space: SearchSpace, parents: Sequence[Genome], rng: np.random.Generator) -> Genome:
        """A child with some entries more."""

        def edit(array: Float[np.ndarray, "*shape"]) -> None:
            places = some(np.flatnonzero(array == 0), rng, array.size)
            array.flat[places] = space.values.draw(len(places), rng)

        return edited(parents[0], rng, edit)


@dataclass(frozen=True)
class Delete:
    """Some entries become 0; the last one stays."""

    name: str = "delete"
    parents: int = 1
    keeps_edges: bool = False

    def applies(self, space: SearchSpace) -> bool:
        """Always."""
        return True

    def __call__(self, space: SearchSpace, parents: Sequence[Genome], rng: np.random.Generator) -> Genome:
        """A child with some entries less."""

        def edit(array: Float[np.ndarray, "*shape"]) -> None:
            entries = np.flatnonzero(array)
            if len(entries) > 1:
                array.flat[some(entries, rng, len(entries) - 1)] = 0.0

        return edited(parents[0], rng, edit)


@dataclass(frozen=True)
class Move:
    """Some entries go to empty places, with their values."""

    name: str = "move"
    parents: int = 1
    keeps_edges: bool = True

    def applies(self, space: SearchSpace) -> bool:
        """Where there are bands; edges between nodes are rewired, which keeps one end."""
        return not square_arrays(space)

    def __call__(self, space: SearchSpace, parents: Sequence[Genome], rng: np.random.Generator) -> Genome:
        """A child with as many entries."""

        def edit(array: Float[np.ndarray, "*shape"]) -> None:
            entries, empty = np.flatnonzero(array), np.flatnonzero(array == 0)
            chosen = some(entries, rng, len(empty)) if len(empty) else entries[:0]
            places = rng.choice(empty, len(chosen), replace=False)
            array.flat[places] = array.flat[chosen]
            array.flat[chosen] = 0.0

        return edited(parents[0], rng, edit)


@dataclass(frozen=True)
class Rewire:
    """One end of some edges goes elsewhere: the edge keeps its other end and its value."""

    name: str = "rewire"
    parents: int = 1
    keeps_edges: bool = True

    def applies(self, space: SearchSpace) -> bool:
        """Where there are edges between nodes, not bands."""
        return bool(square_arrays(space))

    def __call__(self, space: SearchSpace, parents: Sequence[Genome], rng: np.random.Generator) -> Genome:
        """A child in which sources or targets have changed."""

        def edit(array: Float[np.ndarray, "nodes nodes"]) -> None:
            for entry in some(np.flatnonzero(array), rng, array.size):
                row, column = divmod(int(entry), array.shape[1])
                line, here = (array[row], column) if rng.random() < 0.5 else (array[:, column], row)
                empty = np.flatnonzero(line == 0)
                if len(empty):
                    line[empty[rng.integers(len(empty))]] = line[here]
                    line[here] = 0.0

        return edited(parents[0], rng, edit, square_arrays(space))


@dataclass(frozen=True)
class Flip:
    """Some entries change their sign."""

    name: str = "flip"
    parents: int = 1
    keeps_edges: bool = True

    def applies(self, space: SearchSpace) -> bool:
        """Where there are signs."""
        return space.values.signed

    def __call__(self, space: SearchSpace, parents: Sequence[Genome], rng: np.random.Generator) -> Genome:
        """A child on the same mask."""

        def edit(array: Float[np.ndarray, "*shape"]) -> None:
            array.flat[some(np.flatnonzero(array), rng, array.size)] *= -1.0

        return edited(parents[0], rng, edit)


@dataclass(frozen=True)
class Perturb:
    """Some real entries change a little."""

    name: str = "perturb"
    parents: int = 1
    keeps_edges: bool = True

    def applies(self, space: SearchSpace) -> bool:
        """Where entries are real."""
        return space.values.kind == "real"

    def __call__(self, space: SearchSpace, parents: Sequence[Genome], rng: np.random.Generator) -> Genome:
        """A child on the same mask."""

        def edit(array: Float[np.ndarray, "*shape"]) -> None:
            entries = some(np.flatnonzero(array), rng, array.size)
            array.flat[entries] = space.values.perturbed(array.flat[entries], rng)

        return edited(parents[0], rng, edit)


@dataclass(frozen=True)
class Swap:
    """Two edges exchange targets: a -> b, c -> d become a -> d, c -> b; degrees stay (Maslov and Sneppen 2002)."""

    name: str = "swap"
    parents: int = 1
    keeps_edges: bool = True

    def applies(self, space: SearchSpace) -> bool:
        """Where there are edges between nodes, not bands."""
        return bool(square_arrays(space))

    def __call__(self, space: SearchSpace, parents: Sequence[Genome], rng: np.random.Generator) -> Genome:
        """A child in which every node keeps its numbers of incoming and outgoing edges."""

        def edit(array: Float[np.ndarray, "nodes nodes"]) -> None:
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

        return edited(parents[0], rng, edit, square_arrays(space))
