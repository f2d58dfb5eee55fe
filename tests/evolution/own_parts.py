"""Parts that are not statescape's: an encoding, an operator, a strategy, as a user writes them."""

from dataclasses import dataclass

import numpy as np

from statescape.evolution import Genome
from statescape.evolution.encodings import Values
from statescape.evolution.search import Strategy
from statescape.evolution.search.population import ranked


class Ring:
    """Gene "weights": W[i, i - 1] and nothing else."""

    name = "ring"
    values = Values("real")

    def __init__(self, units=9, density=None):
        self.units = units
        self.shapes = {"weights": (units,)}

    def random(self, rng):
        return {"weights": rng.uniform(0.1, 1.0, self.units)}

    def decode(self, genes):
        return np.roll(np.diag(genes["weights"]), 1, axis=0)


class Reverse:
    name = "reverse"
    parents = 1
    keeps_edges = True

    def applies(self, space):
        return True

    def __call__(self, space, parents, rng):
        genes = {name: array[::-1].copy() for name, array in parents[0].genes.items()}
        genes = {name: array if rng.random() < 0.5 else -array for name, array in genes.items()}
        return Genome(genes, parents[0].W_in, parents[0].sr)


@dataclass(frozen=True)
class Greedy(Strategy):
    """The best is the first parent of all, and the best survive, whoever their parents are."""

    name: str = "greedy"
    survivors: int = 3
    offspring: int = 6

    def mates(self, members, count, rng):
        return [members[0]] * count

    def survive(self, members, born, noise, generation):
        return ranked([*members, *born], noise)[: self.survivors]
