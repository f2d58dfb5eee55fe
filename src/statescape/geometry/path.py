"""The noun that both wings draw: an ordered path of states beside a cloud of reference points in the same space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.wording import Noun


@dataclass(frozen=True, eq=False)
class Path(Noun):
    """States in order, and the cloud they are looked at against.

    Attributes:
        states: the states in order, one a row, in the units of the model or reservoir.
        reference: the cloud (token embeddings; the states of another run). Its rows define mean, scale and PCA.
        labels: one short label for every state; by default its index.

    Raises:
        StatescapeError: for widths or numbers of labels that differ, NaN or infinite values, no state or fewer than two
            reference points.
    """

    states: Float[np.ndarray, "states dimensions"]
    reference: Float[np.ndarray, "points dimensions"]
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.states.ndim != 2 or self.reference.ndim != 2 or self.states.shape[1] != self.reference.shape[1]:
            raise StatescapeError(
                f"A path needs states and reference points of one width; got shapes {self.states.shape} and "
                f"{self.reference.shape}."
            )
        if len(self.states) < 1 or len(self.reference) < 2:
            raise StatescapeError("A path needs at least one state and two reference points.")
        if not (np.isfinite(self.states).all() and np.isfinite(self.reference).all()):
            raise StatescapeError("A path needs finite states and reference points; some are NaN or infinite.")
        if not self.labels:
            object.__setattr__(self, "labels", tuple(str(index) for index in range(len(self.states))))
        elif len(self.labels) != len(self.states):
            raise StatescapeError(f"{len(self.labels)} labels for {len(self.states)} states; give one for each.")
