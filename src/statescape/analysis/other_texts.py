"""A path beside other texts through the same model: what of its geometry is the text's, and what the model's.

Norms grow, steps turn and one linear map carries states along in every text; a profile says something about a text
only where it lies outside what other texts give. Their paths are those of the same position. Linear maps are fitted to
three of four texts, and tried on the others and on the text in question (`statescape.geometry.LinearMap`). Left out of
maps are first positions and those of far larger norm, which would decide every sum of squares.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.geometry import Course, LinearMap, far_norms
from statescape.language.flags import FAR_NORM

HELD_OUT = 4
"""Every so many texts one is kept from the maps."""

States = Float[np.ndarray, "states _ d_model"]  # positions differ from text to text


@dataclass(frozen=True, eq=False)
class OtherTexts:
    """The geometry of other texts.

    Attributes:
        courses: of their paths at one position (at their last where they are shorter).
        states: the states of each at the positions that count.
    """

    courses: tuple[Course, ...]
    states: tuple[States, ...]

    @classmethod
    def of(cls, states: Sequence[States], position: int) -> OtherTexts:
        """The geometry of texts by their states.

        Args:
            states: s_0 to s_L at every position of each text.
            position: that of the path they stand beside.

        Raises:
            StatescapeError: for fewer texts than maps and tries need.
        """
        if len(states) < 2 * HELD_OUT:
            raise StatescapeError(f"Beside a path stand at least {2 * HELD_OUT} other texts; got {len(states)}.")
        courses = tuple(Course.of(one[:, min(position, one.shape[1] - 1)]) for one in states)
        return cls(courses, tuple(map(telling, states)))

    def __len__(self) -> int:
        return len(self.courses)

    def range(self, name: str) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """Lowest and highest value of "growth", "step_angle" or "turn" among the texts, step by step."""
        values = np.array([getattr(course, name) for course in self.courses])
        return np.nanmin(values, axis=0), np.nanmax(values, axis=0)

    def outside(self, name: str, own: Float[np.ndarray, " n"]) -> int:
        """At how many steps a path lies outside the range of the texts."""
        low, high = self.range(name)
        return int(((own < low) | (own > high)).sum())

    @cached_property
    def maps(self) -> tuple[LinearMap, ...]:
        """The map of every block, fitted to three of four texts.

        Raises:
            StatescapeError: for fewer positions than a map of this width needs.
        """
        fitted = np.concatenate([one for index, one in enumerate(self.states) if index % HELD_OUT], axis=1)
        return tuple(LinearMap.fit(before, after) for before, after in itertools.pairwise(fitted))

    @cached_property
    def held_out(self) -> Float[np.ndarray, "texts blocks"]:
        """Share of what every block adds that its map predicts, in each text that it was not fitted to."""
        return np.array([self.explained(one) for one in self.states[::HELD_OUT]])

    def explained(self, states: States) -> Float[np.ndarray, " blocks"]:
        """The same in any text of this model, at the positions that count."""
        return np.array(
            [found.explained(*pair) for found, pair in zip(self.maps, itertools.pairwise(states), strict=True)]
        )

    def carried(self) -> Float[np.ndarray, " blocks"]:
        """Share of the next states themselves, over all texts that the maps were not fitted to."""
        tried = np.concatenate(self.states[::HELD_OUT], axis=1)
        pairs = itertools.pairwise(tried)
        return np.array([found.carried(*pair) for found, pair in zip(self.maps, pairs, strict=True)])

    def shuffled(self, seed: int) -> OtherTexts:
        """The same texts with the steps of all in one random order: what any order of these steps gives."""
        order = np.random.default_rng(seed).permutation(len(self.states[0]) - 1)
        return OtherTexts(self.courses, tuple(_reordered(one, order) for one in self.states))


def telling(states: States) -> States:
    """The positions of a text that count for a map: neither the first nor one of far larger norm.

    Args:
        states: s_0 to s_L at every position.
    """
    keep = ~(far_norms(states)[0] > FAR_NORM)
    keep[0] = False
    return np.asarray(states[:, keep])


def _reordered(states: States, order: np.ndarray) -> States:
    steps = np.diff(np.asarray(states, dtype=np.float64), axis=0)
    return np.concatenate([states[:1], states[:1] + np.cumsum(steps[order], axis=0)])
