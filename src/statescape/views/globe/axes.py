"""Which three directions the sphere shows, so that what is seen can be asked of other axes.

Three principal components of the embeddings (the first, or any); the plane in which the path itself spreads most; the
direction from the second-best to the predicted token; the components of the unembedding, where a model has its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError, unknown_name
from statescape.geometry import PCA, Moments, Sphere
from statescape.geometry.normalisation import Normalisation
from statescape.language import StatePath
from statescape.wording import percent, say

NAMES = ("path", "answers", "unembedding")


@dataclass(frozen=True, eq=False)
class Axes:
    """A sphere and what its axes are.

    Attributes:
        sphere: the axes.
        names: one name for each.
    """

    sphere: Sphere
    names: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The axes and the share of the embeddings' variance along each."""
        shares = zip(self.names, self.sphere.explained_variance_ratio, strict=True)
        return ", ".join(f"{name} {percent(float(share), 2)}" for name, share in shares)


def axes_of(path: StatePath, asked: str, moments: Moments, origin: str) -> Axes:
    """The axes that were asked for.

    Args:
        path: the path to be shown.
        asked: three numbers of principal components from 1 ("1,2,3"); "path", "answers" or "unembedding".
        moments: those of the embeddings.
        origin: from where directions are measured, "mean" or "zero".

    Raises:
        StatescapeError: an unknown name, a component that does not exist, a path of too few states, or an unembedding
            that is the embedding.
    """
    scale = Normalisation.from_moments(moments).scale
    if re.fullmatch(r"\s*\d+\s*(,\s*\d+\s*){2}", asked):
        numbers = [int(each) for each in asked.split(",")]
        if numbers == [1, 2, 3]:
            return Axes(Sphere.from_moments(moments, origin), _components(numbers))
        if len(set(numbers)) < 3 or not all(1 <= each <= len(moments.mean) for each in numbers):
            raise StatescapeError(
                f"Axes {asked!r} are not three different principal components from 1 to {len(moments.mean)}."
            )
        components = PCA.from_moments(moments.scaled(scale), max(numbers)).components[[each - 1 for each in numbers]]
        return Axes(Sphere.from_moments(moments, origin, components * scale), _components(numbers))
    if asked == "path":
        return Axes(Sphere.from_moments(moments, origin, _of_path(path, scale)), _numbered(say("path")))
    if asked == "answers":
        away = path.embeddings[path.predicted_id].astype(np.float64) - path.embeddings[path.second_id]
        name = say("predicted − second best")
        return Axes(Sphere.from_moments(moments, origin, away[None]), (name, *_components([1, 2])))
    if asked == "unembedding":
        if path.unembedding is None:
            raise StatescapeError(f"{path.model.name} reads out by its embeddings; it has no unembedding of its own.")
        components = PCA.fit(path.unembedding, 3).components
        return Axes(Sphere.from_moments(moments, origin, components * scale**2), _numbered(say("unembedding")))
    raise unknown_name("set of axes", asked, ("1,2,3", *NAMES))


def _of_path(path: StatePath, scale: Float[np.ndarray, " d"]) -> Float[np.ndarray, "3 d"]:
    if len(path.states) < 4:
        raise StatescapeError(f"The axes of a path need at least 4 states; this one has {len(path.states)}.")
    scaled = path.states.astype(np.float64) / scale
    return np.asarray(PCA.fit(scaled, 3).components * scale)


def _components(numbers: list[int]) -> tuple[str, ...]:
    return tuple(f"PC{each}" for each in numbers)


def _numbered(name: str) -> tuple[str, ...]:
    return tuple(f"{name} {each}" for each in (1, 2, 3))
