"""One forward pass: a text, its tokens and all states of all positions, ready to be asked for paths and lenses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Int

from statescape.errors import StatescapeError
from statescape.geometry import rogue_dimensions
from statescape.language.attribution import fixed_norm, logit_shares
from statescape.language.lens import read_lens
from statescape.language.lens_readout import LensReadout
from statescape.language.model import LanguageModel
from statescape.language.parts import read_parts
from statescape.language.state_path import StatePath, Steps, log_softmax


@dataclass(frozen=True, eq=False)
class Trace:
    """The states of every position of one text.

    Attributes:
        model: the model that ran.
        text: the text as given.
        tokens: its tokens as they read, with what the policy put in front.
        token_ids: their ids.
        states: s_0 to s_L at every position, raw, before the final norm.
    """

    model: LanguageModel
    text: str
    tokens: tuple[str, ...]
    token_ids: tuple[int, ...]
    states: Float[np.ndarray, "states positions d_model"]

    def path(self, position: int = -1) -> StatePath:
        """The path of the state at one position; negative positions count from the end.

        Raises:
            StatescapeError: if the text has no such position.
        """
        length = len(self.tokens)
        if not -length <= position < length:
            raise StatescapeError(
                f"Position {position} is outside the text: its {length} tokens have positions 0 to {length - 1} "
                f"(or -{length} to -1)."
            )
        position %= length
        states = self.states[:, position]
        logits = self.model.decode(states)
        steps = self._steps(position, int(logits[-1].argmax()))
        return StatePath(
            model=self.model.facts,
            text=self.text,
            tokens=self.tokens,
            token_ids=self.token_ids,
            position=position,
            vocabulary=self.model.vocabulary,
            states=states,
            normed_states=self.model.normalise(states),
            embeddings=self.model.embeddings,
            unembedding=self.model.unembedding,
            log_probabilities=log_softmax(logits).astype(np.float32),
            rogue_dimensions=self._rogue_dimensions,
            steps=None if isinstance(steps, str) else steps,
            origin=self,
        )

    def lens(self, *, top: int = 10, targets: Int[np.ndarray, " targets"] | None = None) -> LensReadout:
        """The logit lens at every state and position, streamed.

        Args:
            top: how many of the likeliest tokens to keep.
            targets: one id for each position; by default the token that the last state predicts.
        """
        return read_lens(self.model.decoder, self.states, self.tokens, self.model.vocabulary, top, targets)

    def with_random_weights(self, seed: int) -> Trace:
        """The same tokens through the same architecture with freshly drawn weights: a null."""
        model = self.model.with_random_weights(seed)
        states = model.anatomy.states(torch.tensor(self.token_ids)).cpu().numpy()
        return Trace(model, self.text, self.tokens, self.token_ids, states)

    @property
    def steps_note(self) -> str:
        """Why paths of this trace have no steps; empty where they have."""
        steps = self._steps(len(self.tokens) - 1, self.token_ids[-1])
        return f"Attention and MLP are not shown apart: {steps}." if isinstance(steps, str) else ""

    def _steps(self, position: int, predicted: int) -> Steps | str:
        """Attention and MLP apart, with their direct effect on a token's logit, or why that cannot be told."""
        if isinstance(self._parts, str):
            return self._parts
        row = self.model.centred_row(predicted)
        if row is None:
            return "the head is no product with a matrix"
        norm = fixed_norm(self.model.decoder, self.states[-1, position])
        if norm is None:
            return "the final norm is no scale, gain and bias"
        attention, mlp = (side[:, position] for side in self._parts)
        return Steps(attention, mlp, logit_shares(norm, row, attention), logit_shares(norm, row, mlp))

    @cached_property
    def _parts(self) -> tuple[np.ndarray, np.ndarray] | str:
        """What attention and MLP added, each [blocks, positions, d_model], or why that cannot be told."""
        parts = self.model.parts
        if isinstance(parts, str):
            return parts
        added = read_parts(self.model.anatomy, parts, torch.tensor(self.token_ids))
        return added if isinstance(added, str) else (added[0].cpu().numpy(), added[1].cpu().numpy())

    @cached_property
    def _rogue_dimensions(self) -> tuple[int, ...]:
        """Found on all positions but the first, which is an attention sink with states of its own kind."""
        positions = self.states[:, 1:] if len(self.tokens) > 1 else self.states
        return rogue_dimensions(positions.reshape(-1, positions.shape[-1]))
