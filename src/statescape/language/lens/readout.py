"""What the lens reads in the states of a whole text: one row of tokens for every state and position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int

from statescape.errors import StatescapeError
from statescape.wording import Noun, brief

if TYPE_CHECKING:
    import pandas as pd

AXIS_OF_POSITIONS = {
    "target_ids": 0,
    "top_ids": 1,
    "top_log_probabilities": 1,
    "rank": 1,
    "log_probability": 1,
    "entropy": 1,
    "kl_to_final": 1,
}


@dataclass(frozen=True, eq=False)
class LensReadout(Noun):
    """Top tokens, target's rank and log-probability, entropy and divergence of every state at every position.

    Attributes:
        tokens: the text's tokens as they read.
        vocabulary: how every token reads.
        target_ids: the target of each position (by default the token that the last state predicts).
        top_ids: ids of the likeliest tokens, best first.
        top_log_probabilities: their natural log-probabilities.
        rank: 0-based rank of the target, the count of tokens strictly above it.
        log_probability: natural log-probability of the target.
        entropy: entropy of the lens distribution, in nats.
        kl_to_final: KL(final || lens), in nats.
        states: which states were read: their numbers, or TransformerLens's name of the middle of a block; by default
            all of them, from 0.
        lens: the lens that read them.

    Raises:
        StatescapeError: where states and their names differ in number.
    """

    tokens: tuple[str, ...]
    vocabulary: tuple[str, ...]
    target_ids: Int[np.ndarray, " positions"]
    top_ids: Int[np.ndarray, "states positions top"]
    top_log_probabilities: Float[np.ndarray, "states positions top"]
    rank: Int[np.ndarray, "states positions"]
    log_probability: Float[np.ndarray, "states positions"]
    entropy: Float[np.ndarray, "states positions"]
    kl_to_final: Float[np.ndarray, "states positions"]
    states: tuple[int | str, ...] = ()
    lens: str = "logit"

    def __post_init__(self) -> None:
        if not self.states:
            object.__setattr__(self, "states", tuple(range(len(self.rank))))
        elif len(self.states) != len(self.rank):
            raise StatescapeError(f"{len(self.states)} names for {len(self.rank)} states; give one for each.")

    def __repr__(self) -> str:
        states, positions, top = self.top_ids.shape
        text = brief(repr("".join(self.tokens)), 80)
        return brief(
            f"LensReadout of {text} by the {self.lens} lens: {states} states, {positions} positions, top {top}"
        )

    def followed_by(self, other: LensReadout) -> LensReadout:
        """The readings of this text's positions and then of another's, by the same lens of the same states."""
        fields: dict[str, Any] = {
            name: np.concatenate([getattr(self, name), getattr(other, name)], axis=axis)
            for name, axis in AXIS_OF_POSITIONS.items()
        }
        return replace(self, tokens=self.tokens + other.tokens, **fields)

    def up_to(self, position: int) -> LensReadout:
        """The readings of the positions before one."""
        fields: dict[str, Any] = {
            name: getattr(self, name)[(slice(None),) * axis + (slice(position),)]
            for name, axis in AXIS_OF_POSITIONS.items()
        }
        return replace(self, tokens=self.tokens[:position], **fields)

    def chosen(self, rows: Sequence[int], states: tuple[int | str, ...], lens: str) -> LensReadout:
        """The readings of some states only, by row, under these names."""
        fields = ("top_ids", "top_log_probabilities", "rank", "log_probability", "entropy", "kl_to_final")
        picked: dict[str, Any] = {name: getattr(self, name)[list(rows)] for name in fields}
        return replace(self, **picked, states=states, lens=lens)

    def to_dataframe(self) -> pd.DataFrame:
        """One row for each state and position, the top tokens in columns ``top_1``, ``top_2``, ..."""
        import pandas as pd

        states, positions, top = self.top_ids.shape
        state, position = np.divmod(np.arange(states * positions), positions)
        columns = {
            "state": [self.states[index] for index in state],
            "position": position,
            "token": [self.tokens[index] for index in position],
            "target": [self.vocabulary[self.target_ids[index]] for index in position],
            "rank": self.rank.ravel(),
            "log_probability": self.log_probability.ravel(),
            "entropy": self.entropy.ravel(),
            "kl_to_final": self.kl_to_final.ravel(),
        }
        for place in range(top):
            columns[f"top_{place + 1}"] = [self.vocabulary[token] for token in self.top_ids[:, :, place].ravel()]
        return pd.DataFrame(columns)
