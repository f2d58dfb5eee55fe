"""Crossovers: a child of two parents.

On raw matrices they are disruptive, because the labels of units are arbitrary; `mix_matched_rows` matches units
first, by what they are connected to. Every unit gets a profile: its degrees, strengths, self-loop and input weights,
then, round by round, the sums of its sources' and targets' profiles. Profiles do not depend on labels, so two
relabellings of one network get the same ones. The assignment of least total distance (Jonker and Volgenant 1987, by
SciPy) matches the units. Input weights, where they evolve, go with their unit's incoming edges.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import linear_sum_assignment

from statescape.evolution.genome import Genome
from statescape.evolution.mutations import of_entries, over_units
from statescape.evolution.space import SearchSpace

PROFILE_ROUNDS = 3
# Units whose fixed input weights differ are no counterparts: exchanging them would change the network.
FORBIDDEN = 1e6


@dataclass(frozen=True)
class Crossover:
    """A child of two parents, mixed in one way.

    Attributes:
        name: how tables call it.
        mix: the child of two genomes of a space, by random numbers.
        applies: whether it makes sense in a space.
        keeps_edges: whether every child's W has as many edges as its parent's.
        parents: how many it takes.
    """

    name: str
    mix: Callable[[SearchSpace, Genome, Genome, np.random.Generator], Genome]
    applies: Callable[[SearchSpace], bool] = over_units
    keeps_edges: bool = False
    parents: int = 2

    def __call__(self, space: SearchSpace, parents: Sequence[Genome], rng: np.random.Generator) -> Genome:
        """A child."""
        first, second = parents
        return self.mix(space, first, second, rng)


def mix_entries(space: SearchSpace, first: Genome, second: Genome, rng: np.random.Generator) -> Genome:
    """Every entry comes from either parent, a unit's input weights as a whole."""
    genes = {
        name: np.where(rng.random(array.shape) < 0.5, array, second.genes[name]) for name, array in first.genes.items()
    }
    return _child(genes, first, second, rng.random(space.units) < 0.5, rng)


def mix_rows(space: SearchSpace, first: Genome, second: Genome, rng: np.random.Generator) -> Genome:
    """Every unit takes all its incoming edges from either parent."""
    of_first = rng.random(space.units) < 0.5
    W = np.where(of_first[:, None], first.genes["W"], second.genes["W"])
    return _child({"W": W}, first, second, of_first, rng)


def mix_blocks(space: SearchSpace, first: Genome, second: Genome, rng: np.random.Generator) -> Genome:
    """The edges among a set of neighbouring units come from the second parent, all others from the first."""
    units = space.units
    size = int(rng.integers(1, units))
    inside = np.zeros(units, dtype=bool)
    inside[(int(rng.integers(units)) + np.arange(size)) % units] = True
    W = np.where(inside[:, None] & inside[None], second.genes["W"], first.genes["W"])
    return _child({"W": W}, first, second, ~inside, rng)


def mix_matched_rows(space: SearchSpace, first: Genome, second: Genome, rng: np.random.Generator) -> Genome:
    """The second parent's units are matched to the first's; then every unit takes its incoming edges from either.

    A W_in that stays with the labels restricts the matching.
    """
    inputs = None
    if first.W_in is not None and second.W_in is not None:
        inputs = (first.W_in, second.W_in)
    elif space.W_in is not None:
        inputs = (space.W_in, space.W_in)
    order = match_units(first.genes["W"], second.genes["W"], inputs, fixed=first.W_in is None)
    relabelled = Genome(
        {"W": second.genes["W"][np.ix_(order, order)]},
        None if second.W_in is None else second.W_in[order],
        second.sr,
    )
    return mix_rows(space, first, relabelled, rng)


def _child(
    genes: dict[str, np.ndarray],
    first: Genome,
    second: Genome,
    of_first: Bool[np.ndarray, " units"],
    rng: np.random.Generator,
) -> Genome:
    """Genes with input weights of the units' parents and the radius of one of the two."""
    W_in = None
    if first.W_in is not None and second.W_in is not None:
        W_in = np.where(of_first[:, None], first.W_in, second.W_in)
    return Genome(genes, W_in, first.sr if rng.random() < 0.5 else second.sr)


def match_units(
    first: Float[np.ndarray, "units units"],
    second: Float[np.ndarray, "units units"],
    inputs: tuple[Float[np.ndarray, "units inputs"], Float[np.ndarray, "units inputs"]] | None,
    *,
    fixed: bool,
) -> Int[np.ndarray, " units"]:
    """The unit of `second` that corresponds to each unit of `first`.

    Args:
        first: W of one network.
        second: W of the other.
        inputs: W_in of both; None where it is drawn for every trial.
        fixed: whether W_in stays with the labels, so that only units of equal input weights may be matched.
    """
    a, b = (
        _profiles(first, None if inputs is None else inputs[0]),
        _profiles(second, None if inputs is None else inputs[1]),
    )
    spread = np.concatenate([a, b]).std(axis=0)
    a, b = a / (spread + 1e-12), b / (spread + 1e-12)
    distance = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2.0 * a @ b.T
    if fixed and inputs is not None:
        distance = distance + FORBIDDEN * (inputs[0][:, None] != inputs[1][None]).any(axis=2)
    return np.asarray(linear_sum_assignment(distance)[1])


def _profiles(
    W: Float[np.ndarray, "units units"], W_in: Float[np.ndarray, "units inputs"] | None
) -> Float[np.ndarray, "units features"]:
    size, present = np.abs(W), W != 0
    own = [present.sum(1), present.sum(0), W.sum(1), W.sum(0), size.sum(1), size.sum(0), W.diagonal()]
    features = np.stack(own, axis=1).astype(np.float64)
    if W_in is not None:
        features = np.column_stack([features, W_in])
    newest = features
    for _ in range(PROFILE_ROUNDS):
        newest = np.tanh(0.1 * np.column_stack([W @ newest, W.T @ newest, size @ newest]))[:, : 2 * features.shape[1]]
        features = np.column_stack([features, newest])
    return features


CROSSOVERS = (
    Crossover("uniform-crossover", mix_entries, of_entries),
    Crossover("row-crossover", mix_rows),
    Crossover("block-crossover", mix_blocks),
    Crossover("aligned-crossover", mix_matched_rows),
)
