"""The encoding of plans: a genome tells modules and edges, of which networks are drawn.

Genes are arrays of a fixed size for at most `MOST_MODULES` modules, rows past the last module are 0: "modules" (units,
sr, lr, input_scaling, connectivity), "edges" (`edges[target, source]`), "inputs", "outputs", and "draw", the seed of
the weights that the plan is searched with where these stay (level *matrix*).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import astuple, dataclass

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.evolution.alphabet import Values
from statescape.reservoir import Module, Plan, Topology, draw_plan

MOST_MODULES = 8
# Bounds of the hyper-parameters of a module; the last two evolve by factors.
SR, LR, INPUT_SCALING, CONNECTIVITY = (0.0, 1.4), (0.05, 1.0), (0.01, 2.0), (0.02, 1.0)
# Share of new modules without leak.
WITHOUT_LEAK = 0.5
# Share of the pairs of modules that a random plan connects.
CONNECTED = 0.3


@dataclass(frozen=True)
class Modules:
    """Plans of so many units in all; an encoding (see `encodings.Encoding`).

    Attributes:
        units: of all modules of a plan together.
        density: connectivity of the modules of a random plan; None where each has its own.
        name: how it is called.
    """

    units: int
    density: float | None = None
    name: str = "modules"

    @property
    def values(self) -> Values:
        """Real numbers; what each may be is told by `check`."""
        return Values("real")

    @property
    def most(self) -> int:
        """Modules that a plan may have."""
        return min(MOST_MODULES, self.units)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Hyper-parameters of every module, edges among them, and who meets input and readout."""
        n = self.most
        return {"modules": (n, 5), "edges": (n, n), "inputs": (n,), "outputs": (n,), "draw": (1,)}

    def random(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """A random plan: any number of modules, of any sizes."""
        count = int(rng.integers(1, self.most + 1))
        cuts = np.sort(rng.choice(np.arange(1, self.units), count - 1, replace=False))
        sizes = np.diff([0, *cuts.tolist(), self.units])
        modules = tuple(random_module(int(size), rng, self.density) for size in sizes)
        while True:
            targets, sources = np.nonzero((rng.random((count, count)) < CONNECTED) & ~np.eye(count, dtype=bool))
            edges = tuple(zip(sources.tolist(), targets.tolist(), strict=True))
            inputs, outputs = (tuple(np.flatnonzero(rng.random(count) < 0.5).tolist()) for _ in range(2))
            try:
                return self.genes(Plan(modules, edges, inputs, outputs), new_draw(rng))
            except StatescapeError:  # no way from input to readout
                continue

    def decode(self, genes: Mapping[str, np.ndarray]) -> Float[np.ndarray, "units units"]:
        """W of the plan's own draw."""
        return self.topology(genes).to_dense()

    def topology(self, genes: Mapping[str, np.ndarray], n_inputs: int = 1, name: str = "") -> Topology:
        """The plan's own draw, as it runs; the plan goes with it."""
        return draw_plan(self.plan(genes), n_inputs, seed=int(genes["draw"][0]), name=name)

    def plan(self, genes: Mapping[str, np.ndarray]) -> Plan:
        """What the genes tell.

        Raises:
            StatescapeError: where they tell no plan.
        """
        count = int(np.count_nonzero(genes["modules"][:, 0]))
        modules = tuple(Module(int(row[0]), *row[1:].tolist()) for row in genes["modules"][:count])
        targets, sources = np.nonzero(genes["edges"])
        inputs, outputs = (tuple(np.flatnonzero(genes[name]).tolist()) for name in ("inputs", "outputs"))
        return Plan(modules, tuple(zip(sources.tolist(), targets.tolist(), strict=True)), inputs, outputs)

    def genes(self, plan: Plan, draw: int) -> dict[str, np.ndarray]:
        """The genes of a plan and of its own draw."""
        found = {name: np.zeros(shape) for name, shape in self.shapes.items()}
        found["modules"][: len(plan.modules)] = [astuple(module) for module in plan.modules]
        for source, target in plan.edges:
            found["edges"][target, source] = 1.0
        found["inputs"][list(plan.inputs)] = 1.0
        found["outputs"][list(plan.seen)] = 1.0
        found["draw"][0] = draw
        return found

    def check(self, genes: Mapping[str, np.ndarray]) -> None:
        """Refuse genes that tell no plan of these units; their shapes are known to be right.

        Raises:
            StatescapeError: where they do not.
        """
        bits = np.concatenate([genes[name].ravel() for name in ("edges", "inputs", "outputs")])
        whole = np.concatenate([genes["modules"][:, 0], genes["draw"]])
        plain = np.isfinite(genes["modules"]).all() and np.isin(bits, (0.0, 1.0)).all()
        if not plain or not (np.isfinite(whole).all() and (whole >= 0).all() and (whole == np.floor(whole)).all()):
            raise StatescapeError("The genome tells no plan: its units, edges or numbers are none.")
        if self.plan(genes).units != self.units:
            raise StatescapeError(other_units(self.plan(genes).units, self.units))


def other_units(own: int, wanted: int) -> str:
    """The refusal of a genome whose networks have other units than those of a search."""
    return f"A genome of networks of {own:,} units does not fit this search, whose networks have {wanted:,}."


def random_module(units: int, rng: np.random.Generator, connectivity: float | None = None) -> Module:
    """A module with hyper-parameters from all over their bounds."""
    sr, leak, scaling, share, leaky = rng.random(5)
    return Module(
        units,
        _between(sr, SR),
        1.0 if leaky < WITHOUT_LEAK else _between_logs(leak, LR),
        _between_logs(scaling, INPUT_SCALING),
        _between_logs(share, CONNECTIVITY) if connectivity is None else connectivity,
    )


def new_draw(rng: np.random.Generator) -> int:
    """The seed of another draw."""
    return int(rng.integers(1, 2**31))


def _between(share: float, bounds: tuple[float, float]) -> float:
    return float(bounds[0] + share * (bounds[1] - bounds[0]))


def _between_logs(share: float, bounds: tuple[float, float]) -> float:
    return math.exp(_between(share, (math.log(bounds[0]), math.log(bounds[1]))))
