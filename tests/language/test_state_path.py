"""Paths made from arrays, for users without a model."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import statescape as ss
from statescape.errors import StatescapeError

RNG = np.random.default_rng(0)
STATES, EMBEDDINGS = RNG.normal(size=(5, 8)), RNG.normal(size=(20, 8))


def test_by_default_states_are_read_with_the_embeddings() -> None:
    path = ss.StatePath.from_arrays(STATES, EMBEDDINGS)
    assert path.n_blocks == 4
    assert path.vocabulary[:3] == ("0", "1", "2")
    assert path.predicted_id == int((EMBEDDINGS @ STATES[-1]).argmax())
    np.testing.assert_allclose(np.exp(path.log_probabilities).sum(1), 1)
    odds = path.log_probabilities[2, 3] - path.log_probabilities[2, 7]
    assert odds == pytest.approx((EMBEDDINGS[3] - EMBEDDINGS[7]) @ STATES[2])
    assert path.model.tied
    assert path.unembedding is None
    assert path.steps is path.origin is None


def test_a_norm_an_unembedding_and_words_may_be_given() -> None:
    normed, unembedding = STATES / 2, RNG.normal(size=(20, 8))
    path = ss.StatePath.from_arrays(
        STATES,
        EMBEDDINGS,
        normed_states=normed,
        unembedding=unembedding,
        vocabulary=list("abcdefghijklmnopqrst"),
        token_ids=[2, 0, 1],
    )
    assert path.predicted_id == int((unembedding @ normed[-1]).argmax())
    assert (path.text, path.position, path.current_id) == ("cab", 2, 1)
    assert not path.model.tied


def test_given_log_probabilities_are_kept() -> None:
    log_probabilities = np.log(RNG.dirichlet(np.ones(20), size=5))
    path = ss.StatePath.from_arrays(STATES, EMBEDDINGS, log_probabilities=log_probabilities)
    np.testing.assert_array_equal(path.log_probabilities, log_probabilities)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"embeddings": EMBEDDINGS[:, :3]}, "need one width"),
        ({"states": STATES * np.nan}, "must be finite"),
        ({"normed_states": STATES[:2]}, "5 states need as many normed states; got 2"),
        ({"vocabulary": ["a"]}, "20 embeddings need as many words"),
        ({"token_ids": [20]}, "ids between 0 and 19"),
        ({"token_ids": []}, "ids between 0 and 19"),
        ({"log_probabilities": np.zeros((2, 20))}, "do not fit 5 states and 20 tokens"),
    ],
)
def test_what_does_not_fit_together_is_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(StatescapeError, match=words):
        ss.StatePath.from_arrays(**{"states": STATES, "embeddings": EMBEDDINGS, **arguments})


def test_no_torch_is_needed() -> None:
    code = (
        "import sys, numpy as np, statescape as ss; "
        "ss.StatePath.from_arrays(np.eye(3), np.eye(3)); "
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
