"""The trained part: ridge regression from states to targets.

On the features `[1; x]` with the intercept not penalised: `w = (X'X - n m m' + ridge I)^-1 (X'y - n m mean(y))`, m the
mean state (Lukosevicius 2012; as ReservoirPy). Solved in float64 always: NARMA's Gram matrix is singular in float32.
Only sums over steps enter, so states need not be kept: `RidgeSums` takes them block by block. Of a grid of
ridges the one is taken that errs least on the last steps.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from jaxtyping import Bool, Float
from scipy.linalg.blas import dgemm, dsyrk
from scipy.linalg.lapack import dposv

from statescape.errors import StatescapeError, StatescapeWarning
from statescape.reservoir.arrays import real_array
from statescape.wording import Noun, phrase, say

OVERFLOW = phrase("The network has diverged: its states overflow; lower sr or the input scaling.")


@dataclass(frozen=True, eq=False)
class Readout(Noun):
    """A linear map from states to outputs.

    Attributes:
        weights: one column for each output.
        intercept: added to the outputs.
    """

    weights: Float[np.ndarray, "units outputs"]
    intercept: Float[np.ndarray, " outputs"]

    def __call__(self, states: Float[np.ndarray, "steps units"]) -> Float[np.ndarray, "steps outputs"]:
        """Outputs at every step."""
        outputs: Float[np.ndarray, "steps outputs"] = states.astype(np.float64, copy=False) @ self.weights
        outputs += self.intercept
        return outputs


class RidgeSums:
    """What ridge regression needs of states and targets, accumulated in float64.

    Attributes:
        units: number of units that are read.
        count: steps taken in.
        read: which units are; None for all. A readout has weights of 0 for the others.
    """

    def __init__(self, units: int, outputs: int, read: Bool[np.ndarray, " units"] | None = None) -> None:
        self.read = read
        self.units = units = units if read is None else int(read.sum())
        self._gram = np.zeros((units, units), order="F")  # upper triangle only, as BLAS leaves it
        self._cross = np.zeros((units, outputs + 1), order="F")  # last column: the sum of the states
        self._target_sum = np.zeros(outputs)
        self.count = 0

    def add(self, states: Float[np.ndarray, "steps units"], targets: Float[np.ndarray, "steps outputs"]) -> None:
        """Take in some steps."""
        if not len(states):
            return
        # States are stored step by step; their transpose is what Fortran calls a matrix of [units, steps].
        seen = states if self.read is None else states[:, self.read]
        columns = np.ascontiguousarray(seen, dtype=np.float64).T
        right = np.ones((len(targets), targets.shape[1] + 1), order="F")
        right[:, :-1] = targets
        self._gram = dsyrk(1.0, columns, beta=1.0, c=self._gram, overwrite_c=True)
        self._cross = dgemm(1.0, columns, right, beta=1.0, c=self._cross, overwrite_c=True)
        self._target_sum += targets.sum(axis=0)
        self.count += len(states)

    def centred(self, *, intercept: bool = True) -> CentredSums:
        """The sums about the means; about 0 where the readout has no intercept.

        Raises:
            StatescapeError: where there were no steps, or the sums are not finite because the network has diverged.
        """
        if not self.count:
            raise StatescapeError("There are no steps to train on after the warmup; lengthen the series.")
        mean = self._cross[:, -1] / self.count * intercept
        target_mean = self._target_sum / self.count * intercept
        gram = dsyrk(-float(self.count), mean[:, None], beta=1.0, c=self._gram)
        with np.errstate(all="ignore"):
            cross = self._cross[:, :-1] - self.count * np.outer(mean, target_mean)
        if not (np.isfinite(gram.diagonal()).all() and np.isfinite(cross).all()):
            raise StatescapeError(OVERFLOW)
        return CentredSums(gram, cross, mean, target_mean, self.read)


@dataclass(frozen=True, eq=False)
class CentredSums:
    """Sums about the means: the normal equations of a ridge regression.

    Attributes:
        gram: sum over steps of (x - mean)(x - mean)'; the upper triangle only.
        cross: sum over steps of (x - mean)(y - target_mean)'.
        mean: mean state.
        target_mean: mean target.
        read: which of all units the sums are of; None for all.
    """

    gram: Float[np.ndarray, "units units"]
    cross: Float[np.ndarray, "units outputs"]
    mean: Float[np.ndarray, " units"]
    target_mean: Float[np.ndarray, " outputs"]
    read: Bool[np.ndarray, " all_units"] | None = None

    def solve(self, ridge: float) -> Readout:
        """The readout at one ridge.

        Where the normal equations are singular to working precision (a ridge of 0 and dependent states), the solution
        of least norm is taken.
        """
        regularised = self.gram.copy(order="F")
        regularised.ravel(order="K")[:: len(regularised) + 1] += ridge
        _, weights, failed = dposv(regularised, self.cross, lower=False, overwrite_a=True)
        if failed or not np.isfinite(weights).all():
            weights = self.decompose().weights(ridge)
        return self._readout(weights)

    def decompose(self) -> Decomposition:
        """One eigendecomposition of the Gram matrix, good for any number of ridges."""
        values, vectors = scipy.linalg.eigh(self.gram, lower=False)
        return Decomposition(values, vectors, vectors.T @ self.cross)

    def choose(
        self,
        ridges: Float[np.ndarray, " ridges"],
        states: Float[np.ndarray, "steps units"],
        targets: Float[np.ndarray, "steps outputs"],
    ) -> float:
        """The ridge of a grid whose readout errs least on other steps, from one decomposition; ties go to the larger.

        Args:
            ridges: the grid.
            states: states of the validation steps.
            targets: their targets.
        """
        decomposition = self.decompose()
        largest_first = np.sort(ridges)[::-1]
        with np.errstate(all="ignore"):  # states that grow without bound may square to infinity: no ridge to choose
            rotated = ((states if self.read is None else states[:, self.read]) - self.mean) @ decomposition.vectors
            shifted = targets - self.target_mean
            errors = [np.mean((shifted - rotated @ decomposition.coordinates(ridge)) ** 2) for ridge in largest_first]
        return float(largest_first[np.argmin(np.nan_to_num(errors, nan=np.inf))])

    def _readout(self, weights: Float[np.ndarray, "units outputs"]) -> Readout:
        intercept = self.target_mean - self.mean @ weights
        if self.read is None:
            return Readout(weights, intercept)
        full = np.zeros((len(self.read), weights.shape[1]))
        full[self.read] = weights
        return Readout(full, intercept)


@dataclass(frozen=True, eq=False)
class Decomposition:
    """Eigenvalues and vectors of a Gram matrix, and the targets seen along the vectors."""

    values: Float[np.ndarray, " units"]
    vectors: Float[np.ndarray, "units units"]
    projected: Float[np.ndarray, "units outputs"]

    def coordinates(self, ridge: float) -> Float[np.ndarray, "units outputs"]:
        """Readout weights along the eigenvectors; directions that hold nothing but rounding are left out."""
        floor = np.finfo(np.float64).eps * len(self.values) * max(float(self.values[-1]), 0.0)
        lifted = self.values + ridge
        usable = lifted > (floor if ridge == 0 else 0.0)
        scale = np.where(usable, 1.0 / np.where(usable, lifted, 1.0), 0.0)
        return self.projected * scale[:, None]

    def weights(self, ridge: float) -> Float[np.ndarray, "units outputs"]:
        """Readout weights on the states."""
        weights: Float[np.ndarray, "units outputs"] = self.vectors @ self.coordinates(ridge)
        return weights


class RidgeTraining:
    """States and targets taken in block by block; they are kept only where a ridge is to be chosen.

    Args:
        ridges: one penalty, or a grid to choose from.
        units: number of units.
        outputs: number of outputs.
        validation: last share of the steps on which a ridge is chosen, trained on those before them.
        intercept: whether the readout has one; it is not penalised.
        read: which units the readout sees; None for all.

    Raises:
        StatescapeError: for a share that is not between 0 and 1.
    """

    def __init__(
        self,
        ridges: Float[np.ndarray, " ridges"],
        units: int,
        outputs: int,
        validation: float,
        *,
        intercept: bool = True,
        read: Bool[np.ndarray, " units"] | None = None,
    ) -> None:
        if not 0 < validation < 1:
            raise StatescapeError(f"validation is a share between 0 and 1; got {validation}.")
        self._ridges, self._validation, self._intercept = ridges, validation, intercept
        self._sums = RidgeSums(units, outputs, read)
        self._states: list[Float[np.ndarray, "_ units"]] = []
        self._targets: list[Float[np.ndarray, "_ outputs"]] = []

    def add(self, states: Float[np.ndarray, "steps units"], targets: Float[np.ndarray, "steps outputs"]) -> None:
        """Take in some steps."""
        self._sums.add(states, targets)
        if len(self._ridges) > 1:
            self._states.append(states)
            self._targets.append(targets)

    def solve(self) -> tuple[float, Readout]:
        """The ridge, and the readout that it gives on all steps.

        Raises:
            StatescapeError: where there are too few steps, or the sums are not finite because the network has diverged.
        """
        ridge = self._chosen() if len(self._ridges) > 1 else float(self._ridges[0])
        centred = self._sums.centred(intercept=self._intercept)
        if ridge == 0 and self._sums.units >= self._sums.count:
            warnings.warn(
                say(
                    "A readout of {units} units on {steps} training steps without a ridge fits any target, noise "
                    "included; give a ridge above 0, fewer units or more steps.",
                    units=self._sums.units,
                    steps=self._sums.count,
                ),
                StatescapeWarning,
                stacklevel=3,
            )
        return ridge, centred.solve(ridge)

    def _chosen(self) -> float:
        states, targets = np.concatenate(self._states), np.concatenate(self._targets)
        trained = len(states) - round(self._validation * len(states))
        if not 0 < trained < len(states):
            raise StatescapeError(
                f"{len(states)} training steps cannot be split to choose a ridge; give one ridge or more steps."
            )
        sums = RidgeSums(states.shape[1], targets.shape[1], self._sums.read)
        sums.add(states[:trained], targets[:trained])
        return sums.centred(intercept=self._intercept).choose(self._ridges, states[trained:], targets[trained:])


def checked_ridges(ridge: Any) -> Float[np.ndarray, " ridges"]:
    """Ridge penalties as a row.

    Raises:
        StatescapeError: for anything but finite numbers from 0 on.
    """
    ridges = np.atleast_1d(real_array(ridge, "ridge"))
    if ridges.ndim != 1 or not len(ridges) or not (np.isfinite(ridges) & (ridges >= 0)).all():
        raise StatescapeError(f"ridge is a finite number from 0 on, or several of them; got {ridge}.")
    return ridges
