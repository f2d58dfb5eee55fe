"""What a champion is held against: the field's wirings, random ones like it, and other uses of the same budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from statescape.evolution.conditions import Level, draw_input_weights
from statescape.reservoir import (
    Plan,
    Topology,
    crj,
    dlr,
    dlrb,
    draw_plan,
    erdos_renyi,
    rewired,
    scale_free,
    scr,
    small_world,
)

# Draws of a control: enough that its smallest p-value survives Holm's correction over all controls.
DRAWS = 12

# These are one wiring each; all others are drawn.
DETERMINISTIC = ("SCR", "DLR", "DLRB", "CRJ", "random-search", "hill-climber")
NAMES = (
    "SCR",
    "DLR",
    "DLRB",
    "CRJ",
    "small-world",
    "scale-free",
    "erdos-renyi",
    "rewired",
    "hyper-parameters",
    "random-search",
    "hill-climber",
)


@dataclass(frozen=True, eq=False)
class Control:
    """One control at one level.

    Attributes:
        name: one of `NAMES`.
        draws: its wirings, with W_in at *matrix*; one where nothing is drawn.
    """

    name: str
    draws: tuple[Topology, ...]


def control(
    name: str,
    champion: Topology,
    level: Level,
    n_inputs: int,
    seed: tuple[int, ...],
    found: Topology | None = None,
    draws: int = DRAWS,
) -> Control:
    """A control like the champion: as many units, about as many edges, the same kind of weights.

    All controls are scaled to the spectral radius of their hyper-parameters.

    Args:
        name: one of `NAMES`.
        champion: what is to be compared.
        level: of the comparison; at *matrix* every draw has its own W_in.
        n_inputs: width of the input.
        seed: of the draws.
        found: for "random-search" and "hill-climber", what they found.
        draws: how many, where something is drawn.
    """
    if found is not None:
        return Control(name, (found,))
    count = draws if level == "matrix" or name not in DETERMINISTIC else 1
    drawn = []
    for index in range(count):
        wiring, inputs = np.random.SeedSequence((*seed, index)).spawn(2)
        topology = _wiring(name, champion, wiring)
        W_in = draw_input_weights(champion.units, n_inputs, inputs) if level == "matrix" else None
        drawn.append(Topology(topology.W, W_in, name=name))
    return Control(name, tuple(drawn))


PLANNED = ("redrawn-weights", "redrawn-plan", "single", "random-search", "hill-climber")
"""What a plan is held against; at *single*, where nothing is left of it, "untuned"."""


def planned_names(champion: Plan, level: Level, found: Sequence[str]) -> tuple[str, ...]:
    """The controls of a plan at a level: draws only where they stay, other plans only where there are any."""
    if level == "single":
        return ("untuned",)
    left = {"redrawn-weights"} if level != "matrix" else set()
    if level == "plan" or champion.rewired(np.random.default_rng(0)) is None:
        left.add("redrawn-plan")
    return tuple(name for name in PLANNED if name not in left and (name in PLANNED[:3] or name in found))


def planned_control(name: str, plan: Plan, level: Level, n_inputs: int, seed: tuple[int, ...], draws: int) -> Control:
    """A control of plans: draws of a plan, or of others with as many edges among the same modules.

    Args:
        name: one of `PLANNED`, or "untuned".
        plan: what is drawn, or what is redrawn for "redrawn-plan".
        level: of the comparison; at *matrix* every draw has weights of its own.
        n_inputs: width of the input.
        seed: of the draws.
        draws: how many, where something is drawn.
    """
    drawn = []
    for index in range(draws if level == "matrix" or name == "redrawn-plan" else 1):
        edges, weights = np.random.SeedSequence((*seed, index)).spawn(2)
        one = plan.rewired(np.random.default_rng(edges)) if name == "redrawn-plan" else plan
        drawn.append(draw_plan(one or plan, n_inputs, seed=weights, name=name))
    return Control(name, tuple(drawn))


def _wiring(name: str, champion: Topology, seed: np.random.SeedSequence) -> Topology:
    units = champion.units
    degree = champion.edges / units
    values = kind_of_values(champion)
    if name in ("erdos-renyi", "hyper-parameters"):
        drawn = erdos_renyi(units, champion.edges / units**2, seed=seed, values=values)
    elif name == "small-world":
        drawn = small_world(units, min(max(round(degree), 1), units - 1), seed=seed, values=values)
    elif name == "scale-free":
        drawn = scale_free(units, min(max(round(degree / 2), 1), units - 1), seed=seed, values=values)
    elif name == "rewired":
        return rewired(replace(champion, W_in=None, radius="rescale", sr=None), seed=seed)
    else:
        fixed = {"SCR": scr, "DLR": dlr, "DLRB": dlrb}
        return fixed[name](units) if name in fixed else crj(units, length=min(5, max(units // 2, 2)))
    return Topology(abs(drawn.W)) if is_binary(champion) else drawn


def kind_of_values(topology: Topology) -> str:
    """How the weights of a random wiring like this one are drawn."""
    weights = topology.to_dense()
    sizes = np.abs(weights[weights != 0])
    return "ternary" if len(sizes) and np.ptp(sizes) == 0 else "uniform"


def is_binary(topology: Topology) -> bool:
    """Whether all weights are equal."""
    weights = topology.to_dense()
    present = weights[weights != 0]
    return bool(len(present)) and float(np.ptp(present)) == 0.0


def names(found: Sequence[str]) -> tuple[str, ...]:
    """The controls of a run in their order; searches only where they were run."""
    searched = ("random-search", "hill-climber", "hyper-parameters")
    return tuple(name for name in NAMES if name not in searched or name in found)
