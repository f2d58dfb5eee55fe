"""Wirings of the field: random graphs, the minimal deterministic ones, and the rewiring of a given one.

Deterministic: Rodan and Tino, "Minimum complexity echo state network", IEEE Trans. Neural Networks 22 (2011) for DLR,
DLRB and SCR; "Simple deterministically constructed cycle reservoirs with regular jumps", Neural Computation 24 (2012)
for CRJ. Random: Erdos and Renyi (1959); Watts and Strogatz, Nature 393 (1998); Barabasi and Albert, Science 286 (1999);
Maslov and Sneppen, Science 296 (2002) for the rewiring. All return a `Topology` whose radius the network sets.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse

from statescape.arguments import require_memory
from statescape.errors import StatescapeError
from statescape.reservoir.radius import Matrix
from statescape.reservoir.topology import Topology
from statescape.reservoir.weights import checked_share, draw_matrix, draw_values

# Attempted swaps for each edge: ten are enough to forget the graph (Milo et al., cond-mat/0312028).
SWAPS_PER_EDGE = 10


def erdos_renyi(
    units: int, density: float = 0.1, *, seed: int | np.random.SeedSequence, values: str = "uniform"
) -> Topology:
    """Every pair of units, self-loops included, is equally likely to be connected; the number of edges is exact.

    Args:
        units: number of units.
        density: share of the units^2 possible weights.
        seed: of edges and weights.
        values: "uniform" on [-1, 1], "normal", or "ternary" (-1 and 1).
    """
    rng = np.random.default_rng(seed)
    W = draw_matrix(_checked(units), units, checked_share(density, "density"), values, rng)
    return Topology(W, name="erdos-renyi")


def scr(units: int, weight: float = 1.0) -> Topology:
    """Simple cycle reservoir: every unit feeds the next, the last the first, all by the same weight."""
    return _lines(units, {1: weight}, "SCR", closed=True)


def dlr(units: int, weight: float = 1.0) -> Topology:
    """Delay line reservoir: every unit feeds the next; nilpotent."""
    return _lines(units, {1: weight}, "DLR", closed=False)


def dlrb(units: int, weight: float = 1.0, backward: float = 0.5) -> Topology:
    """Delay line with feedback: every unit feeds the next by `weight` and the one before by `backward`."""
    return _lines(units, {1: weight, -1: backward}, "DLRB", closed=False)


def crj(units: int, weight: float = 1.0, jump: float = 0.5, length: int = 5) -> Topology:
    """Cycle with regular jumps: a simple cycle, and both ways between units 0, length, 2 length, ... by `jump`.

    Where `length` does not divide `units`, the last jump would be shorter and is left out (as in the paper).

    Raises:
        StatescapeError: for a jump that is shorter than 2 or longer than half of the cycle.
    """
    if not 1 < length <= max(_checked(units) // 2, 2):
        raise StatescapeError(f"A jump has length 2 to units / 2; got {length} for {units} units.")
    W = _lines(units, {1: weight}, "", closed=True).to_dense().copy()
    stops = np.arange(0, units - units % length + 1, length)
    for source, target in zip(stops[:-1], stops[1:] % units, strict=True):
        if target or units % length == 0:
            W[target, source] = W[source, target] = jump
    return Topology(scipy.sparse.csr_array(W), name="CRJ")


def small_world(
    units: int,
    neighbours: int = 10,
    rewiring: float = 0.1,
    *,
    seed: int | np.random.SeedSequence,
    values: str = "uniform",
) -> Topology:
    """A directed Watts-Strogatz ring: each unit listens to its nearest `neighbours`, some replaced by others.

    Args:
        units: number of units.
        neighbours: incoming edges of every unit, at most units - 1; no self-loops.
        rewiring: share of edges whose source is drawn anew among all units it does not yet have.
        seed: of rewiring and weights.
        values: "uniform" on [-1, 1], "normal", or "ternary" (-1 and 1).

    Raises:
        StatescapeError: for neighbours outside 0 to units - 1, or a rewiring that is no share.
    """
    rng = np.random.default_rng(seed)
    if not 0 <= neighbours < _checked(units):
        raise StatescapeError(f"neighbours is a number from 0 to units - 1; got {neighbours} for {units} units.")
    checked_share(rewiring, "rewiring")
    # 1 behind, 1 ahead, 2 behind, ...
    offsets = np.array([(k // 2 + 1) * (-1) ** (k + 1) for k in range(neighbours)], dtype=np.int64)
    mask = np.zeros((units, units), dtype=bool)
    for unit in range(units):
        mask[unit, (unit + offsets) % units] = True
        for source in (unit + offsets) % units:
            free = np.flatnonzero(~mask[unit])
            free = free[free != unit]
            if rng.random() < rewiring and len(free):
                mask[unit, source] = False
                mask[unit, rng.choice(free)] = True
    return _filled(mask, values, rng, "small-world")


def scale_free(
    units: int, attachments: int = 5, *, seed: int | np.random.SeedSequence, values: str = "uniform"
) -> Topology:
    """A directed Barabasi-Albert graph: unit after unit joins, by `attachments` edges to units with many edges.

    Each edge points either way with equal probability; the first `attachments + 1` units are all connected. Units are
    relabelled at random, so that age is not order.

    Args:
        units: number of units.
        attachments: edges that every new unit brings.
        seed: of edges, labels and weights.
        values: "uniform" on [-1, 1], "normal", or "ternary" (-1 and 1).

    Raises:
        StatescapeError: for attachments outside 0 to units - 1.
    """
    rng = np.random.default_rng(seed)
    if not 0 <= attachments < _checked(units):
        raise StatescapeError(f"attachments is a number from 0 to units - 1; got {attachments} for {units} units.")
    mask = np.zeros((units, units), dtype=bool)
    ends: list[int] = []  # every edge enters both its ends: a draw from it prefers units of high degree
    for unit in range(1, units):
        wanted = min(unit, attachments)
        partners: set[int] = set(range(unit)) if unit <= attachments else set()
        while len(partners) < wanted:
            partners.add(ends[rng.integers(len(ends))])
        for partner in sorted(partners):
            source, target = (unit, partner) if rng.random() < 0.5 else (partner, unit)
            mask[target, source] = True
            ends += [unit, partner]
    labels = rng.permutation(units)
    return _filled(mask[np.ix_(labels, labels)], values, rng, "scale-free")


def modular(
    units: int,
    modules: int = 4,
    within: float = 0.3,
    between: float = 0.02,
    *,
    seed: int | np.random.SeedSequence,
    values: str = "uniform",
) -> Topology:
    """Blocks of (nearly) equal size, densely wired inside and sparsely between (a stochastic block model).

    Args:
        units: number of units.
        modules: number of blocks, 1 to units; units stay in the order of their blocks.
        within: probability of an edge inside a block, self-loops included.
        between: probability of an edge between blocks.
        seed: of edges and weights.
        values: "uniform" on [-1, 1], "normal", or "ternary" (-1 and 1).

    Raises:
        StatescapeError: for modules outside 1 to units, or probabilities that are no shares.
    """
    rng = np.random.default_rng(seed)
    if not 1 <= modules <= _checked(units):
        raise StatescapeError(f"modules is a number from 1 to units; got {modules} for {units} units.")
    block = np.arange(units) * modules // units
    same = block[:, None] == block[None]
    chance = np.where(same, checked_share(within, "within"), checked_share(between, "between"))
    return _filled(rng.random((units, units)) < chance, values, rng, "modular")


def rewired(topology: Topology, *, seed: int | np.random.SeedSequence) -> Topology:
    """The same weights on another graph in which every unit keeps its numbers of incoming and outgoing edges.

    Directed double-edge swaps: of two edges a -> b and c -> d the targets are exchanged, a -> d and c -> b, where
    neither edge exists yet; a weight stays with its source. Self-loops are part of a unit itself: they stay where they
    are, and no swap makes one.

    Args:
        topology: the wiring to rewire; W_in, radius policy and sr are kept.
        seed: of the swaps.
    """
    rng = np.random.default_rng(seed)
    entries = scipy.sparse.coo_array(topology.W)
    rows, columns = (np.asarray(coordinate, dtype=np.int64) for coordinate in entries.coords)
    moving = (entries.data != 0) & (rows != columns)
    targets, sources = rows[moving].tolist(), columns[moving].tolist()
    count = len(targets)
    present = set(zip(targets, sources, strict=True))
    pairs = rng.integers(count, size=(SWAPS_PER_EDGE * count, 2)).tolist() if count > 1 else []
    for first, second in pairs:
        a, b, c, d = sources[first], targets[first], sources[second], targets[second]
        if a == d or c == b or (d, a) in present or (b, c) in present:
            continue
        present -= {(b, a), (d, c)}
        present |= {(d, a), (b, c)}
        targets[first], targets[second] = d, b
    W = np.zeros((topology.units, topology.units))
    W[targets, sources] = entries.data[moving]
    np.fill_diagonal(W, topology.W.diagonal())
    matrix: Matrix = scipy.sparse.csr_array(W) if scipy.sparse.issparse(topology.W) else W
    return Topology(matrix, topology.W_in, radius=topology.radius, sr=topology.sr, name="rewired")


def _checked(units: int) -> int:
    require_memory(f"{units:,} units", 16.0 * units)
    if units < 1:
        raise StatescapeError(f"A topology needs at least one unit; got units={units}.")
    return units


def _lines(units: int, weights: dict[int, float], name: str, *, closed: bool) -> Topology:
    """Every unit feeds the one `offset` further on, for each offset; open lines end, closed ones come round."""
    source = np.arange(_checked(units))
    W = np.zeros((units, units))
    for offset, weight in weights.items():
        inside = np.ones(units, dtype=bool) if closed else (source + offset >= 0) & (source + offset < units)
        W[(source[inside] + offset) % units, source[inside]] = weight
    return Topology(scipy.sparse.csr_array(W), name=name)


def _filled(mask: np.ndarray, values: str, rng: np.random.Generator, name: str) -> Topology:
    """Weights on the edges of a mask."""
    W = np.zeros(mask.shape)
    W[mask] = draw_values(int(mask.sum()), values, rng)
    return Topology(scipy.sparse.csr_array(W), name=name)
