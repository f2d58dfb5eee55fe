"""A model that is not of transformers: what is read in it, and what it is held to."""

from typing import Any

import numpy as np
import pytest

import statescape as ss
from statescape.errors import StatescapeError
from statescape.language import ModelFacts, ReadableModel, Tokens
from statescape.language.readable import Added

LETTERS = " abcdefghijklmnopqrstuvwxyz"
WIDTH = 16
TEXT = "once upon a time"


class Toy:
    """Every letter hears the one before it."""

    unembedding = None
    facts = ModelFacts("toy", n_blocks=2, d_model=WIDTH, vocab_size=len(LETTERS), tied=True)
    tokens = Tokens.of(list(LETTERS), lambda text: [LETTERS.index(letter) for letter in text], context=64)

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.embeddings = rng.normal(size=(len(LETTERS), WIDTH))
        self.blocks = rng.normal(size=(2, WIDTH, WIDTH)) / 4

    def states(self, ids: Any) -> np.ndarray:
        states = [self.embeddings[list(ids)]]
        for block in self.blocks:
            before = np.vstack([np.zeros((1, WIDTH)), states[-1][:-1]])
            states.append(states[-1] + np.tanh(before @ block))
        return np.stack(states)

    def normalise(self, states: np.ndarray) -> np.ndarray:
        return states / np.sqrt(np.square(states).mean(axis=1, keepdims=True) + 1e-6)

    def decode(self, states: np.ndarray) -> np.ndarray:
        return self.normalise(states) @ self.embeddings.T

    def logits(self, ids: Any) -> np.ndarray:
        return self.decode(self.states(ids)[-1])


class Whole(Toy):
    """Offers what a model may offer in arrays, and like many a dataclass cannot be hashed."""

    __hash__ = None  # type: ignore[assignment]

    def states_and_parts(self, ids: Any) -> Any:
        states = self.states(ids)
        added = np.diff(states, axis=0)
        return states, Added(added, np.zeros_like(added))

    def with_random_weights(self, seed: int) -> "Whole":
        return Whole(seed + 1)


def test_its_own_numbers_are_read() -> None:
    model = ss.load_model(Toy())
    trace = ss.trace(TEXT, model)
    path = trace[-1]
    np.testing.assert_array_equal(path.states, Toy().states(trace.token_ids)[:, -1].astype(np.float32))
    logits = Toy().logits(trace.token_ids)
    assert path.predicted_id == logits[-1].argmax()
    expected = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    lens = trace.lens(top=27)
    found = np.empty_like(expected)
    np.put_along_axis(found, lens.top_ids[-1], lens.top_log_probabilities[-1], axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(lens.kl_to_final[:, -1], path.reading.kl_to_final, atol=1e-5)
    assert 0 < path.model.max_logit_error < 1e-5


def test_what_it_does_not_offer_is_left_out_or_refused_in_a_sentence(tmp_path: Any) -> None:
    trace = ss.trace(TEXT, Toy())
    assert trace[-1].steps_note == "Attention and MLP are not shown apart: the model does not offer them."
    assert trace.with_random_weights(0) is None
    assert "cannot be drawn anew" in ss.views.report(trace[-1], tmp_path / "toy.html").read_text(encoding="utf-8")
    for refused, reason in [
        (lambda: trace.state("blocks.0.hook_resid_mid"), "There is no blocks.0.hook_resid_mid to read"),
        (lambda: ss.fit_lens(Toy(), ["once upon"] * 40, tmp_path / "lens"), "no gradient passes"),
        (lambda: ss.load_model(Toy(), bos=True), "toy has one way to open a text; leave bos out"),
    ]:
        with pytest.raises(StatescapeError, match=reason):
            refused()
    assert not (tmp_path / "lens").exists()


def test_what_it_offers_is_used() -> None:
    trace = ss.trace(TEXT, Whole())
    middle = trace.state("blocks.1.hook_resid_mid")
    np.testing.assert_allclose(middle, trace.states[2], atol=1e-6)  # nothing is added behind the middle
    drawn = trace.with_random_weights(4)
    assert drawn is not None
    np.testing.assert_array_equal(drawn.states, ss.trace(TEXT, Whole(5)).states)


@pytest.mark.parametrize("kind", [Toy, Whole])
def test_a_verdict_is_asked_of_it(kind: type[Toy]) -> None:
    texts = ["once upon a time there was a dog", "the cat sat on the mat and slept", "a bird sang in the tree"]
    answer = ss.verdict(texts, [kind()]).models[0]
    assert answer.facts.name == "toy"
    assert "Not read with the other policy on BOS: toy has one way to open a text" in " ".join(answer.notes)
    assert ("random_weights" in answer.readings or "random weights" in answer.readings) == (kind is Whole)


class Misses(Toy):
    def logits(self, ids: Any) -> np.ndarray:
        return super().logits(ids) + np.arange(27)


class Ahead(Toy):
    def states(self, ids: Any) -> np.ndarray:
        states = super().states(ids)
        return states + states[0].mean(axis=0)


class Narrow(Toy):
    facts = ModelFacts("narrow", n_blocks=2, d_model=WIDTH + 1, vocab_size=len(LETTERS), tied=True)


class Short(Toy):
    facts = ModelFacts("short", n_blocks=3, d_model=WIDTH, vocab_size=len(LETTERS), tied=True)


class Half:
    facts, tokens, embeddings, unembedding = Toy.facts, Toy.tokens, Toy().embeddings, None


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (Misses, "decoding the last state misses the model's own logits"),
        (Ahead, "toy reads its text in both directions"),
        (Narrow, r"narrow has embeddings of shape \(27, 16\); its facts say \(27, 17\)"),
        (Short, r"short has states of shape \(3, 12, 16\); its facts say \(4, 12, 16\)"),
        (Half, "A readable model has facts, .*; Half lacks states, normalise, decode, logits"),
    ],
)
def test_what_does_not_hold_is_refused(kind: type, reason: str) -> None:
    with pytest.raises(StatescapeError, match=reason):
        ss.trace(TEXT, kind())


def test_a_model_of_transformers_offers_all_of_it() -> None:
    model = ss.load_model()
    assert isinstance(model, ReadableModel)
    ids = model.trace(TEXT).token_ids
    np.testing.assert_allclose(model.decode(model.states(ids)[-1]), model.logits(ids), atol=1e-4)
    assert ss.load_model(model) is model
