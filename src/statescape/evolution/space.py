"""The space a search moves in: an encoding, whether W_in evolves with it, and the radius policy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.evolution.alphabet import Values
from statescape.evolution.encodings import Encoding
from statescape.evolution.genome import Genome
from statescape.evolution.plans import Modules, other_units
from statescape.reservoir import Topology
from statescape.reservoir.topology import RadiusPolicy
from statescape.wording import Noun

# What genomes of these arrays are.
_KINDS = {
    frozenset({"W"}): "of single edges (encodings binary, ternary and real)",
    frozenset({"bands"}): "of bands (encodings circulant and circulant-real)",
    frozenset({"motif", "grid"}): "of a motif (encoding blocks)",
    frozenset({"modules", "edges", "inputs", "outputs", "draw"}): "that is a plan (encoding modules)",
}
# Bounds of a spectral radius that evolves.
LEAST_SR, LARGEST_SR = 0.1, 1.5


@dataclass(frozen=True, eq=False)
class SearchSpace(Noun):
    """Where genomes come from and what they become.

    Attributes:
        encoding: how genes become W.
        n_inputs: width of the input.
        radius: "rescale", "free" or "gene".
        evolve_inputs: whether W_in belongs to the genome.
        W_in: the run's own W_in at the level *matrix* where it does not evolve; else None.
        own_draw: whether a plan's weights stay from trial to trial, so that their draw belongs to it.
    """

    encoding: Encoding
    n_inputs: int = 1
    radius: RadiusPolicy = "rescale"
    evolve_inputs: bool = False
    W_in: Float[np.ndarray, "units inputs"] | None = None
    own_draw: bool = False

    @property
    def units(self) -> int:
        """Units of every network."""
        return self.encoding.units

    @property
    def values(self) -> Values:
        """What an edge may be."""
        return self.encoding.values

    @property
    def planned(self) -> bool:
        """Whether genomes tell plans: modules and edges, in place of entries of a W."""
        return isinstance(self.encoding, Modules)

    @property
    def input_values(self) -> Values:
        """What an input weight may be where it evolves: real with real edges, else -1 and 1."""
        return Values("real" if self.values.kind == "real" else "ternary")

    def random(self, rng: np.random.Generator) -> Genome:
        """A random genome."""
        genes = self.encoding.random(rng)
        W_in, sr = None, None
        if self.evolve_inputs:
            W_in = self.input_values.draw(self.units * self.n_inputs, rng).reshape(self.units, self.n_inputs)
        if self.radius == "gene":
            sr = math.exp(rng.uniform(math.log(0.5), math.log(1.2)))
        return Genome(genes, W_in, sr)

    def topology(self, genome: Genome, name: str = "") -> Topology:
        """What a genome becomes."""
        if isinstance(self.encoding, Modules):
            return self.encoding.topology(genome.genes, self.n_inputs, name)
        W_in = self.W_in if genome.W_in is None else genome.W_in
        return Topology(self.encoding.decode(genome.genes), W_in, radius=self.radius, sr=genome.sr, name=name)

    def _unlike(self, genome: Genome) -> str:
        """Why genes of these arrays are of another search."""
        arrays, wanted = genome.genes, self.encoding.shapes
        if set(arrays) != set(wanted):
            kind = _KINDS.get(frozenset(arrays), "of another encoding")
            return f"A genome {kind} does not fit this search, which is of the encoding {self.encoding.name}."
        own = units_of(arrays)
        if own == self.units:
            shapes = {name: array.shape for name, array in arrays.items()}
            return f"A genome of {self.encoding.name} has arrays {wanted}; got {shapes}."
        return other_units(own, self.units)

    def check(self, genome: Genome) -> None:
        """Refuse a genome of another space.

        Raises:
            StatescapeError: where arrays, values, W_in or radius do not belong here.
        """
        shapes = {name: array.shape for name, array in genome.genes.items()}
        if shapes != self.encoding.shapes:
            raise StatescapeError(self._unlike(genome))
        if isinstance(self.encoding, Modules):
            self.encoding.check(genome.genes)
        elif not all(self.values.legal(array).all() for array in genome.genes.values()):
            raise StatescapeError(f"The genome has entries that are not {self.values.kind}.")
        wanted = (self.units, self.n_inputs) if self.evolve_inputs else None
        if (None if genome.W_in is None else genome.W_in.shape) != wanted:
            raise StatescapeError("The genome's input weights do not fit: they evolve in one space and not the other.")
        if genome.W_in is not None and not self.input_values.legal(genome.W_in).all():
            raise StatescapeError(f"The genome has input weights that are not {self.input_values.kind}.")
        if (genome.sr is not None) != (self.radius == "gene"):
            raise StatescapeError("A genome has its own spectral radius exactly where the radius is a gene.")


def units_of(genes: Mapping[str, np.ndarray]) -> int:
    """Units of the networks that genes of one of our encodings make."""
    if "modules" in genes:
        return int(genes["modules"][:, 0].sum())
    return math.prod(array.shape[0] if array.shape else 0 for array in genes.values())
