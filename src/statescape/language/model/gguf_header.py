"""The header of a GGUF file, read once, and given to transformers in the form of the reader that it would make.

That reader, of the `gguf` package, makes an array of every token of the vocabulary and every merge: 4 seconds for
49,152 tokens, 20 for 262,144, where this one takes some tenths. Format:
github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

from __future__ import annotations

import importlib.util
import math
import mmap
import struct
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from statescape.errors import StatescapeError

_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_UNSIGNED, _TEXT, _ARRAY = 4, 8, 9
_MOST_ENTRIES = 10_000_000
# Types of tensors whose numbers are stored as they are; those of all others are bytes of quantised blocks.
_PLAIN: dict[str, Any] = {"F16": np.float16, "F32": np.float32, "F64": np.float64}
_PLAIN |= {"I8": np.int8, "I16": np.int16, "I32": np.int32, "I64": np.int64}
_TOKENS = "tokenizer.ggml.tokens"


@dataclass(frozen=True)
class Value:
    """A value of a header.

    Attributes:
        kind: its type by the number that the format gives it.
        inner: for an array that of its entries, else `kind`.
        entries: what it holds: texts as bytes; one entry where it is no array; none of an array of arrays.
    """

    kind: int
    inner: int
    entries: Sequence[Any]


@dataclass(frozen=True)
class StoredTensor:
    """Where a tensor lies in a file, and how.

    Attributes:
        shape: its sizes, the fastest first.
        kind: how its numbers are stored, by the number that the format gives it.
        start: of its bytes in the file.
        size: how many bytes they are.
    """

    shape: tuple[int, ...]
    kind: int
    start: int
    size: int


@dataclass(frozen=True)
class Header:
    """What a GGUF file says of itself.

    Attributes:
        architecture: llama.cpp's name of the kind of model.
        quantisation: how most weights are stored ("Q4_1").
        values: all that it says, by key.
        tensors: where every tensor lies.
    """

    architecture: str
    quantisation: str
    values: dict[str, Value]
    tensors: dict[str, StoredTensor]

    def metadata(self, whole: Container[str] = ()) -> dict[str, Any]:
        """The values as transformers' own reader of headers gives them: of an array of texts how many there are.

        Args:
            whole: keys of arrays of texts that are wanted themselves.

        Raises:
            ValueError: for an array of arrays, or texts that are no UTF-8.
        """
        found: dict[str, Any] = {}
        for key, one in self.values.items():
            if one.kind == _ARRAY and one.inner == _ARRAY:
                raise ValueError(f"{key} is an array of arrays")
            if one.kind == _ARRAY and one.inner == _TEXT and key not in whole:
                found[key] = len(one.entries)
                continue
            entries = [text.decode() for text in one.entries] if one.inner == _TEXT else list(one.entries)
            found[key] = entries if one.kind == _ARRAY else entries[0]
        return found

    @property
    def has_tokenizer(self) -> bool:
        """Whether there is a vocabulary in it."""
        return len(self.values[_TOKENS].entries) > 0 if _TOKENS in self.values else False


def read_header(file: Path) -> Header:
    """What a GGUF file says of itself, without its weights.

    Raises:
        StatescapeError: where packages are missing that read such files, for a file that is none or is cut off.
    """
    missing = [package for package in ("gguf", "accelerate") if importlib.util.find_spec(package) is None]
    if missing:
        raise StatescapeError(
            f"{file.name} needs what is not installed here: {' and '.join(missing)}; pip install 'statescape[gguf]'."
        )
    try:
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
            header = _Reader(data).header()
            size, needed = len(data), max((one.start + one.size for one in header.tensors.values()), default=0)
    except (OSError, ValueError, struct.error, KeyError, RecursionError, OverflowError) as error:
        raise StatescapeError(f"{file.name} is no GGUF file, or is damaged; download it again.") from error
    if size < needed:
        raise StatescapeError(f"{file.name} is cut off: {size:,} bytes of at least {needed:,}; download it again.")
    if header.architecture == "clip":
        raise StatescapeError(f"{file.name} holds the part that sees pictures; give the GGUF of the language model.")
    return header


@dataclass(frozen=True)
class _Field:
    """A value as the reader of `gguf` holds it: parts, which of them are data, and the types."""

    parts: Sequence[Any]
    types: list[int]

    @property
    def data(self) -> range:
        return range(len(self.parts))


@dataclass(frozen=True)
class _Tensor:
    """A tensor as the reader of `gguf` holds it."""

    name: str
    tensor_type: Any
    data: np.ndarray


class AsRead:
    """What transformers asks of the reader of `gguf`: the fields of a header, and the tensors as they are stored."""

    def __init__(self, file: Path, header: Header) -> None:
        self._file, self._header = file, header

    @cached_property
    def fields(self) -> dict[str, _Field]:
        """Every value by its key."""
        from transformers.integrations.ggml import GGUF_CONFIG_MAPPING

        values, architecture = dict(self._header.values), self._header.architecture
        size = f"{architecture}.vocab_size"
        if "vocab_size" in GGUF_CONFIG_MAPPING.get(architecture, {}) and self._header.has_tokenizer:
            # Said as a number: it is all that is asked of the vocabulary here, and would be counted text by text.
            tokens = values.pop(_TOKENS)
            values.setdefault(size, Value(_UNSIGNED, _UNSIGNED, [len(tokens.entries)]))
        return {
            key: _Field(
                one.entries if one.inner == _TEXT else [(entry,) for entry in one.entries],
                [one.kind] if one.kind != _ARRAY else [one.kind, one.inner],
            )
            for key, one in values.items()
            if key == _TOKENS or one.kind != _ARRAY or not key.startswith("tokenizer.")
        }

    @cached_property
    def tensors(self) -> list[_Tensor]:
        """The tensors with their bytes in the file, which are read where they are asked for."""
        from gguf import GGMLQuantizationType, quant_shape_to_byte_shape

        mapped = np.asarray(np.memmap(self._file, mode="r"))  # plain: a memmap's every slice takes microseconds more
        found = []
        for name, one in self._header.tensors.items():
            kind, shape = GGMLQuantizationType(one.kind), tuple(reversed(one.shape))
            stored = mapped[one.start : one.start + one.size]
            if kind.name in _PLAIN:
                stored = stored.view(_PLAIN[kind.name]).reshape(shape)
            else:
                stored = stored.reshape(quant_shape_to_byte_shape(shape, kind))
            found.append(_Tensor(name, kind, stored))
        return found


class _Reader:
    """Reads a header, value after value."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data, self._at = data, 0

    def header(self) -> Header:
        if self._data[:4] != b"GGUF":
            raise ValueError("no GGUF")
        from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, LlamaFileType

        self._at = 4
        if self._scalar("<I") not in (2, 3):
            raise ValueError("another version of GGUF")
        tensors, pairs = self._count(), self._count()
        values: dict[str, Value] = {}
        for _ in range(pairs):
            key = self._text().decode("utf-8", "replace")
            values[key] = self._value(self._scalar("<I"))
        placed: dict[str, tuple[tuple[int, ...], int, int]] = {}
        for _ in range(tensors):
            name = self._text().decode("utf-8", "replace")
            if name in placed:
                raise ValueError("a tensor twice")
            shape = tuple(self._scalar("<Q") for _ in range(self._count(4)))
            placed[name] = shape, self._scalar("<I"), self._scalar("<Q")
        alignment = int(_only(values, "general.alignment", 32))
        start = math.ceil(self._at / alignment) * alignment
        found = {}
        for name, (shape, kind, offset) in placed.items():
            block, size = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]
            found[name] = StoredTensor(shape, kind, start + offset, math.prod(shape) // block * size)
        quantisation = LlamaFileType(_only(values, "general.file_type", LlamaFileType.GUESSED)).name
        architecture = values["general.architecture"].entries[0].decode("utf-8", "replace")
        return Header(architecture, quantisation.removeprefix("MOSTLY_"), values, found)

    def _scalar(self, form: str) -> Any:
        (value,) = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        return value

    def _count(self, size: int = 8) -> int:
        count: int = self._scalar("<Q" if size == 8 else "<I")
        if count > _MOST_ENTRIES:
            raise ValueError("a count beyond reason")
        return count

    def _text(self) -> bytes:
        length = self._scalar("<Q")
        if length > len(self._data) - self._at:
            raise ValueError("a text beyond the end")
        self._at += length
        return self._data[self._at - length : self._at]

    def _value(self, kind: int) -> Value:
        if kind == _TEXT:
            return Value(kind, kind, [self._text()])
        if kind != _ARRAY:
            return Value(kind, kind, [self._scalar(_SCALARS[kind])])
        inner, count = self._scalar("<I"), self._count()
        if inner in _SCALARS:
            form = f"<{count}{_SCALARS[inner][1]}"
            entries = struct.unpack_from(form, self._data, self._at)
            self._at += struct.calcsize(form)
            return Value(kind, inner, entries)
        if inner == _TEXT:
            return Value(kind, inner, [self._text() for _ in range(count)])
        for _ in range(count):
            self._value(inner)
        return Value(kind, inner, [])


def _only(values: dict[str, Value], key: str, default: int) -> int:
    """The one entry of a value."""
    return int(values[key].entries[0]) if key in values else default
