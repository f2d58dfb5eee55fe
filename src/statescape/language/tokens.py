"""How a text becomes ids, and how ids read: the tokenizer with its policy on what stands in front of a text.

The tokenizer's own template decides whether a beginning-of-sequence token is put in front; ``bos=True`` or ``False``
overrides it. A text that opens with that token already gets no second one. Tokens are shown as they read: spaces kept,
byte-level alphabets decoded, bytes that are no text on their own as ``<0xE2>``.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from statescape.errors import StatescapeError
from statescape.wording import brief


@dataclass(frozen=True, eq=False)
class Tokens:
    """A tokenizer bound to one model.

    Attributes:
        tokenizer: the Hugging Face tokenizer.
        vocabulary: how every row of the embedding matrix reads.
        prefix: ids put in front of every text.
        policy: what was done about the first token, as outputs state it.
        context: most tokens the model takes; None where it sets no bound.
    """

    tokenizer: Any
    vocabulary: tuple[str, ...]
    prefix: tuple[int, ...]
    policy: str
    context: int | None

    def __repr__(self) -> str:
        context = "no bound" if self.context is None else f"at most {self.context:,}"
        return brief(f"Tokens: a vocabulary of {len(self.vocabulary):,}, {context} a text; BOS: {self.policy}")

    @classmethod
    def of(
        cls, vocabulary: Sequence[str], encode: Callable[[str], Sequence[int]], context: int | None = None
    ) -> Tokens:
        """Tokens of a model that brings no tokenizer of Hugging Face; nothing is put in front of a text.

        Args:
            vocabulary: how every token reads.
            encode: from a text to the ids of its tokens.
            context: most tokens the model takes; None where it sets no bound.
        """
        return cls(_Plain(encode), tuple(vocabulary), (), "none", context)

    @property
    def end(self) -> int | None:
        """The token that ends a text; None where the tokenizer knows none."""
        found = getattr(self.tokenizer, "eos_token_id", None)
        return int(found) if isinstance(found, int) else None

    def encode(self, text: Any, last: int | None = None) -> tuple[int, ...]:
        """Ids of a text behind the prefix, or ids as they are; with ``last`` only the last so many of its own tokens.

        Raises:
            StatescapeError: for blank text, text that is no valid Unicode, text longer than the context, ids that are
                none of the vocabulary.
        """
        if not isinstance(text, str):
            return self._ids(text, last)
        if not text.strip():
            raise StatescapeError("The text is empty; give at least one word.")
        if not (ids := self._plain(text)):
            raise StatescapeError("The tokenizer makes no token of this text; give a text with letters.")
        return self._framed(self._unopened(ids), last)

    def opens(self, ids: tuple[int, ...]) -> bool:
        """Whether ids begin as texts of this tokenizer do: with its prefix, or its beginning-of-sequence token."""
        opening = self.prefix or (self.tokenizer.bos_token_id,)
        return ids[: len(opening)] == opening

    def _ids(self, ids: Any, last: int | None = None) -> tuple[int, ...]:
        """Ids that were made elsewhere: one row of ids of the vocabulary, no longer than the context."""
        if isinstance(ids, Mapping) or (isinstance(ids, list | tuple) and ids and isinstance(ids[0], Mapping)):
            raise StatescapeError(
                "A trace reads a text or token ids; make the text of chat messages first: "
                "tokenizer.apply_chat_template(messages, tokenize=False)."
            )
        if not isinstance(ids, list | tuple | range) and not hasattr(ids, "tolist"):
            raise StatescapeError(f"A trace reads a text or token ids; got {type(ids).__name__}.")
        try:
            row = np.asarray(ids.tolist() if hasattr(ids, "tolist") else ids)
        except ValueError:  # rows of several lengths
            row = np.empty((0, 0))
        if row.ndim != 1 or len(row) == 0 or row.dtype.kind not in "iu":
            raise StatescapeError("Token ids are one list of whole numbers; give those of one text at a time.")
        if row.min() < 0 or row.max() >= len(self.vocabulary):
            raise StatescapeError(
                f"Token ids of this model lie between 0 and {len(self.vocabulary) - 1}; got {row.min()} to {row.max()}."
            )
        return replace(self, prefix=())._framed(tuple(row.tolist()), last)

    def _plain(self, text: str) -> tuple[int, ...]:
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise StatescapeError("The text holds bytes that are no UTF-8; save it as UTF-8 and try again.") from error
        ids = tuple(self.tokenizer.encode(text, add_special_tokens=False, verbose=False))
        largest = max(ids, default=0)
        if largest >= len(self.vocabulary):
            raise StatescapeError(
                f"The tokenizer does not fit the model: it gives id {largest}, the model has "
                f"{len(self.vocabulary)} embeddings; load the one that the model was trained with."
            )
        return ids

    def _unopened(self, ids: tuple[int, ...]) -> tuple[int, ...]:
        return ids[len(self.prefix) :] if ids[: len(self.prefix)] == self.prefix else ids

    def _framed(self, ids: tuple[int, ...], last: int | None) -> tuple[int, ...]:
        if last is not None and last < 1:
            raise StatescapeError(f"last is a number of tokens, at least 1; got {last}.")
        if last is not None:
            ids = ids[-last:]
        room = None if self.context is None else self.context - len(self.prefix)
        if room is not None and len(ids) > room:
            raise StatescapeError(
                f"The text has {len(ids):,} tokens, the model takes {room:,}; shorten it, or keep the last {room} "
                f"(last={room})."
            )
        return self.prefix + ids

    def pieces(self, text: str, longest: int | None = None) -> tuple[tuple[int, ...], ...]:
        """Ids of a text of any length in pieces that fit the context, each behind the prefix; none of a blank text.

        Args:
            text: the text, which may open with the prefix.
            longest: most tokens of a piece where the model sets no bound; None for the whole text.

        Raises:
            StatescapeError: for text that is no valid Unicode, ids that the model has no embedding for.
        """
        ids = self._unopened(self._plain(text))
        bound = self.context or longest
        size = max(1, len(ids) if bound is None else bound - len(self.prefix))
        return tuple(self.prefix + ids[start : start + size] for start in range(0, len(ids), size))


@dataclass(frozen=True)
class _Plain:
    """A function from texts to ids, asked as a tokenizer is."""

    ids: Callable[[str], Sequence[int]]
    bos_token_id: None = None

    def encode(self, text: str, **_: Any) -> Sequence[int]:
        return self.ids(text)


def bind(tokenizer: Any, rows: int, bos: bool | None, context: int | None) -> Tokens:
    """Settle the policy and the reading of every token for a model with ``rows`` embeddings.

    Raises:
        StatescapeError: if the tokenizer knows more ids than the model has embeddings, or has no token to put in front.
    """
    ids = set(tokenizer.get_vocab().values())
    if not ids:
        raise StatescapeError("The tokenizer is empty; load the one that the model was trained with.")
    # Some published models have a token or two, added later, beyond the matrix: a text that meets one is refused.
    if max(ids - set(tokenizer.added_tokens_decoder), default=0) >= rows:
        raise StatescapeError(
            f"The tokenizer does not fit the model: it knows {max(ids) + 1:,} tokens, the model has {rows:,} "
            "embeddings; load the one that the model was trained with."
        )
    vocabulary = readings(tokenizer, rows)
    prefix, policy = _prefix(tokenizer, vocabulary, bos)
    return Tokens(tokenizer, vocabulary, prefix, policy, context)


def _prefix(tokenizer: Any, vocabulary: tuple[str, ...], bos: bool | None) -> tuple[tuple[int, ...], str]:
    bare = tokenizer.encode("a", add_special_tokens=False)
    framed = tokenizer.encode("a", add_special_tokens=True)
    starts = [at for at in range(len(framed) - len(bare) + 1) if framed[at : at + len(bare)] == bare]
    own = tuple(framed[: starts[0]]) if starts else ()
    if bos is None:
        return own, f"{_read(own, vocabulary)} added by the tokenizer" if own else "none"
    if not bos:
        return (), "none, left out on request" if own else "none"
    if not own and tokenizer.bos_token_id is None:
        raise StatescapeError("This tokenizer has no beginning-of-sequence token; leave bos out.")
    asked = own or (int(tokenizer.bos_token_id),)
    return asked, f"{_read(asked, vocabulary)} added on request"


def _read(ids: tuple[int, ...], vocabulary: tuple[str, ...]) -> str:
    return "".join(vocabulary[index] if index < len(vocabulary) else f"<id {index}>" for index in ids)


def readings(tokenizer: Any, rows: int) -> tuple[str, ...]:
    """How each of the first ``rows`` ids reads; rows the tokenizer does not know read ``<id 50257>``."""
    pieces: dict[int, str] = {index: piece for piece, index in tokenizer.get_vocab().items()}
    literal = {index: str(token) for index, token in tokenizer.added_tokens_decoder.items()}
    read = _reader(tokenizer)
    return tuple(
        literal[index] if index in literal else read(pieces[index]) if index in pieces else f"<id {index}>"
        for index in range(rows)
    )


def _reader(tokenizer: Any) -> Any:
    """The function from a piece of the vocabulary to how it reads, by the kind of the tokenizer's decoder."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    decoder = json.dumps(json.loads(backend.to_str())["decoder"]) if backend is not None else ""
    if '"ByteLevel"' in decoder or hasattr(tokenizer, "byte_decoder"):
        alphabet = _byte_alphabet()

        def read(piece: str) -> str:
            if any(character not in alphabet for character in piece):
                return piece
            return bytes(alphabet[character] for character in piece).decode("utf-8", "statescape.show_bytes")

        return read
    return lambda piece: piece.replace("\u2581", " ")


def _byte_alphabet() -> dict[str, int]:
    """The printable character that stands for each byte in byte-level BPE (Radford et al. 2019), inverted."""
    kept = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    shifted = [byte for byte in range(256) if byte not in kept]
    return {chr(byte): byte for byte in kept} | {chr(256 + index): byte for index, byte in enumerate(shifted)}


def _show_bytes(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are no text read ``<0xE2>``, as SentencePiece writes them."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(f"<0x{byte:02X}>" for byte in error.object[error.start : error.end]), error.end


codecs.register_error("statescape.show_bytes", _show_bytes)
