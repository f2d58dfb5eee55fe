"""A tuned lens is fitted, comes nearer than the logit lens on texts it has not seen, and survives a kill."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import statescape as ss
from statescape.errors import StatescapeError
from statescape.language import FitProgress, FitSettings, fit_lens, load_lens
from statescape.language.corpus import read_corpus
from statescape.language.lens.training import Translators
from tests.language.families import FAMILIES, VOCABULARY, build, word_tokenizer
from tests.material import material

SETTINGS = FitSettings(steps=12, positions=60, rate=0.3, checkpoint=5)


@pytest.fixture(scope="module")
def model() -> Any:
    return ss.load_model(build(FAMILIES[0]), tokenizer=word_tokenizer())


@pytest.fixture(scope="module")
def corpus() -> list[str]:
    draw = np.random.default_rng(3)
    return [" ".join(f"w{word}" for word in draw.integers(VOCABULARY, size=draw.integers(3, 90))) for _ in range(60)]


def test_a_fit_comes_nearer_on_texts_it_has_not_seen(model: Any, corpus: list[str], tmp_path: Path) -> None:
    fitted = fit_lens(model, corpus, tmp_path / "lens", FitSettings(steps=60, positions=200, rate=0.3))
    assert (fitted.after < fitted.before).all()
    record = json.loads((tmp_path / "lens" / "fit.json").read_text())
    assert record["kl_to_final"]["tuned"] == fitted.after.tolist()
    assert sorted(file.name for file in (tmp_path / "lens").iterdir()) == ["fit.json", "lens.safetensors"]
    np.testing.assert_array_equal(load_lens(tmp_path / "lens", model).matrices, fitted.lens.matrices)
    with pytest.raises(StatescapeError, match="holds a finished lens"):
        fit_lens(model, corpus, tmp_path / "lens", SETTINGS)


def test_a_killed_fit_goes_on_to_the_very_same_lens(model: Any, corpus: list[str], tmp_path: Path) -> None:
    whole = fit_lens(model, corpus, tmp_path / "whole", SETTINGS)
    steps: list[int] = []

    def killed_at_8(progress: FitProgress) -> None:
        steps.append(progress.step)
        if progress.step == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_lens(model, corpus, tmp_path / "killed", SETTINGS, killed_at_8)
    assert not (tmp_path / "killed" / "lens.safetensors").exists()
    with pytest.raises(StatescapeError, match="unfinished fit with another seed"):
        fit_lens(model, corpus, tmp_path / "killed", FitSettings(**{**SETTINGS.__dict__, "seed": 1}))
    with pytest.raises(StatescapeError, match="unfinished fit with another corpus"):
        fit_lens(model, corpus[1:], tmp_path / "killed", SETTINGS)
    seen: list[FitProgress] = []
    again = fit_lens(model, corpus, tmp_path / "killed", SETTINGS, seen.append)
    assert [one.step for one in seen if not one.to_judge] == list(range(6, 13))  # the last checkpoint was step 5
    judging = [one for one in seen if one.to_judge]
    assert [one.judged for one in judging] == list(range(1, again.documents + 1))
    assert {one.to_judge for one in judging} == {again.documents}
    assert np.isclose(judging[-1].divergence, again.after.mean())
    np.testing.assert_array_equal(again.lens.matrices, whole.lens.matrices)
    np.testing.assert_array_equal(again.lens.biases, whole.lens.biases)
    assert again.trained_on == whole.trained_on


def test_the_gradient_is_that_of_the_divergence(model: Any) -> None:
    """Against central differences of KL(final || decode(A s + b)) in float64, written out."""
    states = model.anatomy.states(torch.arange(2, 9)).clone()
    translators = Translators.begin(states, 0.1)
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        translators.matrices.add_(0.05 * torch.randn(translators.matrices.shape, generator=draw))
    network = model.anatomy.network

    def divergence(matrix: torch.Tensor, place: int) -> float:
        norm, head = network.transformer.ln_f, network.lm_head.weight.double()

        def log_probabilities(rows: torch.Tensor) -> torch.Tensor:
            normed = torch.nn.functional.layer_norm(
                rows, rows.shape[-1:], norm.weight.double(), norm.bias.double(), norm.eps
            )
            return (normed @ head.T).log_softmax(-1)

        centred = (states[place] - translators.mean[place]) / translators.spread[place]
        carried = states[place].double() + translators.spread[-1].double() * (centred.double() @ matrix.T)
        final, lens = log_probabilities(states[-1].double()), log_probabilities(carried)
        return float((final.exp() * (final - lens)).sum(-1).mean())

    with torch.no_grad():
        expected = []
        for place in range(3):
            for sign in (1e-5, -1e-5):
                matrix = translators.matrices[place].detach().double().clone()
                matrix[4, 7] += sign
                expected.append(divergence(matrix, place))
    mean = translators.step(model, states, 0.0)
    slopes = [(up - down) / 2e-5 for up, down in zip(expected[::2], expected[1::2], strict=True)]
    np.testing.assert_allclose(translators.matrices.grad[:, 4, 7].numpy(), slopes, rtol=2e-3, atol=1e-5)
    assert mean == pytest.approx(np.mean(expected), abs=1e-4)
    assert all(parameter.grad is None and parameter.requires_grad for parameter in network.parameters())


def test_documents_longer_than_the_context_are_read_in_pieces(model: Any) -> None:
    text = " ".join(f"w{index % VOCABULARY}" for index in range(150))
    pieces = model.tokens.pieces(text)
    assert [len(piece) for piece in pieces] == [64, 64, 22]
    assert [token for piece in pieces for token in piece] == [index % VOCABULARY for index in range(150)]


def test_a_small_corpus_is_refused(model: Any, corpus: list[str], tmp_path: Path) -> None:
    with pytest.raises(StatescapeError, match="at least 20 documents"):
        fit_lens(model, corpus[:10], tmp_path / "lens")
    assert not (tmp_path / "lens").exists()


@pytest.mark.slow
def test_conteur_is_read_nearer_at_every_inner_block(tmp_path: Path) -> None:
    """A short fit on the training stories, judged on stories of its own held-out file."""
    model = ss.load_model()
    texts = _stories(material("text/tinystories.train.jsonl.gz"))
    fitted = fit_lens(model, texts, tmp_path / "lens", FitSettings(steps=120, positions=512))
    sums = np.zeros((2, model.facts.n_blocks))
    held_out = _stories(material("text/tinystories.heldout.jsonl.gz"))
    for text, _ in zip(held_out, range(20), strict=False):
        trace = model.trace(text, last=255)
        for row, lens in enumerate((None, fitted.lens)):
            sums[row] += trace.lens(top=1, lens=lens).kl_to_final[:-1, 1:].mean(1)
    assert (sums[1, 1:] < sums[0, 1:]).all()


def _stories(file: Path) -> list[str]:
    return [document.text for document in read_corpus([str(file)]).documents]
