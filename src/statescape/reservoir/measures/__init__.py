"""Measures: what a network remembers, computes, tells apart and forgets, and what its wiring looks like."""

from statescape.arguments import opened
from statescape.reservoir.measures.capacity import (
    InformationProcessingCapacity,
    estimated_memory_capacity,
    exact_memory_capacity,
    information_processing_capacity,
    noisy_memory_capacity,
    state_covariance,
)
from statescape.reservoir.measures.separation import generalisation_rank, kernel_rank, largest_lyapunov_exponent
from statescape.reservoir.measures.wiring import in_degrees, modularity, on_cycles, out_degrees, reciprocity, spectrum

__all__ = [
    "InformationProcessingCapacity",
    "estimated_memory_capacity",
    "exact_memory_capacity",
    "generalisation_rank",
    "in_degrees",
    "information_processing_capacity",
    "kernel_rank",
    "largest_lyapunov_exponent",
    "modularity",
    "noisy_memory_capacity",
    "on_cycles",
    "out_degrees",
    "reciprocity",
    "spectrum",
    "state_covariance",
]

opened(globals())
