"""What a model must offer to be read: its tokens, its states, and the way from a state to logits.

    s_0 .. s_L = states(ids),    decode(s_L) = logits(ids)

`Trace`, the lenses, `fit_lens` and `verdict` ask for no more than `ReadableModel`, in NumPy arrays, so that a model of
any library can be read. `load_model` holds it to the second equation on a probe text before anything is read in it.
What else a model may offer has a protocol of one member each; where it is missing, what needs it is left out, or
refused in a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from statescape.geometry import Rows
from statescape.language.edits import Edit, Place
from statescape.language.tokens import Tokens
from statescape.wording import Noun, brief, phrase, say

_EPS = {"bfloat16": 2.0**-7, "float16": 2.0**-10}


@dataclass(frozen=True)
class ModelFacts(Noun):
    """Facts of a loaded model that every output states.

    Attributes:
        name: the name, folder or class it was loaded by.
        n_blocks: number of blocks L; a path has L + 1 states.
        d_model: width of the residual stream.
        vocab_size: rows of the embedding matrix.
        tied: whether embedding and unembedding are one matrix.
        dtype: dtype the model runs in ("float32", "bfloat16", ...).
        bos: what was done about the first token ("<|endoftext|> added by the tokenizer", "none", ...).
        max_logit_error: largest |decode(s_L) - logits| on the probe text, over the spread of the logits.
        error_bound: what the contract allows for this dtype.
        has_bos: whether position 0 of the text is a beginning-of-sequence token.
        quantisation: how the file stores most weights ("Q4_1"), which run in `dtype`; "" where as they run.
        edited: what was changed while it ran, in words; "" where it ran by itself.
    """

    name: str
    n_blocks: int
    d_model: int
    vocab_size: int
    tied: bool
    dtype: str = "float32"
    bos: str = "none"
    max_logit_error: float = 0.0
    error_bound: float = 1e-4
    has_bos: bool = False
    quantisation: str = ""
    edited: str = ""

    def __repr__(self) -> str:
        return brief(f"ModelFacts of {self}")

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.n_blocks} blocks, width {self.d_model}, {self.vocab_size:,} tokens, {self.dtype}; "
            f"BOS: {self.bos}" + (f"; edited: {self.edited}" if self.edited else "")
        )

    def as_json(self) -> dict[str, Any]:
        """What machine-readable outputs say of the model."""
        told = ("name", "n_blocks", "d_model", "vocab_size", "tied", "dtype", "quantisation")
        return {name: getattr(self, name) for name in told}

    @property
    def eps(self) -> float:
        """What numbers are rounded by on their way from the model to us, who take them in float32."""
        return _EPS.get(self.dtype, 2.0**-23)


# How the facts of a model end that say what opens a text; a token may stand before it.
OPENINGS = (
    phrase("none, left out on request"),
    phrase("none"),
    phrase("added by the tokenizer"),
    phrase("added on request"),
    phrase("token ids as given"),
    phrase("none; the chat template"),
    phrase("by the chat template"),
)


def opening_in_words(bos: str) -> str:
    """What opens a text, from the facts of its model, in the language that is spoken."""
    found = next((words for words in OPENINGS if bos == words or bos.endswith(f" {words}")), None)
    return bos if found is None else f"{bos.removesuffix(found)}{say(found)}"


@runtime_checkable
class ReadableModel(Protocol):
    """A causal language model with a residual stream, in NumPy arrays."""

    @property
    def facts(self) -> ModelFacts:
        """Its name and sizes."""

    @property
    def tokens(self) -> Tokens:
        """How texts become ids, and how ids read."""

    @property
    def embeddings(self) -> Float[Rows, "vocabulary d_model"]:
        """What it adds to the stream for every token, without position."""

    @property
    def unembedding(self) -> Float[np.ndarray, "vocabulary d_model"] | None:
        """Rows of W_U; None where they are the embeddings, up to a factor."""

    def states(self, ids: Sequence[int]) -> Float[np.ndarray, "states positions d_model"]:
        """s_0 to s_L at every position of one text: what enters the first block, and what leaves each."""

    def normalise(self, states: Float[np.ndarray, "rows d_model"]) -> Float[np.ndarray, "rows head_width"]:
        """final_norm(s): what the head reads."""

    def decode(self, states: Float[np.ndarray, "rows d_model"]) -> Float[np.ndarray, "rows vocabulary"]:
        """The logits of states, read as if they were last: final norm, unembedding, and what follows it."""

    def logits(self, ids: Sequence[int]) -> Float[np.ndarray, "positions vocabulary"]:
        """What it answers at every position of one text by its own forward pass."""


@dataclass(frozen=True, eq=False)
class Added:
    """What attention and MLP of every block added to the stream, which changes by their sum.

    Attributes:
        attention: what mixes positions.
        mlp: the other part.
        in_sequence: whether the MLP of every block reads what its attention wrote, so that the stream has a middle.
    """

    attention: Float[np.ndarray, "blocks positions d_model"]
    mlp: Float[np.ndarray, "blocks positions d_model"]
    in_sequence: bool = True


@runtime_checkable
class HasParts(Protocol):
    """A model that tells attention and MLP apart: paths have steps, and lenses read the middle of blocks."""

    def states_and_parts(self, ids: Sequence[int]) -> tuple[Float[np.ndarray, "states positions d_model"], Added | str]:
        """From one pass the states, and what the parts added to them, or the reason why that cannot be told."""


@runtime_checkable
class HasBatches(Protocol):
    """A model that reads several texts in one pass."""

    def states_of(self, texts: Sequence[Sequence[int]]) -> Iterator[Float[np.ndarray, "states positions d_model"]]:
        """The states of several tokenised texts, each as if it were alone."""


@runtime_checkable
class HasEdits(Protocol):
    """A model that runs with edits of its stream."""

    def edited_states(self, ids: Sequence[int], edits: Sequence[Edit]) -> Float[np.ndarray, "states positions d_model"]:
        """The states of one text as the edits leave them.

        Raises:
            StatescapeError: for an edit of a part, where parts cannot be told apart.
        """


@runtime_checkable
class HasEditedCopies(Protocol):
    """A model that reads one text many times in one pass, each time with other edits."""

    def last_states_edited(
        self,
        ids: Sequence[int],
        copies: Sequence[Sequence[Edit]],
        *,
        known: Float[np.ndarray, "states _ d_model"] | None = None,
        everywhere: bool = False,
        within: Sequence[int] | None = None,
    ) -> Float[np.ndarray, "copies *positions d_model"]:
        """s_L at the last position of each copy of the text, as its edits leave it.

        Args:
            ids: of the text.
            copies: the edits of each copy.
            known: the text's own states at its last positions, as many as are known, to go on from; None: none.
            everywhere: s_L at every position, not at the last alone.
            within: a text that begins with this one, and was read, or will be, on the way; None: none.
        """


@runtime_checkable
class HasGradients(Protocol):
    """A model that tells how its answer changes with every state."""

    def difference_gradients(
        self, ids: Sequence[int], answers: tuple[int, int]
    ) -> dict[Place, Float[np.ndarray, "_ positions d_model"]]:
        """Gradients of the logit of one token less that of another, at the end of a text, at its states and parts."""


@runtime_checkable
class HasRandomWeights(Protocol):
    """A model that can be drawn anew: the null for what training does."""

    def with_random_weights(self, seed: int) -> ReadableModel:
        """The same architecture, freshly initialised."""


@runtime_checkable
class HasKey(Protocol):
    """A model whose numbers may be kept between commands: `key` names its weights in the cache, "" keeps nothing."""

    key: str


@runtime_checkable
class HasMemory(Protocol):
    """A model that can keep what it needs to go on from texts that it has read."""

    def remembering(self, most: int) -> ReadableModel:
        """The same model, which keeps so many bytes of it."""


@runtime_checkable
class ReadsOn(Protocol):
    """A model that reads a text from where it parts from one that it has read before."""

    def read_on(
        self, ids: Sequence[int], shared: int, before: Sequence[int]
    ) -> tuple[Float[np.ndarray, "states _ d_model"], Added | str] | None:
        """States and parts of what a text has beyond its beginning, equal to those of the whole text up to rounding.

        Args:
            ids: of the text.
            shared: how many tokens it begins with as ``before`` does; fewer than it has.
            before: ids of a text whose states and parts were read before.

        Returns:
            None where the whole text has to be read.
        """


@runtime_checkable
class HasTwins(Protocol):
    """A model that several threads can run at the same time."""

    def twin(self) -> ReadableModel:
        """The same model, sharing its weights, with all of its own that a pass changes."""


@runtime_checkable
class HasWeights(Protocol):
    """A model that shows its weights: runs and lenses know it again by them."""

    @property
    def unembedding_matrix(self) -> Float[np.ndarray, "vocabulary d_model"]:
        """Rows of W_U as they are, whether tied or not."""

    def weights_digest(self) -> str:
        """A hash of them all."""


@runtime_checkable
class HasBos(Protocol):
    """A model whose policy on what opens a text can be changed."""

    def with_bos(self, bos: bool) -> ReadableModel:
        """The same model with a beginning-of-sequence token in front of every text, or without."""
