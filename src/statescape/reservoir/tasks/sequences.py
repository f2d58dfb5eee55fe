"""Many short sequences, each begun at rest, answered at some of their steps: the data of a trial and its three scores.

Only answered steps train and are scored. Of N answers with O outputs each:

    classification         share of answers whose largest output is not the class
    multi-classification   share of the N x O labels for which (1 / (1 + exp(-y)) >= threshold) is wrong
    regression             mean of (y - target)^2 over answers and outputs

Bendi-Ouis, de Coudenhove and Hinaut, CogScale (arXiv:2605.19758, 2026). As their networks do, a readout takes the
threshold with the largest share of sequences right in all labels on the validation part.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Bool, Float

from statescape.errors import StatescapeError
from statescape.wording import Noun, phrase

Category: TypeAlias = Literal["classification", "multi_classification", "regression"]
SCORE_NAMES: dict[Category, str] = {
    "classification": phrase("error rate"),
    "multi_classification": phrase("label error rate"),
    "regression": phrase("mean squared error"),
}
THRESHOLD = 0.5
# Thresholds that are tried on the validation part, the authors' own.
THRESHOLDS = np.linspace(0.01, 0.99, 100)


@dataclass(frozen=True, eq=False)
class Sequences(Noun):
    """Sequences of equal length and the steps at which they are to be answered.

    Attributes:
        inputs: what drives the network.
        targets: what is due at every step; of those that are not answered, anything.
        answered: the steps that are answered.
        what: which they are, in words.

    Raises:
        StatescapeError: where shapes differ, there are no sequences, or one of them has no answer.
    """

    inputs: Float[np.ndarray, "sequences steps inputs"]
    targets: Float[np.ndarray, "sequences steps outputs"]
    answered: Bool[np.ndarray, "sequences steps"]
    what: str = "sequences"

    def __post_init__(self) -> None:
        if not self.inputs.shape[:2] == self.targets.shape[:2] == self.answered.shape or not self.answered.size:
            raise StatescapeError(
                f"The {self.what} need inputs, targets and answered steps for the same steps; got shapes "
                f"{self.inputs.shape}, {self.targets.shape} and {self.answered.shape}."
            )
        silent = np.flatnonzero(~self.answered.any(axis=1))
        if len(silent):
            raise StatescapeError(
                f"Sequence {silent[0]} of the {self.what} has no answered step, so nothing of it trains or is scored; "
                "leave it out."
            )

    @cached_property
    def answers(self) -> Float[np.ndarray, "answers outputs"]:
        """The targets of the answered steps, sequence by sequence."""
        return np.asarray(self.targets[self.answered])


@dataclass(frozen=True, eq=False)
class SequencesTrial(Noun):
    """Sequences that train, on which a ridge is chosen, and that test.

    Attributes:
        train: the training sequences.
        valid: those on which the ridge, and the threshold of a multi-classification, are chosen.
        test: those that are scored.
        category: "classification" (one-hot targets), "multi_classification" (zeros and ones) or "regression".
        ridges: one of these is chosen where no ridge is given; ties go to the larger.
    """

    train: Sequences
    valid: Sequences
    test: Sequences
    category: Category
    ridges: tuple[float, ...]

    def error(
        self,
        outputs: Float[np.ndarray, "answers outputs"],
        due: Float[np.ndarray, "answers outputs"],
        threshold: float = THRESHOLD,
    ) -> float:
        """The error of outputs at answered steps; infinite where they are not finite.

        Args:
            outputs: of a readout.
            due: the targets there.
            threshold: of a multi-classification: the share from which on a label is given.
        """
        if not np.isfinite(outputs).all():
            return float("inf")
        if self.category == "classification":
            return float(np.mean(outputs.argmax(axis=1) != due.argmax(axis=1)))
        if self.category == "multi_classification":
            return float(np.mean((_logistic(outputs) >= threshold) != due))
        with np.errstate(over="ignore"):  # finite outputs may still square to infinity: that is their score
            return float(np.mean((outputs - due) ** 2))

    def score(self, outputs: Float[np.ndarray, "answers outputs"], threshold: float = THRESHOLD) -> float:
        """The error of outputs for the answered steps of the test sequences. Lower is better."""
        return self.error(outputs, self.test.answers, threshold)

    @property
    def half_a_mistake(self) -> float:
        """The score of half a wrong answer, or label; 0 for a regression, where no mistakes are counted."""
        counted = {"classification": len(self.test.answers), "multi_classification": self.test.answers.size}
        return 0.5 / counted[self.category] if self.category in counted else 0.0

    @property
    def has_threshold(self) -> bool:
        """Whether a threshold is chosen: for a multi-classification."""
        return self.category == "multi_classification"

    def threshold(self, outputs: Float[np.ndarray, "answers outputs"]) -> float:
        """The threshold with which most validation answers are right in all their labels; the lowest of equals.

        Args:
            outputs: at the answered steps of the validation sequences.
        """
        if not self.has_threshold:
            return THRESHOLD
        said = _logistic(outputs)[None] >= THRESHOLDS[:, None, None]
        whole = (said == self.valid.answers).all(axis=2)
        # A sequence counts as right where all its answers are.
        begins = np.concatenate([[0], np.cumsum(self.valid.answered.sum(axis=1))[:-1]])
        right = np.logical_and.reduceat(whole, begins, axis=1).mean(axis=1)
        return float(THRESHOLDS[right.argmax()])

    def persistence_score(self) -> float:
        """The error of what can be said without the inputs: see `baseline`."""
        mean = self.train.answers.mean(axis=0)
        if self.category == "multi_classification":
            return float(np.mean((mean >= THRESHOLD) != self.test.answers))
        return self.score(np.tile(mean, (len(self.test.answers), 1)))

    @property
    def baseline(self) -> str:
        """What `persistence_score` is the error of, in words."""
        return {
            "classification": phrase("most frequent class"),
            "multi_classification": phrase("most frequent labels"),
            "regression": phrase("mean of the training targets"),
        }[self.category]


def _logistic(outputs: Float[np.ndarray, "answers outputs"]) -> Float[np.ndarray, "answers outputs"]:
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-outputs)))
