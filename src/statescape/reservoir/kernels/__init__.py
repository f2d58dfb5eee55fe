"""The compiled heart of the reservoir wing: many steps of a recurrent network, for one network or several of one W."""

from statescape.reservoir.kernels.compilation import announcing
from statescape.reservoir.kernels.pack import PackedWeights, pack
from statescape.reservoir.kernels.reference import simulate_reference
from statescape.reservoir.kernels.simulation import Simulation

__all__ = ["PackedWeights", "Simulation", "announcing", "pack", "simulate_reference"]
