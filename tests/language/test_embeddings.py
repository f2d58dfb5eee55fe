"""Embeddings that are a multiple of a large matrix are no second copy of it, and everything reads them as one."""

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import statescape as ss
from statescape.analysis import read_path
from statescape.geometry import Multiple
from statescape.language.model import embedding
from statescape.studies.verdict import verdict, work
from tests.language.families import FAMILIES, TEXT, Family, build, word_tokenizer

SCALED = [family for family in FAMILIES if family.model_type in ("gemma2", "gemma3_text", "granite")]
LARGE = Family("gemma3_text", {"head_dim": 8, "vocab_size": 20_000, "hidden_size": 64})


def loaded(family: Family, least: int, monkeypatch: pytest.MonkeyPatch, words: int | None = None) -> Any:
    monkeypatch.setattr(embedding, "_LEAST_SHARED", least)
    model = ss.load_model(build(family), tokenizer=word_tokenizer(*([] if words is None else [words])))
    assert len(model.embeddings) == model.facts.vocab_size  # made here, while the bound is this
    return model


@pytest.mark.slow
def test_no_copy_is_made_for_the_table_of_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    model = loaded(LARGE, 0, monkeypatch, 20_000)
    weight = model.anatomy.network.get_input_embeddings().weight.detach()
    model.trace(TEXT).path(-1)  # what a model keeps is there
    tracemalloc.start()
    try:
        reading = read_path(model.trace(TEXT).path(-1))
        rows = reading.path.embeddings
        assert isinstance(rows, Multiple)
        assert rows.matrix.__array_interface__["data"][0] == weight.data_ptr()
        assert len(reading.cosine()) == len(reading.path.states)
        assert np.isfinite(reading.energy_inside).all()
        assert reading.nearest_id >= 0
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert weight.nbytes == 20_000 * 64 * 4
    # Blocks of 2,048 rows in float64 are the largest.
    assert most < 0.9 * weight.nbytes
    assert model.unembedding is None


@pytest.mark.parametrize("family", SCALED, ids=lambda family: family.model_type)
def test_every_number_is_that_of_the_copy(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    shared, copied = (loaded(family, least, monkeypatch) for least in (0, 10**9))
    assert isinstance(shared.embeddings, Multiple)
    assert isinstance(copied.embeddings, np.ndarray)
    np.testing.assert_array_equal(shared.embeddings, copied.embeddings)
    table = embedding.token_embeddings(copied.anatomy)
    factor = shared.embeddings.factor
    weight = copied.anatomy.network.get_input_embeddings().weight.detach()
    np.testing.assert_array_equal(table, (weight * factor).numpy())  # as torch multiplies
    one, other = (read_path(model.trace(TEXT).path(-1)) for model in (shared, copied))
    for name in ("nearest_id", "most_aligned_id", "best_of_isotropic"):
        assert getattr(one, name) == getattr(other, name), name
    assert str(one.random_token) == str(other.random_token)
    left, right = (reading.to_dataframe().select_dtypes("number").to_numpy(dtype=float) for reading in (one, other))
    np.testing.assert_allclose(left, right, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_pages_and_verdicts_are_those_of_the_copy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(work, "ISOTROPIC_STATES", 50)
    shared, copied = (loaded(SCALED[1], least, monkeypatch) for least in (0, 10**9))
    pages = [
        ss.views.report(model.trace(TEXT).path(-1), tmp_path / name) for model, name in ((shared, "a"), (copied, "b"))
    ]
    sizes = [Path(page).stat().st_size for page in pages]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.01)
    documents = [f"w{first} " + TEXT for first in range(4)]
    found, expected = (verdict(documents, [model], null_documents=0).as_json() for model in (shared, copied))
    for ours, theirs in zip(found["hypotheses"], expected["hypotheses"], strict=True):
        assert ours["estimate"] == pytest.approx(theirs["estimate"], abs=1e-5, nan_ok=True), ours["name"]


def test_half_precision_is_widened_when_rows_are_read() -> None:
    network = build(SCALED[0]).to(torch.bfloat16)
    table = embedding.token_embeddings(ss.load_model(network, tokenizer=word_tokenizer()).anatomy)
    assert np.asarray(table).dtype == np.float32
