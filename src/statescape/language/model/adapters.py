"""A LoRA adapter and its base model, merged into one: W + (alpha / r) B A wherever the adapter has an A and a B.

Hu et al. 2022 (arXiv:2106.09685); peft does the merging. An adapter is a folder with ``adapter_config.json``, which
names its base, and ``adapter_model.safetensors``. Its settings are taken one by one: some of peft's name modules to
import, and some change the base when the adapter is put into it. Every tensor of the file must find its place, of its
shape, or the adapter is one of another base.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from statescape.errors import StatescapeError

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
# What makes the merged weights.
_TAKEN = {
    *("r", "lora_alpha", "rank_pattern", "alpha_pattern", "bias", "lora_bias", "fan_in_fan_out"),
    *("use_rslora", "use_dora", "modules_to_save", "target_modules", "exclude_modules", "target_parameters"),
    *("layers_to_transform", "layers_pattern"),
}
# What says how it was trained, and nothing of what it is.
_OF_TRAINING = {
    *("task_type", "peft_type", "auto_mapping", "peft_version", "base_model_name_or_path", "revision"),
    *("inference_mode", "lora_dropout", "init_lora_weights", "loftq_config", "eva_config", "corda_config"),
    *("lora_ga_config", "megatron_core", "qalora_group_size", "runtime_config", "ensure_weight_tying"),
}
_LEAVING_THE_BASE = (True, False, None, "gaussian", "eva", "orthogonal")
_MERGE = "merge it into its model and save that: model.merge_and_unload().save_pretrained(folder) in peft"


@dataclass(frozen=True)
class Adapter:
    """An adapter in a folder.

    Attributes:
        folder: where it lies.
        name: what messages call it.
        base: its base model as it names it: a folder or a name on the hub.
        settings: by which peft makes it.
    """

    folder: Path
    name: str
    base: str
    settings: Mapping[str, Any]

    @property
    def base_place(self) -> str:
        """Where its base lies: the folder it names, seen from here or from its own folder, or a name on the hub."""
        for place in (Path(self.base).expanduser(), self.folder / self.base):
            if place.is_dir():
                return str(place)
        return self.base

    @property
    def base_name(self) -> str:
        """What outputs call its base: the name of its folder, or its name on the hub."""
        place = Path(self.base_place)
        return place.resolve().name if place.is_dir() else self.base


def adapter_of(folder: Path, name: str) -> Adapter | None:
    """The adapter in a folder; None where it holds none.

    Args:
        folder: the folder.
        name: what messages call it.

    Raises:
        StatescapeError: for one that cannot be merged, one beside weights of a model, and where peft is not installed.
    """
    if not (folder / CONFIG).exists():
        return None
    if (folder / "config.json").exists():
        raise StatescapeError(f"{name} holds an adapter ({CONFIG}); {_MERGE}.")
    try:
        settings = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise StatescapeError(f"The {CONFIG} of {name} is no JSON; download the adapter again.") from error
    if not isinstance(settings, dict) or settings.get("peft_type") != "LORA":
        kind = settings.get("peft_type") if isinstance(settings, dict) else None
        raise StatescapeError(f"{name} holds an adapter of kind {kind}, and only LORA is merged here; {_MERGE}.")
    base = settings.get("base_model_name_or_path")
    if not isinstance(base, str) or not base:
        raise StatescapeError(
            f"{name} holds an adapter that names no base model; write its folder or hub name into "
            f"base_model_name_or_path of {CONFIG}."
        )
    known = _TAKEN | _OF_TRAINING
    if others := sorted(key for key, value in settings.items() if value and key not in known):
        raise StatescapeError(f"{name} holds an adapter with {others[0]}, which is not merged here; {_MERGE}.")
    if settings.get("init_lora_weights", True) not in _LEAVING_THE_BASE:
        raise StatescapeError(
            f"{name} holds an adapter whose init_lora_weights, {settings['init_lora_weights']!r}, changed its base; "
            f"{_MERGE}."
        )
    if not (folder / WEIGHTS).is_file():
        raise StatescapeError(f"{name} holds an adapter without {WEIGHTS}; save it as safetensors.")
    if importlib.util.find_spec("peft") is None:
        raise StatescapeError(
            f"{name} holds an adapter, which needs what is not installed here: peft; pip install 'statescape[peft]', "
            f"or {_MERGE}."
        )
    return Adapter(folder, name, base, {key: value for key, value in settings.items() if key in _TAKEN})


def merged(network: Any, adapter: Adapter) -> Any:
    """The base model with the adapter merged into its weights.

    Args:
        network: the base, which is changed.
        adapter: the adapter.

    Raises:
        StatescapeError: where a tensor of the adapter has no place in the base, or one of another shape.
    """
    from peft import LoraConfig, get_peft_model, set_peft_model_state_dict
    from peft.utils import get_peft_model_state_dict
    from safetensors.torch import load_file

    another = f"{adapter.name} is an adapter of another base than {adapter.base_name}"
    settings = {key: set(value) if key == "target_modules" and isinstance(value, list) else value
                for key, value in adapter.settings.items()}  # fmt: skip
    try:
        wrapped = get_peft_model(network, LoraConfig(**settings))
    except ValueError as error:  # none of its modules is there
        raise StatescapeError(f"{another}: {' '.join(str(error).split())[:200]}") from error
    own = get_peft_model_state_dict(wrapped, save_embedding_layers=False)
    weights = load_file(adapter.folder / WEIGHTS)
    for key in sorted(weights.keys() | own.keys()):
        if key not in own:
            raise StatescapeError(f"{another}: there is no place for {key}.")
        if key not in weights:
            raise StatescapeError(f"{another}: it has no {key}.")
        if weights[key].shape != own[key].shape:
            raise StatescapeError(
                f"{another}: {key} has shape {tuple(weights[key].shape)} where the base takes {tuple(own[key].shape)}."
            )
    set_peft_model_state_dict(wrapped, weights)
    return wrapped.merge_and_unload(safe_merge=True)
