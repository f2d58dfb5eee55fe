"""All pictures of some trials of an echo state network, in the order in which they are read."""

from __future__ import annotations

import numpy as np

from statescape import plugins
from statescape.geometry import Path
from statescape.reservoir import EchoStateNetwork
from statescape.reservoir.tasks import AnyTrial, LabelledTrial, Trial
from statescape.studies.esn_trials import EsnTrials, example_inputs
from statescape.views.picture import Picture
from statescape.views.reservoir.classes import ClassesPicture
from statescape.views.reservoir.graph import GraphPicture
from statescape.views.reservoir.matrix import MatrixPicture
from statescape.views.reservoir.outputs import OutputsPicture
from statescape.views.reservoir.spectrum import SpectrumPicture
from statescape.views.reservoir.state_path import PATH_STEPS, StatePathPicture


@plugins.pictures.register
def pictures(result: EsnTrials) -> list[Picture]:
    """Outputs, spectrum, wiring and state path of the first trial; what a task has not or what diverged is left out."""
    drawn: list[Picture] = []
    network, outputs = result.network, result.attempt.outputs
    if outputs is not None and np.isfinite(outputs).all():
        if isinstance(result.trial, Trial):
            drawn.append(OutputsPicture.of(result, result.trial, outputs))
        elif isinstance(result.trial, LabelledTrial):
            drawn.append(ClassesPicture.of(result, result.trial, outputs))
    drawn += [SpectrumPicture.of(network), GraphPicture.of(network), MatrixPicture.of(network)]
    path = state_path(result)
    if path is not None:
        drawn.append(StatePathPicture.of(path))
    return drawn


def state_path(result: EsnTrials) -> Path | None:
    """The states along the first trial's test part, the last of them as the path; None where there are none."""
    return None if result.attempt.reason else states_along(result.network, result.trial)


def states_along(network: EchoStateNetwork, trial: AnyTrial) -> Path | None:
    """The states of a trained network along the test part of its trial; None where there are none to draw."""
    inputs = example_inputs(trial)
    if inputs is None or network.units < 2:
        return None
    states = network.states(inputs)
    if len(states) < 3 or not np.ptp(states, axis=0).any():
        return None
    first = max(0, len(states) - PATH_STEPS)
    return Path(states[first:], states, tuple(str(step) for step in range(first, len(states))))
