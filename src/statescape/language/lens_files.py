"""Lenses on disk: our own folders, tuned-lens folders, Jacobian-lens files.

A folder of ours holds ``lens.safetensors``, whose header names the states that are read and carries the SHA-256 of the
unembedding it was fitted for. tuned-lens 0.2 writes ``config.json`` and ``params.pt`` (translator i reads s_i, and adds
its answer to it), jacobian-lens and TransformerLens write one ``.pt`` (matrix l reads what leaves block l, s_{l+1}).
Those are read as plain tensors only, nothing in them is ever run.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch

from statescape.errors import StatescapeError
from statescape.files import written_whole
from statescape.language.lenses import JacobianLens, Lens, LogitLens, TunedLens

if TYPE_CHECKING:
    from statescape.language.model import LanguageModel

LENS = "lens.safetensors"
_FORMAT = "statescape-lens-1"
_Maps = TypeVar("_Maps", TunedLens, JacobianLens)


def load_lens(source: str | os.PathLike[str], model: LanguageModel) -> Lens:
    """Read a lens that was fitted for ``model``.

    Args:
        source: a folder that `fit_lens` or tuned-lens wrote, a Jacobian-lens file, or the word ``logit``.
        model: the model that will decode.

    Raises:
        StatescapeError: if there is no lens, it cannot be read as plain tensors, or belongs to another model.
    """
    if source == "logit":
        return LogitLens()
    path = Path(source).expanduser()
    if path.is_file() and path.name == LENS:
        path = path.parent
    if (path / LENS).is_file():
        return _own(path / LENS, model)
    if (path / "config.json").is_file() and (path / "params.pt").is_file():
        return _tuned_lens(path, model)
    file = path / "lens.pt" if path.is_dir() else path
    if file.is_file():
        return _jacobian_lens(file, model)
    if path.exists():
        raise StatescapeError(
            f"{source} holds no lens; give a folder with {LENS}, or with config.json and params.pt (tuned-lens), or a "
            "Jacobian-lens file."
        )
    raise StatescapeError(f"There is no lens {source}; fit one with: statescape fit-lens CORPUS --out {source}")


def save_lens(lens: TunedLens, model: LanguageModel, file: Path) -> None:
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


def unembedding_hash(model: LanguageModel) -> str:
    """SHA-256 of the shape and the float32 values of W_U."""
    matrix = np.ascontiguousarray(model.unembedding_matrix, dtype="<f4")
    digest = hashlib.sha256(repr(matrix.shape).encode())
    digest.update(matrix.data)
    return digest.hexdigest()


def _own(file: Path, model: LanguageModel) -> TunedLens:
    from safetensors import safe_open

    try:
        with safe_open(file, framework="np") as opened:
            header = opened.metadata() or {}
            if header.get("format") != _FORMAT:
                raise StatescapeError(f"{file} is no lens of this version of statescape; fit it again.")
            arrays = {name: opened.get_tensor(name) for name in ("matrices", "biases")}
            reads = tuple(int(state) for state in json.loads(header["reads"]))
    except StatescapeError:
        raise
    except Exception as error:  # whatever safetensors raises on a damaged file
        raise StatescapeError(f"{file} is damaged; fit the lens again.") from error
    if header["unembedding_sha256"] != unembedding_hash(model):
        raise StatescapeError(_other_model(file.parent, header["model"], model))
    lens = TunedLens(reads, arrays["matrices"], arrays["biases"], name=_short(file.parent, "tuned"))
    return _fitting(lens, file, model)


def _tuned_lens(folder: Path, model: LanguageModel) -> TunedLens:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except ValueError as error:
        raise StatescapeError(f"The config.json of {folder} is no JSON; save the lens again.") from error
    declared = config.get("unembed_hash") if isinstance(config, dict) else None
    if declared and declared != _tuned_lens_hash(model.unembedding_matrix):
        raise StatescapeError(_other_model(folder, config.get("base_model_name_or_path"), model))
    tensors = _tensors(folder / "params.pt")
    weights = {int(found[1]): value for key, value in tensors.items() if (found := _WEIGHT.fullmatch(str(key)))}
    if sorted(weights) != list(range(len(weights))) or not weights:
        raise StatescapeError(f"{folder / 'params.pt'} holds no translators 0, 1, ... as tuned-lens 0.2 writes them.")
    matrices = np.stack([_array(weights[index]) for index in range(len(weights))])
    biases = np.stack(
        [_array(tensors.get(f"{index}.bias", torch.zeros(matrices.shape[1]))) for index in range(len(weights))]
    )
    matrices = matrices + np.eye(matrices.shape[1], dtype=np.float32) if matrices.ndim == 3 else matrices
    note = "" if declared else "carries no hash of its model: only its shape was checked"
    lens = TunedLens(tuple(range(len(weights))), matrices, biases, name=_short(folder, "tuned"), note=note)
    return _fitting(lens, folder, model)


_WEIGHT = re.compile(r"(\d+)\.weight")


def _jacobian_lens(file: Path, model: LanguageModel) -> JacobianLens:
    content = _tensors(file)
    matrices = content.get("J")
    if not isinstance(matrices, dict) or not matrices:
        raise StatescapeError(f"{file} is no Jacobian lens: it holds no matrices J; a checkpoint of an unfinished fit?")
    # What leaves the last block is the last state, which every lens reads as it is.
    layers = sorted(int(layer) for layer in matrices if int(layer) != model.facts.n_blocks - 1)
    lens = JacobianLens(
        reads=tuple(layer + 1 for layer in layers),
        matrices=np.stack([_array(matrices[layer]) for layer in layers]),
        name=_short(file.parent if file.name == "lens.pt" else file, "Jacobian"),
        note="carries no hash of its model: only its shape was checked",
    )
    return _fitting(lens, file, model)


def _tensors(file: Path) -> dict[Any, Any]:
    """The content of a file of torch, which may hold nothing but tensors, numbers, texts, lists and dictionaries."""
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever torch and pickle raise
        raise StatescapeError(f"{file} cannot be read as plain tensors, so it is not read at all.") from error
    if not isinstance(content, dict):
        raise StatescapeError(f"{file} holds no lens.")
    return content


def _array(tensor: Any) -> np.ndarray:
    return np.asarray(tensor.detach().float().numpy())


def _tuned_lens_hash(matrix: np.ndarray) -> str:
    """The hash that tuned-lens 0.2 writes: of how NumPy prints the corners of W_U with one digit."""
    with np.printoptions(threshold=1000, edgeitems=3, linewidth=75, suppress=False, floatmode="maxprec"):
        return hashlib.sha256(np.array_str(matrix, precision=1).encode()).hexdigest()


def _fitting(lens: _Maps, source: Path, model: LanguageModel) -> _Maps:
    facts = model.facts
    if lens.matrices.shape[1] != facts.d_model or max(lens.reads) >= facts.n_blocks:
        raise StatescapeError(
            f"{source} is a lens for width {lens.matrices.shape[1]} and at least {max(lens.reads) + 1} blocks; "
            f"{facts.name} has width {facts.d_model} and {facts.n_blocks} blocks."
        )
    return lens


def _other_model(source: Path, fitted_for: Any, model: LanguageModel) -> str:
    return (
        f"{source} was fitted for another unembedding ({fitted_for or 'unknown model'}) than that of "
        f"{model.facts.name}; fit a lens for this model, or load the one it was fitted for."
    )


def _short(path: Path, kind: str) -> str:
    """What tables call a lens: its kind, and its folder where that says more."""
    return kind if path.name.lower() in {"", kind.lower(), "lens"} else f"{kind} ({path.name[:24]})"
