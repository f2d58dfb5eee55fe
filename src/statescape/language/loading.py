"""Where a model comes from: the bundled one, a folder, the hub, or an object already in memory.

Only safetensors are read and no code of a model's authors is run. What cannot be read is refused in one line, before
anything large is downloaded.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import warnings
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import torch

from statescape.errors import StatescapeError
from statescape.language.hub import require_safetensors, snapshot
from statescape.language.model import LanguageModel, read_network

BUNDLED = "conteur"
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model")


def load_model(
    source: Any = None, *, tokenizer: Any = None, bos: bool | None = None, device: str | None = None
) -> LanguageModel:
    """Load a causal language model and check that its states can be read exactly.

    Args:
        source: a folder, a name on the Hugging Face hub, a transformers model, or None for the bundled `conteur`.
        tokenizer: the tokenizer of a model given as an object; folders and names bring their own.
        bos: whether a beginning-of-sequence token is put in front of every text; None leaves it to the tokenizer.
        device: where it runs: "cpu", "cuda", "cuda:1"; None for a GPU where torch finds one. A model given as an object
            stays where it is.

    Raises:
        StatescapeError: if there is no such model, if it is no causal language model in safetensors, if its tokenizer
            does not fit, or if decoding its last state does not give its own logits.
    """
    place = _device(device)
    if source is None:
        with resources.as_file(resources.files("statescape") / "data" / BUNDLED) as folder:
            return _from_folder(folder, BUNDLED, bos, torch.float32, place)  # stored in float16 to be small
    if isinstance(source, str | os.PathLike):
        folder = Path(source).expanduser()
        if folder.is_file():
            raise StatescapeError(f"{source} is a file; give the folder that holds config.json and the weights.")
        if not folder.is_dir():
            folder = snapshot(os.fspath(source))
        return _from_folder(folder, os.fspath(source), bos, "auto", place)
    if not hasattr(source, "get_output_embeddings"):
        raise StatescapeError(f"A model is a folder, a hub name or a transformers model; got {type(source).__name__}.")
    if device is not None:
        raise StatescapeError(f"A model given as an object stays where it is; move it first: model.to({device!r}).")
    if tokenizer is None:
        raise StatescapeError("A model given as an object needs its tokenizer: load_model(model, tokenizer=tokenizer).")
    return _checked(source, tokenizer, type(source).__name__, bos)


def _device(name: str | None) -> torch.device:
    """The device of this name; a GPU where there is one and none is named."""
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda"):
        raise StatescapeError(f"A model runs on cpu, cuda, or one of several GPUs as cuda:1; got {name!r}.")
    if device.type == "cuda" and not (device.index or 0) < torch.cuda.device_count():
        count = torch.cuda.device_count()
        found = f"{count} GPU{'s' * (count > 1)}" if count else "no GPU"
        raise StatescapeError(f"There is no {name} here: torch {torch.__version__} finds {found}.")
    return device


def _from_folder(
    folder: Path, name: str, bos: bool | None, dtype: torch.dtype | str, device: torch.device
) -> LanguageModel:
    config = _configuration(folder, name)
    require_safetensors((file.name for file in folder.iterdir()), name)
    if not any((folder / file).is_file() for file in _TOKENIZER_FILES):
        raise StatescapeError(f"{name} holds no tokenizer; add the tokenizer.json that the model was trained with.")
    with _quiet():
        architecture = _architecture(config, name)
        try:
            tokenizer = _tokenizer(folder)
            network, report = architecture.from_pretrained(
                folder,
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                dtype=dtype,
                output_loading_info=True,
            )
        except Exception as error:  # whatever transformers, tokenizers or safetensors raise
            raise StatescapeError(f"{name} cannot be loaded, download it again: {_first_line(error)}") from error
    declared = (config.get("architectures") or [type(network).__name__])[0]
    if report["missing_keys"] and declared != type(network).__name__:
        raise StatescapeError(f"{name} holds a {declared}, which has no head of a causal language model.")
    if report["missing_keys"]:
        missing = sorted(report["missing_keys"])
        raise StatescapeError(f"The weights of {name} are incomplete: {missing[0]} is missing; download them again.")
    return _checked(_moved(network, device, name), tokenizer, name, bos)


def _moved(network: Any, device: torch.device, name: str) -> Any:
    try:
        return network.to(device)
    except torch.cuda.OutOfMemoryError:
        raise StatescapeError(f"{name} does not fit into the memory of {device}; try --device cpu.") from None


def _configuration(folder: Path, name: str) -> dict[str, Any]:
    file = folder / "config.json"
    if not file.is_file():
        raise StatescapeError(f"{name} holds no config.json; give a folder as transformers saves it.")
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise StatescapeError(f"The config.json of {name} is no JSON; download the model again.") from error
    if not isinstance(config, dict) or not isinstance(config.get("model_type"), str):
        raise StatescapeError(f"The config.json of {name} names no model_type; give a folder as transformers saves it.")
    if config.get("is_encoder_decoder"):
        raise StatescapeError(_ENCODER_DECODER.format(name=name))
    return config


_ENCODER_DECODER = "{name} is an encoder-decoder model; statescape reads causal (decoder-only) language models."


def _architecture(config: dict[str, Any], name: str) -> Any:
    if config["model_type"] == "gpt2":  # the bundled model's: spares the table of all families
        from transformers.models.gpt2.modeling_gpt2 import GPT2LMHeadModel

        return GPT2LMHeadModel
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, AutoModelForCausalLM

    model_type = config["model_type"]
    if model_type in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        return AutoModelForCausalLM
    if model_type in CONFIG_MAPPING_NAMES:
        raise StatescapeError(f"{name} is a {model_type} model, which is no causal (decoder-only) language model.")
    raise StatescapeError(
        f"{name} is a {model_type} model, which transformers does not know; code that comes with a model is never run."
    )


def _tokenizer(folder: Path) -> Any:
    from transformers.models.auto.tokenization_auto import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def _checked(network: Any, tokenizer: Any, name: str, bos: bool | None) -> LanguageModel:
    if getattr(network.config, "is_encoder_decoder", False):
        raise StatescapeError(_ENCODER_DECODER.format(name=name))
    if network.device.type in ("meta", "mps"):  # no weights; no float64, in which parts are told apart
        raise StatescapeError(f"{name} is on {network.device}; move it to the processor first: model.to('cpu').")
    for weights, parameter in network.named_parameters():
        if not bool(torch.isfinite(parameter).all()):
            raise StatescapeError(f"{name} has weights that are NaN or infinite ({weights}); download it again.")
    with _quiet():
        return read_network(network.eval(), tokenizer, name, bos)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return re.sub(r"\s+", " ", lines[0]) if lines else type(error).__name__


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """No warnings, log lines or progress bars of transformers."""
    from transformers.utils import logging as transformers_logging

    verbosity, bars = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity(logging.CRITICAL)
    transformers_logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if bars:
            transformers_logging.enable_progress_bar()
