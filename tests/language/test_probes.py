"""What was measured of a model is kept: the same model is not measured again, and any other one is."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import statescape
import statescape as ss
from statescape.errors import StatescapeError
from statescape.language.model import probes
from statescape.language.model.parts import Parts
from tests.language.families import FAMILIES, TEXT, build, word_tokenizer

KINDS = [family for family in FAMILIES if family.model_type in ("gpt2", "llama", "gemma2", "granite")]


@pytest.fixture
def passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts the measurements, and keeps what they find, however small the model."""
    monkeypatch.setenv("STATESCAPE_CACHE", str(tmp_path / "kept"))
    monkeypatch.setattr(probes, "_LEAST_KEPT", 0)
    counted: list[int] = []
    for name in ("locate", "verified", "refuse_looking_ahead", "find_parts"):
        own = getattr(probes, name)
        monkeypatch.setattr(probes, name, lambda *args, own=own: counted.append(1) or own(*args))
    return counted


def saved(folder: Path, family: Any = KINDS[0], dtype: torch.dtype = torch.float32) -> Path:
    build(family).to(dtype).save_pretrained(folder)
    word_tokenizer().save_pretrained(folder)
    return folder


def places(parts: Any, network: Any) -> Any:
    """Parts by the names of their modules, which are other objects in another network."""
    if not isinstance(parts, Parts):
        return parts
    names = {module: name for name, module in network.named_modules()}
    sides = (
        [(names[one.module], one.factor, one.with_stream) for one in side] for side in (parts.attention, parts.mlp)
    )
    return [*sides, parts.in_sequence]


@pytest.mark.parametrize("family", KINDS, ids=lambda family: family.model_type)
def test_a_second_load_measures_nothing_and_reads_the_same(family: Any, tmp_path: Path, passes: list[int]) -> None:
    folder = saved(tmp_path / "model", family)
    first = ss.load_model(folder)
    one = first.trace(TEXT)
    again = (first.parts, first.same_in_batches, first.resumes)
    assert len(passes) == 4
    second = ss.load_model(folder)
    other = second.trace(TEXT)
    assert second.facts == first.facts
    assert places(second.parts, second.anatomy.network) == places(again[0], first.anatomy.network)
    assert (second.same_in_batches, second.resumes) == again[1:]
    assert second.anatomy.frames == first.anatomy.frames
    assert len(passes) == 4
    np.testing.assert_array_equal(other.states, one.states)
    np.testing.assert_array_equal(other.path().log_probabilities, one.path().log_probabilities)
    np.testing.assert_array_equal(other.lens(top=2).rank, one.lens(top=2).rank)


def test_one_number_of_one_weight_makes_it_another_model(tmp_path: Path, passes: list[int]) -> None:
    folder = saved(tmp_path / "model")
    ss.load_model(folder)
    weights = load_file(folder / "model.safetensors")
    flat = next(iter(weights.values())).reshape(-1)
    flat[0] = torch.nextafter(flat[0], torch.tensor(torch.inf))
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    before = len(passes)
    ss.load_model(folder)
    assert len(passes) == 2 * before


def test_another_setting_or_version_makes_it_another_model(
    tmp_path: Path, passes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = saved(tmp_path / "model")
    ss.load_model(folder)
    once = len(passes)
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"layer_norm_epsilon": 1e-05', '"layer_norm_epsilon": 1e-04'))
    ss.load_model(folder)
    assert len(passes) == 2 * once
    monkeypatch.setattr(statescape, "__version__", "0.0")
    ss.load_model(folder)
    assert len(passes) == 3 * once


def test_a_folder_that_moved_is_known_again(tmp_path: Path, passes: list[int]) -> None:
    ss.load_model(saved(tmp_path / "model"))
    before = len(passes)
    ss.load_model((tmp_path / "model").rename(tmp_path / "moved"))
    assert len(passes) == before


def test_a_model_that_was_refused_is_refused_again(tmp_path: Path, passes: list[int]) -> None:
    folder = saved(tmp_path / "model")
    weights = load_file(folder / "model.safetensors")
    next(iter(weights.values())).reshape(-1)[0] = torch.nan
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    for _ in range(2):
        with pytest.raises(StatescapeError, match="NaN or infinite"):
            ss.load_model(folder)


@pytest.mark.parametrize("family", KINDS, ids=lambda family: family.model_type)
def test_random_weights_are_held_to_the_contract_and_the_rest_is_known(
    family: Any, tmp_path: Path, passes: list[int]
) -> None:
    model = ss.load_model(saved(tmp_path / "one", family))
    assert model.goes_on
    assert not isinstance(model.parts, str)
    passes.clear()
    drawn = model.with_random_weights(3)
    assert len(passes) == 1  # the contract, of these weights
    assert drawn.anatomy.network is not model.anatomy.network
    assert places(drawn.parts, drawn.anatomy.network) == places(model.parts, model.anatomy.network)
    assert (drawn.goes_on, len(passes)) == (True, 1)
    # As a network of these weights is measured that nobody knows.
    alone = ss.load_model(drawn.anatomy.network, tokenizer=word_tokenizer())
    assert drawn.facts.max_logit_error == alone.facts.max_logit_error
    for ours, theirs in zip(*(places(one.parts, one.anatomy.network)[:2] for one in (drawn, alone)), strict=True):
        for (name, factor, shared), other in zip(ours, theirs, strict=True):
            assert (name, pytest.approx(factor, rel=1e-6), shared) == other
    np.testing.assert_array_equal(drawn.trace(TEXT).states, alone.trace(TEXT).states)


def test_another_policy_on_bos_measures_nothing(tmp_path: Path, passes: list[int]) -> None:
    model = ss.load_model()
    rows, known = model.embeddings, (model.goes_on, model.same_in_batches, model.parts)
    passes.clear()
    other = ss.load_model(model, bos=not model.facts.has_bos)
    assert other.tokens.prefix != model.tokens.prefix
    assert other.embeddings is rows
    assert (other.goes_on, other.same_in_batches, other.parts) == known
    assert not passes


def test_a_network_in_memory_is_measured_each_time(tmp_path: Path, passes: list[int]) -> None:
    network = build(KINDS[0])
    for _ in range(2):
        ss.load_model(network, tokenizer=word_tokenizer())
    assert len(passes) == 6
    assert not (tmp_path / "kept").exists()


def test_a_model_whose_blocks_return_more_than_their_stream_is_measured_each_time(
    tmp_path: Path, passes: list[int]
) -> None:
    bloom = next(family for family in FAMILIES if family.model_type == "bloom")
    folder = saved(tmp_path / "model", bloom)
    one = ss.load_model(folder).trace(TEXT)
    once = len(passes)
    np.testing.assert_array_equal(ss.load_model(folder).trace(TEXT).states, one.states)
    assert len(passes) == 2 * once


def test_small_models_and_a_cache_that_is_off_keep_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATESCAPE_CACHE", str(tmp_path / "kept"))
    assert ss.load_model(saved(tmp_path / "model")).key == ""
    monkeypatch.setattr(probes, "_LEAST_KEPT", 0)
    monkeypatch.setenv("STATESCAPE_CACHE", "off")
    assert ss.load_model(tmp_path / "model").key == ""
    assert not (tmp_path / "kept").exists()
