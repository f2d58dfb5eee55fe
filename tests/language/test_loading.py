"""What users can get wrong when they name a model, and the line they read."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import statescape as ss
from statescape.errors import StatescapeError
from tests.language.families import FAMILIES, TEXT, build, word_tokenizer


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    build(FAMILIES[0]).save_pretrained(folder)
    word_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    """A sound model to spoil."""
    return Path(shutil.copytree(saved, tmp_path / "model"))


def refusal(source: Any, **options: Any) -> str:
    with pytest.raises(StatescapeError) as caught:
        ss.load_model(source, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_folder_gives_the_model_that_was_saved(saved: Path, capfd: pytest.CaptureFixture[str]) -> None:
    trace = ss.load_model(saved).trace(TEXT)
    own = ss.load_model(build(FAMILIES[0]), tokenizer=word_tokenizer()).trace(TEXT)
    np.testing.assert_array_equal(trace.states, own.states)
    assert trace.model.facts.name == saved.name
    assert capfd.readouterr() == ("", "")


def test_half_precision_weights_run_in_their_own_dtype(folder: Path) -> None:
    build(FAMILIES[0]).to(torch.bfloat16).save_pretrained(folder)
    assert ss.load_model(folder).facts.dtype == "bfloat16"


def test_no_such_folder_and_no_such_name() -> None:
    assert refusal("./no/such/folder") == "There is no folder ./no/such/folder."
    assert refusal("no such name") == "There is no folder no such name."


def test_no_network_is_told_at_once() -> None:
    """In a process of its own, since the hub's address is read when its library is imported."""
    code = (
        "import statescape as ss\ntry: ss.load_model('nobody/nothing')\nexcept ss.errors.StatescapeError as e: print(e)"
    )
    environment = {"HF_ENDPOINT": "http://127.0.0.1:9", "PATH": "", "HOME": "/nonexistent", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", "import statescape.errors\n" + code]
    answer = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, timeout=60)
    assert answer.stdout == "There is no folder nobody/nothing, and the hub cannot be reached to look for it.\n"
    assert answer.stderr == ""


def test_the_hub_is_asked_once_and_not_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def unreachable(self: Any, name: str, timeout: float) -> None:
        assert timeout <= 5
        raise OSError("Name or service not known")

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", unreachable)
    start = time.monotonic()
    assert "hub cannot be reached" in refusal("nobody/nothing")
    assert time.monotonic() - start < 5


def test_what_was_downloaded_before_needs_no_network(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def cached(name: str, local_files_only: bool = False) -> str:
        assert local_files_only
        return str(saved)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", cached)
    assert ss.load_model("somebody/tiny").facts.name == "somebody/tiny"


def test_a_hub_model_with_pickles_only_is_not_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub
    from huggingface_hub.errors import LocalEntryNotFoundError

    def never(name: str, local_files_only: bool = False, **_: Any) -> str:
        assert local_files_only
        raise LocalEntryNotFoundError("not cached")

    files = [SimpleNamespace(rfilename=name) for name in ("config.json", "pytorch_model.bin")]
    monkeypatch.setattr(huggingface_hub, "snapshot_download", never)
    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", lambda *_, **__: SimpleNamespace(siblings=files))
    assert "somebody/old has pickled weights only" in refusal("somebody/old")


def test_a_file_is_no_folder(saved: Path) -> None:
    assert "is no GGUF file; give one, or the folder that holds config.json" in refusal(saved / "config.json")


def test_folder_without_config(folder: Path) -> None:
    (folder / "config.json").unlink()
    assert "holds no config.json; give a folder as transformers saves it" in refusal(folder)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is no JSON"),
        ("[]", "names no model_type"),
        ("{}", "names no model_type"),
        ("[" * 200_000, "is no JSON"),
    ],
    ids=["broken", "list", "empty", "nested"],
)
def test_spoilt_config(folder: Path, text: str, words: str) -> None:
    (folder / "config.json").write_text(text)
    assert words in refusal(folder)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("n_embd", "x", "The config.json of"),
        ("n_layer", 2.5, "Field 'n_layer' expected int, got float"),
        ("n_head", 0, "cannot be loaded"),
        ("layer_norm_epsilon", [1], "Field 'layer_norm_epsilon' expected float, got list"),
        ("activation_function", "x", "cannot be loaded"),
        ("dtype", "float7", "cannot be loaded"),
        ("quantization_config", [], "cannot be loaded"),
    ],
)
def test_config_fields_that_make_no_sense(folder: Path, key: str, value: Any, words: str) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {key: value}))
    assert words in (message := refusal(folder))
    assert "download" not in message


@pytest.mark.parametrize(
    ("settings", "package"),
    [
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "bitsandbytes"),
        ({"quant_method": "gptq", "bits": 4}, "optimum"),
        ({"quant_method": "eetq"}, "kernels"),
    ],
    ids=["bitsandbytes", "gptq", "eetq"],
)
def test_a_package_that_is_missing_is_named(folder: Path, settings: Any, package: str) -> None:
    """None of them is installed here; downloading the model again would not help."""
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"quantization_config": settings}))
    message = refusal(folder)
    assert "download" not in message
    assert "needs what is not installed here: " in message
    assert package in message


@pytest.mark.parametrize("key", ["attn_implementation", "_attn_implementation", "_attn_implementation_internal"])
def test_a_config_names_no_code(folder: Path, key: str) -> None:
    """A kernel by its name on a hub would be fetched and run."""
    own = ss.load_model(folder).anatomy.network.config._attn_implementation
    config = json.loads((folder / "config.json").read_text())
    chosen = {key: "nobody/attention", "experts_implementation": "nobody/experts", "fusion_config": {"x": True}}
    (folder / "config.json").write_text(json.dumps(config | chosen))
    assert ss.load_model(folder).anatomy.network.config._attn_implementation == own == "sdpa"


@pytest.mark.parametrize(
    ("model_type", "words"),
    [
        ("clip", "is a clip model, which is no causal (decoder-only) language model"),
        ("somebodys_own", "which transformers does not know; code that comes with a model is never run"),
    ],
)
def test_other_kinds_of_models(folder: Path, model_type: str, words: str) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"model_type": model_type}))
    assert words in refusal(folder)


def test_encoder_decoder(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "t5", "is_encoder_decoder": True}))
    assert "is an encoder-decoder model; statescape reads causal (decoder-only)" in refusal(folder)


def test_an_encoder_that_transformers_would_run_as_a_decoder() -> None:
    from transformers import BertConfig, BertLMHeadModel

    config = BertConfig(
        vocab_size=97,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=48,
        is_decoder=False,
    )
    message = refusal(BertLMHeadModel(config).eval(), tokenizer=word_tokenizer())
    assert "reads its text in both directions" in message


def test_pickled_weights_are_not_opened(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'exit 1'\ntR.")
    assert "has pickled weights only, which could run code; save it as safetensors" in refusal(folder)


def test_no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    assert "holds no weights; it needs model.safetensors" in refusal(folder)


def test_truncated_weights(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])
    assert "cannot be loaded" in refusal(folder)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers(folder: Path, value: float) -> None:
    weights = load_file(folder / "model.safetensors")
    weights["transformer.h.1.mlp.c_fc.weight"][3, 4] = value
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert "weights that are NaN or infinite (transformer.h.1.mlp.c_fc.weight)" in refusal(folder)


def test_missing_weights_are_not_made_up(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    del weights["transformer.h.1.mlp.c_fc.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert "are incomplete: transformer.h.1.mlp.c_fc.weight is missing" in refusal(folder)


def test_no_tokenizer(folder: Path) -> None:
    for file in folder.glob("tokenizer*"):
        file.unlink()
    assert "holds no tokenizer; add the tokenizer.json" in refusal(folder)


def test_spoilt_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}")
    assert "cannot be loaded" in refusal(folder)


def test_a_tokenizer_that_knows_more_tokens_than_the_model(folder: Path) -> None:
    word_tokenizer(150).save_pretrained(folder)
    assert "does not fit the model: it knows 150 tokens, the model has 97 embeddings" in refusal(folder)


def test_objects_need_their_tokenizer() -> None:
    assert "needs its tokenizer: load_model(model, tokenizer=tokenizer)" in refusal(build(FAMILIES[0]))
    assert "got int" in refusal(3)
    assert "got the class GPT2LMHeadModel" in refusal(type(build(FAMILIES[0])), tokenizer=word_tokenizer())
    assert "got dict" in refusal({"model": 1})
    for tokenizer in (3, {}, type(word_tokenizer())):
        assert "A tokenizer is one of transformers, its folder or its hub name; got " in refusal(
            build(FAMILIES[0]), tokenizer=tokenizer
        )


@pytest.mark.parametrize("kind", ["folder", "path", "backend", "processor"])
def test_a_tokenizer_comes_in_several_shapes(saved: Path, kind: str) -> None:
    tokenizer = {
        "folder": str(saved),
        "path": saved,
        "backend": word_tokenizer().backend_tokenizer,
        "processor": SimpleNamespace(tokenizer=word_tokenizer()),
    }[kind]
    trace = ss.load_model(build(FAMILIES[0]), tokenizer=tokenizer).trace(TEXT)
    assert trace.token_ids == ss.load_model(saved).trace(TEXT).token_ids


def test_a_loaded_model_is_a_model(saved: Path) -> None:
    model = ss.load_model(saved)
    assert ss.load_model(model) is model


def test_names_that_no_folder_can_have(saved: Path) -> None:
    assert "There is no folder" in refusal("a\0b")
    assert "cannot be read" in refusal("x" * 5000)


def test_a_model_without_head() -> None:
    assert "GPT2Model has no language-model head" in refusal(build(FAMILIES[0]).transformer, tokenizer=word_tokenizer())


def test_random_weights_are_a_function_of_the_seed_and_touch_no_global_generator(saved: Path) -> None:
    trace = ss.load_model(saved).trace(TEXT)
    state = torch.get_rng_state()
    one, again, other = (trace.with_random_weights(seed) for seed in (1, 1, 2))
    assert torch.equal(state, torch.get_rng_state())
    np.testing.assert_array_equal(one.states, again.states)
    assert np.abs(one.states - other.states).max() > 1e-3
    assert one.token_ids == trace.token_ids
    assert "random weights (seed 1)" in one.path(-1).model.name


def test_without_torch_the_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import statescape as ss\n"
        "from statescape.errors import StatescapeError\n"
        "try: ss.load_model\n"
        "except StatescapeError as error: print(error)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "Language models need torch; install it with: pip install 'statescape[lm]'\n"
