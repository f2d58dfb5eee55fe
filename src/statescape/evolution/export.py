"""A champion in the formats of the field: what runs in ReservoirPy, a graph, an archive, plain JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from statescape.errors import require_choice
from statescape.evolution.result import Champion
from statescape.files import written_whole

# What is beside a run already (`evolve --json`), or in another format, has another ending.
SUFFIXES = {"reservoirpy": ".npz", "npz": ".topology.npz", "networkx": ".graphml", "json": ".champion.json"}


def export(champion: Champion, to: str, file: str | Path) -> None:
    """Write a champion to a file.

    Args:
        champion: with its wiring and the hyper-parameters that it was searched under.
        to: "reservoirpy": an .npz with `W` and `Win` as they run (both scaled), `bias`, `lr` and `ridge`, ready for
            `reservoirpy.nodes.Reservoir(W=..., Win=..., bias=..., lr=...)`; "npz": what `Topology.from_npz` reads;
            "networkx": GraphML, an edge (j, i) for `W[i, j]`, input weights as node attributes `W_in_0`, ...; of a plan
            its modules, input and readout; "json": W before scaling, W_in, hyper-parameters, and the plan where there
            is one. For a plan, "reservoirpy" also holds `plan` (JSON text) and `read`, the units that the readout sees.
        file: where to.

    Raises:
        StatescapeError: for another format, or a file that cannot be written.
    """
    require_choice("The format of a champion", to, tuple(SUFFIXES))
    _WRITERS[to](champion, Path(file))


def _reservoirpy(champion: Champion, file: Path) -> None:
    topology, hyper = champion.topology, champion.hyper
    W, plan = topology.weights(hyper.sr), topology.plan
    arrays: dict[str, Any] = {
        "W": W if isinstance(W, np.ndarray) else W.toarray(),
        "bias": np.full(topology.units, hyper.bias),
        "lr": np.array(hyper.lr if plan is None else plan.lr),
        "ridge": np.array(hyper.ridge),
    }
    if topology.W_in is not None:
        arrays["Win"] = (hyper.input_scaling if plan is None else 1.0) * topology.W_in
    if plan is not None:
        arrays["plan"] = np.array(json.dumps(plan.as_json()))
        arrays["read"] = np.ones(topology.units, bool) if plan.read is None else plan.read
    with written_whole(file) as partial, partial.open("wb") as opened:
        np.savez_compressed(opened, **arrays)


def _npz(champion: Champion, file: Path) -> None:
    champion.topology.to_npz(file)


def _networkx(champion: Champion, file: Path) -> None:
    import networkx as nx

    plan = champion.topology.plan
    graph = champion.topology.to_networkx() if plan is None else plan.to_networkx()
    for _, data in graph.nodes(data=True):
        for index, weight in enumerate(data.pop("W_in", [])):
            data[f"W_in_{index}"] = weight
    graph.graph.update(vars(champion.hyper))
    with written_whole(file) as partial:
        nx.write_graphml(graph, partial)


def _json(champion: Champion, file: Path) -> None:
    topology = champion.topology
    data = {
        "W": topology.to_dense().tolist(),
        "W_in": None if topology.W_in is None else topology.W_in.tolist(),
        "radius": topology.radius,
        "sr": topology.sr,
        "hyper": vars(champion.hyper),
        "candidate": champion.candidate.number,
    }
    if topology.plan is not None:
        data["plan"] = topology.plan.as_json()
    with written_whole(file) as partial:
        partial.write_text(json.dumps(data) + "\n", encoding="ascii")


_WRITERS: dict[str, Callable[[Champion, Path], None]] = {
    "reservoirpy": _reservoirpy,
    "npz": _npz,
    "networkx": _networkx,
    "json": _json,
}
