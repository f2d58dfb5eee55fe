"""One forward pass: a text, its tokens and all states of all positions, ready to be asked for paths and lenses."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from jaxtyping import Float, Int

from statescape.errors import StatescapeError
from statescape.geometry import rogue_dimensions
from statescape.language.attribution import fixed_norm, logit_shares
from statescape.language.edits import Edit, in_words, position_of, positions_of
from statescape.language.flags import Flag, flags_of
from statescape.language.interop import read_cache
from statescape.language.lens.files import load_lens
from statescape.language.lens.lenses import Lens, Point, moved, point, points_read
from statescape.language.lens.readout import LensReadout
from statescape.language.lens.streaming import read_lens
from statescape.language.model.decoder import decoder_of
from statescape.language.path import StatePath, Steps, log_softmax
from statescape.language.readable import (
    Added,
    HasParts,
    HasRandomWeights,
    ModelFacts,
    ReadableModel,
)
from statescape.language.states import key_of_texts, states_of_ids, states_of_texts
from statescape.language.tokens import is_chat, joined
from statescape.wording import Noun, brief

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Trace(Noun):
    """The states of every position of one text.

    Attributes:
        model: the model that ran.
        text: the text as given.
        tokens: its tokens as they read, with what the policy put in front.
        token_ids: their ids.
        states: s_0 to s_L at every position, raw, before the final norm.
        opening: what opens the text where the tokenizer's policy does not say it: ids were given, or a chat.
        edits: what was changed while the model ran.
    """

    model: ReadableModel
    text: str
    tokens: tuple[str, ...]
    token_ids: tuple[int, ...]
    states: Float[np.ndarray, "states positions d_model"]
    opening: str = ""
    edits: tuple[Edit, ...] = ()

    @property
    def facts(self) -> ModelFacts:
        """Facts of the model, with what opens this text and what was edited."""
        facts = replace(self.model.facts, edited=in_words(self.edits)) if self.edits else self.model.facts
        if not self.opening:
            return facts
        return replace(facts, bos=self.opening, has_bos=self.model.tokens.opens(self.token_ids))

    @classmethod
    def read(cls, model: ReadableModel, text: Any, last: int | None = None, edits: Sequence[Edit] = ()) -> Trace:
        """Run ``model`` on a text, the ids of its tokens or a chat; with ``last`` on its last so many tokens only.

        Args:
            model: the model.
            text: a text, the ids of its tokens, or the messages of a chat.
            last: how many tokens to keep, counted from the end.
            edits: what is changed on the way, in this order.

        Raises:
            StatescapeError: for blank text, text longer than the model's context, ids that are none of its, messages
                that its tokenizer has no template for, or edits that fit neither the model nor the text.
        """
        ids, edits = model.tokens.encode(text, last), tuple(edits)
        return replace(cls.of(model, text, ids, states_of_ids(model, ids, edits)), edits=edits)

    @classmethod
    def of(
        cls,
        model: ReadableModel,
        text: Any,
        token_ids: tuple[int, ...],
        states: Float[np.ndarray, "states positions d_model"],
    ) -> Trace:
        """The trace of a text, a chat, or of token ids without a text, that ``model`` has read.

        Raises:
            StatescapeError: if states are not finite.
        """
        if not np.isfinite(states).all():
            raise StatescapeError(f"{model.facts.name} overflows on this text (states not finite); load it in float32.")
        tokens = model.tokens.read(token_ids)
        if is_chat(text):
            first = f"{tokens[0]} by " if model.tokens.opens(token_ids) else "none; "
            return cls(model, model.tokens.chat(text), tokens, token_ids, states, f"{first}the chat template")
        if isinstance(text, str):
            return cls(model, text, tokens, token_ids, states)
        read = joined([model.tokens.vocabulary[index] for index in token_ids])
        return cls(model, read, tokens, token_ids, states, "token ids as given")

    @classmethod
    def from_transformer_lens(
        cls,
        cache: Mapping[str, Any],
        model: ReadableModel | None = None,
        *,
        token_ids: Sequence[int] | None = None,
        row: int = 0,
    ) -> Trace:
        """The trace of states that TransformerLens has cached (see `statescape.language.interop`).

        Args:
            cache: what ``run_with_cache`` gave; ``blocks.0.hook_resid_pre`` and every ``hook_resid_post`` are needed.
            model: the same model, loaded by `load_model`; by default the one that a ``TransformerBridge`` wraps.
            token_ids: ids of the text; by default found again by ``hook_embed``.
            row: which text of the batch.

        Raises:
            StatescapeError: if states are missing, or are not those of this model.
        """
        model, ids, states = read_cache(cache, model, token_ids, row)
        return cls.of(model, ids, ids, states)

    def __len__(self) -> int:
        return len(self.tokens)

    @overload
    def __getitem__(self, position: int) -> StatePath: ...

    @overload
    def __getitem__(self, position: slice) -> tuple[StatePath, ...]: ...

    def __getitem__(self, position: Any) -> StatePath | tuple[StatePath, ...]:
        """The path of one position, or those of a slice: ``trace[-1]`` is that of the last."""
        if not isinstance(position, slice):
            return self.path(position_of(position, len(self)))
        return tuple(map(self.path, positions_of(position, len(self))))

    def __iter__(self) -> Iterator[StatePath]:
        return map(self.path, range(len(self)))

    def __repr__(self) -> str:
        states, positions, width = self.states.shape
        return brief(
            f"Trace of {brief(repr(self.text), 80)} by {self.model.facts.name}: {positions} positions, {states} states "
            f"each, width {width}{f'; edited: {in_words(self.edits)}' if self.edits else ''}"
        )

    def to_dataframe(self) -> pd.DataFrame:
        """One row for each position: its token, the token predicted next, its log-probability, the entropy (nats)."""
        import pandas as pd

        last = self.lens(top=1, states=[self.model.facts.n_blocks])
        return pd.DataFrame(
            {
                "position": range(len(self.tokens)),
                "token": self.tokens,
                "predicted": [self.model.tokens.vocabulary[token] for token in last.top_ids[0, :, 0]],
                "log_probability": last.top_log_probabilities[0, :, 0],
                "entropy": last.entropy[0],
            }
        )

    def path(self, position: int = -1) -> StatePath:
        """The path of the state at one position; negative positions count from the end.

        Raises:
            StatescapeError: if the text has no such position.
        """
        position = position_of(position, len(self))
        states = self.states[:, position]
        logits = self.model.decode(states)
        steps = self._steps(position, int(logits[-1].argmax()))
        return StatePath(
            model=self.facts,
            text=self.text,
            tokens=self.tokens,
            token_ids=self.token_ids,
            position=position,
            vocabulary=self.model.tokens.vocabulary,
            states=states,
            normed_states=np.asarray(self.model.normalise(states)),
            embeddings=self.model.embeddings,
            unembedding=self.model.unembedding,
            log_probabilities=log_softmax(logits).astype(np.float32),
            rogue_dimensions=self._rogue_dimensions,
            steps=None if isinstance(steps, str) else steps,
            steps_note=_not_apart(steps) if isinstance(steps, str) else "",
            origin=self,
            flags=self.flags,
        )

    def lens(
        self,
        *,
        top: int = 10,
        targets: Int[np.ndarray, " targets"] | None = None,
        lens: Lens | str | os.PathLike[str] | None = None,
        states: Sequence[int | str] | None = None,
        first: int = 0,
    ) -> LensReadout:
        """What the states decode to at every position, streamed.

        Args:
            top: how many of the likeliest tokens to keep.
            targets: one id for each position; by default the token that the last state predicts.
            lens: the lens to read with: an object, a name, a folder or a file (`load_lens`); None for the logit lens.
            states: the states to read, by number or TransformerLens name; by default all that the lens reads.
            first: the position from which on they are read.

        Raises:
            StatescapeError: if the lens does not read one of the states, or top or targets do not fit.
        """
        lens = load_lens("logit" if lens is None else lens, self.model)
        n_blocks = self.model.facts.n_blocks
        last = Point(n_blocks)
        if not 0 <= first < len(self.tokens):
            raise StatescapeError(f"The text has {len(self.tokens)} positions; the lens cannot begin at {first}.")
        points = points_read(lens, n_blocks) if states is None else tuple(point(name, n_blocks) for name in states)
        if not points:
            raise StatescapeError("The lens needs at least one state to read.")
        # The last state goes along in any case: its distribution is what the others are compared with.
        asked = [at for at in points if at != last]
        stacked = np.stack([*(moved(lens, self.state(at)[first:], at) for at in asked), self.states[-1][first:]])
        rows = [len(asked) if at == last else asked.index(at) for at in points]
        tokens, vocabulary = self.tokens[first:], self.model.tokens.vocabulary
        readout = read_lens(decoder_of(self.model), stacked, tokens, vocabulary, top, targets)
        return readout.chosen(rows, tuple(at.name for at in points), lens.name)

    def state(self, name: int | str | Point) -> Float[np.ndarray, "positions d_model"]:
        """One state at every position, by number or TransformerLens name, the middle of a block included.

        Raises:
            StatescapeError: if there is none of that name, or the block's attention and MLP cannot be told apart.
        """
        at = name if isinstance(name, Point) else point(name, self.model.facts.n_blocks)
        if not at.middle:
            return np.asarray(self.states[at.state])
        if isinstance(self._parts, str):
            raise StatescapeError(f"There is no {at.name} to read: {self._parts}.")
        if not self._parts.in_sequence:
            raise StatescapeError(
                f"There is no {at.name}: attention and MLP of a block run side by side in this model."
            )
        return np.asarray(self.states[at.state] + self._parts.attention[at.state])

    def states_of(self, texts: Sequence[str]) -> list[Float[np.ndarray, "states _ d_model"]]:
        """The states of other texts, read as this one was, with the same edits; the beginning of texts too long for it.

        Raises:
            StatescapeError: for a blank text, and where edits do not fit one.
        """
        return states_of_texts(self.model, texts, self.edits)

    def key_of(self, texts: Sequence[str]) -> str:
        """Names these states in the cache; "" where the model is edited, or too small to be kept."""
        return key_of_texts(self.model, texts, self.edits)

    def with_random_weights(self, seed: int) -> Trace | None:
        """The same tokens, with the same edits, through the same architecture with freshly drawn weights: a null.

        None where the model cannot be drawn anew.
        """
        if not isinstance(self.model, HasRandomWeights):
            return None
        model = self.model.with_random_weights(seed)
        return replace(self, model=model, states=states_of_ids(model, self.token_ids, self.edits))

    def with_parts(self, added: Added | str) -> Trace:
        """The same trace, which knows what attention and MLP added, or why that cannot be told."""
        vars(known := replace(self))["_parts"] = added
        return known

    @cached_property
    def flags(self) -> tuple[Flag, ...]:
        """Positions whose states are of another kind: special tokens, norms far beyond the others'."""
        special = [index in self.model.tokens.special for index in self.token_ids]
        return flags_of(self.states, self.tokens, special)

    @property
    def steps_note(self) -> str:
        """Why paths of this trace have no steps; empty where they have."""
        steps = self._steps(len(self.tokens) - 1, self.token_ids[-1])
        return _not_apart(steps) if isinstance(steps, str) else ""

    def _steps(self, position: int, predicted: int) -> Steps | str:
        """Attention and MLP apart, with their direct effect on a token's logit, or why that cannot be told."""
        if isinstance(self._parts, str):
            return self._parts
        row = decoder_of(self.model).centred_row(predicted)
        if row is None:
            return "the head is no product with a matrix"
        norm = fixed_norm(self.model, self.states[-1, position])
        if norm is None:
            return "the final norm is no scale, gain and bias"
        attention, mlp = self._parts.attention[:, position], self._parts.mlp[:, position]
        return Steps(attention, mlp, logit_shares(norm, row, attention), logit_shares(norm, row, mlp))

    @cached_property
    def _parts(self) -> Added | str:
        """What attention and MLP added, or why that cannot be told."""
        if not isinstance(self.model, HasParts):
            return "the model does not offer them"
        if self.edits:
            return "the run was edited"
        own, added = self.model.states_and_parts(self.token_ids)
        agree = max(1e-3, 8 * self.model.facts.eps)
        if isinstance(added, Added) and np.abs(own - self.states).max() > agree * np.abs(self.states).max():
            return "the states are not the model's own for this text, as in a run that was intervened on"
        return added

    @cached_property
    def _rogue_dimensions(self) -> tuple[int, ...]:
        """Found on all positions but the first, which is an attention sink with states of its own kind."""
        positions = self.states[:, 1:] if len(self.tokens) > 1 else self.states
        return rogue_dimensions(positions.reshape(-1, positions.shape[-1]))


def _not_apart(reason: str) -> str:
    return f"Attention and MLP are not shown apart: {reason}."
