"""H7 and H8 where the answer is known: last states that are the embedding, or orthogonal to it."""

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import statescape as ss
from statescape.language import Edit
from statescape.language.model.decoder import LinearHead
from statescape.language.path import log_softmax
from statescape.language.stand_in import average_said, stand_in
from statescape.studies.verdict import ModelVerdict, Verdicts, reference, verdict, work
from statescape.studies.verdict.conclusion import conclude
from statescape.wording.language import speaking
from tests.language.families import FAMILIES, build, word_tokenizer
from tests.studies.verdict import scripted
from tests.studies.verdict.scripted import USED, WIDTH, V

LOUD = 12.0


class _Kept(nn.Module):
    """A block that hands on what enters it, plus what stands in a table for the token read."""

    def __init__(self, owner: Any, table: np.ndarray) -> None:
        super().__init__()
        self.owner = [owner]
        self.register_buffer("table", torch.from_numpy(table.astype(np.float32)))

    def forward(self, stream: torch.Tensor) -> torch.Tensor:
        return stream + self.table[self.owner[0].ids]


def _adding(steps: list[np.ndarray], head: np.ndarray) -> Any:
    network = scripted.Scripted(scripted.embeddings(), [np.zeros((V, WIDTH))] * len(steps), head)
    network.blocks = nn.ModuleList(_Kept(network, step) for step in steps)
    return scripted.load(network)


def arriving() -> Any:
    """From s_1 on every state is the embedding of the next token, times a factor; later blocks add nothing."""
    rows = scripted.embeddings()
    return _adding([np.roll(rows, -1, axis=0) - rows, *[np.zeros((V, WIDTH))] * 3], LOUD * rows)


def orthogonal() -> Any:
    """The head reads coordinates in which no embedding has anything: embeddings say nothing to it."""
    rows, rng = scripted.embeddings(), np.random.default_rng(5)
    codes = np.zeros((V, WIDTH))
    codes[:, USED:] = scripted.unit(rng.standard_normal((V, WIDTH - USED)))
    return _adding([*[np.zeros((V, WIDTH))] * 3, np.roll(codes, -1, axis=0) - rows], LOUD * codes)


@pytest.fixture(scope="module", autouse=True)
def few() -> Any:
    """Few draws behind constants that are not asked here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "ISOTROPIC_STATES", 100)
        patch.setattr(reference, "DRAWS", 20)
        patch.setattr(reference, "ANGLE_DRAWS", 5)
        yield


@cache
def asked(which: str) -> Verdicts:
    made = {"arriving": arriving, "orthogonal": orthogonal}[which]()
    return verdict(scripted.corpus(20), [made], null_documents=0, workers=1)


def answered(which: str) -> ModelVerdict:
    return asked(which).models[0]


def word(which: str, question: str) -> str:
    return next(one.verdict for one in answered(which).decisions if one.question.name == question)


def test_a_last_state_that_is_the_embedding_is_stood_for() -> None:
    measures = answered("arriving").summary.measures
    assert word("arriving", "H7") == "supported"
    assert measures["H7"].mean == pytest.approx(1, abs=1e-6)
    assert measures["kept.first"].mean == 1
    assert measures["kept.probability"].mean == pytest.approx(measures["kept.probability_untouched"].mean, abs=1e-6)
    for null in ("kept.same_decile", "kept.current", "kept.isotropic", "kept.mean"):
        assert measures[null].mean < 0.2


def test_a_last_state_across_all_embeddings_is_not() -> None:
    measures = answered("orthogonal").summary.measures
    assert word("orthogonal", "H7") == "refuted"
    assert word("orthogonal", "H8") == "refuted"
    assert measures["H7"].mean < 0.05  # embeddings decode to a uniform distribution, about the average
    assert measures["kept.probability"].mean == pytest.approx(1 / V, rel=1e-3)


def test_it_stands_for_the_states_that_are_the_embedding_and_for_no_other() -> None:
    one = answered("arriving")
    assert word("arriving", "H8") == "supported"
    assert one.summary.measures["H8"].mean == 1  # s_1 to s_3, all of them
    kept = one.summary.profiles["kept.predicted"].mean
    assert kept[1:] == pytest.approx([1] * 4, abs=1e-6)
    assert kept[0] < 0.99  # block 1 adds the way from the current embedding to the next, to another beginning
    for null in ("stands.same_decile", "stands.current", "stands.mean"):
        assert one.summary.measures[null].mean == 0


def test_the_sentences_say_what_was_found_beside_its_nulls() -> None:
    found = asked("arriving")
    seventh, eighth = conclude(found)[-2:]
    assert seventh.startswith("H7 supported: in the place of the last state, at its norm, the embedding keeps 100% of")
    assert "first at 100% of the positions" in seventh
    assert eighth.startswith("H8 supported: it stands for 100% of the inner states")
    with speaking("fr"):
        assert conclude(found)[-2].startswith("H7 corroborée\u202f: à la place du dernier état")


@pytest.mark.parametrize("model_type", ["gpt2", "llama", "mamba"])
def test_what_is_said_is_what_an_edited_run_says(model_type: str) -> None:
    """Whether behind a cache or not: the same as `trace` with an edit, decoded."""
    network = build(next(family for family in FAMILIES if family.model_type == model_type))
    model = ss.load_model(network, tokenizer=word_tokenizer())
    trace, rng = model.trace("w5 w17 w60 w2 w33 w9"), np.random.default_rng(0)
    at = np.array([3])
    states = trace.states[:, at]
    vectors = rng.standard_normal((2, *states.shape))
    average = average_said(model, trace.states[-1])
    found = stand_in(model, trace.token_ids, at, states, vectors, average, inner=1)
    p = trace[3].log_probabilities[-1].astype(np.float64)
    assert np.exp(average).sum() == pytest.approx(1)
    assert found.own[0] == pytest.approx(p.max(), abs=1e-5)
    for kind in range(2):
        for state in range(len(states)):
            put = vectors[kind, state] * np.linalg.norm(states[state]) / np.linalg.norm(vectors[kind, state])
            edited = model.trace("w5 w17 w60 w2 w33 w9", edits=[Edit.replace(state, put, 3)])
            q = edited[3].log_probabilities[-1].astype(np.float64)
            assert found.kl[kind, state, 0] == pytest.approx(np.exp(p) @ (p - q), abs=2e-5)
            assert found.log_probability[kind, state, 0] == pytest.approx(q[p.argmax()], abs=2e-5)
            assert found.rank[kind, state, 0] == (q > q[p.argmax()]).sum()


@pytest.mark.slow
def test_what_is_compared_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind in the place of each last state, those of one position at every state, and the untouched: once."""
    model, rng = ss.load_model(), np.random.default_rng(0)
    decoded, own = [0], LinearHead.blocks

    def counting(head: LinearHead, normed: torch.Tensor, size: int) -> Any:
        decoded[0] += len(normed)
        return own(head, normed, size)

    ids = model.tokens.encode("Once upon a time there was a little girl.")
    positions, average = np.array([2, 3, 5, 7]), np.full(len(model.embeddings), -np.log(len(model.embeddings)))
    states = np.asarray(model.states(ids), dtype=np.float32)[:, positions]
    kinds, count = 3, len(states)
    vectors = rng.standard_normal((kinds, *states.shape))
    assert model.abreast  # measured beforehand
    monkeypatch.setattr(LinearHead, "blocks", counting)
    found = stand_in(model, ids, positions, states, vectors, average, 1)
    assert decoded == [len(positions) * (1 + kinds) + kinds * (count - 1)]
    p = log_softmax(np.asarray(model.decode(states[-1]), dtype=np.float64))
    np.testing.assert_allclose(found.from_mean, (np.exp(p) * (p - average)).sum(axis=1), rtol=1e-5)
    np.testing.assert_allclose(found.own, p.max(axis=1), atol=1e-5)


def test_a_model_in_arrays_is_asked_of_its_last_state_alone() -> None:
    model = arriving()

    class InArrays:
        """No more than a readable model."""

        facts, tokens, embeddings, unembedding = model.facts, model.tokens, model.embeddings, model.unembedding
        states, normalise, decode, logits = model.states, model.normalise, model.decode, model.logits

    found = verdict(scripted.corpus(), [InArrays()], null_documents=0, workers=1)
    decisions = {one.question.name: one for one in found.models[0].decisions}
    assert decisions["H7"].verdict == "supported"
    assert (decisions["H8"].verdict, decisions["H8"].interval.n) == ("undecided", 0)
    assert "does not run with edits" in conclude(found)[-1]
