"""How a wiring is ordered, beside the same weights rewired.

Rewiring keeps every unit's numbers of edges and destroys everything else (Maslov and Sneppen, Science 296, 2002), so
what lies outside the middle 95% of the rewired is order beyond degrees. It describes; whether order helps the task is
what the seals tell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import networkx as nx
import numpy as np
import scipy.sparse
from jaxtyping import Float, Int
from scipy.sparse.csgraph import shortest_path, structural_rank

from statescape.reservoir import Topology, rewired
from statescape.reservoir.measures import in_degrees, modularity, out_degrees, reciprocity
from statescape.streams import Stream
from statescape.wording import phrase

# Draws of the null; fewer where a graph is so dense that finding its communities takes long.
DRAWS, FEW_DRAWS = 99, 29
DENSE = 600  # edges
# Communities are looked for up to so many units and edges: the time it takes grows with the cube.
MOST_UNITS, MOST_EDGES = 300, 3000


@dataclass(frozen=True, eq=False)
class Measure:
    """One number of a wiring, and of its null.

    Attributes:
        name: what is measured.
        meaning: in a few words.
        value: of the wiring.
        nulls: of every rewired wiring.
    """

    name: str
    meaning: str
    value: float
    nulls: Float[np.ndarray, " draws"]

    @property
    def low(self) -> float:
        """Lower end of the middle 95% of the nulls."""
        return float(np.quantile(self.nulls, 0.025))

    @property
    def high(self) -> float:
        """Upper end."""
        return float(np.quantile(self.nulls, 0.975))

    @property
    def outside(self) -> bool:
        """Whether the wiring lies outside the middle 95% of its nulls."""
        return not self.low <= self.value <= self.high


@dataclass(frozen=True, eq=False)
class WiringOrder:
    """Degrees, and measures beside their nulls.

    Attributes:
        incoming: how many units each unit hears.
        outgoing: how many units hear each unit.
        measures: what rewiring could change.
        seed: of the nulls.
    """

    incoming: Int[np.ndarray, " units"]
    outgoing: Int[np.ndarray, " units"]
    measures: tuple[Measure, ...]
    seed: int

    @property
    def draws(self) -> int:
        """Number of nulls."""
        return len(self.measures[0].nulls)


def wiring_order(topology: Topology, seed: int) -> WiringOrder:
    """Measure a wiring and its rewired nulls.

    Args:
        topology: the wiring.
        seed: of the rewiring.
    """
    W = topology.to_dense()
    draws = DRAWS if topology.edges <= DENSE else FEW_DRAWS
    seeds = np.random.SeedSequence(Stream.REWIRED.below(seed)).spawn(draws)
    nulls = [rewired(topology, seed=one).to_dense() for one in seeds]
    measures = tuple(
        Measure(name, meaning, measure(W), np.array([measure(null) for null in nulls]))
        for name, meaning, measure in measures_for(W)
    )
    return WiringOrder(in_degrees(W), out_degrees(W), measures, seed)


def measures_for(W: Float[np.ndarray, "units units"]) -> tuple[Named, ...]:
    """The measures that a wiring of this size is given: name, meaning, function."""
    large = len(W) > MOST_UNITS or np.count_nonzero(W) > MOST_EDGES
    return tuple(one for one in MEASURES if not (large and one[0] == "modularity"))


def largest_component(W: Float[np.ndarray, "units units"]) -> float:
    """Share of the units in the largest strongly connected component."""
    graph = nx.from_numpy_array((W.T != 0).astype(float), create_using=nx.DiGraph)
    return max(len(members) for members in nx.strongly_connected_components(graph)) / len(W)


def reach(W: Float[np.ndarray, "units units"]) -> float:
    """Share of all ordered pairs of different units of which the first can reach the second."""
    distances = shortest_path(scipy.sparse.csr_array(W.T != 0), unweighted=True)
    pairs = len(W) * (len(W) - 1)
    return float((np.isfinite(distances).sum() - len(W)) / pairs) if pairs else 0.0


def lined_up(W: Float[np.ndarray, "units units"]) -> float:
    """Share of the units that disjoint cycles and chains can feed at once: the structural rank over the units."""
    return float(structural_rank(scipy.sparse.csr_array(W)) / len(W))


Named = tuple[str, str, Callable[[Float[np.ndarray, "_ _"]], float]]
MEASURES: tuple[Named, ...] = (
    (phrase("reciprocity"), phrase("edges answered by an edge back"), reciprocity),
    (phrase("modularity"), phrase("edges within communities beyond chance"), modularity),
    (phrase("strong core"), phrase("units in the largest strongly connected part"), largest_component),
    (phrase("reach"), phrase("pairs of units with a directed path between them"), reach),
    (phrase("lined up"), phrase("units fed at once by disjoint cycles and chains (structural rank)"), lined_up),
)
