"""What a task is: it draws the data of a trial from a seed, and says how outputs are scored.

Three kinds of trial cover the field. `Trial` is one series whose first part trains and whose rest tests (forecasts,
filters, closed loops); `LabelledTrial` is many series with a class each; `MemoryTrial` asks for the memory capacity of
the network itself. Any object with the members of `Task` is a task.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.scores import error_rate, nearest_symbol, nrmse

Seed: TypeAlias = int | np.random.SeedSequence
# A search reads only its part of a file; its seals read only the other. Generated series are endless: all parts alike.
Part: TypeAlias = Literal["search", "seal", "whole"]


@dataclass(frozen=True, eq=False)
class Trial:
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

    @property
    def test_targets(self) -> Float[np.ndarray, "scored outputs"]:
        """The targets that are scored: those of the test part, or of the free runs within it."""
        if not self.free_run:
            return self.targets[self.train_steps :]
        return np.asarray(self.targets[self._free_steps()])

    def score(self, outputs: Float[np.ndarray, "scored outputs"]) -> float:
        """The error of outputs for `test_targets`: NRMSE, or the share of wrong symbols. Lower is better."""
        if self.symbols:
            return error_rate(nearest_symbol(outputs, self.symbols), self.test_targets)
        return nrmse(outputs, self.test_targets)

    def persistence_score(self) -> float | None:
        """The error of saying the newest known target again; None where no earlier target is known."""
        if not self.horizon:
            return None
        if self.free_run:  # the value known when the run starts
            known = np.repeat(np.asarray(self.starts) - 1, self.free_run if self.whole_run else 1)
        else:
            known = np.arange(self.train_steps, len(self.targets)) - self.horizon
        return self.score(self.targets[known])

    def _free_steps(self) -> Int[np.ndarray, " scored"]:
        """The rows of `targets` that the scored outputs of the free runs stand for.

        After input s the first free output is the target of step s: the input of step s + 1.
        """
        first = 0 if self.whole_run else self.free_run - 1
        steps = np.asarray(self.starts)[:, None] + np.arange(first, self.free_run)[None, :]
        return np.asarray(steps.ravel(), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class LabelledTrial:
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

    def score(self, labels: Int[np.ndarray, " test"]) -> float:
        """The share of wrong labels."""
        return error_rate(labels, self.test_labels)

    def persistence_score(self) -> float:
        """The error of always naming the class that is most frequent in training."""
        usual = np.bincount(self.train_labels, minlength=self.n_classes).argmax()
        return error_rate(np.full_like(self.test_labels, usual), self.test_labels)


@dataclass(frozen=True, eq=False)
class MemoryTrial:
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

    def persistence_score(self) -> None:
        """There is nothing to persist in."""
        return


AnyTrial: TypeAlias = Trial | LabelledTrial | MemoryTrial


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
