"""Networks that run: kernels, readouts, topologies, tasks, measures."""

from statescape.arguments import opened
from statescape.reservoir import measures, tasks
from statescape.reservoir.evaluation import Evaluation, evaluate
from statescape.reservoir.generators import (
    crj,
    dlr,
    dlrb,
    erdos_renyi,
    modular,
    rewired,
    scale_free,
    scr,
    small_world,
)
from statescape.reservoir.network import EchoStateNetwork
from statescape.reservoir.plan import Module, Plan
from statescape.reservoir.planned import draw_plan, plan_to_reservoirpy, planned_network
from statescape.reservoir.radius import Rescaled, is_acyclic, rescale, spectral_radius
from statescape.reservoir.readout import Readout
from statescape.reservoir.topology import Topology

__all__ = [
    "EchoStateNetwork",
    "Evaluation",
    "Module",
    "Plan",
    "Readout",
    "Rescaled",
    "Topology",
    "crj",
    "dlr",
    "dlrb",
    "draw_plan",
    "erdos_renyi",
    "evaluate",
    "is_acyclic",
    "measures",
    "modular",
    "plan_to_reservoirpy",
    "planned_network",
    "rescale",
    "rewired",
    "scale_free",
    "scr",
    "small_world",
    "spectral_radius",
    "tasks",
]

opened(globals())
