"""Where a model runs and in what numbers: named by a user, or as its file and the machine have it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

import statescape as ss
from statescape.cli.app import run
from statescape.errors import StatescapeError
from statescape.language.model.placement import dtype_of, moved, spreading
from tests.language.families import FAMILIES, TEXT, build, word_tokenizer

LLAMA = next(family for family in FAMILIES if family.model_type == "llama")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    saved = tmp_path_factory.mktemp("models") / "tiny"
    build(LLAMA).save_pretrained(saved)
    word_tokenizer().save_pretrained(saved)
    return saved


@pytest.mark.parametrize("name", ["bfloat16", "bf16", "torch.bfloat16"])
def test_a_dtype_has_a_long_and_a_short_name(name: str) -> None:
    assert dtype_of(name) == dtype_of(torch.bfloat16) == torch.bfloat16
    assert dtype_of(None) is None


@pytest.mark.parametrize("name", ["float64", "int8", "", "half"])
def test_other_dtypes_are_refused(name: str) -> None:
    with pytest.raises(StatescapeError, match="A model runs in float32, bfloat16, float16; got"):
        ss.load_model(dtype=name)


@pytest.mark.parametrize(("dtype", "allowed"), [("bfloat16", 3e-2), ("float16", 4e-3)])
def test_a_model_runs_in_the_dtype_that_is_asked_for(folder: Path, tmp_path: Path, dtype: str, allowed: float) -> None:
    model, whole = ss.load_model(folder, dtype=dtype), ss.load_model(folder)
    assert (model.facts.dtype, whole.facts.dtype) == (dtype, "float32")
    build(LLAMA).to(getattr(torch, dtype)).save_pretrained(tmp_path / "half")
    word_tokenizer().save_pretrained(tmp_path / "half")
    same = ss.load_model(tmp_path / "half")
    states, expected = model.trace(TEXT).states, whole.trace(TEXT).states
    np.testing.assert_array_equal(states, same.trace(TEXT).states)
    assert np.abs(states - expected).max() <= allowed * np.abs(expected).max()


def test_a_half_precision_checkpoint_runs_in_float32_where_asked(folder: Path, tmp_path: Path) -> None:
    build(LLAMA).to(torch.bfloat16).save_pretrained(tmp_path / "half")
    word_tokenizer().save_pretrained(tmp_path / "half")
    assert ss.load_model(tmp_path / "half").facts.dtype == "bfloat16"
    assert ss.load_model(tmp_path / "half", dtype="float32").facts.max_logit_error < 1e-4


def test_the_command_takes_a_dtype_and_says_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["path", TEXT, "--model", str(folder), "--dtype", "bf16"]) == 0
    assert "97 tokens, bfloat16;" in capsys.readouterr().out
    assert run(["path", TEXT, "--dtype", "int8"]) == 2
    assert "A model runs in float32, bfloat16, float16; got 'int8'" in capsys.readouterr().err


def test_a_model_in_memory_keeps_its_numbers() -> None:
    with pytest.raises(StatescapeError, match="keeps its numbers; turn it first"):
        ss.load_model(build(LLAMA), tokenizer=word_tokenizer(), dtype="bfloat16")


def test_spread_over_what_there_is_it_reads_the_same(folder: Path) -> None:
    pytest.importorskip("accelerate")
    spread, here = ss.load_model(folder, device="auto"), ss.load_model(folder, device="cpu")
    np.testing.assert_array_equal(spread.trace(TEXT).states, here.trace(TEXT).states)


def test_without_accelerate_the_way_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "accelerate" else found(name))
    with pytest.raises(StatescapeError, match=r"accelerate; pip install 'statescape\[gguf\]'"):
        ss.load_model(folder, device="auto")


def test_weights_that_wait_elsewhere_are_refused() -> None:
    accelerate = pytest.importorskip("accelerate")
    waiting = accelerate.cpu_offload(build(LLAMA), execution_device=torch.device("cpu"))
    with pytest.raises(StatescapeError, match="large does not fit into the memory of the devices here; run it in a"):
        moved(waiting, None, "large")


def test_a_model_larger_than_one_gpu_is_spread_and_a_smaller_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("accelerate")
    file = tmp_path / "weights"
    file.write_bytes(bytes(1000))
    gpu = torch.device("cuda")
    for free, expected in ((1200, {"device_map": "auto"}), (1300, {})):
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _, free=free: (free, 10**6))
        assert spreading(gpu, False, [file]) == expected
        assert spreading(gpu, True, [file]) == {}  # where a user says so it is tried
    assert spreading(torch.device("cpu"), False, [file]) == {}
