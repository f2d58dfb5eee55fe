"""A path beside other texts through the same model: what of its geometry is the text's, and what the model's.

Norms grow, steps turn and one linear map carries states along in every text; a profile says something about a text
only where it lies outside what other texts give. Their paths are those of the same position. Linear maps are fitted to
three of four texts, and tried on the others and on the text in question (`statescape.geometry.LinearMap`). Left out of
maps are first positions and those of far larger norm, which would decide every sum of squares.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from jaxtyping import Float

from statescape import cache
from statescape.blas import one_blas_thread
from statescape.errors import StatescapeError
from statescape.geometry import LinearMap, far_norms, profiles
from statescape.language.flags import FAR_NORM
from statescape.runs.workforce import usable_cores

HELD_OUT = 4
"""Every so many texts one is kept from the maps."""

States = Float[np.ndarray, "states _ d_model"]  # positions differ from text to text
Shares = Float[np.ndarray, "texts blocks"]

_VERSION = 1  # of these numbers: another one makes them anew


@dataclass(frozen=True, eq=False)
class OtherTexts:
    """The geometry of other texts.

    It depends on the model and the texts alone, so that it is kept between commands; the texts are read when something
    is asked that is not.

    Attributes:
        read: gives s_0 to s_L at every position of each text.
        count: how many texts there are.
        position: that of the path they stand beside (a shorter text stands there with its last).
        key: names the states in the cache; "" where nothing is kept.

    Raises:
        StatescapeError: for fewer texts than maps and tries need.
    """

    read: Callable[[], Sequence[States]]
    count: int
    position: int
    key: str = ""

    def __post_init__(self) -> None:
        if self.count < 2 * HELD_OUT:
            raise StatescapeError(f"Beside a path stand at least {2 * HELD_OUT} other texts; got {self.count}.")

    def __len__(self) -> int:
        return self.count

    def range(self, name: str) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """Lowest and highest value of "growth", "step_angle" or "turn" among the texts, step by step."""
        texts = [self.profiles[f"{name} {index}"] for index in range(self.count)]
        values = np.array([one[:, min(self.position, one.shape[1] - 1)] for one in texts])
        return np.nanmin(values, axis=0), np.nanmax(values, axis=0)

    def outside(self, name: str, own: Float[np.ndarray, " n"]) -> int:
        """At how many steps a path lies outside the range of the texts."""
        low, high = self.range(name)
        return int(((own < low) | (own > high)).sum())

    @property
    def profiles(self) -> Mapping[str, Float[np.ndarray, "_ positions"]]:
        """Growth, step angle and turn of every text at all its positions, as "growth 0" and so on."""

        def made() -> cache.Arrays:
            every = (profiles(one) for one in self._states)
            return {f"{name} {index}": values for index, one in enumerate(every) for name, values in one.items()}

        return self._kept("profiles", made)

    @cached_property
    def maps(self) -> tuple[LinearMap, ...]:
        """The map of every block, fitted to three of four texts.

        Raises:
            StatescapeError: for fewer positions than a map of this width needs.
        """

        def made() -> cache.Arrays:
            try:
                maps = _maps(self.counting)
            except StatescapeError as error:  # as it would be after another pass
                return {"reason": np.array(str(error))}
            return {field.name: np.array([getattr(one, field.name) for one in maps]) for field in fields(LinearMap)}

        found = self._kept("maps", made)
        if "reason" in found:
            raise StatescapeError(str(found["reason"]))
        numbers = zip(found["penalty"].tolist(), found["states"].tolist(), strict=True)
        arrays = zip(found["mean"], found["added"], found["matrix"], strict=True)
        return tuple(LinearMap(*of_block, *its) for of_block, its in zip(arrays, numbers, strict=True))

    @property
    def held_out(self) -> Shares:
        """Share of what every block adds that its map predicts, in each text that it was not fitted to."""
        return self._kept("held_out", lambda: {"shares": _held_out(self.maps, self.counting)})["shares"]

    def explained(self, states: States) -> Float[np.ndarray, " blocks"]:
        """The same in any text of this model, at the positions that count."""
        return _explained(self.maps, states)

    @property
    def carried(self) -> Float[np.ndarray, " blocks"]:
        """Share of the next states themselves, over all texts that the maps were not fitted to."""

        def made() -> cache.Arrays:
            pairs = itertools.pairwise(np.concatenate(self.counting[::HELD_OUT], axis=1))
            return {"shares": np.array([one.carried(*pair) for one, pair in zip(self.maps, pairs, strict=True)])}

        return self._kept("carried", made)["shares"]

    def held_out_shuffled(self, seed: int) -> Shares:
        """`held_out` with the steps of all texts in one random order: what any order of these steps gives."""

        def made() -> cache.Arrays:
            states = shuffled(self.counting, seed)
            return {"shares": _held_out(_maps(states), states)}

        return self._kept(f"shuffled {seed}", made)["shares"]

    @cached_property
    def counting(self) -> tuple[States, ...]:
        """The states of each text at the positions that count for a map."""
        return tuple(map(telling, self._states))

    @cached_property
    def _states(self) -> Sequence[States]:
        return self.read()

    def _kept(self, name: str, make: Callable[[], cache.Arrays]) -> cache.Arrays:
        """Made once, and kept between commands where the model has a key."""
        if name not in self._made:
            self._made[name] = cache.kept(self.key and cache.digest(self.key, name, HELD_OUT, _VERSION), make)
        return self._made[name]

    @cached_property
    def _made(self) -> dict[str, cache.Arrays]:
        return {}


def shuffled(texts: Sequence[States], seed: int) -> list[States]:
    """The states of texts with the steps of all in one random order, from the same first states to the same last."""
    order = np.random.default_rng(seed).permutation(len(texts[0]) - 1)
    steps = [np.diff(np.asarray(one, dtype=np.float64), axis=0)[order] for one in texts]
    return [np.concatenate([one[:1], one[:1] + np.cumsum(own, axis=0)]) for one, own in zip(texts, steps, strict=True)]


def telling(states: States) -> States:
    """The positions of a text that count for a map: neither the first nor one of far larger norm.

    Args:
        states: s_0 to s_L at every position.
    """
    keep = ~(far_norms(states)[0] > FAR_NORM)
    keep[0] = False
    return np.asarray(states[:, keep])


def _maps(texts: Sequence[States]) -> tuple[LinearMap, ...]:
    """The map of every block, fitted to three of four texts."""
    fitted = np.concatenate([one for index, one in enumerate(texts) if index % HELD_OUT], axis=1)
    with one_blas_thread(), ThreadPoolExecutor(usable_cores()) as pool:
        return tuple(pool.map(LinearMap.fit, fitted[:-1], fitted[1:]))


def _explained(maps: Sequence[LinearMap], states: States) -> Float[np.ndarray, " blocks"]:
    return np.array([one.explained(*pair) for one, pair in zip(maps, itertools.pairwise(states), strict=True)])


def _held_out(maps: Sequence[LinearMap], texts: Sequence[States]) -> Shares:
    return np.array([_explained(maps, one) for one in texts[::HELD_OUT]])
