"""The path of one position: its states from the embedding to the last block, beside the embeddings of all tokens.

The noun holds NumPy arrays only, so that pictures and statistics need no torch. It is made by ``trace.path(position)``
or, without a model, by `StatePath.from_arrays`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.geometry import Path
from statescape.language.facts import ModelFacts
from statescape.language.lens_readout import LensReadout


@runtime_checkable
class PathOrigin(Protocol):
    """What a path was read from and can be asked again: the trace of its text."""

    def lens(self, *, top: int = 10) -> LensReadout:
        """The lens at every state and position of the text."""

    def with_random_weights(self, seed: int) -> PathOrigin:
        """The same text through the same architecture with freshly drawn weights: a null."""

    def path(self, position: int = -1) -> StatePath:
        """The path of one position."""


@dataclass(frozen=True, eq=False)
class Steps:
    """What attention and MLP each added at every block, where the two sum to the block's change.

    Attributes:
        attention: what the attention of block l added to the stream.
        mlp: what the MLP of block l added to the stream.
        attention_logit: its direct effect on the predicted token's logit, through the final norm's own scale at s_L
            (logit minus the mean logit over the vocabulary, so that what raises all tokens alike does not count).
        mlp_logit: the same for the MLP.
    """

    attention: Float[np.ndarray, "blocks d_model"]
    mlp: Float[np.ndarray, "blocks d_model"]
    attention_logit: Float[np.ndarray, " blocks"]
    mlp_logit: Float[np.ndarray, " blocks"]


@dataclass(frozen=True, eq=False)
class StatePath:
    """The L + 1 states of one position with the tokens they are looked at against.

    Attributes:
        model: facts of the model that made the states.
        text: the text as given.
        tokens: the text's tokens as they read, `position` the one whose states these are.
        token_ids: their ids.
        position: 0-based position of the states; the state predicts the token after it.
        vocabulary: how every token of the vocabulary reads (spaces kept, bytes that are no text as ``<0xE2>``).
        states: s_0 to s_L, the raw residual stream.
        normed_states: final_norm(s_l).
        embeddings: the embedding of every token, without position, as the model adds it to the stream (float32).
        unembedding: rows of W_U for untied models; None where it is the embedding matrix.
        log_probabilities: natural log-probabilities of every token, decoded from every state (logit lens; float32).
        rogue_dimensions: coordinates that dominate norms and cosines, found on all positions of the text but the first.
        steps: attention and MLP apart; None where their parts do not sum to the block's change.
        origin: the trace this path was read from; None when it was made from arrays.
    """

    model: ModelFacts
    text: str
    tokens: tuple[str, ...]
    token_ids: tuple[int, ...]
    position: int
    vocabulary: tuple[str, ...]
    states: Float[np.ndarray, "states d_model"]
    normed_states: Float[np.ndarray, "states d_model"]
    embeddings: Float[np.ndarray, "vocabulary d_model"]
    unembedding: Float[np.ndarray, "vocabulary d_model"] | None
    log_probabilities: Float[np.ndarray, "states vocabulary"]
    rogue_dimensions: tuple[int, ...] = ()
    steps: Steps | None = None
    origin: PathOrigin | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.position < len(self.tokens):
            raise StatescapeError(f"Position {self.position} is outside a text of {len(self.tokens)} tokens.")
        if self.log_probabilities.shape != (len(self.states), len(self.embeddings)):
            raise StatescapeError(
                f"Log-probabilities of shape {self.log_probabilities.shape} do not fit {len(self.states)} states and "
                f"{len(self.embeddings)} tokens."
            )

    @property
    def n_blocks(self) -> int:
        """Number of blocks L; the path has L + 1 states."""
        return len(self.states) - 1

    @property
    def predicted_id(self) -> int:
        """Id of the predicted token: the argmax of the final logits."""
        return int(self.log_probabilities[-1].argmax())

    @property
    def second_id(self) -> int:
        """Id of the second-best token of the final logits."""
        return int(np.argpartition(self.log_probabilities[-1], -2)[-2])

    @property
    def current_id(self) -> int:
        """Id of the token at the path's own position."""
        return self.token_ids[self.position]

    @property
    def geometry(self) -> Path:
        """States against embeddings, as the rooms of geometry and the shared figures take them (float64)."""
        return Path(np.asarray(self.states, dtype=np.float64), np.asarray(self.embeddings, dtype=np.float64))
