"""Sequences of one's own as a task: each starts from rest and is answered at the rows whose targets are there.

A trial divides the sequences at random: `split` of them train, a quarter of these apart to choose the ridge on, and
the others test. Searches divide the first half of the sequences, seals the second. Inputs, and targets that are
numbers, are standardised by the training rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.reading import digest
from statescape.reservoir.tasks.sequences import SCORE_NAMES, Category, Sequences, SequencesTrial
from statescape.reservoir.tasks.task import Part, Seed
from statescape.wording import Noun

LEAST_SEQUENCES = 4  # of a part: two train, one chooses the ridge, one tests
CHOOSING = 4  # one in so many of the training sequences chooses the ridge
RIDGES = tuple(10.0**exponent for exponent in range(2, -10, -1))


@dataclass(frozen=True, eq=False)
class SequenceTask(Noun):
    """Sequences that are answered at some of their rows.

    Attributes:
        name: of the file or folder.
        input_names: the input columns.
        target_names: the target columns, or the classes.
        inputs: of every sequence, rows in their order.
        targets: what is due at every row, NaN where nothing is; of classes a one and zeros.
        classes: the classes, in the order of the outputs; empty where targets are numbers.
        split: share of the sequences that train.
        origin: what was read.
        read: how it was understood.

    Raises:
        StatescapeError: for a split out of range, too few sequences, one without an answer, or a constant column.
    """

    name: str
    input_names: tuple[str, ...]
    target_names: tuple[str, ...]
    inputs: tuple[Float[np.ndarray, "_ inputs"], ...]
    targets: tuple[Float[np.ndarray, "_ outputs"], ...]
    classes: tuple[str, ...] = ()
    split: float = 0.7
    origin: str = ""
    read: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.split, bool) or not isinstance(self.split, float | int) or not 0.0 < self.split < 1.0:
            raise StatescapeError(
                f"The split is the share of the sequences that train, between 0 and 1; got {self.split}."
            )
        if len(self.inputs) < 2 * LEAST_SEQUENCES:
            raise StatescapeError(
                f"{self.name} holds {len(self.inputs)} sequences; {2 * LEAST_SEQUENCES} or more are needed, half "
                "of them for seals."
            )
        for place, targets in enumerate(self.targets):
            if np.isnan(targets).all(axis=1).all():
                raise StatescapeError(
                    f"Sequence {place + 1} of {self.name} has no answer: its targets are all empty; leave it out."
                )
        if not self.classes:
            answers = np.concatenate([one[~np.isnan(one).any(axis=1)] for one in self.targets])
            _require_moving(self.target_names, answers)
        _require_moving(self.input_names, np.concatenate(self.inputs))

    @property
    def n_inputs(self) -> int:
        """Number of input columns."""
        return len(self.input_names)

    @property
    def n_outputs(self) -> int:
        """Number of target columns, or of classes."""
        return len(self.target_names)

    @property
    def category(self) -> Category:
        """How it is scored."""
        return "classification" if self.classes else "regression"

    @property
    def score_name(self) -> str:
        """What the score is."""
        return SCORE_NAMES[self.category]

    @cached_property
    def digest(self) -> str:
        """Of all that its trials depend on."""
        return digest(*self.inputs, *self.targets, np.array([self.split]))

    def trial(self, seed: Seed, part: Part = "search") -> SequencesTrial:
        """A random division of the sequences of a part."""
        order = np.random.default_rng(seed).permutation(self._members(part))
        trained, choosing = self._sizes(part)
        train, valid, test = np.split(order, [trained - choosing, trained])
        scale = _Scale.of([self.inputs[place] for place in train], [self.targets[place] for place in train])
        named = zip((train, valid, test), ("training", "validation", "test"), strict=True)
        parts = [self._padded(members, scale, f"{what} sequences of {self.name}") for members, what in named]
        return SequencesTrial(parts[0], parts[1], parts[2], self.category, RIDGES)

    def understood(self, part: Part) -> dict[str, Any]:
        """What was read and what a trial of the part is made of, as plain JSON."""
        trained, choosing = self._sizes(part)
        lengths = [len(one) for one in self.inputs]
        return {
            "file": self.origin or self.name,
            "sequences": len(self.inputs),
            "rows": [min(lengths), max(lengths)],
            "answers": int(sum((~np.isnan(one).any(axis=1)).sum() for one in self.targets)),
            "targets": list(self.target_names),
            "classes": list(self.classes),
            "inputs": list(self.input_names),
            "split": self.split,
            "train": trained - choosing,
            "validation": choosing,
            "test": len(self._members(part)) - trained,
            "read": dict(self.read),
        }

    def _members(self, part: Part) -> Int[np.ndarray, " sequences"]:
        """The sequences of a part."""
        half = len(self.inputs) // 2
        bounds = {"search": (0, half), "seal": (half, len(self.inputs)), "whole": (0, len(self.inputs))}
        return np.arange(*bounds[part])

    def _sizes(self, part: Part) -> tuple[int, int]:
        """Sequences that train, and those of them that choose the ridge; at least one tests."""
        count = len(self._members(part))
        trained = min(max(round(self.split * count), 2), count - 1)
        return trained, max(trained // CHOOSING, 1)

    def _padded(self, members: Int[np.ndarray, " members"], scale: _Scale, what: str) -> Sequences:
        """Some sequences, filled up at their ends to one length: what comes there is not answered."""
        longest = max(len(self.inputs[place]) for place in members)
        inputs = np.zeros((len(members), longest, self.n_inputs))
        targets = np.zeros((len(members), longest, self.n_outputs))
        answered: Bool[np.ndarray, "members longest"] = np.zeros((len(members), longest), dtype=bool)
        for row, place in enumerate(members):
            due, steps = self.targets[place], len(self.inputs[place])
            given = ~np.isnan(due).any(axis=1)
            inputs[row, :steps] = scale.inputs(self.inputs[place])
            answered[row, :steps] = given
            targets[row, :steps][given] = due[given] if self.classes else scale.targets(due[given])
        return Sequences(inputs, targets, answered, what)


@dataclass(frozen=True, eq=False)
class _Scale:
    """Mean and deviation of the columns of the training rows; what stands still there is only centred."""

    input_mean: Float[np.ndarray, " inputs"]
    input_deviation: Float[np.ndarray, " inputs"]
    target_mean: Float[np.ndarray, " outputs"]
    target_deviation: Float[np.ndarray, " outputs"]

    @classmethod
    def of(cls, inputs: Sequence[Float[np.ndarray, "_ _"]], targets: Sequence[Float[np.ndarray, "_ _"]]) -> _Scale:
        """The scale of some sequences."""
        given = np.concatenate(inputs)
        due = np.concatenate([one[~np.isnan(one).any(axis=1)] for one in targets])
        return cls(given.mean(axis=0), _deviation(given), due.mean(axis=0), _deviation(due))

    def inputs(self, rows: Float[np.ndarray, "rows inputs"]) -> Float[np.ndarray, "rows inputs"]:
        """Inputs, standardised."""
        return np.asarray((rows - self.input_mean) / self.input_deviation)

    def targets(self, rows: Float[np.ndarray, "rows outputs"]) -> Float[np.ndarray, "rows outputs"]:
        """Targets, standardised."""
        return np.asarray((rows - self.target_mean) / self.target_deviation)


def _require_moving(names: tuple[str, ...], values: Float[np.ndarray, "rows columns"]) -> None:
    for name, column in zip(names, values.T, strict=True):
        if column.min() == column.max():
            raise StatescapeError(f"Column {name!r} is constant ({column[0]:g}) in all {len(column)} rows.")


def _deviation(rows: Float[np.ndarray, "rows columns"]) -> Float[np.ndarray, " columns"]:
    deviation = rows.std(axis=0)
    return np.where(deviation > 0, deviation, 1.0)
