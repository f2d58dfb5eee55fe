"""The settings of the networks of `esn`, declared once: Python takes them, and its command line is made of them.

Nothing heavy is imported here, so that a help page is quick; what a topology's name means stands in `esn_trials`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from statescape.arguments import require_memory
from statescape.errors import unknown_name
from statescape.options import asked, require_allowed, require_kinds
from statescape.wording import Noun

TOPOLOGIES = ("erdos-renyi", "SCR", "DLR", "DLRB", "CRJ", "small-world", "scale-free", "modular")


@dataclass(frozen=True)
class NetworkSettings(Noun):
    """What the networks of all trials share; names as in ReservoirPy.

    Attributes:
        units: number of units.
        topology: one of `TOPOLOGIES`, in letters of any case.
        sr: spectral radius W is scaled to.
        lr: leak rate.
        input_scaling: factor of the input weights, which are -1 and 1.
        bias: of every unit; without one, and with an input that is symmetric around 0, tanh units cannot form squares.
        bias_connectivity: share of units that have the bias, each with a sign of its own; None: all have it as it is.
        rc_connectivity: share of recurrent weights, for random wirings.
        input_connectivity: share of input weights.
        ridge: penalty of the readout; None chooses one of `esn_trials.RIDGES` in every trial.
        activation: "tanh", or "identity" for linear units.

    Raises:
        StatescapeError: for an unknown topology, a radius or scaling out of range, or more units than memory holds.
    """

    units: int = asked(100, "Units.", "-n", panel="Network", least=1)
    topology: str = asked(
        "erdos-renyi",
        f"{', '.join(TOPOLOGIES[:-1])} or {TOPOLOGIES[-1]}.",
        panel="Network",
    )
    sr: float = asked(0.9, "Spectral radius.", panel="Network", least=0)
    lr: float = asked(1.0, "Leak rate, above 0 and up to 1.", panel="Network")
    input_scaling: float = asked(0.1, "Factor of the input weights.", panel="Network")
    bias: float = asked(0.1, "Bias of every unit. (default: 0.1; 1 for CogScale)", panel="Network")
    bias_connectivity: float | None = asked(
        None,
        "Share of units with a bias, of random sign. (default: all, as it is; 0.1 for CogScale)",
        panel="Network",
        least=0,
        most=1,
    )
    rc_connectivity: float = asked(
        0.1, "Share of recurrent weights of random wirings. (default: 0.1)", panel="Network", least=0, most=1
    )
    input_connectivity: float = asked(
        1.0, "Share of input weights. (default: 1; 0.1 for CogScale)", panel="Network", least=0, most=1
    )
    ridge: float | None = asked(None, "Penalty of the readout. (default: chosen in training)", panel="Network", least=0)
    activation: Literal["tanh", "identity"] = "tanh"

    def __post_init__(self) -> None:
        require_kinds(self)
        # The normal equations of the readout, and what is solved with.
        require_memory(f"{self.units:,} units", 16.0 * self.units**2)
        if self.topology.lower() not in {name.lower() for name in TOPOLOGIES}:
            raise unknown_name("topology", self.topology, TOPOLOGIES)
        require_allowed(self)
