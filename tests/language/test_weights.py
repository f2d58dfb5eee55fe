"""What lies in the weights of a folder is used, to the last tensor, or the folder is refused by the first left over."""

import json
import shutil
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import statescape as ss
from statescape.errors import StatescapeError
from tests.language.families import FAMILIES, TEXT, Family, build, word_tokenizer

FAMILY = {family.model_type: family for family in FAMILIES}

Weights = dict[str, torch.Tensor]


def saved(folder: Path, family: Family, **options: Any) -> Path:
    build(family).save_pretrained(folder, **options)
    word_tokenizer().save_pretrained(folder)
    return folder


def spoilt(folder: Path, change: Callable[[Weights], Weights | None] | None = None, **config: Any) -> Path:
    """The folder with other weights or another configuration."""
    if change is not None:
        weights = load_file(folder / "model.safetensors")
        save_file(change(weights) or weights, folder / "model.safetensors", metadata={"format": "pt"})
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **config}))
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(StatescapeError) as caught:
        ss.load_model(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert "download" not in message
    return message


def test_biases_that_the_config_leaves_out(tmp_path: Path) -> None:
    folder = spoilt(saved(tmp_path, FAMILY["llama"]), attention_bias=False)
    assert "hold model.layers.0.self_attn.k_proj.bias and 11 more, which the model in its config.json" in refusal(
        folder
    )


@pytest.mark.parametrize(("model_type", "depth", "first"), [
    ("gpt2", {"n_layer": 2}, "transformer.h.2."), ("mixtral", {"num_hidden_layers": 2}, "model.layers.2.")
])  # fmt: skip
def test_a_config_of_fewer_blocks(tmp_path: Path, model_type: str, depth: dict[str, int], first: str) -> None:
    assert f"hold {first}" in refusal(spoilt(saved(tmp_path, FAMILY[model_type]), **depth))


def test_the_bundled_model_with_a_block_less(tmp_path: Path) -> None:
    with resources.as_file(resources.files("statescape") / "data" / "conteur") as bundled:
        folder = Path(shutil.copytree(bundled, tmp_path / "conteur"))
    depth = json.loads((folder / "config.json").read_text())["n_layer"] - 1
    assert f"hold transformer.h.{depth}." in refusal(spoilt(folder, n_layer=depth))


@pytest.mark.parametrize(
    ("family", "key"),
    [
        (FAMILY["gpt2"], "transformer.h.3.attn.c_attn.bias"),  # matches the class's "attn.bias"
        (FAMILY["gpt_neox"], "gpt_neox.layers.1.attention.bias"),
        (FAMILY["deepseek_v3"], "model.layers.61.mlp.gate.weight"),
    ],
    ids=["gpt2", "gpt_neox", "deepseek_v3"],
)
def test_what_the_loader_passes_over_in_silence(tmp_path: Path, family: Family, key: str) -> None:
    folder = spoilt(saved(tmp_path, family), lambda weights: weights | {key: torch.ones(4)})
    assert f"hold {key}, which" in refusal(folder)


def test_keys_of_an_adapter(tmp_path: Path) -> None:
    key = "model.layers.0.self_attn.q_proj.lora_A.weight"
    folder = spoilt(saved(tmp_path, FAMILY["llama"]), lambda weights: weights | {key: torch.ones(2, 32)})
    assert f"hold those of an adapter ({key}); merge it into its model" in refusal(folder)


def test_a_folder_with_an_adapter_beside_the_weights_and_one_of_an_adapter_alone(tmp_path: Path) -> None:
    folder = saved(tmp_path / "base", FAMILY["llama"])
    (folder / "adapter_config.json").write_text('{"peft_type": "LORA"}')
    assert "holds an adapter (adapter_config.json); merge it into its model and save that" in refusal(folder)
    (folder / "config.json").unlink()
    assert "holds an adapter" in refusal(folder)


def test_weights_of_another_shape(tmp_path: Path) -> None:
    folder = spoilt(saved(tmp_path, FAMILY["llama"]), intermediate_size=40)
    message = "model.layers.0.mlp.down_proj.weight has shape (32, 48) where the model has (32, 40)"
    assert message in refusal(folder)


HARMLESS: dict[str, tuple[Family, Weights]] = {
    "masks": (
        FAMILY["gpt2"],
        {
            "transformer.h.0.attn.bias": torch.ones(1, 1, 64, 64, dtype=torch.uint8),
            "transformer.h.0.attn.masked_bias": torch.tensor(-1e4),
        },
    ),
    "rotary tables": (FAMILY["llama"], {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4)}),
    "a block that guesses further": (
        FAMILY["deepseek_v3"],
        {"model.layers.61.eh_proj.weight": torch.ones(3, 3), "model.layers.61.mlp.gate.weight": torch.ones(3)},
    ),
}


@pytest.mark.parametrize("case", HARMLESS)
def test_what_is_no_weight_of_the_model_may_be_there(tmp_path: Path, case: str) -> None:
    family, more = HARMLESS[case]
    folder = saved(tmp_path, family)
    before = ss.load_model(folder).trace(TEXT).states
    spoilt(folder, lambda weights: weights | more)
    np.testing.assert_array_equal(ss.load_model(folder).trace(TEXT).states, before)


@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_a_head_beside_the_matrix_that_it_is_tied_to_is_the_same_or_is_used(tmp_path: Path, factor: float) -> None:
    folder = saved(tmp_path, FAMILY["gpt2"])
    logits = ss.load_model(folder).trace(TEXT).path().log_probabilities
    spoilt(folder, lambda weights: weights | {"lm_head.weight": factor * weights["transformer.wte.weight"]})
    model = ss.load_model(folder)
    assert model.facts.tied == (factor == 1.0)
    assert np.array_equal(model.trace(TEXT).path().log_probabilities, logits) == (factor == 1.0)


def test_pieces_are_all_read(tmp_path: Path) -> None:
    folder = saved(tmp_path / "pieces", FAMILY["llama"], max_shard_size="30KB")
    pieces = sorted(folder.glob("model-*"))
    assert len(pieces) > 2
    whole = ss.load_model(saved(tmp_path / "whole", FAMILY["llama"])).trace(TEXT).states
    np.testing.assert_array_equal(ss.load_model(folder).trace(TEXT).states, whole)

    shutil.copy(pieces[0], folder / "model-00009-of-00009.safetensors")
    assert "model-00009-of-00009.safetensors is not named by its index" in refusal(folder)
    (folder / "model-00009-of-00009.safetensors").unlink()
    save_file(load_file(pieces[0]) | {"extra": torch.ones(2)}, pieces[0], metadata={"format": "pt"})
    assert "hold extra, which" in refusal(folder)
    shutil.copy(tmp_path / "whole" / "model.safetensors", folder)
    assert "is beside a model.safetensors; keep one of both" in refusal(folder)


@pytest.mark.parametrize(
    ("index", "words"),
    [
        ('{"weight_map": {"a": "model-1-of-1.safetensors"}}', "there is no model-1-of-1.safetensors"),
        ('{"weight_map": {"a": "../other/model.safetensors"}}', "names files of other folders"),
        ("{}", "is no index of weights"),
        ("[" * 200_000, "is no index of weights"),
    ],
    ids=["missing", "elsewhere", "empty", "nested"],
)
def test_a_spoilt_index(tmp_path: Path, index: str, words: str) -> None:
    folder = saved(tmp_path, FAMILY["gpt2"])
    (folder / "model.safetensors").rename(folder / "other.safetensors")
    (folder / "model.safetensors.index.json").write_text(index)
    with pytest.raises(StatescapeError, match=words):
        ss.load_model(folder)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.model_type)
def test_what_transformers_saves_is_read_and_a_stray_weight_is_not_lost(tmp_path: Path, family: Family) -> None:
    """Also where transformers writes names and shapes into the file that are not the network's own."""
    network = build(family)
    network.save_pretrained(tmp_path)
    word_tokenizer().save_pretrained(tmp_path)
    own = ss.load_model(network, tokenizer=word_tokenizer()).trace(TEXT).states
    read = ss.load_model(tmp_path, tokenizer=word_tokenizer()).trace(TEXT).states
    np.testing.assert_allclose(read, own, atol=1e-5 * np.abs(own).max())
    spoilt(tmp_path, lambda weights: weights | {"model.stray.weight": torch.ones(3)})
    assert "stray.weight, which the model in its config.json does not use" in refusal(tmp_path)
