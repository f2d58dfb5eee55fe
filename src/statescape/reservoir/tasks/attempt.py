"""One network on one trial: train, test, score.

What the test asks depends on the trial: outputs along the test part, free runs in a closed loop, a class for each
series, answers at some steps of sequences, or the network's own memory. A network that diverges has the
score infinity and says so; it raises nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.reservoir.measures import (
    estimated_memory_capacity,
    exact_memory_capacity,
    noisy_memory_capacity,
)
from statescape.reservoir.network import EchoStateNetwork
from statescape.reservoir.tasks.answering import answers_of, train_on_answers
from statescape.reservoir.tasks.sequences import THRESHOLD, SequencesTrial
from statescape.reservoir.tasks.task import AnyTrial, LabelledTrial, MemoryTrial, Trial
from statescape.wording import Noun, phrase

NO_SOLUTION = phrase("The normal equations have no solution; raise the ridge.")


@dataclass(frozen=True, eq=False)
class Attempt(Noun):
    """How one network did on one trial.

    Attributes:
        score: lower is better, infinity where the network diverged; of a valid time higher is better.
        outputs: what the network said where it was scored (for classes one column each); None for memory.
        reason: why the score is infinite, in words; else empty.
    """

    score: float
    outputs: Float[np.ndarray, "scored outputs"] | None = None
    reason: str = ""


def attempt(network: EchoStateNetwork, trial: AnyTrial, *, score_only: bool = False) -> Attempt:
    """Train `network` on the training part of a trial and score it on the test part.

    Args:
        network: not trained.
        trial: its data.
        score_only: whether outputs may be left out that no longer change the score: closed loops end when all are lost.

    Raises:
        StatescapeError: where network and trial do not fit: widths, or classes for a network that does not pool.
    """
    if isinstance(trial, MemoryTrial):
        return _memory(network, trial)
    if isinstance(trial, LabelledTrial):
        return _classification(network, trial)
    if isinstance(trial, SequencesTrial):
        return _answers(network, trial)
    try:
        network.fit(trial.train_inputs, trial.train_targets, trial.warmup)
    except np.linalg.LinAlgError:
        return Attempt(trial.worst_score, reason=NO_SOLUTION)
    except StatescapeError as refusal:
        if _diverges(network, trial.train_inputs):
            return Attempt(trial.worst_score, reason=str(refusal))
        raise
    if trial.free_run:
        runs = _free_runs(network, trial, score_only=score_only)
        outputs = np.concatenate(runs if trial.whole_run else runs[:, -1:])
        if trial.time_unit:
            return Attempt(trial.mean_valid_time(runs), None if score_only else outputs)
    else:
        outputs = network.run(trial.test_inputs)
    score = trial.score(outputs)
    reason = (
        ""
        if np.isfinite(outputs).all()
        else phrase("The network diverged on the test part; lower sr or input scaling.")
    )
    return Attempt(score, outputs, reason)


def _free_runs(network: EchoStateNetwork, trial: Trial, *, score_only: bool) -> Float[np.ndarray, "starts _ outputs"]:
    """Outputs of the closed loop after every start; each run is driven by the true series up to its start."""
    if not network.runs_side_by_side:
        contexts = (trial.inputs[: start + 1] for start in trial.starts)
        return np.stack([network.generate(trial.free_run, context=known) for known in contexts])
    starts = [start - trial.train_steps for start in trial.starts]
    enough = trial.all_lost if score_only and trial.time_unit else None
    return network.continuations(trial.test_inputs, starts, trial.free_run, enough)


def _classification(network: EchoStateNetwork, trial: LabelledTrial) -> Attempt:
    if network.pooling == "none":
        raise StatescapeError('This task asks for one class a series; give the network pooling="mean" or "last".')
    network.fit(list(trial.train), trial.train_labels)
    outputs = network.run(list(trial.test))
    labels = np.asarray(network.classes, dtype=np.int64)[outputs.argmax(axis=1)]
    return Attempt(trial.score(labels), outputs)


def pooling_of(trial: AnyTrial) -> Literal["none", "mean"]:
    """How a network must pool its states for a trial: one class a series, or an output at every step."""
    return "mean" if isinstance(trial, LabelledTrial) else "none"


def _answers(network: EchoStateNetwork, trial: SequencesTrial) -> Attempt:
    try:
        train_on_answers(network, trial)
    except np.linalg.LinAlgError:
        return Attempt(float("inf"), reason=NO_SOLUTION)
    except StatescapeError as refusal:
        if any(_diverges(network, inputs) for inputs in trial.train.inputs):
            return Attempt(float("inf"), reason=str(refusal))
        raise
    outputs = answers_of(network, trial.test)
    threshold = trial.threshold(answers_of(network, trial.valid)) if trial.has_threshold else THRESHOLD
    reason = (
        ""
        if np.isfinite(outputs).all()
        else phrase("The network diverged on a test sequence; lower sr or input scaling.")
    )
    return Attempt(trial.score(outputs, threshold), outputs, reason)


def _memory(network: EchoStateNetwork, trial: MemoryTrial) -> Attempt:
    """1 - MC/N; the exact and the noisy reading take the units as linear, leak included."""
    if trial.inputs is not None:
        states = network.states(trial.inputs, reset=True)
        if not np.isfinite(states).all():
            return Attempt(float("inf"), reason=phrase("The network diverged; lower sr or the input scaling."))
        capacity = estimated_memory_capacity(states[trial.warmup :], trial.inputs[trial.warmup :, 0])
        return Attempt(1.0 - capacity / network.units)
    network.states(np.zeros((1, 1)), reset=True)  # draws the input weights where they are not given
    leaky = np.diag(1.0 - network.lr) + network.lr[:, None] * network.topology.to_dense()
    w_in = network.lr * np.asarray(network.Win)[:, 0]
    try:
        if trial.method == "exact":
            capacity = exact_memory_capacity(leaky, w_in)
        else:
            capacity = noisy_memory_capacity(leaky, w_in, trial.noise)
    except StatescapeError as refusal:
        return Attempt(float("inf"), reason=str(refusal))
    return Attempt(1.0 - capacity / network.units)


def _diverges(network: EchoStateNetwork, inputs: Float[np.ndarray, "steps inputs"]) -> bool:
    if network.activation == "tanh":
        return False
    with np.errstate(all="ignore"):
        return not np.isfinite(network.states(inputs, reset=True)).all()
