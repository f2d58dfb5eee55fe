"""Plans with weights: one network whose W is made of blocks, and the same as a graph of nodes in ReservoirPy.

A module's own weights are drawn as those of an `EchoStateNetwork` are, N(0, 1) at its `connectivity`, brought to its
`sr`; its input weights are -1 and 1 times its `input_scaling`. From a module of n units that feeds it, weights are -1
and 1 at its `connectivity` c, times `input_scaling / sqrt(c n)`, so that one more module in the way sounds about as
loud as the input. Every block has random numbers of its own, so a plan of one module is the plain network, bit for bit.
"""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.reservoir.network import EchoStateNetwork
from statescape.reservoir.plan import Module, Plan
from statescape.reservoir.radius import ARPACK_FROM, rescale
from statescape.reservoir.topology import Topology
from statescape.reservoir.weights import STREAMS, draw_values, recurrent, scale_inputs

# Purposes of random numbers: those of a network, then the weights between two modules.
_W, _WIN, _BETWEEN = STREAMS.index("W"), STREAMS.index("Win"), len(STREAMS)


def draw_plan(plan: Plan, n_inputs: int = 1, *, seed: int | np.random.SeedSequence, name: str = "") -> Topology:
    """Draw all weights of a plan.

    Args:
        plan: what is drawn.
        n_inputs: width of the input.
        seed: of all weights.
        name: what the wiring is called.

    Returns:
        The block matrix and its input weights, both as they run.
    """
    root = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    W, W_in = np.zeros((plan.units, plan.units)), np.zeros((plan.units, n_inputs))
    for number, (module, at) in enumerate(zip(plan.modules, plan.slices, strict=True)):
        own = (number,) if number else ()
        W[at, at] = _within(module, _stream(root, _W, *own))
        if number in plan.inputs:
            drawn = _drawn(module.units, n_inputs, 1.0, "ternary", _stream(root, _WIN, *own))
            W_in[at] = scale_inputs(drawn, module.input_scaling)
    for source, target in plan.edges:
        between = _between(plan, source, target, _stream(root, _BETWEEN, target, source))
        W[plan.slices[target], plan.slices[source]] = between
    return Topology(W, W_in, radius="free", name=name, plan=plan)


def planned_network(
    plan: Plan, n_inputs: int = 1, *, seed: int, ridge: float = 0.0, bias: float = 0.0
) -> EchoStateNetwork:
    """An untrained network of a plan; call its `fit`.

    Args:
        plan: what it is made of.
        n_inputs: width of the input.
        seed: of all weights.
        ridge: penalty of the readout.
        bias: of every unit.
    """
    return EchoStateNetwork(W=draw_plan(plan, n_inputs, seed=seed), ridge=ridge, bias=bias, seed=seed)


def plan_to_reservoirpy(topology: Topology, *, bias: float = 0.0, ridge: float = 0.0) -> Any:
    """A ReservoirPy model: a `Reservoir` for every module, one that delays by a step on every edge, a `Ridge`.

    ReservoirPy trains no cycle of nodes, so modules that feed each other in a cycle become one node, with one behind it
    that picks the units which the readout sees. Modules that nothing leads from to the readout are left out.

    Args:
        topology: that was drawn for a plan.
        bias: of every unit.
        ridge: penalty of the readout.

    Raises:
        StatescapeError: where reservoirpy is not installed, or the wiring was drawn for no plan.
    """
    try:
        from reservoirpy import Model
        from reservoirpy.nodes import Input, Reservoir, Ridge
    except ImportError:
        raise StatescapeError("reservoirpy is not installed; `pip install statescape[reservoirpy]`.") from None
    plan = topology.plan
    if plan is None or topology.W_in is None:
        raise StatescapeError("This wiring was drawn for no plan; Topology.to_reservoirpy makes one node of it.")
    W, W_in, enters, readout = topology.to_dense(), topology.W_in, Input(), Ridge(ridge=ridge)
    nodes: dict[tuple[int, ...], Any] = {}
    edges: list[tuple[Any, int, Any]] = []
    units = {group: np.concatenate([_units(plan, number) for number in group]) for group in _groups(plan)}
    for group, own in units.items():
        sources = [other for other in nodes if np.any(W[np.ix_(own, units[other])])]
        hears = not sources or bool(np.any(W_in[own]))
        entering = [np.hstack([0.0 * block, block]) for block in (W[np.ix_(own, units[other])] for other in sources)]
        Win = np.hstack([W_in[own]] * hears + entering)
        node = Reservoir(W=W[np.ix_(own, own)], Win=Win, lr=plan.lr[own], bias=np.full(len(own), bias))
        edges += [(enters, 0, node)] * hears
        for other in sources:
            later = Reservoir(**_delaying(len(units[other])))
            edges += [(nodes[other], 0, later), (later, 0, node)]
        nodes[group] = node
    read = np.ones(plan.units, bool) if plan.read is None else plan.read
    for group, own in units.items():
        seen = np.eye(len(own))[read[own]]
        if len(seen) == len(own):
            edges.append((nodes[group], 0, readout))
        elif len(seen):
            picked = Reservoir(W=np.zeros((len(seen), len(seen))), Win=seen, activation="identity")
            edges += [(nodes[group], 0, picked), (picked, 0, readout)]
    members = list(dict.fromkeys(end for source, _, target in edges for end in (source, target)))
    return Model(members, edges)


def _groups(plan: Plan) -> list[tuple[int, ...]]:
    """Modules that feed each other, together; sources before targets; those that nothing leads on from left out."""
    graph = nx.DiGraph(plan.edges)
    graph.add_nodes_from(range(len(plan.modules)))
    leading = set(plan.seen).union(*(nx.ancestors(graph, number) for number in plan.seen))
    whole = nx.condensation(graph)
    ordered = [tuple(sorted(whole.nodes[place]["members"])) for place in nx.lexicographical_topological_sort(whole)]
    return [group for group in ordered if leading & set(group)]


def _delaying(units: int) -> dict[str, Any]:
    """A node of linear units that says what it hears, and behind it what it heard a step before."""
    one, none = np.eye(units), np.zeros((units, units))
    return {"W": np.block([[none, none], [one, none]]), "Win": np.vstack([one, none]), "activation": "identity"}


def _units(plan: Plan, number: int) -> np.ndarray:
    """The units of a module, by their places among all."""
    return np.arange(plan.units)[plan.slices[number]]


def _within(module: Module, rng: np.random.Generator) -> Float[np.ndarray, "units units"]:
    """A module's own weights at its radius, as `weights.recurrent` draws them."""
    if module.units > ARPACK_FROM:  # the radius of a sparse W of this size is found otherwise than that of an array
        W: Any = recurrent(module.units, None, module.sr, module.connectivity, rng)
        return np.asarray(W.toarray())
    return np.asarray(rescale(_drawn(module.units, module.units, module.connectivity, "normal", rng), module.sr).W)


def _between(
    plan: Plan, source: int, target: int, rng: np.random.Generator
) -> Float[np.ndarray, "target_units source_units"]:
    """Weights from one module to another; at least one is not 0."""
    module, columns = plan.modules[target], plan.modules[source].units
    share = max(module.connectivity, 1.0 / (module.units * columns))
    scale = module.input_scaling / max(share * columns, 1.0) ** 0.5
    return np.asarray(_drawn(module.units, columns, share, "ternary", rng) * scale)


def _drawn(
    rows: int, columns: int, connectivity: float, values: str, rng: np.random.Generator
) -> Float[np.ndarray, "rows columns"]:
    """`weights.draw_matrix` as an array, without the time that a sparse matrix takes."""
    entries = round(connectivity * rows * columns)
    drawn = np.zeros(rows * columns)
    position = np.sort(rng.choice(rows * columns, size=entries, replace=False))
    drawn[position] = draw_values(entries, values, rng)
    return drawn.reshape(rows, columns)


def _stream(root: np.random.SeedSequence, *purpose: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(root.entropy, spawn_key=(*root.spawn_key, *purpose)))
