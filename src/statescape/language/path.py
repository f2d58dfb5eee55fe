"""The path of one position: its states from the embedding to the last block, beside the embeddings of all tokens.

The noun holds NumPy arrays only, so that pictures and statistics need no torch. It is made by ``trace.path(position)``
or, without a model, by `StatePath.from_arrays`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from statescape import plugins
from statescape.errors import StatescapeError
from statescape.geometry import Path, Rows, rogue_dimensions
from statescape.language.flags import Flag
from statescape.language.lens.readout import LensReadout
from statescape.language.readable import ModelFacts
from statescape.language.tokens import joined, whole
from statescape.wording import Noun, brief, number

if TYPE_CHECKING:
    import pandas as pd


class Predicted(NamedTuple):
    """The token that a path ends at.

    Attributes:
        id: of the token.
        token: how it reads.
        probability: that the model gives it.
    """

    id: int
    token: str
    probability: float


@runtime_checkable
class PathOrigin(Protocol):
    """What a path was read from and can be asked again: the trace of its text."""

    def lens(self, *, top: int = 10) -> LensReadout:
        """The lens at every state and position of the text."""

    def with_random_weights(self, seed: int) -> PathOrigin | None:
        """The same text through the same architecture with freshly drawn weights: a null; None where there is none."""

    def path(self, position: int = -1) -> StatePath:
        """The path of one position."""


@runtime_checkable
class HasOtherTexts(Protocol):
    """An origin whose model reads other texts, too: what a path's geometry is held against."""

    states: Float[np.ndarray, "states positions d_model"]

    def states_of(self, texts: Sequence[str]) -> list[Float[np.ndarray, "states _ d_model"]]:
        """The states of other texts, read as this one was; the beginning of those that are too long."""

    def key_of(self, texts: Sequence[str]) -> str:
        """Names these states in the cache; "" where nothing made from them is worth keeping."""


@dataclass(frozen=True, eq=False)
class Steps(Noun):
    """What attention and MLP each added at every block, where the two sum to the block's change.

    Attributes:
        attention: what the attention of block l added to the stream (in hybrid models: whatever mixes positions).
        mlp: what the MLP of block l added to the stream.
        attention_logit: its direct effect on the predicted token's logit, through the final norm's own scale at s_L
            (logit minus the mean logit over the vocabulary, so that what raises all tokens alike does not count).
        mlp_logit: the same for the MLP.
    """

    attention: Float[np.ndarray, "blocks d_model"]
    mlp: Float[np.ndarray, "blocks d_model"]
    attention_logit: Float[np.ndarray, " blocks"]
    mlp_logit: Float[np.ndarray, " blocks"]

    def __repr__(self) -> str:
        attention, mlp = self.attention_logit.sum(), self.mlp_logit.sum()
        return brief(
            f"Steps of {len(self.attention)} blocks: attention adds {attention:+.1f} to the prediction's logit, the "
            f"MLPs {mlp:+.1f}"
        )


@dataclass(frozen=True, eq=False)
class StatePath(Noun):
    """The L + 1 states of one position with the tokens they are looked at against.

    Attributes:
        model: facts of the model that made the states.
        text: the text as given.
        tokens: the text's tokens as they read one after the other, `position` the one whose states these are.
        token_ids: their ids.
        position: 0-based position of the states; the state predicts the token after it.
        vocabulary: how every token of the vocabulary reads (spaces kept, bytes that are no text as ``<0xE2>``).
        states: s_0 to s_L, the raw residual stream.
        normed_states: final_norm(s_l).
        embeddings: the embedding of every token, without position, as the model adds it to the stream (float32).
        unembedding: rows of W_U for untied models; None where it is the embedding matrix.
        log_probabilities: natural log-probabilities of every token, decoded from every state (logit lens; float32).
        rogue_dimensions: coordinates that dominate norms and cosines, found on all positions of the text but the first.
        steps: attention and MLP apart; None where they are not known.
        steps_note: why not, as outputs state it; empty where they are known.
        origin: the trace this path was read from; None when it was made from arrays.
        flags: positions of the text whose states are of another kind: special tokens, norms far beyond the others'.

    Raises:
        StatescapeError: for a position outside the text, or arrays that do not fit each other.
    """

    model: ModelFacts
    text: str
    tokens: tuple[str, ...]
    token_ids: tuple[int, ...]
    position: int
    vocabulary: tuple[str, ...]
    states: Float[np.ndarray, "states d_model"]
    normed_states: Float[np.ndarray, "states d_model"]
    embeddings: Float[Rows, "vocabulary d_model"]
    unembedding: Float[np.ndarray, "vocabulary d_model"] | None
    log_probabilities: Float[np.ndarray, "states vocabulary"]
    rogue_dimensions: tuple[int, ...] = ()
    steps: Steps | None = None
    steps_note: str = ""
    origin: PathOrigin | None = None
    flags: tuple[Flag, ...] = ()

    @classmethod
    def from_arrays(
        cls,
        states: Float[np.ndarray, "states d_model"],
        embeddings: Float[np.ndarray, "vocabulary _"],
        *,
        normed_states: Float[np.ndarray, "_ _"] | None = None,
        log_probabilities: Float[np.ndarray, "_ _"] | None = None,
        unembedding: Float[np.ndarray, "_ _"] | None = None,
        vocabulary: Sequence[str] | None = None,
        token_ids: Sequence[int] = (0,),
        name: str = "arrays",
    ) -> StatePath:
        """The path of states that were computed elsewhere, without a model.

        Args:
            states: s_0 to s_L, the raw residual stream, [states, d_model].
            embeddings: one row for every token, as added to the stream, [vocabulary, d_model].
            normed_states: what the final norm makes of the states, [states, d_model]; by default the states themselves.
            log_probabilities: of every token, decoded from every state, [states, vocabulary]; by default the
                log-softmax of the products of ``normed_states`` with the rows of ``unembedding``.
            unembedding: rows of W_U, [vocabulary, d_model]; by default the embeddings (tied).
            vocabulary: how every token reads; by default its id.
            token_ids: ids of the text; the path is that of its last token.
            name: what outputs call the model.

        Raises:
            StatescapeError: if shapes, ids or values do not fit together.
        """
        rows = embeddings if unembedding is None else unembedding
        normed = states if normed_states is None else normed_states
        words = tuple(str(token) for token in range(len(embeddings))) if vocabulary is None else tuple(vocabulary)
        _refuse_misfits(states, embeddings, normed, rows, words, token_ids)
        if log_probabilities is None:
            log_probabilities = log_softmax(np.asarray(normed, np.float64) @ np.asarray(rows, np.float64).T)
        _refuse_misshapen(log_probabilities, len(states), len(embeddings))
        tokens = whole([words[token] for token in token_ids])
        facts = ModelFacts(name, len(states) - 1, states.shape[1], len(embeddings), tied=unembedding is None)
        return cls(
            model=facts,
            text=joined([words[token] for token in token_ids]),
            tokens=tokens,
            token_ids=tuple(int(token) for token in token_ids),
            position=len(tokens) - 1,
            vocabulary=words,
            states=states,
            normed_states=normed,
            embeddings=embeddings,
            unembedding=unembedding,
            log_probabilities=log_probabilities,
            rogue_dimensions=rogue_dimensions(states) if len(states) > 1 else (),
        )

    def __post_init__(self) -> None:
        if not 0 <= self.position < len(self.tokens):
            raise StatescapeError(f"Position {self.position} is outside a text of {len(self.tokens)} tokens.")
        _refuse_misshapen(self.log_probabilities, len(self.states), len(self.embeddings))

    @property
    def n_blocks(self) -> int:
        """Number of blocks L; the path has L + 1 states."""
        return len(self.states) - 1

    @property
    def predicted_id(self) -> int:
        """Id of the predicted token: the argmax of the final logits."""
        return int(self.log_probabilities[-1].argmax())

    @property
    def predicted(self) -> Predicted:
        """The predicted token, as it reads after the text, with its probability."""
        token = self.predicted_id
        return Predicted(
            token, whole([*self._read, self.vocabulary[token]])[-1], float(np.exp(self.log_probabilities[-1, token]))
        )

    @property
    def text_so_far(self) -> str:
        """The text up to the path's own position, with what was put in front."""
        return joined(self._read)

    @property
    def _read(self) -> list[str]:
        return [self.vocabulary[token] for token in self.token_ids[: self.position + 1]]

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

    @cached_property
    def reading(self) -> Any:
        """All numbers of the path, measured when they are first asked for (`statescape.analysis.PathReading`)."""
        return plugins.reading(self)

    @property
    def conclusion(self) -> str:
        """Where this path ends, where it leads and what it decodes to, in two sentences."""
        return str(plugins.conclusion(self))

    def cosine(
        self, to: str = "predicted", variant: str = "raw", *, normed: bool = False
    ) -> Float[np.ndarray, " states"]:
        """Cosine of every state with one embedding.

        Args:
            to: the "predicted", "current" or "second"-best token's embedding, or the "mean" of all embeddings.
            variant: "raw"; "centred": both minus the mean embedding; or "without_rogue": without rogue dimensions.
            normed: final_norm(s_l) instead of s_l.

        Raises:
            StatescapeError: for another token or variant.
        """
        cosines: Float[np.ndarray, " states"] = self.reading.cosine(to, variant, normed=normed)
        return cosines

    def to_dataframe(self) -> pd.DataFrame:
        """What the command line prints of a path, one row for each state; see `PathReading.to_dataframe`."""
        table: pd.DataFrame = plugins.table(self)
        return table

    def __len__(self) -> int:
        return len(self.states)

    def __repr__(self) -> str:
        ends = self.predicted
        return brief(
            f"StatePath of {brief(repr(self.text), 80)}: {len(self.states)} states of {self.model.name}, position "
            f"{self.position}, ends at {ends.token!r} {number(ends.probability, '.1%')}"
            f"{f'; edited: {self.model.edited}' if self.model.edited else ''}"
        )


def log_softmax(logits: Float[np.ndarray, "states vocabulary"]) -> Float[np.ndarray, "states vocabulary"]:
    """Natural log-probabilities of logits, one distribution a row, summed in float64."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True, dtype=np.float64)))


def _refuse_misfits(
    states: np.ndarray,
    embeddings: np.ndarray,
    normed: np.ndarray,
    rows: np.ndarray,
    words: tuple[str, ...],
    token_ids: Sequence[int],
) -> None:
    arrays = (states, embeddings, normed, rows)
    if any(array.ndim != 2 or array.shape[1:] != states.shape[1:] for array in arrays):
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise StatescapeError(f"States, embeddings, normed states and unembedding need one width; got {shapes}.")
    if len(normed) != len(states):
        raise StatescapeError(f"{len(states)} states need as many normed states; got {len(normed)}.")
    if not len(words) == len(rows) == len(embeddings):
        raise StatescapeError(f"{len(embeddings)} embeddings need as many words and as many rows of W_U.")
    if not all(np.isfinite(array).all() for array in arrays):
        raise StatescapeError("States and embeddings must be finite; some are NaN or infinite.")
    if len(token_ids) == 0 or not all(0 <= token < len(embeddings) for token in token_ids):
        raise StatescapeError(f"A path needs token ids between 0 and {len(embeddings) - 1}; got {list(token_ids)}.")


def _refuse_misshapen(log_probabilities: np.ndarray, states: int, vocabulary: int) -> None:
    if log_probabilities.shape != (states, vocabulary):
        raise StatescapeError(
            f"Log-probabilities of shape {log_probabilities.shape} do not fit {states} states and {vocabulary} tokens."
        )
