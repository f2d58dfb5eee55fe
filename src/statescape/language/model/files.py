"""The files of a model: its folder by a name on the hub, and its weights, of which nothing may be lost.

What has been downloaded before is used as it is, without a network. Otherwise the hub is asked one short question
first, so that a misspelt name, a missing network or pickled weights are said at once and nothing is downloaded.

A reader that drops half of a checkpoint still decodes its own logits exactly. So the names in the headers of the
safetensors files are compared with what the network uses, and a name that is left over is refused. The loader's list
of left-over names is only a part of them: every class of transformers hides some by patterns.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

from statescape.errors import StatescapeError

# No weights: masks, positions and rotary tables that older files hold, and modules that a text's states never pass,
# as those that guess the tokens after the next, or read pictures and sound.
_HARMLESS = re.compile(
    r"rotary_emb\.(inv_freq|cos_cached|sin_cached)$|(^|\.)position_ids$|(^|\.)masked_bias$|(^|\.)mtp\w*\."
    r"|(^|\.)(visual|vision_\w+|audio_\w+|multi_modal_projector|embed_vision|embed_audio)\."
)
_MASK = re.compile(r"(^|\.)(attn|attention)\.bias$")
# What opens a block that guesses the token after the next (DeepSeek, GLM), kept behind the last block of the model.
_GUESSING = re.compile(r"(.*\.\d+\.)(eh_proj|enorm|hnorm)\.weight$")
_ADAPTER = re.compile(r"\.(lora_\w+|base_layer|modules_to_save|hada_w\d_\w|ia3_l)(\.|$)")
# Seconds to wait for the hub's first answer.
_PATIENCE = 5
# What a model needs: no pickles, no code, no weights in other formats (which lie in sub-folders).
_WANTED = ["*.safetensors", "*.json", "*.txt", "*.model", "*.jinja"]
_UNWANTED = ["*/*", "consolidated*"]


def snapshot(name: str) -> Path:
    """The folder with the model of that name, downloaded where needed.

    Raises:
        StatescapeError: if the name cannot be one, the hub knows none, it cannot be reached, or has no safetensors.
    """
    if not re.fullmatch(r"[\w-][\w.-]*(/[\w-][\w.-]*)?", name):
        raise StatescapeError(f"There is no folder {name}.")
    from huggingface_hub import HfApi, constants, snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    try:
        folder = Path(snapshot_download(name, local_files_only=True))
        if (folder / "config.json").is_file() and any(folder.glob("*.safetensors")):
            return folder
    except HFValidationError:
        raise StatescapeError(f"There is no folder {name}.") from None
    except LocalEntryNotFoundError:
        pass
    if constants.HF_HUB_OFFLINE:
        raise StatescapeError(f"There is no folder {name}, it was not downloaded before, and HF_HUB_OFFLINE is set.")
    try:
        files = [file.rfilename for file in HfApi().model_info(name, timeout=_PATIENCE).siblings or ()]
    except GatedRepoError as error:
        raise StatescapeError(f"The hub gives {name} only to those who asked for it; see its page there.") from error
    except RepositoryNotFoundError as error:
        raise StatescapeError(f"There is no folder {name}, and the hub has no model of that name.") from error
    except Exception as error:  # the network's many ways to fail
        raise StatescapeError(f"There is no folder {name}, and the hub cannot be reached to look for it.") from error
    require_safetensors(files, name)
    try:
        return Path(snapshot_download(name, allow_patterns=_WANTED, ignore_patterns=_UNWANTED))
    except Exception as error:
        raise StatescapeError(f"The download of {name} broke off; try again, it goes on where it stopped.") from error


def require_safetensors(files: Iterable[str], name: str) -> None:
    """Refuse a model whose weights come as pickles only, or not at all.

    Raises:
        StatescapeError: if none of ``files`` is a safetensors file.
    """
    endings = {Path(file).suffix for file in files}
    if ".safetensors" in endings:
        return
    if endings & {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"}:
        raise StatescapeError(
            f"{name} has pickled weights only, which could run code; save it as safetensors (save_pretrained in "
            "transformers does so) and load that."
        )
    raise StatescapeError(f"{name} holds no weights; it needs model.safetensors.")


def weight_files(folder: Path, name: str) -> list[Path]:
    """The safetensors files of a folder that transformers reads: one, or those that an index names.

    Raises:
        StatescapeError: where the index is damaged, names files that are missing, or leaves out a piece.
    """
    whole, index = folder / "model.safetensors", folder / "model.safetensors.index.json"
    if whole.is_file():
        files = {whole}
    elif index.is_file():
        try:
            files = {
                folder / str(file) for file in json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
            }
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise StatescapeError(f"The {index.name} of {name} is no index of weights; download it again.") from error
        if any(file.parent != folder for file in files):
            raise StatescapeError(f"The {index.name} of {name} names files of other folders; put them into this one.")
    else:
        raise StatescapeError(f"{name} holds no model.safetensors, and no model.safetensors.index.json for its pieces.")
    missing = sorted(file.name for file in files if not file.is_file())
    if missing:
        raise StatescapeError(f"The weights of {name} are incomplete: there is no {missing[0]}; download them again.")
    left = sorted(set(folder.glob("model-*-of-*.safetensors")) - files)
    if left:
        taken = "is beside a model.safetensors; keep one of both" if whole in files else "is not named by its index"
        raise StatescapeError(f"{name} holds weights that would not be read: {left[0].name} {taken}.")
    return sorted(files)


def refuse_misread(network: Any, report: Mapping[str, Any], files: Iterable[Path], name: str) -> None:
    """Refuse a model whose weights are not those of its files: some made up, of another shape, or left over.

    Args:
        network: the model that was loaded from the files.
        report: what the loader says of it, by the names of the network.
        files: the safetensors files.
        name: what messages call the model.

    Raises:
        StatescapeError: naming the first of them.
    """
    missing = sorted(report["missing_keys"])
    declared = network.config.architectures
    if missing and declared and declared[0] != type(network).__name__:
        raise StatescapeError(f"{name} holds a {declared[0]}, which has no head of a causal language model.")
    for key, in_file, in_network in sorted(report["mismatched_keys"]):
        raise StatescapeError(
            f"The weights of {name} do not fit its config.json: {key} has shape {tuple(in_file)} where the model has "
            f"{tuple(in_network)}; give the config.json that belongs to them."
        )
    if missing:
        raise StatescapeError(f"The weights of {name} are incomplete: {missing[0]} is missing; download them again.")
    unused = _unused(network, report["unexpected_keys"], files)
    if not unused:
        return
    if _ADAPTER.search(unused[0]):
        raise StatescapeError(
            f"The weights of {name} hold those of an adapter ({unused[0]}); merge it into its model and save that: "
            "model.merge_and_unload().save_pretrained(folder) in peft."
        )
    more = f" and {len(unused) - 1:,} more" if len(unused) > 1 else ""
    raise StatescapeError(
        f"The weights of {name} hold {unused[0]}{more}, which the model in its config.json does not use; give the "
        "config.json that belongs to them."
    )


def _unused(network: Any, unexpected: Iterable[str], files: Iterable[Path]) -> list[str]:
    """Names of weights in the files that the network does not use."""
    shapes = _headers(files)
    lost = [key for key in shapes if key in _also_named(unexpected, network)]
    lost += sorted(set(unexpected) - _also_named(lost, network))  # renamed by the loader
    lost += [key for key in _hidden(network, shapes) if key not in lost]
    guessing = tuple(match[1] for match in map(_GUESSING.match, shapes) if match)
    return [
        key
        for key in lost
        if not _HARMLESS.search(key)
        and not (_MASK.search(key) and len(shapes.get(key, ())) > 1)
        and not key.startswith(guessing)
    ]


def _headers(files: Iterable[Path]) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor in the files."""
    from safetensors import safe_open

    shapes: dict[str, tuple[int, ...]] = {}
    for file in files:
        with safe_open(file, framework="pt") as opened:
            shapes |= {key: tuple(opened.get_slice(key).get_shape()) for key in opened.keys()}  # noqa: SIM118
    return shapes


def _hidden(network: torch.nn.Module, keys: Iterable[str]) -> list[str]:
    """Names that the class would have the loader pass over in silence, and that no tensor of the network has."""
    patterns = getattr(network, "_keys_to_ignore_on_load_unexpected", None)
    if not patterns:
        return []
    passed_over, taken = re.compile("|".join(patterns)), _also_named(network.state_dict(), network)
    return [key for key in keys if passed_over.search(key) and key not in taken]


def _also_named(keys: Iterable[str], network: torch.nn.Module) -> set[str]:
    """Names as they are, and with the name of the model inside put in front or taken away, as the loader does."""
    prefix = f"{getattr(network, 'base_model_prefix', '')}."
    return {name for key in keys for name in (key, prefix + key, key.removeprefix(prefix))}
