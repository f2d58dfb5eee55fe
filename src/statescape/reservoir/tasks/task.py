"""What a task is: it draws the data of a trial from a seed, and says how outputs are scored.

Four kinds of trial cover the field. `Trial` is one series whose first part trains and whose rest tests (forecasts,
filters, closed loops); `LabelledTrial` is many series with a class each; `SequencesTrial` many sequences that are
answered at some steps; `MemoryTrial` asks for the memory capacity of the network itself. Any object with the members of
`Task` is a task.

Scores are errors, lower is better, and a diverged output scores infinity. NRMSE = sqrt(mean over outputs of
mean((y - target)^2) / var(target)), the variance that of the scored targets: 0 is perfect, 1 is as good as their mean.
Classification gives the share of errors; sequences have scores of their own. One score is no error: the time for which
a closed loop is valid (`valid_time`), of which more is better; a task says so by its attribute `better`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from jaxtyping import Float, Int, Shaped

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.sequences import SequencesTrial
from statescape.reservoir.tasks.valid_time import valid_steps
from statescape.streams import Stream
from statescape.wording import Noun

Seed: TypeAlias = int | np.random.SeedSequence
# A search reads only its part of a file; its seals read only the other. Generated series are endless: all parts alike.
Part: TypeAlias = Literal["search", "seal", "whole"]
# Seeds that are tried for a trial that can be scored.
DRAWS = 10


@dataclass(frozen=True, eq=False)
class Trial(Noun):
    """One series in time order: the first `train_steps` train, the rest test; the state runs on between the two.

    Attributes:
        inputs: what drives the network.
        targets: what the readout shall say at the same step.
        train_steps: steps of the training part, the warmup among them.
        warmup: first steps that are run but not used for training.
        horizon: how many steps ahead of its newest known value a target lies; 0 where no earlier target is known.
        symbols: where the targets are symbols, all of them: outputs are rounded to the nearest and errors counted.
        free_run: in a closed loop, how many steps the network runs on its own outputs; 0 drives it by `inputs`.
        starts: in a closed loop, the steps after which the network is left alone.
        whole_run: in a closed loop, whether every free step is scored or only the last.
        time_unit: where a whole run is scored by how long it is valid, the steps in a unit of that time; 0: it is not.
        known: for every start, the steps for which the truth itself is known; all of them where empty.

    Raises:
        StatescapeError: where inputs and targets differ in length, or warmup, training part and test do not fit into
            them.
    """

    inputs: Float[np.ndarray, "steps inputs"]
    targets: Float[np.ndarray, "steps outputs"]
    train_steps: int
    warmup: int
    horizon: int = 1
    symbols: tuple[float, ...] = ()
    free_run: int = 0
    starts: tuple[int, ...] = ()
    whole_run: bool = False
    time_unit: float = 0.0
    known: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(self.inputs) != len(self.targets):
            raise StatescapeError(f"{len(self.inputs)} inputs for {len(self.targets)} targets; give one for each step.")
        if not 0 <= self.warmup < self.train_steps < len(self.inputs):
            raise StatescapeError(
                f"A series of {len(self.inputs)} steps cannot give {self.train_steps} training steps, "
                f"{self.warmup} of them warmup, and a test; lengthen it or shorten the warmup."
            )

    @property
    def train_inputs(self) -> Float[np.ndarray, "train inputs"]:
        """The inputs of the training part."""
        return self.inputs[: self.train_steps]

    @property
    def train_targets(self) -> Float[np.ndarray, "train outputs"]:
        """The targets of the training part."""
        return self.targets[: self.train_steps]

    @property
    def test_inputs(self) -> Float[np.ndarray, "test inputs"]:
        """The inputs of the test part, which follows the training part without a gap."""
        return self.inputs[self.train_steps :]

    @cached_property
    def test_targets(self) -> Float[np.ndarray, "scored outputs"]:
        """The targets that are scored: those of the test part, or of the free runs within it."""
        if not self.free_run:
            return self.targets[self.train_steps :]
        return np.asarray(self.targets[self._free_steps()])

    @property
    def worst_score(self) -> float:
        """What a network scores that cannot be trained."""
        return 0.0 if self.time_unit else float("inf")

    @property
    def half_a_mistake(self) -> float:
        """The score of half a wrong symbol; 0 where no mistakes are counted."""
        return 0.5 / self.test_targets.size if self.symbols else 0.0

    def score(self, outputs: Float[np.ndarray, "scored outputs"]) -> float:
        """The error of outputs for `test_targets`: NRMSE, or the share of wrong symbols; lower is better.

        Where there is a unit of time it is the mean time for which the runs are valid; higher is better.
        """
        if self.time_unit:
            return self.mean_valid_time(outputs.reshape(len(self.starts), self.free_run, -1))
        if self.symbols:
            return error_rate(nearest_symbol(outputs, self.symbols), self.test_targets)
        return nrmse(outputs, self.test_targets)

    def valid_steps(self, runs: Float[np.ndarray, "starts steps outputs"]) -> Int[np.ndarray, " starts"]:
        """For how many steps each run of a closed loop is valid, if all its steps are scored; see `valid_time`.

        Args:
            runs: the first steps of each, or all.
        """
        due = self.test_targets.reshape(len(self.starts), self.free_run, -1)[:, : runs.shape[1]]
        steps = valid_steps(runs, due, self._deviation)
        return np.minimum(steps, self.known) if self.known else steps

    def mean_valid_time(self, runs: Float[np.ndarray, "starts steps outputs"]) -> float:
        """The mean time for which runs are valid; `runs` as in `valid_steps`."""
        return float(self.valid_steps(runs).mean()) / self.time_unit

    def all_lost(self, runs: Float[np.ndarray, "starts steps outputs"]) -> bool:
        """Whether no further step can make a run count for longer; `runs` as in `valid_steps`."""
        return bool((self.valid_steps(runs) < runs.shape[1]).all())

    def persistence_score(self) -> float | None:
        """The error of saying the newest known target again; None where no earlier target is known."""
        if not self.horizon:
            return None
        if self.free_run:  # the value known when the run starts
            known = np.repeat(np.asarray(self.starts) - 1, self.free_run if self.whole_run else 1)
        else:
            known = np.arange(self.train_steps, len(self.targets)) - self.horizon
        return self.score(self.targets[known])

    @cached_property
    def _deviation(self) -> Float[np.ndarray, " outputs"]:
        return np.asarray(self.train_targets[self.warmup :].std(axis=0))

    def _free_steps(self) -> Int[np.ndarray, " scored"]:
        """The rows of `targets` that the scored outputs of the free runs stand for.

        After input s the first free output is the target of step s: the input of step s + 1.
        """
        first = 0 if self.whole_run else self.free_run - 1
        steps = np.asarray(self.starts)[:, None] + np.arange(first, self.free_run)[None, :]
        return np.asarray(steps.ravel(), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class LabelledTrial(Noun):
    """Many series, each with its class: some train, the others test.

    Attributes:
        train: the training series.
        train_labels: their classes, 0 to n_classes - 1.
        test: the test series.
        test_labels: their classes.
        n_classes: number of classes.
    """

    train: tuple[Float[np.ndarray, "_ inputs"], ...]
    train_labels: Int[np.ndarray, " train"]
    test: tuple[Float[np.ndarray, "_ inputs"], ...]
    test_labels: Int[np.ndarray, " test"]
    n_classes: int

    @property
    def half_a_mistake(self) -> float:
        """The score of half a wrong label."""
        return 0.5 / len(self.test_labels)

    def score(self, labels: Int[np.ndarray, " test"]) -> float:
        """The share of wrong labels."""
        return error_rate(labels, self.test_labels)

    def persistence_score(self) -> float:
        """The error of always naming the class that is most frequent in training."""
        usual = np.bincount(self.train_labels, minlength=self.n_classes).argmax()
        return error_rate(np.full_like(self.test_labels, usual), self.test_labels)


@dataclass(frozen=True, eq=False)
class MemoryTrial(Noun):
    """The question for a network's memory capacity MC; the score is 1 - MC/N.

    Attributes:
        method: "exact" and "noisy" read W and W_in as linear units; "estimated" runs the network on `inputs`.
        noise: share of noise in the states, for "noisy" (design: MC_e with e = 1e-4).
        inputs: i.i.d. input, for "estimated".
        warmup: first steps not used.
    """

    method: Literal["exact", "noisy", "estimated"]
    noise: float = 1e-4
    inputs: Float[np.ndarray, "steps 1"] | None = None
    warmup: int = 0

    @property
    def half_a_mistake(self) -> float:
        """No mistakes are counted."""
        return 0.0

    def persistence_score(self) -> None:
        """There is nothing to persist in."""
        return


AnyTrial: TypeAlias = Trial | LabelledTrial | SequencesTrial | MemoryTrial


@runtime_checkable
class Task(Protocol):
    """What the rest of the house asks of a task."""

    @property
    def name(self) -> str:
        """How the task is called in outputs and by `by_name`."""

    @property
    def n_inputs(self) -> int:
        """Width of the input."""

    @property
    def n_outputs(self) -> int:
        """Width of the output; for a classification the number of classes."""

    @property
    def score_name(self) -> str:
        """What the score is: "NRMSE", "error rate", "1 - MC/N"."""

    def trial(self, seed: Seed, part: Part = "search") -> AnyTrial:
        """One draw of the data: same seed and part, same trial, bit for bit."""


def better_of(task: Task) -> Literal["lower", "higher"]:
    """Which scores of a task are better: lower ones, where it does not say otherwise by an attribute `better`."""
    return "higher" if getattr(task, "better", "lower") == "higher" else "lower"


def usable_trial(task: Task, seed: Seed, part: Part) -> AnyTrial:
    """The trial of a seed, or of the next that gives one that can be scored: no search dies of one draw.

    Tasks of this house draw a trial from every seed or refuse at once. One of somebody else's may fail for a seed, or
    draw what cannot be scored; then the next seed is taken, the same one wherever and whenever this is drawn again.

    Raises:
        StatescapeError: where ten seeds in a row give none; it says why the last did not.
    """
    for number in range(DRAWS):
        try:
            trial = task.trial(_next(seed, number), part)
            reason = _unusable(trial)
        except StatescapeError as refusal:
            failure = refusal
        except Exception as error:  # a task of somebody else's may raise anything
            failure = StatescapeError(
                f"The task {task.name!r} drew no trial from {DRAWS} seeds in a row ({type(error).__name__}: "
                f"{' '.join(str(error).split())[:200]}); mend its trial(seed, part)."
            )
        else:
            if not reason:
                return trial
            failure = StatescapeError(f"The task {task.name!r} draws trials that {reason}; mend its trial(seed, part).")
    raise failure


def _next(seed: Seed, number: int) -> Seed:
    """The seed itself, and those after it."""
    if not number:
        return seed
    entropy, key = (seed.entropy, seed.spawn_key) if isinstance(seed, np.random.SeedSequence) else (seed, ())
    return np.random.SeedSequence(entropy, spawn_key=Stream.NEXT.below(key, number))


def _unusable(trial: AnyTrial) -> str:
    """Why a trial cannot be scored, in words; empty where it can."""
    if not isinstance(trial, Trial):
        return "" if isinstance(trial, LabelledTrial | SequencesTrial | MemoryTrial) else "are none of statescape.tasks"
    if not (np.isfinite(trial.inputs).all() and np.isfinite(trial.targets).all()):
        return "hold NaN or infinite values"
    constant = not trial.symbols and not np.ptp(trial.test_targets, axis=0).all()
    return "have a constant target in the test part" if constant else ""


def nrmse(outputs: Float[np.ndarray, "steps outputs"], targets: Float[np.ndarray, "steps outputs"]) -> float:
    """Root of the mean squared error over the variance of the targets; infinite where outputs are not finite."""
    variance = targets.var(axis=0)
    if not np.isfinite(outputs).all() or not (variance > 0).all():
        return float("inf")
    with np.errstate(over="ignore"):  # finite outputs may still square to infinity: that is their score
        error = np.mean((outputs - targets) ** 2, axis=0)
    return float(np.sqrt(np.mean(error / variance)))


def error_rate(labels: Shaped[np.ndarray, "*steps"], truth: Shaped[np.ndarray, "*steps"]) -> float:
    """Share of labels that are wrong."""
    return float(np.mean(labels != truth))


def nearest_symbol(outputs: Float[np.ndarray, "*steps"], symbols: tuple[float, ...]) -> Float[np.ndarray, "*steps"]:
    """The symbol closest to each output; NaN stays NaN, so that it counts as an error."""
    alphabet = np.asarray(symbols)
    nearest: Float[np.ndarray, "*steps"] = alphabet[np.abs(outputs[..., None] - alphabet).argmin(axis=-1)]
    return np.where(np.isnan(outputs), np.nan, nearest)
