"""Pictures of the reservoir wing."""

from statescape.views.reservoir.classes import ClassesPicture
from statescape.views.reservoir.graph import GraphPicture
from statescape.views.reservoir.matrix import MatrixPicture
from statescape.views.reservoir.outputs import OutputsPicture
from statescape.views.reservoir.pictures import pictures, state_path, states_along
from statescape.views.reservoir.spectrum import SpectrumPicture
from statescape.views.reservoir.state_path import StatePathPicture

__all__ = [
    "ClassesPicture",
    "GraphPicture",
    "MatrixPicture",
    "OutputsPicture",
    "SpectrumPicture",
    "StatePathPicture",
    "pictures",
    "state_path",
    "states_along",
]
