"""The tokens a path is looked at against, each with one name and one colour in every picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.analysis import PathReading
from statescape.language import StatePath
from statescape.views.core.marks import PointMark
from statescape.views.core.text import word
from statescape.views.core.theme import GREEN, ORANGE, PURPLE, RED
from statescape.wording import phrase, say


@dataclass(frozen=True)
class Landmark:
    """A token or mean that states are compared with.

    Attributes:
        role: "predicted", "current", "second" or "mean".
        token_id: its id; None for the mean embedding.
        text: the token as it reads; empty for the mean.
        colour: its colour in every picture.
    """

    role: str
    token_id: int | None
    text: str
    colour: str

    @property
    def name(self) -> str:
        """What a legend says."""
        if self.token_id is None:
            return say("mean embedding")
        return say("{role} ‘{token}’", role=say(self.role), token=word(self.text))

    def drawn(self, points: Float[np.ndarray, "vocabulary 2"]) -> PointMark:
        """Its mark in a plane of all tokens."""
        x, y = points[self.token_id or 0]
        return PointMark([x], [y], self.colour, self.name, 11, "diamond", hover="{note}", notes=[self.name])


def landmarks(path: StatePath) -> tuple[Landmark, ...]:
    """The predicted, the current and the second-best token and the mean embedding."""
    return (
        Landmark(phrase("predicted"), path.predicted_id, path.predicted.token, RED),
        Landmark(phrase("current"), path.current_id, path.tokens[path.position], ORANGE),
        Landmark(phrase("second-best"), path.second_id, path.vocabulary[path.second_id], PURPLE),
        Landmark("mean", None, "", GREEN),
    )


def token_landmarks(path: StatePath) -> tuple[Landmark, ...]:
    """The landmarks that are tokens, each id once: the predicted token may be the current one."""
    seen: dict[int, Landmark] = {}
    for mark in landmarks(path):
        if mark.token_id is not None:
            seen.setdefault(mark.token_id, mark)
    return tuple(seen.values())


def likeliest(reading: PathReading, count: int = 40) -> tuple[int, ...]:
    """Ids of the tokens that the last state makes likeliest, best first."""
    return tuple(token for token, _ in reading.top(-1, count))
