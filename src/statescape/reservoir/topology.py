"""The wiring of a reservoir: W with its signs or values, the input weights where they belong to it, the radius policy.

`W[i, j]` is the weight from unit j to unit i. NetworkX and others write edges as (source, target), so matrices are
transposed at that border, and only there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import scipy.sparse
from jaxtyping import Float

from statescape.errors import StatescapeError, require_choice
from statescape.fitting import shown
from statescape.reservoir.archive import matrix_arrays, matrix_from, read_npz, write_npz
from statescape.reservoir.arrays import real_array
from statescape.reservoir.plan import Plan
from statescape.reservoir.radius import Matrix, rescale, spectral_radius
from statescape.wording import Noun, brief

if TYPE_CHECKING:
    import networkx as nx

RadiusPolicy: TypeAlias = Literal["rescale", "free", "gene"]
POLICIES = ("rescale", "free", "gene")


@dataclass(frozen=True, eq=False)
class Topology(Noun):
    """A wiring, and how its spectral radius is set when it runs.

    Attributes:
        W: weights as decoded or generated, before any scaling; dense, or compressed sparse rows.
        W_in: input weights that belong to the wiring, or None where they are drawn by the network.
        radius: "rescale" scales W to the network's `sr` (so that wiring is compared and not its radius), "free" leaves
            W as it is, "gene" scales it to the topology's own `sr`. A nilpotent W has radius 0 at any scale: its
            largest singular value is scaled instead (`rescale` in `radius.py` says so).
        sr: the topology's own radius; for "gene" only.
        name: what it is called in tables and pictures.
        plan: that W and W_in were drawn for, or None: whoever runs it takes its leak rates and what is read.

    Raises:
        StatescapeError: for weights that are not finite, a W_in of the wrong shape, an unknown policy, or an `sr`
            without the policy "gene" (and the other way round).
    """

    W: Matrix | Any
    W_in: Float[np.ndarray, "units inputs"] | None = None
    radius: str = "rescale"
    sr: float | None = None
    name: str = ""
    plan: Plan | None = None

    def __repr__(self) -> str:
        name = f" {self.name!r}" if self.name else ""
        return brief(f"Topology{name}: {self.units:,} units, {self.edges:,} edges, radius {self.radius}")

    def __post_init__(self) -> None:
        W = as_matrix(self.W)
        object.__setattr__(self, "W", W)
        values = W.data if scipy.sparse.issparse(W) else W
        if not np.isfinite(values).all():
            raise StatescapeError("W holds NaN or infinite weights; every weight must be a finite number.")
        if self.W_in is not None:
            W_in = real_array(self.W_in, "W_in")
            if W_in.ndim != 2 or len(W_in) != self.units or not np.isfinite(W_in).all():
                raise StatescapeError(
                    f"W_in must be finite, with one row for each of the {self.units} units; got shape {W_in.shape}."
                )
            object.__setattr__(self, "W_in", W_in)
        require_choice("The radius policy", self.radius, POLICIES)
        if self.plan is not None and (self.plan.units != self.units or self.radius != "free"):
            raise StatescapeError("The W of a plan has its units, and the radii of its modules: its policy is free.")
        if (self.radius == "gene") != (self.sr is not None):
            raise StatescapeError('A topology has its own sr exactly where its radius policy is "gene".')
        if self.sr is not None and not (np.isfinite(self.sr) and self.sr >= 0):
            raise StatescapeError(f"A spectral radius is a finite number from 0 on; got sr={self.sr}.")

    def __getstate__(self) -> dict[str, Any]:
        """What travels to another process: where half of W or more is 0, the rest of it only, bit for bit."""
        state = vars(self).copy()
        if isinstance(self.W, np.ndarray) and self.W.flags.c_contiguous:
            places = np.flatnonzero(self.W.view(np.int64))
            if 2 * len(places) < self.W.size:
                state["W"] = (self.units, places.astype(np.uint32), self.W.ravel()[places])
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Put together again what `__getstate__` took apart."""
        if isinstance(state["W"], tuple):
            units, places, weights = state["W"]
            W = np.zeros((units, units))
            W.ravel()[places] = weights
            state = {**state, "W": W}
        vars(self).update(state)

    @property
    def units(self) -> int:
        """Number of units."""
        return int(self.W.shape[0])

    @property
    def edges(self) -> int:
        """Number of weights that are not 0."""
        return int(np.count_nonzero(self.W) if isinstance(self.W, np.ndarray) else self.W.count_nonzero())

    @property
    def spectral_radius(self) -> float:
        """Spectral radius of W before scaling."""
        return spectral_radius(self.W)

    def weights(self, sr: float | None = None) -> Matrix:
        """The matrix that runs, under the radius policy.

        Args:
            sr: the radius that "rescale" scales to; the other policies do not read it.

        Raises:
            StatescapeError: where the policy is "rescale" and `sr` is missing.
        """
        if self.radius == "free":
            return self.W
        target = self.sr if self.radius == "gene" else sr
        if target is None:
            raise StatescapeError('A topology with the radius policy "rescale" runs at a given sr; give one, e.g. 0.9.')
        return rescale(self.W, target).W

    def to_dense(self) -> Float[np.ndarray, "units units"]:
        """W as an array."""
        dense: Float[np.ndarray, "units units"] = self.W if isinstance(self.W, np.ndarray) else self.W.toarray()
        return dense

    def to_networkx(self) -> nx.DiGraph:
        """The graph, an edge (j, i) with its weight for every `W[i, j]` that is not 0; input weights as node data."""
        import networkx as nx

        graph = nx.DiGraph(name=self.name)
        graph.add_nodes_from(range(self.units))
        entries = scipy.sparse.coo_array(self.W)
        for target, source, weight in zip(*entries.coords, entries.data, strict=True):
            if weight != 0:
                graph.add_edge(int(source), int(target), weight=float(weight))
        if self.W_in is not None:
            for unit, row in enumerate(self.W_in):
                graph.nodes[unit]["W_in"] = row.tolist()
        return graph

    @classmethod
    def from_networkx(cls, graph: nx.Graph, *, weight: str = "weight", radius: RadiusPolicy = "rescale") -> Topology:
        """The wiring of a graph; an edge without a weight counts 1, one without direction goes both ways.

        Args:
            graph: nodes in their order become units 0, 1, ...
            weight: edge attribute that holds the weight.
            radius: the radius policy.

        Raises:
            StatescapeError: for what is no graph, a multigraph or a graph without nodes.
        """
        import networkx as nx

        if not isinstance(graph, nx.Graph):
            raise StatescapeError(f"from_networkx takes a graph of NetworkX; got {shown(graph)}.")
        if graph.is_multigraph():
            raise StatescapeError("A multigraph has several weights from one unit to another; merge its edges first.")
        if not len(graph):
            raise StatescapeError("The graph has no nodes; a topology needs at least one unit.")
        try:
            W = nx.to_numpy_array(graph, weight=weight, nonedge=0.0, dtype=np.float64).T
        except (TypeError, ValueError):
            raise StatescapeError(
                f"An edge of the graph has a {weight!r} that is no number; give every edge one."
            ) from None
        rows = [data.get("W_in") for _, data in graph.nodes(data=True)]
        W_in = None if any(row is None for row in rows) else np.array(rows, dtype=np.float64)
        return cls(np.ascontiguousarray(W), W_in, radius=radius, name=str(graph.name))

    def to_reservoirpy(self, sr: float | None = None, **settings: Any) -> Any:
        """A `reservoirpy.nodes.Reservoir` that holds the matrix that runs.

        ReservoirPy ignores `sr` where W is an array, so W is scaled here.

        Args:
            sr: the radius that "rescale" scales to.
            settings: passed on to `Reservoir`: lr, Win, bias, activation, seed, ...

        Raises:
            StatescapeError: where reservoirpy is not installed.
        """
        try:
            from reservoirpy.nodes import Reservoir
        except ImportError:
            raise StatescapeError("reservoirpy is not installed; `pip install statescape[reservoirpy]`.") from None
        if self.W_in is not None:
            settings.setdefault("Win", self.W_in.copy())
        return Reservoir(W=self.weights(sr).copy(), **settings)

    def to_npz(self, path: str | Path) -> None:
        """Write the topology to an .npz file that holds arrays only, no objects."""
        arrays = matrix_arrays(self.W)
        if self.W_in is not None:
            arrays["W_in"] = self.W_in
        facts = {"units": self.units, "radius": self.radius, "sr": self.sr, "name": self.name}
        if self.plan is not None:
            facts["plan"] = self.plan.as_json()
        write_npz(path, arrays, facts)

    @classmethod
    def from_npz(cls, path: str | Path) -> Topology:
        """Read what `to_npz` wrote.

        Raises:
            StatescapeError: where the file is missing, is no topology, or holds objects.
        """
        arrays, facts = read_npz(path, "a topology")
        try:
            W = matrix_from(arrays, facts["units"])
            plan = None if facts.get("plan") is None else Plan.from_json(facts["plan"])
            return cls(W, arrays.get("W_in"), facts["radius"], facts["sr"], facts["name"], plan)
        except (KeyError, TypeError):
            raise StatescapeError(f"{path} is not a topology that statescape wrote.") from None


def as_matrix(W: Any) -> Matrix:
    """W as a float64 array or compressed sparse rows; a copy, so that a frozen topology stays what it is.

    A graph of NetworkX, whose edges are (source, target), is transposed.
    """
    if hasattr(W, "is_multigraph"):
        return Topology.from_networkx(W).W
    matrix: Matrix
    if scipy.sparse.issparse(W) and W.dtype.kind in "biuf":
        matrix = scipy.sparse.csr_array(W, dtype=np.float64, copy=True)
    else:
        matrix = real_array(W, "W")
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.shape[0] < 1:
        raise StatescapeError(f"W must be square, one row and one column a unit; got shape {tuple(matrix.shape)}.")
    return matrix
