"""Trained models: stories260K, a Llama made elsewhere, and the bundled conteur."""

from importlib import resources
from typing import Any

import numpy as np
import pytest
import torch

import statescape as ss
from tests.material import material

OPENING = "Once upon a time, there was a little"


@pytest.fixture(scope="module")
def stories() -> Any:
    return ss.load_model(material("models/stories260K"))


@pytest.fixture(scope="module")
def conteur() -> Any:
    if not (resources.files("statescape") / "data" / "conteur" / "config.json").is_file():
        pytest.skip("the bundled model is still in training")
    return ss.load_model()


def test_stories260k_says_what_its_card_says(stories: Any) -> None:
    """Its greedy continuation, read off paths only."""
    text = "Once upon a time"
    for _ in range(17):
        path = stories.trace(text).path(-1)
        text += path.vocabulary[path.predicted_id]
    assert text.startswith("Once upon a time, there was a little girl named Lily. She loved to play")


def test_stories260k_facts(stories: Any) -> None:
    facts = stories.facts
    assert (facts.n_blocks, facts.d_model, facts.vocab_size, facts.tied) == (5, 64, 512, True)
    assert facts.has_bos
    assert facts.bos == "<s> added by the tokenizer"


def test_conteur_predicts_what_it_must(conteur: Any) -> None:
    path = conteur.trace(OPENING).path(-1)
    assert path.vocabulary[path.predicted_id] in {" girl", " boy"}
    assert conteur.facts.dtype == "float32"
    assert conteur.facts.max_logit_error < 1e-4


def test_path_and_lens_agree(conteur: Any) -> None:
    trace = conteur.trace(OPENING)
    path, lens = trace.path(-1), trace.lens(top=10)
    np.testing.assert_allclose(lens.log_probability[:, -1], path.log_probabilities[:, path.predicted_id], atol=1e-5)
    expected = (path.log_probabilities > path.log_probabilities[:, [path.predicted_id]]).sum(1)
    np.testing.assert_array_equal(lens.rank[:, -1], expected)
    assert path.steps is not None
    np.testing.assert_allclose(path.steps.attention + path.steps.mlp, np.diff(path.states, axis=0), atol=1e-4)


def test_embeddings_of_a_tied_gpt2_are_its_matrix(conteur: Any) -> None:
    matrix = conteur.anatomy.network.transformer.wte.weight.detach().numpy()
    assert conteur.embeddings is conteur.embeddings
    np.testing.assert_array_equal(conteur.embeddings, matrix)
    assert conteur.unembedding is None


def test_a_path_does_not_depend_on_what_follows(conteur: Any) -> None:
    long, short = conteur.trace(OPENING + " girl named Lily."), conteur.trace(OPENING)
    np.testing.assert_allclose(long.path(5).states, short.path(5).states, atol=1e-4)


def test_normed_states_are_those_of_the_final_norm(conteur: Any) -> None:
    path = conteur.trace(OPENING).path(-1)
    with torch.no_grad():
        expected = conteur.anatomy.network.transformer.ln_f(torch.from_numpy(path.states)).numpy()
    np.testing.assert_allclose(path.normed_states, expected, atol=1e-5)
