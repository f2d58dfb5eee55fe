"""How a text becomes ids, and how ids read: the tokenizer with its policy on what stands in front of a text.

The tokenizer's own template decides whether a beginning-of-sequence token is put in front; ``bos=True`` or ``False``
overrides it. A text that opens with that token already gets no second one. Tokens are shown as they read: spaces kept,
byte-level alphabets decoded, bytes that are no text on their own as ``<0xE2>``; in a text a character that several
tokens share is shown where they end. Messages of a chat become a text by the tokenizer's own template.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from statescape.errors import StatescapeError
from statescape.wording import Noun, brief

_BYTE = re.compile("(<0x[0-9A-F]{2}>)")
_OF_A_MESSAGE = ("role", "content")


@dataclass(frozen=True, eq=False)
class Tokens(Noun):
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

        Messages are encoded as the text that the template makes of them.

        Raises:
            StatescapeError: for blank text, text that is no valid Unicode, text longer than the context, ids that are
                none of the vocabulary, messages that the tokenizer has no template for.
        """
        if is_chat(text):
            text = self.chat(text)
        if not isinstance(text, str):
            return self._ids(text, last)
        if not text.strip():
            raise StatescapeError("The text is empty; give at least one word.")
        if not (ids := self._plain(text)):
            raise StatescapeError("The tokenizer makes no token of this text; give a text with letters.")
        return self._framed(self._unopened(ids), last)

    def chat(self, messages: Sequence[Any]) -> str:
        """The text of a chat up to where its answer begins, as the tokenizer's own template writes it.

        Args:
            messages: a "role" ("system", "user", "assistant") and a "content" each, in their order.

        Raises:
            StatescapeError: for messages of another kind, or that the template refuses; without a template.
        """
        for message in messages:
            if not (isinstance(message, Mapping) and all(isinstance(message.get(key), str) for key in _OF_A_MESSAGE)):
                raise StatescapeError("A chat is a list of messages, each with a role and a content that are texts.")
        if not any(message["content"].strip() for message in messages):
            raise StatescapeError("The text is empty; give at least one word.")
        if getattr(self.tokenizer, "chat_template", None) is None:
            raise StatescapeError("This tokenizer has no chat template; give a text, or a model made for chats.")
        try:
            written = self.tokenizer.apply_chat_template(
                [dict(message) for message in messages], tokenize=False, add_generation_prompt=True
            )
        except Exception as error:  # a template is a program of the model's makers: it raises what it likes
            reason = " ".join(str(error).split()) or type(error).__name__
            raise StatescapeError(f"The tokenizer's chat template refuses these messages: {reason}.") from error
        return str(written)

    @cached_property
    def special(self) -> frozenset[int]:
        """Ids of tokens that stand for no text: what opens, ends and parts texts."""
        added = getattr(self.tokenizer, "added_tokens_decoder", {})
        own = {index for index, token in added.items() if getattr(token, "special", False)}
        return frozenset(own | set(getattr(self.tokenizer, "all_special_ids", ())))

    def read(self, ids: Sequence[int]) -> tuple[str, ...]:
        """How the tokens of a text read, one after the other (see `whole`)."""
        return whole([self.vocabulary[index] for index in ids])

    def single(self, token: str | int) -> int:
        """The id of a text that is one token, or an id as it is.

        Raises:
            StatescapeError: where it is several tokens or none, or no id of the vocabulary.
        """
        ids = self._unopened(self._plain(token)) if isinstance(token, str) else self._ids([token])
        if len(ids) != 1:
            read = ", ".join(repr(self.vocabulary[index]) for index in ids)
            raise StatescapeError(
                f"{token!r} is {len(ids)} tokens ({read}); give one that is a single token (most begin with a space)."
            )
        return ids[0]

    def opens(self, ids: tuple[int, ...]) -> bool:
        """Whether ids begin as texts of this tokenizer do: with its prefix, or its beginning-of-sequence token."""
        opening = self.prefix or (self.tokenizer.bos_token_id,)
        return ids[: len(opening)] == opening

    def _ids(self, ids: Any, last: int | None = None) -> tuple[int, ...]:
        """Ids that were made elsewhere: one row of ids of the vocabulary, no longer than the context."""
        if not isinstance(ids, list | tuple | range) and not hasattr(ids, "tolist"):
            raise StatescapeError(f"A trace reads a text, token ids or chat messages; got {type(ids).__name__}.")
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


def is_chat(given: Any) -> bool:
    """Whether messages are given, not a text or ids."""
    return isinstance(given, list | tuple) and len(given) > 0 and isinstance(given[0], Mapping)


def whole(readings: Sequence[str]) -> tuple[str, ...]:
    """How tokens read one after the other: a character that is split over several stands whole where they end.

    Args:
        readings: how each reads by itself; bytes that are no text as ``<0xE2>``. Those of a character's tokens but its
            last stay so.
    """
    return _assembled(readings)[0]


def joined(readings: Sequence[str]) -> str:
    """The text that tokens make together, as `whole` reads them."""
    return "".join(_assembled(readings)[1])


def _assembled(readings: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What each token shows, and what it adds to the text: no bytes of a character that ends in a later one."""
    parts = [(place, part) for place, reading in enumerate(readings) for part in _BYTE.split(reading) if part]
    shown, added = ([part for _, part in parts] for _ in range(2))
    for start, (place, part) in enumerate(parts):
        stop = start + _bytes_of_character(part)
        run = parts[start:stop]
        if len(run) < 2 or run[-1][0] == place or not all(_BYTE.fullmatch(byte) for _, byte in run):
            continue
        try:
            character = bytes(int(byte[3:5], 16) for _, byte in run).decode()
        except UnicodeDecodeError:
            continue
        for at, (owner, _) in enumerate(run, start):
            added[at] = ""
            shown[at] = "" if owner == run[-1][0] else shown[at]
        shown[stop - 1] = added[stop - 1] = character
    gathered = [["", ""] for _ in readings]
    for (place, _), one, other in zip(parts, shown, added, strict=True):
        gathered[place][0] += one
        gathered[place][1] += other
    return tuple(one for one, _ in gathered), tuple(other for _, other in gathered)


def _bytes_of_character(part: str) -> int:
    """How many bytes the UTF-8 character has that begins with this one; 0 for what begins none."""
    first = int(part[3:5], 16) if _BYTE.fullmatch(part) else 0
    return 4 if 0xF0 <= first <= 0xF4 else 3 if 0xE0 <= first < 0xF0 else 2 if 0xC2 <= first < 0xE0 else 0


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
    pieces: dict[int, str] = {index: piece for piece, index in tokenizer.get_vocab().items()}
    ids = pieces.keys()
    if not ids:
        raise StatescapeError("The tokenizer is empty; load the one that the model was trained with.")
    # Some published models have a token or two, added later, beyond the matrix: a text that meets one is refused.
    if max(ids - set(tokenizer.added_tokens_decoder), default=0) >= rows:
        raise StatescapeError(
            f"The tokenizer does not fit the model: it knows {max(ids) + 1:,} tokens, the model has {rows:,} "
            "embeddings; load the one that the model was trained with."
        )
    vocabulary = readings(tokenizer, rows, pieces)
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


def readings(tokenizer: Any, rows: int, pieces: Mapping[int, str] | None = None) -> tuple[str, ...]:
    """How each of the first ``rows`` ids reads; rows the tokenizer does not know read ``<id 50257>``."""
    pieces = {index: piece for piece, index in tokenizer.get_vocab().items()} if pieces is None else pieces
    literal = {index: str(token) for index, token in tokenizer.added_tokens_decoder.items()}
    known = [index for index in pieces if index < rows and index not in literal]
    read = dict(zip(known, _reader(tokenizer)([pieces[index] for index in known]), strict=True)) | literal
    return tuple([read.get(index, f"<id {index}>") for index in range(rows)])


def _reader(tokenizer: Any) -> Callable[[list[str]], list[str]]:
    """The function from pieces of the vocabulary to how they read, by the kind of the tokenizer's decoder."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    decoder = getattr(backend, "decoder", None)
    described = b"" if decoder is None else decoder.__getstate__()  # as JSON, without the vocabulary beside it
    if b'"ByteLevel"' in described or hasattr(tokenizer, "byte_decoder"):
        alphabet = _byte_alphabet()
        table, outside = str.maketrans(alphabet), re.compile(f"[^{re.escape(''.join(alphabet))}]")

        def read(piece: str) -> str:
            if outside.search(piece):
                return piece
            return piece.translate(table).encode("latin-1").decode("utf-8", "statescape.show_bytes")

        return lambda pieces: list(map(read, pieces))
    return lambda pieces: [piece.replace("\u2581", " ") for piece in pieces]


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
