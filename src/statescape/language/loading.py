"""Where a model comes from: the bundled one, a folder, the hub, or an object already in memory.

Only safetensors are read and no code of the model's authors is run. What cannot be loaded is refused in one line,
before anything is downloaded.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import warnings
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from statescape.errors import StatescapeError
from statescape.language.model import LanguageModel, read_network

BUNDLED = "conteur"


def load_model(source: Any = None, *, tokenizer: Any = None, bos: bool | None = None) -> LanguageModel:
    """Load a causal language model and check that it can be read exactly.

    Args:
        source: a folder, a name on the Hugging Face hub, a transformers model, or None for the bundled `conteur`.
        tokenizer: the tokenizer of a model given as an object; others bring their own.
        bos: put a beginning-of-sequence token in front of every text; None leaves it to the tokenizer.

    Raises:
        StatescapeError: if there is no such model, if it is not a causal language model in safetensors, or if decoding
            its last state does not give its own logits.
    """
    if source is None:
        folder = resources.files("statescape") / "data" / BUNDLED
        with resources.as_file(folder) as path:
            return _from_folder(path, BUNDLED, bos, dtype="float32")
    if isinstance(source, str | os.PathLike):
        path = Path(source).expanduser()
        if path.is_dir():
            return _from_folder(path, str(source), bos, dtype="auto")
        if path.exists():
            raise StatescapeError(f"{source} is a file; give the folder that holds config.json and the weights.")
        return _from_hub(str(source), bos)
    if tokenizer is None:
        raise StatescapeError("A model given as an object needs its tokenizer: load_model(model, tokenizer=tokenizer).")
    return _checked(source, tokenizer, type(source).__name__, bos)


def _from_folder(folder: Path, name: str, bos: bool | None, dtype: str) -> LanguageModel:
    config = _configuration(folder, name)
    _require_safetensors([file.name for file in folder.iterdir()], name)
    network, tokenizer = _load(folder, name, config, dtype)
    return _checked(network, tokenizer, name, bos)


def _from_hub(name: str, bos: bool | None) -> LanguageModel:
    raise StatescapeError(f"There is no folder {name}, and the hub cannot be reached.")


def _configuration(folder: Path, name: str) -> dict[str, Any]:
    file = folder / "config.json"
    if not file.is_file():
        raise StatescapeError(f"{name} holds no config.json; give a folder as transformers saves it.")
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise StatescapeError(f"{name}/config.json is not valid JSON; download the model again.") from error


def _require_safetensors(files: list[str], name: str) -> None:
    if any(file.endswith(".safetensors") for file in files):
        return
    if any(file.endswith((".bin", ".pt", ".pth", ".ckpt", ".pkl")) for file in files):
        raise StatescapeError(
            f"{name} has pickled weights only, which could run code; convert them to safetensors "
            "(model.save_pretrained in transformers does) and try again."
        )
    raise StatescapeError(f"{name} holds no weights; it needs model.safetensors.")


def _load(folder: Path, name: str, config: dict[str, Any], dtype: str) -> tuple[Any, Any]:
    """Network and tokenizer of a folder, quietly."""
    import torch

    with _quiet():
        tokenizer = _tokenizer(folder, name)
        architecture = _architecture(config, name)
        network = architecture.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            dtype=getattr(torch, dtype, dtype),
        )
    return network.eval(), tokenizer


def _architecture(config: dict[str, Any], name: str) -> Any:
    if config.get("model_type") == "gpt2":  # the bundled model's; the table of all families takes a second to import
        from transformers.models.gpt2.modeling_gpt2 import GPT2LMHeadModel

        return GPT2LMHeadModel
    from transformers.models.auto.modeling_auto import AutoModelForCausalLM

    return AutoModelForCausalLM


def _tokenizer(folder: Path, name: str) -> Any:
    if not any((folder / file).is_file() for file in ("tokenizer.json", "tokenizer_config.json", "vocab.json")):
        raise StatescapeError(f"{name} holds no tokenizer; add the tokenizer.json the model was trained with.")
    from transformers.models.auto.tokenization_auto import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def _checked(network: Any, tokenizer: Any, name: str, bos: bool | None) -> LanguageModel:
    import torch

    if not all(bool(torch.isfinite(parameter).all()) for parameter in network.parameters()):
        raise StatescapeError(f"{name} has weights that are NaN or infinite; download it again.")
    with _quiet():
        return read_network(network.eval(), tokenizer, name, bos)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """No warnings, log lines or progress bars of transformers."""
    from transformers.utils import logging as transformers_logging

    verbosity = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity(logging.CRITICAL)
    transformers_logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        transformers_logging.enable_progress_bar()
