"""A network on many short sequences: states from rest, a readout trained on the answered steps, the ridge chosen apart.

Sequences of equal length run side by side in the kernels, and only states at answered steps are kept. The readout is
solved on the training sequences; of several ridges the one is taken that errs least on the validation sequences, and
the readout is not solved again with these (as in CogScale, arXiv:2605.19758).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.reservoir.network import EchoStateNetwork
from statescape.reservoir.readout import Readout, RidgeSums, checked_ridges
from statescape.reservoir.tasks.sequences import Sequences, SequencesTrial


def answering_states(network: EchoStateNetwork, sequences: Sequences) -> Iterator[Float[np.ndarray, "_ units"]]:
    """The states at the answered steps, some sequences at a time, each from rest.

    Args:
        network: trained or not.
        sequences: what drives it, and the steps that are answered.

    Raises:
        StatescapeError: for a network that feeds its outputs back or pools its states.
    """
    if network.feedback or network.pooling != "none":
        raise StatescapeError("Sequences that are answered at some steps take a network without feedback and pooling.")
    begun = 0
    for states in network.states_side_by_side(sequences.inputs):
        answered = sequences.answered[begun : begun + len(states)]
        begun += len(states)
        yield states[answered].astype(np.float64, copy=False)


def train_on_answers(network: EchoStateNetwork, trial: SequencesTrial) -> None:
    """Give a network the readout of the training sequences; its ridge, of several, is chosen on the validation ones.

    Args:
        network: whose readout and ridge are set.
        trial: the sequences.

    Raises:
        StatescapeError: as `answering_states`, and where the network diverges.
    """
    sums, begun = RidgeSums(network.units, trial.train.answers.shape[1], network.read), 0
    for states in answering_states(network, trial.train):
        sums.add(states, trial.train.answers[begun : begun + len(states)])
        begun += len(states)
    centred = sums.centred(intercept=network.fit_bias)
    ridges = np.sort(checked_ridges(network.get_params()["ridge"]))[::-1]
    readouts = [centred.solve(float(ridge)) for ridge in ridges]
    errors = [0.0] if len(ridges) == 1 else _validation_errors(network, readouts, trial)
    best = int(np.argmin(np.nan_to_num(errors, nan=np.inf)))
    network.ridge, network.readout = float(ridges[best]), readouts[best]


def answers_of(network: EchoStateNetwork, sequences: Sequences) -> Float[np.ndarray, "answers outputs"]:
    """What a trained network says at the answered steps.

    Raises:
        StatescapeError: as `answering_states`, and where the network is not trained.
    """
    if network.readout is None:
        raise StatescapeError("This network is not trained yet; call fit or train_on_answers first.")
    return _said([network.readout], network, sequences)[0]


def _validation_errors(network: EchoStateNetwork, readouts: list[Readout], trial: SequencesTrial) -> list[float]:
    said = _said(readouts, network, trial.valid)
    return [trial.error(one, trial.valid.answers) for one in said]


def _said(
    readouts: list[Readout], network: EchoStateNetwork, sequences: Sequences
) -> list[Float[np.ndarray, "answers outputs"]]:
    """The outputs of several readouts of one run."""
    with np.errstate(all="ignore"):
        blocks = [[readout(states) for readout in readouts] for states in answering_states(network, sequences)]
        return [np.concatenate(parts) for parts in zip(*blocks, strict=True)]
