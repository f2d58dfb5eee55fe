"""Where a model comes from: the bundled one, a folder, a GGUF file, the hub, or an object already in memory.

Only safetensors and GGUF are read and no code of a model's authors is run. What cannot be read is refused in one line,
before anything large is downloaded.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import textwrap
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, overload

import tokenizers
import torch
from safetensors import SafetensorError

from statescape import plugins
from statescape.errors import StatescapeError
from statescape.language.model.adapters import CONFIG, Adapter, adapter_of, merged
from statescape.language.model.binding import read_network
from statescape.language.model.contract import checked
from statescape.language.model.files import refuse_misread, require_safetensors, snapshot, weight_files
from statescape.language.model.gguf import gguf_file, read_once, refuse_lost, refusing_kinds
from statescape.language.model.gguf_header import read_header
from statescape.language.model.language_model import LanguageModel
from statescape.language.model.placement import device_of, dtype_of, moved, spreading
from statescape.language.model.probes import key_of
from statescape.language.readable import HasBos, ReadableModel

M = TypeVar("M", bound=ReadableModel)

BUNDLED = "conteur"
# Attention and experts by an implementation's name, which may be code on a hub; patches; code of a model's authors.
_CHOOSES_CODE = re.compile(
    r"^_?(attn|experts)_implementation|^(auto_map|fusion_config|kernel_config|custom_generate|transformers_weights)$"
)
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model")


class _Run(NamedTuple):
    """How a model is to run: what opens its texts, where, whether that was named, in what numbers."""

    bos: bool | None
    device: torch.device | None
    named: bool
    dtype: torch.dtype | None


@overload
def load_model(
    source: str | os.PathLike[str] | torch.nn.Module | None = None,
    *,
    tokenizer: Any = None,
    bos: bool | None = None,
    device: str | None = None,
    dtype: str | torch.dtype | None = None,
) -> LanguageModel: ...
@overload
def load_model(source: M, *, bos: bool | None = None) -> M: ...
def load_model(
    source: Any = None,
    *,
    tokenizer: Any = None,
    bos: bool | None = None,
    device: str | None = None,
    dtype: str | torch.dtype | None = None,
) -> Any:
    """Load a causal language model and check that its states can be read exactly.

    Args:
        source: a folder (of a model, or of a LoRA adapter, which is merged into its base), a GGUF file, "package:NAME"
            for the GGUF file that an installed package ships, a name on the Hugging Face hub, a transformers model, or
            None for the bundled `conteur`; or any `ReadableModel`, which comes back as it is, its facts stating how
            exactly it was read. A transformers model is left as it was.
        tokenizer: a tokenizer, or its folder or hub name; needed for a model given as an object, where folders and
            names bring their own.
        bos: whether a beginning-of-sequence token is put in front of every text; None leaves it to the tokenizer.
        device: where it runs: "cpu", "cuda", "cuda:1", or "auto" for all GPUs together; None for a GPU where torch
            finds one, and for all where it is larger than the memory of one. A model given as an object stays where it
            is.
        dtype: in which numbers it runs: "float32", "bfloat16", "float16"; None for those of its file (float32 for GGUF
            and the bundled model). A model given as an object keeps its own.

    Raises:
        StatescapeError: if there is no such model, if it is no causal language model in safetensors or GGUF, if its
            files hold weights that it does not use, if its tokenizer does not fit, or if decoding its last state does
            not give its own logits.
    """
    if isinstance(source, ReadableModel):
        return _as_given(source, bos)
    run = _Run(bos, device_of(device), device is not None, dtype_of(dtype))
    if source is None:
        with resources.as_file(resources.files("statescape") / "data" / BUNDLED) as folder:
            # Stored in float16 to be small.
            return _from_folder(folder, BUNDLED, tokenizer, run._replace(dtype=run.dtype or torch.float32))
    if isinstance(source, str | os.PathLike):
        name = os.fspath(source)
        file = gguf_file(name)
        if file is not None:
            return _from_gguf(file, tokenizer, run)
        model = _from_folder(_folder(name), name, tokenizer, run)
        own = Path(name).expanduser()
        # What is shown and shared names the folder: where it lies is the reader's own.
        shown = own.name if own.name not in {"", ".."} else own.resolve().name
        more = model.facts.name.removeprefix(name)
        return replace(model, facts=replace(model.facts, name=shown + more)) if own.is_dir() else model
    if not isinstance(source, torch.nn.Module) or not hasattr(source, "get_output_embeddings"):
        what = f"the class {source.__name__}" if isinstance(source, type) else type(source).__name__
        members = [name for name in vars(ReadableModel) if not name.startswith("_")]
        missing = [name for name in members if not hasattr(source, name)]
        if len(missing) < len(members) and not isinstance(source, type):
            raise StatescapeError(f"A readable model has {', '.join(members)}; {what} lacks {', '.join(missing)}.")
        raise StatescapeError(f"A model is a folder, a GGUF file, a hub name or a transformers model; got {what}.")
    if device is not None:
        raise StatescapeError(f"A model given as an object stays where it is; move it first: model.to({device!r}).")
    if dtype is not None:
        raise StatescapeError(f"A model given as an object keeps its numbers; turn it first: model.to({run.dtype}).")
    if tokenizer is None:
        raise StatescapeError("A model given as an object needs its tokenizer: load_model(model, tokenizer=tokenizer).")
    return _checked(source, _tokenizer(tokenizer), type(source).__name__, bos, from_files=False)


@plugins.model.register
def _(network: torch.nn.Module, tokenizer: Any) -> LanguageModel:
    return load_model(network, tokenizer=tokenizer)


def _as_given(model: ReadableModel, bos: bool | None) -> ReadableModel:
    """A model that can be read already, with the policy on BOS that is asked for."""
    known = model if isinstance(model, LanguageModel) else checked(model)
    if bos is None:
        return known
    if not isinstance(known, HasBos):
        raise StatescapeError(f"{known.facts.name} has one way to open a text; leave bos out.")
    return known.with_bos(bos)


def _folder(name: str) -> Path:
    """The folder of that name, or of the hub's model of that name."""
    try:
        folder = Path(name).expanduser()
        if folder.is_file():
            raise StatescapeError(
                f"{name} is no GGUF file; give one, or the folder that holds config.json and the weights."
            )
        return folder if folder.is_dir() else snapshot(name)
    except (OSError, RuntimeError) as error:  # a name too long, no rights, no home
        raise StatescapeError(f"The folder {name} cannot be read: {_one_line(error)}.") from error


def _from_folder(folder: Path, name: str, tokenizer: Any, run: _Run) -> LanguageModel:
    adapter = adapter_of(folder, name)
    base = folder if adapter is None else _base_of(adapter)
    of = name if adapter is None else adapter.base_name
    config = _configuration(base, of)
    require_safetensors((file.name for file in base.iterdir()), of)
    holding = [place for place in (folder, base) if any((place / file).is_file() for file in _TOKENIZER_FILES)]
    if tokenizer is None and not holding:
        raise StatescapeError(f"{of} holds no tokenizer; add the tokenizer.json that the model was trained with.")
    files = weight_files(base, of)
    config_class, architecture = _classes(config, of)
    with _quiet(), _foreign(f"The config.json of {of}"):
        # Without the keys by which a configuration chooses code: which one runs is not for a file to say.
        settings = config_class.from_dict(_without(config_class.get_config_dict(base)[0], _CHOOSES_CODE))
    with _quiet(), _foreign(of):
        bound = _tokenizer(holding[0] if tokenizer is None else tokenizer)
        network, report = architecture.from_pretrained(
            base,
            config=settings,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            dtype=run.dtype or "auto",
            ignore_mismatched_sizes=True,  # refused below, by their names
            output_loading_info=True,
            **spreading(run.device, run.named, files),
        )
        refuse_misread(network, report, files, of)
    with _quiet(), _foreign(name):
        if adapter is not None:
            network, name = merged(network, adapter), f"{name} (LoRA on {adapter.base_name})"
        return _checked(moved(network, run.device, name), bound, name, run.bos)


def _base_of(adapter: Adapter) -> Path:
    """The folder of an adapter's base model."""
    try:
        base = _folder(adapter.base_place)
    except StatescapeError as error:
        raise StatescapeError(
            f"The base model of the adapter {adapter.name} is not to be had: {error} Where it lies stands in "
            f"base_model_name_or_path of {CONFIG}."
        ) from error
    if adapter_of(base, adapter.base_name) is not None:
        raise StatescapeError(f"The base model of the adapter {adapter.name} is an adapter itself; merge that first.")
    return base


def _from_gguf(file: Path, tokenizer: Any, run: _Run) -> LanguageModel:
    header = read_header(file)
    name = f"{file.stem} (GGUF {header.quantisation})"
    if tokenizer is None and not header.has_tokenizer:
        raise StatescapeError(f"{file.name} holds no tokenizer; give one: load_model(file, tokenizer=folder).")
    with _quiet(), read_once(file, header), _foreign(file.name):
        from transformers import AutoConfig, AutoTokenizer, GgufConfig

        place: dict[str, Any] = {"gguf_file": file.name, "local_files_only": True, "trust_remote_code": False}
        with refusing_kinds(file, header):
            config = AutoConfig.from_pretrained(file.parent, **place)
        architecture = _classes(config.to_dict(), file.name)[1]
        bound = AutoTokenizer.from_pretrained(file.parent, **place) if tokenizer is None else _tokenizer(tokenizer)
        network, report = architecture.from_pretrained(
            file.parent,
            **place,
            config=config,
            dtype=run.dtype or torch.float32,
            quantization_config=GgufConfig(dequantize=True),  # else kernels are taken from a hub
            output_loading_info=True,
            **spreading(run.device, run.named, ()),
        )
        refuse_misread(network, report, (), file.name)
        refuse_lost(network, file, header)
        model = _checked(moved(network, run.device, file.name), bound, name, run.bos)
    return replace(model, facts=replace(model.facts, quantisation=header.quantisation))


@contextlib.contextmanager
def _foreign(name: str) -> Iterator[None]:
    """Whatever transformers, tokenizers, safetensors or a model's own code raises, as one line that is true."""
    try:
        yield
    except StatescapeError:
        raise
    except ImportError as error:
        raise StatescapeError(f"{name} needs what is not installed here: {_one_line(error)}") from error
    except SafetensorError as error:
        raise StatescapeError(
            f"{name} cannot be loaded, its weights are damaged ({_one_line(error)}); download them again."
        ) from error
    except Exception as error:
        raise StatescapeError(f"{name} cannot be loaded: {type(error).__name__}: {_one_line(error)}") from error


def _without(config: Any, keys: re.Pattern[str]) -> Any:
    """A configuration, and the configurations inside it, without some keys."""
    if isinstance(config, dict):
        return {key: _without(value, keys) for key, value in config.items() if not keys.search(key)}
    return config


def _configuration(folder: Path, name: str) -> dict[str, Any]:
    file = folder / "config.json"
    if not file.is_file():
        raise StatescapeError(f"{name} holds no config.json; give a folder as transformers saves it.")
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise StatescapeError(f"The config.json of {name} is no JSON; download the model again.") from error
    if not isinstance(config, dict) or not isinstance(config.get("model_type"), str):
        raise StatescapeError(f"The config.json of {name} names no model_type; give a folder as transformers saves it.")
    if config.get("is_encoder_decoder"):
        raise StatescapeError(_ENCODER_DECODER.format(name=name))
    return config


_ENCODER_DECODER = "{name} is an encoder-decoder model; statescape reads causal (decoder-only) language models."


def _classes(config: dict[str, Any], name: str) -> tuple[Any, Any]:
    """The classes of configuration and model that transformers has for a configuration."""
    if config["model_type"] == "gpt2":  # the bundled model's: spares the table of all families
        from transformers.models.gpt2.modeling_gpt2 import GPT2Config, GPT2LMHeadModel

        return GPT2Config, GPT2LMHeadModel
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING, CONFIG_MAPPING_NAMES
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, AutoModelForCausalLM

    model_type = config["model_type"]
    if model_type in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        return CONFIG_MAPPING[model_type], AutoModelForCausalLM
    if model_type in CONFIG_MAPPING_NAMES:
        raise StatescapeError(f"{name} is a {model_type} model, which is no causal (decoder-only) language model.")
    raise StatescapeError(
        f"{name} is a {model_type} model, which transformers does not know; code that comes with a model is never run."
    )


def _tokenizer(given: Any) -> Any:
    """A tokenizer: itself, what a processor of several kinds of input holds, or from a folder or by its hub name."""
    if isinstance(given, str | os.PathLike):
        from transformers.models.auto.tokenization_auto import AutoTokenizer

        place = Path(given).expanduser()
        with _quiet(), _foreign(f"The tokenizer {given}"):
            return AutoTokenizer.from_pretrained(
                place if place.is_dir() else os.fspath(given), local_files_only=place.is_dir(), trust_remote_code=False
            )
    if isinstance(given, tokenizers.Tokenizer):
        from transformers import PreTrainedTokenizerFast

        return PreTrainedTokenizerFast(tokenizer_object=given)
    found = getattr(given, "tokenizer", given)
    if isinstance(found, type) or not all(hasattr(found, method) for method in ("encode", "get_vocab")):
        what = f"the class {given.__name__}" if isinstance(given, type) else type(given).__name__
        raise StatescapeError(f"A tokenizer is one of transformers, its folder or its hub name; got {what}.")
    return found


def _checked(network: Any, tokenizer: Any, name: str, bos: bool | None, *, from_files: bool = True) -> LanguageModel:
    if getattr(network.config, "is_encoder_decoder", False):
        raise StatescapeError(_ENCODER_DECODER.format(name=name))
    if network.device.type in ("meta", "mps"):  # no weights; no float64, in which parts are told apart
        raise StatescapeError(f"{name} is on {network.device}; move it to the processor first: model.to('cpu').")
    with _quiet(), _foreign(name), ThreadPoolExecutor(1) as pool:  # digests weights while the vocabulary is read
        # What a network in memory does may have been changed in ways that no digest sees.
        return read_network(network, tokenizer, name, bos, pool.submit(key_of, network).result if from_files else str)


def _one_line(error: BaseException) -> str:
    """What an error says, in one line of a readable length."""
    return textwrap.shorten(str(error), 300, placeholder=" …") or type(error).__name__


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
