"""Lenses on disk: our own folders, tuned-lens folders, Jacobian-lens files.

A folder of ours holds ``lens.safetensors``, whose header names the states that are read and carries the SHA-256 of the
unembedding it was fitted for. tuned-lens 0.2 writes ``config.json`` and ``params.pt`` (translator i reads s_i, and adds
its answer to it), jacobian-lens and TransformerLens write one ``.pt`` (matrix l reads what leaves block l, s_{l+1}).
Those are read as plain tensors only, nothing in them is ever run. A reader finds the parts of its format by name; what
a part may be is decided in one place, `_part`, which refuses with the part's name.
"""

from __future__ import annotations

import hashlib
import json
import os
import warnings
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from statescape.errors import StatescapeError, unknown_name
from statescape.files import written_whole
from statescape.language.lens.lenses import LENSES, JacobianLens, Lens, TunedLens
from statescape.language.readable import HasWeights, ReadableModel

LENS = "lens.safetensors"
_FORMAT = "statescape-lens-1"
_NO_HASH = "carries no hash of its model: only its shape was checked"


def load_lens(source: Lens | str | os.PathLike[str], model: ReadableModel) -> Lens:
    """The lens for ``model`` that is asked for.

    Args:
        source: a folder that `fit_lens` or tuned-lens wrote, a Jacobian-lens file, the name of a lens (``logit``, or
            one that was registered), or a lens, which comes back as it is.
        model: the model that will decode.

    Raises:
        StatescapeError: if there is no lens, it cannot be read as plain tensors, or belongs to another model.
    """
    if isinstance(source, Lens):
        return source
    if not isinstance(source, str | os.PathLike):
        raise StatescapeError(
            f"A lens is named by its folder or file, or as {', '.join(LENSES.names())}; got {type(source).__name__}."
        )
    if source in LENSES:
        made = LENSES.find(str(source))(model)
        if not isinstance(made, Lens):
            raise StatescapeError(
                f"The lens {source} is made as {type(made).__name__}; a lens has a name, what it reads, and transform."
            )
        return made
    try:
        read, path = _reader(Path(source).expanduser(), source)
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise StatescapeError(f"There is no lens to read at {_clipped(source)}: {reason}.") from error
    return read(path, model)


def _reader(path: Path, source: Any) -> tuple[Callable[[Path, ReadableModel], Lens], Path]:
    """What reads the lens at a path, and from where."""
    if path.name == LENS:
        path = path.parent
    if (path / LENS).is_file():
        return _own, path / LENS
    if (path / "config.json").is_file() and (path / "params.pt").is_file():
        return _tuned_lens, path
    file = path / "lens.pt" if path.is_dir() else path
    if file.is_file():
        return _jacobian_lens, file
    if path.exists():
        raise StatescapeError(
            f"{source} holds no lens; give a folder with {LENS}, or with config.json and params.pt (tuned-lens), or a "
            "Jacobian-lens file."
        )
    raise StatescapeError(
        f"{unknown_name('lens', str(source), LENSES.names())} A lens on disk goes by its folder or file; fit-lens "
        "writes one."
    )


def save_lens(lens: TunedLens, model: ReadableModel, file: Path) -> None:
    """Write a lens with the hash of the unembedding it was fitted for.

    Raises:
        StatescapeError: if the file cannot be written.
    """
    from safetensors.numpy import save_file

    header = {
        "format": _FORMAT,
        "kind": "tuned",
        "reads": json.dumps(lens.reads),
        "model": model.facts.name,
        "unembedding_sha256": unembedding_hash(model),
    }
    with written_whole(file) as partial:
        save_file({"matrices": lens.matrices, "biases": lens.biases}, partial, metadata=header)


def unembedding_hash(model: ReadableModel) -> str:
    """SHA-256 of the shape and the float32 values of W_U."""
    matrix = np.ascontiguousarray(_rows(model), dtype="<f4")
    digest = hashlib.sha256(repr(matrix.shape).encode())
    digest.update(matrix.data)
    return digest.hexdigest()


def _rows(model: ReadableModel) -> np.ndarray:
    """Rows of W_U, whether tied or not."""
    if isinstance(model, HasWeights):
        return model.unembedding_matrix
    return np.asarray(model.embeddings if model.unembedding is None else model.unembedding)


def _own(file: Path, model: ReadableModel) -> TunedLens:
    from safetensors import safe_open

    try:
        with safe_open(file, framework="pt") as opened:
            header = opened.metadata() or {}
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 (it is no dictionary)
    except Exception as error:  # whatever safetensors raises on a damaged file
        raise StatescapeError(f"{file} is damaged or cannot be read; fit the lens again.") from error
    if header.get("format") != _FORMAT or header.get("kind") != "tuned":
        raise StatescapeError(f"{file} is no lens of this version of statescape; fit it again.")
    if "unembedding_sha256" not in header:
        raise StatescapeError(f"{file} is damaged: its header lacks unembedding_sha256; fit the lens again.")
    if header["unembedding_sha256"] != unembedding_hash(model):
        raise StatescapeError(_other_model(file.parent, header.get("model"), model))
    reads = _parsed(header.get("reads", ""), f"{file} is damaged: reads of its header", list)
    reads = _states(reads, "reads", model, file)
    _only(tensors, ("matrices", "biases"), file)
    width = model.facts.d_model
    return TunedLens(
        reads,
        _part(tensors, "matrices", (len(reads), width, width), model, file),
        _part(tensors, "biases", (len(reads), width), model, file),
        name=_short(file.parent, "tuned"),
    )


def _tuned_lens(folder: Path, model: ReadableModel) -> TunedLens:
    try:
        text = (folder / "config.json").read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise StatescapeError(f"{folder / 'config.json'} cannot be read as text; save the lens again.") from error
    config = _parsed(text, str(folder / "config.json"), dict)
    declared = config.get("unembed_hash")
    if declared and declared != _tuned_lens_hash(_rows(model)):
        raise StatescapeError(_other_model(folder, config.get("base_model_name_or_path"), model))
    file = folder / "params.pt"
    tensors = _tensors(file)
    width, states = model.facts.d_model, range(model.facts.n_blocks)
    weights, biases = [f"{state}.weight" for state in states], [f"{state}.bias" for state in states]
    has_biases = any(name in tensors for name in biases)
    _only(tensors, (*weights, *(biases if has_biases else ())), file)
    matrices = [_part(tensors, name, (width, width), model, file) + np.eye(width, dtype=np.float32) for name in weights]
    return TunedLens(
        tuple(states),
        np.stack(matrices),
        np.stack([_part(tensors, name, (width,), model, file) for name in biases])
        if has_biases
        else np.zeros((len(weights), width), dtype=np.float32),
        name=_short(folder, "tuned"),
        note="" if declared else _NO_HASH,
    )


def _jacobian_lens(file: Path, model: ReadableModel) -> JacobianLens:
    matrices = _tensors(file).get("J")
    if not isinstance(matrices, dict) or not matrices:
        raise StatescapeError(f"{file} is no Jacobian lens: it holds no matrices J; a checkpoint of an unfinished fit?")
    width, last = model.facts.d_model, model.facts.n_blocks - 1
    named = {f"J[{layer}]": matrix for layer, matrix in matrices.items()}
    layers = _states(matrices, "J", model, file)
    read = {layer: _part(named, f"J[{layer}]", (width, width), model, file) for layer in sorted(layers)}
    # What leaves the last block is the last state, which every lens reads as it is: its Jacobian is the identity, times
    # the share of the positions that the mean is over.
    own = read.pop(last, np.eye(width, dtype=np.float32))
    scale = float(np.diagonal(own).mean())
    if np.abs(own - scale * np.eye(width)).max() > 0.01 * max(scale, 0.0) or not scale:
        raise StatescapeError(
            f"{file} belongs to a model of more blocks than the {last + 1} of {model.facts.name}: J[{last}] moves the "
            "state after the last of them, which is the last state already."
        )
    if not read:
        raise StatescapeError(f"{file} holds only J[{last}], of the last block: there is nothing to carry; fit others.")
    return JacobianLens(
        reads=tuple(layer + 1 for layer in read),
        matrices=np.stack(list(read.values())),
        name=_short(file.parent if file.name == "lens.pt" else file, "Jacobian"),
        note=_NO_HASH,
    )


def _tensors(file: Path) -> dict[Any, Any]:
    """The content of a file of torch, which may hold nothing but tensors, numbers, texts, lists and dictionaries."""
    try:
        # torch writes nothing compressed; what is could unpack to any size.
        if zipfile.is_zipfile(file) and any(part.compress_type for part in zipfile.ZipFile(file).infolist()):
            raise ValueError("compressed")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever torch and pickle raise
        raise StatescapeError(f"{file} cannot be read as plain tensors, so it is not read at all.") from error
    if not isinstance(content, dict):
        raise StatescapeError(f"{file} holds no lens but a {type(content).__name__}.")
    return content


def _part(
    parts: Mapping[Any, Any], name: str, shape: tuple[int, ...], model: ReadableModel, file: Path
) -> np.ndarray[Any, np.dtype[np.float32]]:
    """A named part of a lens as finite float32 of a shape.

    Raises:
        StatescapeError: where it is anything else, looked at before a number of it is touched.
    """
    part = parts[name]
    if not isinstance(part, torch.Tensor) or part.layout != torch.strided or part.is_nested or part.is_meta:
        raise StatescapeError(f"{file} is no lens: {name} is no dense tensor ({_kind(part)}).")
    if not part.is_floating_point():
        raise StatescapeError(f"{file} is no lens: {name} holds no floating point numbers ({_kind(part)}).")
    if tuple(part.shape) != shape:
        raise StatescapeError(
            f"{file} is no lens for {model.facts.name}, which has width {model.facts.d_model} and "
            f"{model.facts.n_blocks} blocks: {name} has the shape {_times(part.shape)}, not {_times(shape)}."
        )
    values: np.ndarray[Any, np.dtype[np.float32]] = part.detach().float().numpy()
    if not np.isfinite(values).all():
        raise StatescapeError(f"{file} is damaged: {name} holds numbers that are NaN or infinite.")
    return values


def _only(parts: Mapping[Any, Any], names: Iterable[str], file: Path) -> None:
    """Refuse a file that lacks a part, or holds one that would be left unread."""
    expected = dict.fromkeys(names)
    missing = next((name for name in expected if name not in parts), None)
    if missing is not None:
        raise StatescapeError(f"{file} lacks the part {missing}; it is damaged, or belongs to a model of fewer blocks.")
    other = next((name for name in parts if name not in expected), None)
    if other is not None:
        raise StatescapeError(
            f"{file} holds a part {_clipped(other)} that is not read; it belongs to a model of more blocks, or to "
            "another version of its library."
        )


def _states(numbers: Iterable[Any], part: str, model: ReadableModel, file: Path) -> tuple[int, ...]:
    """Numbers of blocks, or of the states before them, all different."""
    found = tuple(numbers)
    wrong = [one for one in found if type(one) is not int or not 0 <= one < model.facts.n_blocks]
    if wrong or not found or len(set(found)) < len(found):
        got = _clipped(wrong[0] if wrong else list(found))
        raise StatescapeError(
            f"{file} is no lens for {model.facts.name}: {part} goes by different whole numbers from 0 to "
            f"{model.facts.n_blocks - 1}, the blocks that are read; got {got}."
        )
    return found


def _parsed(text: str, name: str, kind: type) -> Any:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StatescapeError(f"{name} is no JSON; save the lens again.") from error
    if not isinstance(content, kind):
        raise StatescapeError(f"{name} holds a {type(content).__name__}, not a {kind.__name__}; save the lens again.")
    return content


def _tuned_lens_hash(matrix: np.ndarray) -> str:
    """The hash that tuned-lens 0.2 writes: of how NumPy prints the corners of W_U with one digit."""
    with np.printoptions(threshold=1000, edgeitems=3, linewidth=75, suppress=False, floatmode="maxprec"):
        return hashlib.sha256(np.array_str(matrix, precision=1).encode()).hexdigest()


def _other_model(source: Path, fitted_for: Any, model: ReadableModel) -> str:
    return (
        f"{source} was fitted for another unembedding ({_clipped(fitted_for or 'unknown model')}) than that of "
        f"{model.facts.name}; fit a lens for this model, or load the one it was fitted for."
    )


def _short(path: Path, kind: str) -> str:
    """What tables call a lens: its kind, and its folder where that says more."""
    return kind if path.name.lower() in {"", kind.lower(), "lens"} else f"{kind} ({path.name[:24]})"


def _kind(part: Any) -> str:
    if not isinstance(part, torch.Tensor):
        return type(part).__name__
    return f"{str(part.layout).removeprefix('torch.')} {str(part.dtype).removeprefix('torch.')} on {part.device}"


def _times(shape: Iterable[int]) -> str:
    return " x ".join(map(str, shape)) or "of a single number"


def _clipped(name: Any) -> str:
    text = str(name)
    return text if len(text) <= 60 else text[:59] + "…"
