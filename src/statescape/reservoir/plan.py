"""Plans: a graph whose nodes are reservoirs, called modules, with edges among them, from the input and to the readout.

    x_m(t) = (1 - lr_m) x_m(t-1) + lr_m f(W_m x_m(t-1) + W_in,m u(t) + b + sum_k W_mk x_k(t-1))

over the modules k that feed module m: what a module hears of another is one step old, so a plan is one network whose W
is made of blocks. The idea: EARLY (Testu, Legrand, Hinaut, GECCO 2026, arXiv:2605.30372). A plan is what can be said
before anything is drawn; `planned.draw_plan` draws its weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float

from statescape.errors import StatescapeError, unknown_name
from statescape.runs.plain import typed
from statescape.wording import Noun, brief, say

if TYPE_CHECKING:
    import networkx as nx

INPUT, READOUT = "input", "readout"
# Draws of edges that are tried for one with a way from input to readout.
ATTEMPTS = 100


@dataclass(frozen=True)
class Module(Noun):
    """One reservoir of a plan; names as in ReservoirPy.

    Attributes:
        units: how many.
        sr: spectral radius of its own weights.
        lr: leak rate, above 0 and up to 1.
        input_scaling: factor of all that enters it: the input, and the states of the modules that feed it.
        connectivity: share of its own weights, and of those from the modules that feed it, that are not 0.

    Raises:
        StatescapeError: for no units, or numbers out of range.
    """

    units: int
    sr: float = 0.9
    lr: float = 1.0
    input_scaling: float = 0.1
    connectivity: float = 0.1

    def __post_init__(self) -> None:
        if self.units < 1:
            raise StatescapeError(f"A module needs at least one unit; got units={self.units}.")
        if not (math.isfinite(self.sr) and self.sr >= 0):
            raise StatescapeError(f"A module's sr is a finite number from 0 on; got {self.sr:g}.")
        if not 0 < self.lr <= 1:
            raise StatescapeError(f"A module's lr lies above 0 and up to 1; got {self.lr:g}.")
        if not math.isfinite(self.input_scaling):
            raise StatescapeError(f"A module's input_scaling is a finite number; got {self.input_scaling:g}.")
        if not 0 <= self.connectivity <= 1:
            raise StatescapeError(f"A module's connectivity is a share between 0 and 1; got {self.connectivity:g}.")


@dataclass(frozen=True)
class Plan(Noun):
    """Modules and what connects them.

    Attributes:
        modules: the reservoirs, numbered from 0.
        edges: (source, target) of every edge among modules; a module's own recurrence is none.
        inputs: modules that the input enters.
        outputs: modules that the readout sees; None for all.

    Raises:
        StatescapeError: for no modules, an edge to a module that is not there, or no way from input to readout.
    """

    modules: tuple[Module, ...]
    edges: tuple[tuple[int, int], ...] = ()
    inputs: tuple[int, ...] = (0,)
    outputs: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if not self.modules:
            raise StatescapeError("A plan needs at least one module.")
        everywhere = range(len(self.modules))
        outputs = everywhere if self.outputs is None else self.outputs
        for name, given in (("edges", self.edges), ("inputs", self.inputs), ("outputs", outputs)):
            object.__setattr__(self, name, tuple(sorted(set(given))))
        for number in (*self.inputs, *self.seen, *(end for edge in self.edges for end in edge)):
            if number not in everywhere:
                raise StatescapeError(f"The plan has modules 0 to {len(self.modules) - 1}; an edge names {number}.")
        for source, target in self.edges:
            if source == target:
                raise StatescapeError(f"Module {source} feeds itself by its own recurrence; leave that edge out.")
        if not self._reached & set(self.seen):
            raise StatescapeError("The plan has no way from the input to the readout; add an edge.")

    @classmethod
    def single(cls, units: int, **hyper: float) -> Plan:
        """One reservoir.

        Args:
            units: how many.
            **hyper: of the module: sr, lr, input_scaling, connectivity.

        Raises:
            StatescapeError: for a hyper-parameter that is unknown or out of range.
        """
        return cls((_module({"units": units, **hyper}),))

    def __repr__(self) -> str:
        sizes = ", ".join(str(module.units) for module in self.modules)
        modules, edges = _counted(len(self.modules), "module"), _counted(len(self.edges), "edge")
        return brief(f"Plan of {modules} of {sizes} units; {edges} among them")

    @property
    def units(self) -> int:
        """Units of all modules."""
        return sum(module.units for module in self.modules)

    @property
    def seen(self) -> tuple[int, ...]:
        """The modules that the readout sees."""
        assert self.outputs is not None  # set where the plan is made
        return self.outputs

    @cached_property
    def slices(self) -> tuple[slice, ...]:
        """Where each module's units stand among all."""
        ends = np.cumsum([module.units for module in self.modules]).tolist()
        return tuple(slice(end - module.units, end) for end, module in zip(ends, self.modules, strict=True))

    @property
    def lr(self) -> Float[np.ndarray, " units"]:
        """Leak rate of every unit."""
        return np.repeat([module.lr for module in self.modules], [module.units for module in self.modules])

    @property
    def read(self) -> Bool[np.ndarray, " units"] | None:
        """Which units the readout sees; None for all."""
        if len(self.seen) == len(self.modules):
            return None
        each = [number in self.seen for number in range(len(self.modules))]
        return np.repeat(each, [module.units for module in self.modules])

    @property
    def flags(self) -> tuple[str, ...]:
        """What is allowed and likely to run away: cycles of modules whose radii are all above 1."""
        import networkx as nx

        wild = nx.DiGraph([edge for edge in self.edges if all(self.modules[end].sr > 1 for end in edge)])
        circles = [sorted(one) for one in nx.strongly_connected_components(wild) if len(one) > 1]
        return tuple(
            say(
                "Modules {modules} feed each other in a cycle, each with sr above 1: their activity may outlive the "
                "input.",
                modules=", ".join(map(str, circle)),
            )
            for circle in sorted(circles)
        )

    def rewired(self, rng: np.random.Generator) -> Plan | None:
        """As many edges among the same modules, elsewhere: any other arrangement, all equally likely.

        Input, readout, sizes and hyper-parameters stay.

        Args:
            rng: what draws it.

        Returns:
            The plan; None where there is no other arrangement with a way from input to readout.
        """
        pairs = list(permutations(range(len(self.modules)), 2))
        if len(self.edges) in (0, len(pairs)):
            return None
        for _ in range(ATTEMPTS):
            chosen = rng.choice(len(pairs), len(self.edges), replace=False)
            edges = tuple(sorted(pairs[place] for place in chosen.tolist()))
            if edges != self.edges and self._leads(edges):
                return replace(self, edges=edges)
        return None

    def as_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "modules": [asdict(module) for module in self.modules],
            "edges": [list(edge) for edge in self.edges],
            "inputs": list(self.inputs),
            "outputs": list(self.seen),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Plan:
        """What `as_json` gave, or was written by hand.

        Raises:
            StatescapeError: for anything else, an unknown hyper-parameter first.
        """
        try:
            modules = tuple(_module(one) for one in data["modules"])
            edges = typed(tuple[tuple[int, int], ...], data.get("edges", []))
            inputs = typed(tuple[int, ...], data.get("inputs", [0]))
            outputs = typed(tuple[int, ...] | None, data.get("outputs"))
        except (KeyError, TypeError, AttributeError) as error:
            raise StatescapeError(
                f"A plan is written as modules, edges, inputs and outputs; this is none: {error}."
            ) from None
        return cls(modules, edges, inputs, outputs)

    def to_networkx(self) -> nx.DiGraph:
        """The graph: nodes "input", 0, 1, ... and "readout", modules with their numbers as attributes."""
        import networkx as nx

        graph = nx.DiGraph()
        graph.add_node(INPUT)
        for number, module in enumerate(self.modules):
            graph.add_node(number, **asdict(module))
        graph.add_node(READOUT)
        graph.add_edges_from((INPUT, number) for number in self.inputs)
        graph.add_edges_from(self.edges)
        graph.add_edges_from((number, READOUT) for number in self.seen)
        return graph

    @property
    def _reached(self) -> set[int]:
        return self._reachable(self.edges)

    def _leads(self, edges: Iterable[tuple[int, int]]) -> bool:
        return bool(self._reachable(edges) & set(self.seen))

    def _reachable(self, edges: Iterable[tuple[int, int]]) -> set[int]:
        """The modules that the input reaches by these edges."""
        reached, edges = set(self.inputs), tuple(edges)
        for _ in self.modules:
            reached |= {target for source, target in edges if source in reached}
        return reached


def _module(given: Mapping[str, Any]) -> Module:
    """A module of plain JSON.

    Raises:
        StatescapeError: for a hyper-parameter that no module has, or a value that is none.
    """
    known = [one.name for one in fields(Module)]
    for name in given:
        if name not in known:
            raise unknown_name("hyper-parameter of a module", name, known)
    try:
        return Module(**{name: typed(int if name == "units" else float, value) for name, value in given.items()})
    except TypeError as error:
        raise StatescapeError(f"A module has units, and numbers for {', '.join(known[1:])}: {error}.") from None


def _counted(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"
