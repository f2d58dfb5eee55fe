"""Models that run elsewhere than on the processor: everything is moved that must be, and bad devices are refused."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from statescape.analysis import conclude, read_path
from statescape.errors import StatescapeError
from statescape.language import load_model
from statescape.language.corpus import Corpus, Document
from statescape.language.following import fingerprint
from statescape.language.lens.fit import FitSettings, fit_lens
from statescape.studies.verdict import verdict
from tests.language.families import FAMILIES, build, word_tokenizer
from tests.language.families import TEXT as WORDS
from tests.language.second_device import Elsewhere, laid, move, second_device

TEXT = "Once upon a time, there was a little"
DOCUMENTS = tuple(f"Once upon a time there was a {kind} who ran to the park." for kind in ("girl", "dog", "fish") * 14)


@pytest.fixture(scope="module")
def here():
    return load_model(device="cpu")


@pytest.fixture
def elsewhere(here):
    with second_device():
        network = move(copy.deepcopy(here.anatomy.network))
        yield load_model(network, tokenizer=here.tokens.tokenizer)


def test_the_device_of_these_tests_refuses_what_a_gpu_refuses():
    with second_device():
        there = torch.ones(3, 2, device="second")
        assert isinstance(there, Elsewhere)
        assert (there.cpu() + torch.ones(3, 2)).tolist() == [[2.0, 2.0]] * 3
        with pytest.raises(RuntimeError, match="same device"):
            there + torch.ones(3, 2)
        with pytest.raises(TypeError, match="numpy"):
            there.numpy()


def test_a_path_is_the_same_on_another_device(here, elsewhere):
    assert elsewhere.anatomy.network.device.type == "second"
    path, same = elsewhere.trace(TEXT).path(-1), here.trace(TEXT).path(-1)
    assert np.abs(path.states - same.states).max() < 1e-4 * np.abs(same.states).max()
    assert np.array_equal(path.embeddings, same.embeddings)
    assert np.abs(path.log_probabilities - same.log_probabilities).max() < 1e-4
    assert path.steps is not None
    assert conclude(read_path(path)) == conclude(read_path(same))


@pytest.fixture
def over_two():
    """A model whose last blocks, norm and head are on a second device, as accelerate lays one over two GPUs."""
    hooks = pytest.importorskip("accelerate.hooks")
    family = next(one for one in FAMILIES if one.model_type == "llama")
    with second_device():
        network = build(family)
        for part in (*network.model.layers[1:], network.model.norm, network.lm_head):
            laid(part)
            hooks.add_hook_to_module(part, hooks.AlignDevicesHook(execution_device=torch.device("second", 0)))
        yield load_model(network, tokenizer=word_tokenizer()), load_model(build(family), tokenizer=word_tokenizer())


def test_a_path_over_two_devices_is_the_same(over_two):
    spread, whole = (model.trace(WORDS) for model in over_two)
    np.testing.assert_allclose(spread.states, whole.states, atol=1e-4 * np.abs(whole.states).max())
    path, same = spread.path(-1), whole.path(-1)
    np.testing.assert_allclose(path.log_probabilities, same.log_probabilities, atol=1e-3)
    np.testing.assert_allclose(path.steps.mlp_logit, same.steps.mlp_logit, atol=1e-3)
    assert np.array_equal(spread.lens(top=3).rank, whole.lens(top=3).rank)


def test_the_lens_reads_the_same_on_another_device(here, elsewhere):
    for found, expected in zip(elsewhere.traces(DOCUMENTS[:3]), here.traces(DOCUMENTS[:3]), strict=True):
        readout, same = found.lens(top=5), expected.lens(top=5)
        assert np.array_equal(readout.rank, same.rank)
        assert np.array_equal(readout.top_ids, same.top_ids)
        assert np.abs(readout.entropy - same.entropy).max() < 1e-4
        assert np.abs(readout.kl_to_final - same.kl_to_final).max() < 1e-4


@pytest.mark.slow
def test_verdicts_are_the_same_on_another_device(here, elsewhere):
    corpus = Corpus(tuple(Document(f"line {number}", text) for number, text in enumerate(DOCUMENTS)))
    found, expected = (verdict(corpus, [model], null_documents=3).models[0] for model in (elsewhere, here))
    assert [one.verdict for one in found.decisions] == [one.verdict for one in expected.decisions]
    for name, values in expected.summary.documents.items():
        assert np.allclose(found.summary.documents[name], values, atol=1e-3, equal_nan=True), name
    assert fingerprint(elsewhere) == fingerprint(here)


def test_a_tuned_lens_is_fitted_on_another_device(here, elsewhere, tmp_path):
    settings = FitSettings(steps=3, positions=32, checkpoint=2)
    found, expected = (
        fit_lens(model, DOCUMENTS, tmp_path / name, settings) for name, model in (("a", elsewhere), ("b", here))
    )
    assert np.abs(found.after - expected.after).max() < 1e-3


@pytest.mark.parametrize(
    ("device", "words"),
    [
        ("gpu", "cpu, cuda, one of several GPUs as cuda:1, or auto for all of them; got 'gpu'"),
        ("mps", "cpu, cuda, one of several"),
        ("", "cpu, cuda, one of several"),
        (f"cuda:{torch.cuda.device_count()}", "finds"),
    ],
)
def test_bad_devices_are_refused(device, words):
    with pytest.raises(StatescapeError, match=words):
        load_model(device=device)


def test_a_model_in_memory_stays_where_it_is(here):
    network = here.anatomy.network
    with pytest.raises(StatescapeError, match="stays where it is; move it first"):
        load_model(network, tokenizer=here.tokens.tokenizer, device="cpu")
    with pytest.raises(StatescapeError, match="is on meta; move it to the processor"):
        load_model(copy.deepcopy(network).to("meta"), tokenizer=here.tokens.tokenizer)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
def test_half_precision_on_a_gpu_reads_as_float32_reads_the_same_weights(here):
    half = copy.deepcopy(here.anatomy.network).to("cuda", torch.bfloat16)
    whole = copy.deepcopy(half).float()
    found, expected = (load_model(network, tokenizer=here.tokens.tokenizer) for network in (half, whole))
    states = here.trace(TEXT).states[-1]
    assert np.abs(found.decode(states) - expected.decode(states)).max() < 8e-2 * expected.decode(states).std()
