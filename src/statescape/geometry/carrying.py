"""How well one linear map carries every state to the next: least squares, judged on states that it was not fitted to.

A block adds ``v = s_(l+1) - s_l``. One matrix and one offset for all positions and texts predict it from what the block
read, ``v ~ mean(v) + (s_l - mean(s_l)) A``, with A from ridge least squares, its penalty chosen by generalised
cross-validation (Golub, Heath & Wahba 1979) among `PENALTIES` times the mean eigenvalue of the states' scatter. The
share of the added that is explained,

    1 - sum |v - predicted|^2 / sum |v - mean(v)|^2,

says how linear the block is. Of the next state itself any map explains nearly all, since a stream carries itself
(Razzhigaev et al. 2024, arXiv:2405.12250, report 0.99): that share is given beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.wording import Noun

PENALTIES = 10.0 ** np.arange(-5, 2.5, 0.5)
LEAST = 2.0
"""So many times the width are the states that a map is fitted to, at least: below, it would be made of its penalty."""


@dataclass(frozen=True, eq=False)
class LinearMap(Noun):
    """A map from states to what is added to them.

    Attributes:
        mean: of the states that it was fitted to.
        added: their mean addition.
        matrix: A.
        penalty: the one chosen, in mean eigenvalues.
        states: how many it was fitted to.
    """

    mean: Float[np.ndarray, " d"]
    added: Float[np.ndarray, " d"]
    matrix: Float[np.ndarray, "d d"]
    penalty: float
    states: int

    @classmethod
    def fit(cls, before: Float[np.ndarray, "n d"], after: Float[np.ndarray, "n d"]) -> LinearMap:
        """The map from states to what follows them.

        Args:
            before: states, one a row.
            after: the state that follows each.

        Raises:
            StatescapeError: for fewer states than `LEAST` times their width, or states that are not finite.
        """
        n, d = before.shape
        if n < LEAST * d:
            raise StatescapeError(f"A linear map of width {d} needs at least {LEAST * d:.0f} states; got {n}.")
        before, added = _steps(before, after, d)
        mean, offset = before.mean(axis=0), added.mean(axis=0)
        centred, target = before - mean, added - offset
        values, axes = np.linalg.eigh(centred.T @ centred)
        values = np.maximum(values, 0.0)
        along = axes.T @ (centred.T @ target)
        penalty = _best(values, np.square(along).sum(axis=1), float(np.square(target).sum()), n)
        scaled = along / (values + penalty * values.mean() + np.finfo(np.float64).tiny)[:, None]
        return cls(mean, offset, axes @ scaled, penalty, n)

    def explained(self, before: Float[np.ndarray, "n d"], after: Float[np.ndarray, "n d"]) -> float:
        """Share of what was added to these states that the map predicts; below 0 it does worse than one offset.

        Raises:
            StatescapeError: for states of another width than the map's, or that are not finite.
        """
        before, added = _steps(before, after, len(self.mean))
        missed = added - self.added - (before - self.mean) @ self.matrix
        return 1.0 - _ratio(missed, added - self.added)

    def carried(self, before: Float[np.ndarray, "n d"], after: Float[np.ndarray, "n d"]) -> float:
        """Share of the next states themselves, over their mean as the map has it, that the map predicts.

        Raises:
            StatescapeError: for states of another width than the map's, or that are not finite.
        """
        before, added = _steps(before, after, len(self.mean))
        missed = added - self.added - (before - self.mean) @ self.matrix
        return 1.0 - _ratio(missed, before + added - self.mean - self.added)


def _steps(
    before: Float[np.ndarray, "n d"], after: Float[np.ndarray, "n d"], width: int
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n d"]]:
    """States and what is added to each, in float64."""
    if before.shape[1] != width:
        raise StatescapeError(f"This map is of states of width {width}; got width {before.shape[1]}.")
    before, after = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    if not (np.isfinite(before).all() and np.isfinite(after).all()):
        raise StatescapeError("A linear map is of finite states; some are NaN or infinite.")
    return before, after - before


def _best(values: Float[np.ndarray, " d"], squares: Float[np.ndarray, " d"], whole: float, n: int) -> float:
    """The penalty of the smallest generalised cross-validation error."""
    errors = []
    for penalty in PENALTIES:
        shrunk = values + penalty * values.mean() + np.finfo(np.float64).tiny
        left = whole - float((squares * (2 - values / shrunk) / shrunk).sum())  # shrunk**2 may be 0
        freedom = 1 + float((values / shrunk).sum())
        errors.append(max(left, 0.0) / (1 - freedom / n) ** 2)
    return float(PENALTIES[int(np.argmin(errors))])


def _ratio(missed: Float[np.ndarray, "n d"], whole: Float[np.ndarray, "n d"]) -> float:
    total = float(np.square(whole).sum())
    return float(np.square(missed).sum()) / total if total else float("nan")
