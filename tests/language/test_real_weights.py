"""A real GPT-2 against what was published about it: `STATESCAPE_GPT2=folder pytest -m real_weights`."""

import json
import os
from importlib.resources import files

import numpy as np
import pytest

import statescape as ss
from statescape.geometry import PCA, rogue_dimensions

pytestmark = pytest.mark.real_weights


@pytest.fixture(scope="module")
def gpt2():
    folder = os.environ.get("STATESCAPE_GPT2")
    if not folder:
        pytest.skip("STATESCAPE_GPT2 names no folder with the weights of GPT-2 (124M)")
    return ss.load_model(folder)


@pytest.fixture(scope="module")
def states(gpt2):
    """States of twenty texts without the first position, [states, positions, d_model]."""
    lines = (files("statescape") / "data" / "sample.jsonl").read_text(encoding="utf-8").splitlines()[:20]
    return np.concatenate([gpt2.trace(json.loads(line)["text"]).states[:, 1:] for line in lines], axis=1)


def test_it_is_gpt2(gpt2):
    facts = gpt2.facts
    assert (facts.n_blocks, facts.d_model, facts.vocab_size, facts.tied) == (12, 768, 50257, True)
    assert facts.max_logit_error < 1e-4


def test_rogue_dimensions(states):
    """138, 378 and 447 dominate GPT-2's cosines (Timkey & van Schijndel 2021, arXiv:2109.04404, table 2)."""
    inner = states[1:-1]
    assert {138, 378, 447} <= set(rogue_dimensions(inner.reshape(-1, inner.shape[2])))


def test_two_components_show_little_of_the_embeddings(gpt2):
    """About 3.1% of the variance of W_E, as measured when this project was planned (design: sections 5.6)."""
    shares = PCA.fit(gpt2.embeddings, 2).explained_variance_ratio
    assert shares.sum() == pytest.approx(0.031, abs=0.004)


def test_the_norm_grows_from_block_to_block(states):
    """The stream grows about exponentially with depth (Heimersheim & Turner 2023, "Residual stream norms grow
    exponentially over the forward pass", Alignment Forum; measured on GPT-2 XL and small), so its logarithm is close
    to a line over the inner blocks."""
    norms = np.linalg.norm(states, axis=2).mean(axis=1)
    assert (np.diff(norms[1:-1]) > 0).all()
    logarithms = np.log(norms[1:-1])
    slope, _ = np.polyfit(np.arange(len(logarithms)), logarithms, 1)
    assert 1.02 < np.exp(slope) < 1.4
    assert np.corrcoef(np.arange(len(logarithms)), logarithms)[0, 1] > 0.9
