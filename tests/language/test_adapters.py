"""LoRA adapters: merged they are what peft runs, and whatever is none of their base is refused in a line."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import statescape as ss
from statescape.cli.app import run
from statescape.errors import StatescapeError
from tests.language.families import FAMILIES, TEXT, build, word_tokenizer

pytestmark = pytest.mark.skipif(importlib.util.find_spec("peft") is None, reason="peft is missing")
FAMILY = {family.model_type: family for family in FAMILIES}
SETTINGS = {
    "llama": {"target_modules": ["q_proj", "v_proj", "down_proj"]},
    "gpt2": {"target_modules": ["c_attn"], "fan_in_fan_out": True, "use_rslora": True},
    "dora": {"target_modules": ["o_proj"], "use_dora": True, "rank_pattern": {"layers.0.self_attn.o_proj": 2}},
}


def make(folder: Path, kind: str = "llama", seed: int = 0, **settings: Any) -> Path:
    """A base and an adapter beside it whose matrices are all random; returns the adapter."""
    import peft  # takes seconds, which every process would spend that only collects these tests

    network = build(FAMILY["llama" if kind == "dora" else kind])
    network.save_pretrained(folder / "base")
    word_tokenizer().save_pretrained(folder / "base")
    chosen = peft.LoraConfig(r=4, lora_alpha=6, task_type="CAUSAL_LM", **SETTINGS[kind], **settings)
    wrapped = peft.get_peft_model(network, chosen)
    torch.manual_seed(seed)
    for name, weight in wrapped.named_parameters():
        if "lora_" in name and "magnitude" not in name:
            torch.nn.init.normal_(weight, std=0.3)
    wrapped.save_pretrained(folder / "tuned", save_embedding_layers=False)
    configured(folder / "tuned", base_model_name_or_path="../base")
    return folder / "tuned"


def configured(folder: Path, **changes: Any) -> Path:
    file = folder / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    return folder


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("lora"))


@pytest.fixture
def adapter(saved: Path, tmp_path: Path) -> Path:
    """A sound adapter to spoil."""
    return Path(shutil.copytree(saved.parent, tmp_path / "copy")) / "tuned"


def refusal(source: Any, **options: Any) -> str:
    with pytest.raises(StatescapeError) as caught:
        ss.load_model(source, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("kind", SETTINGS)
def test_a_merged_adapter_answers_as_peft_runs_it(tmp_path: Path, kind: str) -> None:
    import peft

    folder = make(tmp_path, kind)
    model = ss.load_model(folder)
    assert model.facts.name == "tuned (LoRA on base)"
    trace = model.trace(TEXT)
    base = build(FAMILY["llama" if kind == "dora" else kind])
    wrapped = peft.PeftModel.from_pretrained(base, folder, local_files_only=True).eval()
    with torch.inference_mode():
        own = wrapped(torch.tensor([trace.token_ids])).logits[0].numpy()
    np.testing.assert_allclose(model.logits(trace.token_ids), own, atol=2e-5 * np.abs(own).max())
    apart = np.abs(trace.states - ss.load_model(tmp_path / "base").trace(TEXT).states).max(axis=(1, 2))
    assert apart[0] == 0
    assert (apart[1:] > 1e-3).all()


def test_an_adapter_that_was_never_trained_leaves_its_base_as_it_is(adapter: Path) -> None:
    weights = load_file(adapter / "adapter_model.safetensors")
    silent = {key: torch.zeros_like(value) if "lora_B" in key else value for key, value in weights.items()}
    save_file(silent, adapter / "adapter_model.safetensors")
    base = ss.load_model(adapter.parent / "base").trace(TEXT)
    np.testing.assert_array_equal(ss.load_model(adapter).trace(TEXT).states, base.states)


def test_its_own_tokenizer_comes_before_that_of_its_base(adapter: Path) -> None:
    tokenizer = word_tokenizer()
    chat = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    tokenizer.chat_template = chat
    tokenizer.save_pretrained(adapter)
    assert ss.load_model(adapter).tokens.tokenizer.chat_template == chat


def spoilt(folder: Path, change: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]) -> Path:
    save_file(change(load_file(folder / "adapter_model.safetensors")), folder / "adapter_model.safetensors")
    return folder


KEY = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"
OF_ANOTHER: dict[str, tuple[Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]], str]] = {
    "wider": (lambda weights: weights | {KEY: torch.ones(4, 99)}, f"{KEY} has shape (4, 99) where the base takes"),
    "deeper": (
        lambda weights: weights | {KEY.replace("layers.0", "layers.9"): torch.ones(4, 32)},
        f"there is no place for {KEY.replace('layers.0', 'layers.9')}",
    ),
    "shallower": (lambda weights: {key: value for key, value in weights.items() if key != KEY}, f"it has no {KEY}"),
}


@pytest.mark.parametrize("kind", OF_ANOTHER)
def test_an_adapter_of_another_base_is_refused(adapter: Path, kind: str) -> None:
    change, words = OF_ANOTHER[kind]
    message = refusal(spoilt(adapter, change))
    assert message.startswith(f"{adapter} is an adapter of another base than base: {words}")


def test_an_adapter_of_another_kind_of_base_is_refused_by_the_command(
    adapter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(adapter.parent / "base")
    build(FAMILY["gpt2"]).save_pretrained(adapter.parent / "base")
    word_tokenizer().save_pretrained(adapter.parent / "base")
    capsys.readouterr()  # what saving says
    assert run(["path", TEXT, "--model", str(adapter)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "is an adapter of another base than base: Target modules" in shown.err
    assert len(shown.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"base_model_name_or_path": None}, "names no base model; write its folder or hub name into"),
        (
            {"base_model_name_or_path": "../nowhere"},
            "Where it lies stands in base_model_name_or_path of adapter_config.json",
        ),
        ({"peft_type": "PREFIX_TUNING"}, "of kind PREFIX_TUNING, and only LORA is merged here"),
        ({"megatron_config": {"a": 1}}, "with megatron_config, which is not merged here"),
        ({"layer_replication": [[0, 1]]}, "with layer_replication, which is not merged here"),
        ({"init_lora_weights": "pissa"}, "init_lora_weights, 'pissa', changed its base"),
        ({"target_modules": ["nothing"]}, "is an adapter of another base than base: Target modules"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_settings_that_cannot_be_honoured(adapter: Path, changes: dict[str, Any], words: str) -> None:
    assert words in refusal(configured(adapter, **changes))


def test_what_names_code_is_not_followed(adapter: Path) -> None:
    """peft imports modules by these names where it is let."""
    configured(adapter, megatron_core="antigravity", auto_mapping={"parent_library": "antigravity"})
    assert ss.load_model(adapter).facts.n_blocks > 0
    assert "antigravity" not in __import__("sys").modules


def test_damaged_and_pickled_adapters(adapter: Path) -> None:
    (adapter / "adapter_config.json").write_text("{")
    assert "is no JSON" in refusal(adapter)
    sound = {"peft_type": "LORA", "base_model_name_or_path": "../base", "target_modules": ["q_proj"]}
    (adapter / "adapter_config.json").write_text(json.dumps(sound))
    (adapter / "adapter_model.safetensors").rename(adapter / "adapter_model.bin")
    assert "an adapter without adapter_model.safetensors; save it as safetensors" in refusal(adapter)
    (adapter / "adapter_model.safetensors").write_bytes(b"x" * 100)
    assert "cannot be loaded, its weights are damaged" in refusal(adapter)


def test_without_peft_the_way_is_said(adapter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "peft" else found(name))
    message = refusal(adapter)
    assert "not installed here: peft; pip install 'statescape[peft]', or merge it into its model" in message


def test_an_adapter_on_an_adapter(adapter: Path) -> None:
    other = Path(shutil.copytree(adapter, adapter.parent / "second"))
    configured(other, base_model_name_or_path=str(adapter))
    assert "is an adapter itself; merge that first" in refusal(other)
