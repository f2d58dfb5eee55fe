"""Training of a readout, block by block: by one ridge, or by that of a grid which errs least on the last steps."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError, StatescapeWarning
from statescape.reservoir.readout import Readout, RidgeSums
from statescape.reservoir.real import real_array


class RidgeTraining:
    """States and targets taken in block by block; they are kept only where a ridge is to be chosen.

    Args:
        ridges: one penalty, or a grid to choose from.
        units: number of units.
        outputs: number of outputs.
        validation: last share of the steps on which a ridge is chosen, trained on those before them.
        intercept: whether the readout has one; it is not penalised.

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
    ) -> None:
        if not 0 < validation < 1:
            raise StatescapeError(f"validation is a share between 0 and 1; got {validation}.")
        self._ridges, self._validation, self._intercept = ridges, validation, intercept
        self._sums = RidgeSums(units, outputs)
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
                f"A readout of {self._sums.units} units on {self._sums.count} training steps without a ridge fits any "
                "target, noise included; give a ridge above 0, fewer units or more steps.",
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
        sums = RidgeSums(states.shape[1], targets.shape[1])
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
