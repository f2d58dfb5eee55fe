"""How good is a W? Networks are trained and tested on several trials at once, of one W or each of its own.

This is the inner loop of a search: networks run side by side, states are never stored, only their sums,
and whatever goes wrong becomes a score of infinity with its reason, never an exception in the middle of a generation.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from statescape.errors import StatescapeError
from statescape.reservoir.kernels import PackedWeights, Simulation, pack
from statescape.reservoir.radius import Matrix
from statescape.reservoir.readout import Readout, RidgeSums
from statescape.reservoir.tasks.task import Trial
from statescape.wording import Noun

# Steps that are simulated before their sums are taken, so that the states are still in the cache (measured at 50 to 500
# units). Always the same, because the order of additions must be.
BLOCK = 320
# Networks whose states are held at once.
TOGETHER = 8
# Trials that anything asks for: more is a slip of the hand, and days of work.
MOST_TRIALS = 1_000_000


@dataclass(frozen=True, eq=False)
class Evaluation(Noun):
    """What networks scored.

    Attributes:
        scores: the error of every trial, lower is better (NRMSE, or what the trial says); infinite where it diverged.
        reasons: why a score is infinite; empty where it is not.
    """

    scores: Float[np.ndarray, " trials"]
    reasons: tuple[str, ...]


def evaluate(
    W: Matrix | Sequence[Matrix],
    trials: Sequence[Trial],
    W_in: Float[np.ndarray, "units inputs"] | Sequence[Float[np.ndarray, "_ _"]],
    *,
    ridge: float,
    lr: float | Float[np.ndarray, "*trials units"] = 1.0,
    bias: float | Float[np.ndarray, " units"] = 0.0,
    linear: bool = False,
    dtype: str = "float64",
    read: Sequence[Bool[np.ndarray, " units"] | None] | None = None,
) -> Evaluation:
    """Train and test one W on several trials, or one W on each.

    Args:
        W: the matrix that runs (`Topology.weights`), dense or sparse, for all trials, or one for each, of one size.
        trials: the data; those of equal lengths run together. Every trial starts at rest and its state runs on from the
            training to the test part.
        W_in: input weights for all trials, or one for each.
        ridge: penalty on the readout weights.
        lr: leak rate, one, or one for each unit, for all trials or for each of them.
        bias: one or one for each unit.
        linear: identity instead of tanh.
        dtype: of the simulation, "float64" or "float32"; the readout is solved in float64 always.
        read: for each trial, which units the readout sees, None for all; None where it sees all in every trial.

    Returns:
        A score for every trial. The same trial with the same W, W_in and settings scores the same, bit for bit, in
        whatever company it runs, where BLAS runs on one thread.

    Raises:
        StatescapeError: for shapes that do not fit and trials in a closed loop; those need `EchoStateNetwork.generate`.
    """
    shared = not isinstance(W, list | tuple)
    matrices: Sequence[Matrix] = [W] if shared else W  # type: ignore[assignment]
    units = matrices[0].shape[0] if matrices else 0
    for one in matrices:
        if one.shape != (units, units):
            raise StatescapeError(f"W must be square, one row and one column a unit; got shape {tuple(one.shape)}.")
    if not shared and len(matrices) != len(trials):
        raise StatescapeError(f"{len(matrices)} matrices W for {len(trials)} trials; give one, or one for each.")
    weights = _input_weights(W_in, units, trials)
    different = {id(one): one for one in matrices}
    packed = {key: pack(one.astype(dtype, copy=False)) if _finite(one) else None for key, one in different.items()}
    each = [packed[id(one)] for one in (list(matrices) * len(trials) if shared else matrices)]
    rate = np.broadcast_to(np.asarray(lr, dtype=np.float64), (len(trials), units))
    offset = np.broadcast_to(np.asarray(bias, dtype=np.float64), (units,))
    scores, reasons = np.full(len(trials), np.inf), [""] * len(trials)
    with np.errstate(all="ignore"):  # a network that diverges gets its infinite score without a storm of warnings
        for index in (index for index, one in enumerate(each) if one is None):
            reasons[index] = "W holds NaN or infinite weights"
        for members in _alike(trials, each):
            simulation = Simulation(
                [one for one in (each[index] for index in members) if one is not None],
                np.stack([weights[index] for index in members]),
                np.tile(offset, (len(members), 1)),
                rate[members],
                linear=linear,
            )
            seen = [None if read is None else read[index] for index in members]
            outputs = _train_and_test(simulation, [trials[index] for index in members], seen, ridge)
            for index, output in zip(members, outputs, strict=True):
                scores[index], reasons[index] = _score(trials[index], output)
    return Evaluation(scores, tuple(reasons))


def _input_weights(
    W_in: Float[np.ndarray, "units inputs"] | Sequence[Float[np.ndarray, "_ _"]],
    units: int,
    trials: Sequence[Trial],
) -> list[Float[np.ndarray, "_ _"]]:
    """One W_in for every trial."""
    if not trials:
        raise StatescapeError("An evaluation needs at least one trial.")
    shared = isinstance(W_in, np.ndarray) and W_in.ndim == 2
    weights = [np.asarray(W_in)] * len(trials) if shared else [np.asarray(one) for one in W_in]
    if len(weights) != len(trials):
        raise StatescapeError(f"{len(weights)} matrices W_in for {len(trials)} trials; give one, or one for each.")
    for one, trial in zip(weights, trials, strict=True):
        if trial.free_run:
            raise StatescapeError("This trial runs in a closed loop; train an EchoStateNetwork and let it generate.")
        if one.shape != (units, trial.inputs.shape[1]):
            raise StatescapeError(
                f"W_in must have shape {(units, trial.inputs.shape[1])}, units by inputs; got {one.shape}."
            )
    return weights


def _finite(W: Matrix) -> bool:
    return bool(np.isfinite(W if isinstance(W, np.ndarray) else W.data).all())


def _alike(trials: Sequence[Trial], packed: Sequence[PackedWeights | None]) -> Iterator[list[int]]:
    """Trials that run together: of equal shapes and divisions, as many as the states of stay in the cache."""
    groups: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for index, (trial, one) in enumerate(zip(trials, packed, strict=True)):
        if one is not None:
            groups[trial.inputs.shape, trial.targets.shape, trial.train_steps, trial.warmup].append(index)
    for members in groups.values():
        for first in range(0, len(members), TOGETHER):
            yield members[first : first + TOGETHER]


def _train_and_test(
    simulation: Simulation, trials: list[Trial], read: list[Bool[np.ndarray, " units"] | None], ridge: float
) -> list[Float[np.ndarray, "test outputs"] | None]:
    """The outputs of every network for its test part; None where it diverged in training."""
    like = trials[0]
    inputs = np.stack([trial.inputs for trial in trials])
    blocks = _Blocks(simulation, inputs)
    for _ in blocks.states(0, like.warmup):
        pass
    sums = [RidgeSums(simulation.units, like.targets.shape[1], seen) for seen in read]
    for steps, states in blocks.states(like.warmup, like.train_steps):
        for one, trial, own in zip(sums, trials, states, strict=True):
            one.add(own, trial.targets[steps])
    readouts = [_solved(one, ridge) for one in sums]
    outputs = [np.full_like(trial.test_targets, np.nan) for trial in trials]
    for steps, states in blocks.states(like.train_steps, len(like.inputs)):
        at = slice(steps.start - like.train_steps, steps.stop - like.train_steps)
        for output, readout, own in zip(outputs, readouts, states, strict=True):
            if readout is not None:
                output[at] = readout(own)
    return [None if readout is None else output for readout, output in zip(readouts, outputs, strict=True)]


class _Blocks:
    """The states of a simulation, some steps at a time, in memory that is used again."""

    def __init__(self, simulation: Simulation, inputs: Float[np.ndarray, "networks steps features"]) -> None:
        self._simulation, self._inputs = simulation, inputs
        self._memory = np.empty(simulation.networks * BLOCK * simulation.units, simulation.dtype)

    def states(self, start: int, stop: int) -> Iterator[tuple[slice, Float[np.ndarray, "networks steps units"]]]:
        """The steps from `start` to `stop`, block by block; a block is overwritten by the next."""
        for first in range(start, stop, BLOCK):
            steps = slice(first, min(first + BLOCK, stop))
            shape = (self._simulation.networks, steps.stop - first, self._simulation.units)
            out = self._memory[: math.prod(shape)].reshape(shape)
            yield steps, self._simulation.advance(self._inputs[:, steps], out=out)


def _solved(sums: RidgeSums, ridge: float) -> Readout | None:
    try:
        return sums.centred().solve(ridge)
    except (StatescapeError, np.linalg.LinAlgError):
        return None


def _score(trial: Trial, output: Float[np.ndarray, "test outputs"] | None) -> tuple[float, str]:
    """The score, and why it is infinite."""
    if output is None:
        return np.inf, "the states diverged in training"
    if not np.isfinite(output).all():
        return np.inf, "the states diverged in testing"
    score = trial.score(output)
    return score, "" if np.isfinite(score) else "the outputs have no finite error"
