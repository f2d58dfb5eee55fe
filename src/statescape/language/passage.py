"""One passage of a document, read by a model at many positions at once: what studies of a corpus ask of it.

A document longer than the model's context is read in passages one after the other, each opened as the tokenizer's
policy has it. The noun holds NumPy arrays only, so that a study can be asked of states made elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

LONGEST = 1024
"""Most tokens of a passage where the model sets no bound."""


@dataclass(frozen=True, eq=False)
class Passage:
    """States and readings at some positions of a passage.

    Attributes:
        positions: which positions, 0-based within the passage.
        current_ids: the token read at each.
        next_ids: the token that the text goes on with; -1 where it ends.
        states: s_0 to s_L, raw.
        normed: final_norm(s_L).
        attention: what the attention of every block added; None where attention and MLP are not known apart.
        mlp: the same of the MLP.
        attention_logit: the direct effect of each on the predicted token's logit; None where it is not known.
        mlp_logit: the same of the MLP.
        predicted_ids: the token that the model predicts.
        second_ids: its second choice.
        first_ids: the token that every state decodes to.
        rank: 0-based rank of the predicted token at every state.
        log_probability: its log-probability at every state.
        entropy: of every state's distribution, in nats.
        kl_to_final: KL(final || lens), in nats.
    """

    positions: Int[np.ndarray, " positions"]
    current_ids: Int[np.ndarray, " positions"]
    next_ids: Int[np.ndarray, " positions"]
    states: Float[np.ndarray, "states positions d_model"]
    normed: Float[np.ndarray, "positions d_model"]
    predicted_ids: Int[np.ndarray, " positions"]
    second_ids: Int[np.ndarray, " positions"]
    first_ids: Int[np.ndarray, "states positions"]
    rank: Int[np.ndarray, "states positions"]
    log_probability: Float[np.ndarray, "states positions"]
    entropy: Float[np.ndarray, "states positions"]
    kl_to_final: Float[np.ndarray, "states positions"]
    attention: Float[np.ndarray, "blocks positions d_model"] | None = None
    mlp: Float[np.ndarray, "blocks positions d_model"] | None = None
    attention_logit: Float[np.ndarray, "blocks positions"] | None = None
    mlp_logit: Float[np.ndarray, "blocks positions"] | None = None

    @property
    def n_blocks(self) -> int:
        """Number of blocks L."""
        return len(self.states) - 1


def following_ids(passages: Sequence[Sequence[int]], prefix: int) -> list[Int[np.ndarray, " positions"]]:
    """For every position of every passage the token that the document goes on with; -1 at its end.

    Args:
        passages: as `Tokens.pieces` gives them.
        prefix: tokens that stand in front of each and are no part of the document.
    """
    found = []
    for index, ids in enumerate(passages):
        after = passages[index + 1][prefix] if index + 1 < len(passages) else -1
        found.append(np.array([*ids[1:], after], dtype=np.int64))
    return found
