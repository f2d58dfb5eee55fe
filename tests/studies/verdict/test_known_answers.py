"""A model built so that a question is true is supported, one built so that it is false refuted, for each of them."""

from functools import cache

import numpy as np
import pytest

from statescape.studies.verdict import QUESTIONS, Verdicts, verdict
from statescape.studies.verdict.conclusion import conclude
from tests.studies.verdict import scripted


@cache
def answered(which: str) -> Verdicts:
    return verdict(scripted.corpus(), [getattr(scripted, which)()], null_documents=0, workers=1)


def words(which: str) -> dict[str, str]:
    return {decision.question.name: decision.verdict for decision in answered(which).models[0].decisions}


def test_the_claim_come_true():
    names = ("H1", "H2", "H3", "H5", "H6", "H1n", "H2n", "H6n", "H7")  # these have no norm
    # Its blocks look their states up: anything can stand in for an inner one, which is no sign of the embedding.
    assert words("straight") == {**dict.fromkeys(names, "supported"), "H8": "refuted", "H4": "refuted"}


def test_the_claim_come_false():
    expected = dict.fromkeys(("H1", "H2", "H3", "H5", "H6", "H1n", "H2n", "H6n", "H7"), "refuted")
    assert words("crooked") == {**expected, "H8": "refuted", "H4": "supported"}


def test_the_numbers_of_the_straight_way_are_those_it_was_built_with():
    measures = answered("straight").models[0].summary.measures
    assert measures["H1"].mean == pytest.approx(0, abs=1e-6)
    assert measures["cosine.raw"].mean == pytest.approx(1, abs=1e-6)
    assert measures["H3"].mean == 1
    assert measures["travel.arrives"].mean == 1
    # (1 - a) e + a f is nearer to f from a = 0.6 on: the first block.
    assert measures["travel.crossing"].mean == pytest.approx(1 / scripted.BLOCKS)
    assert measures["H5"].mean == 1
    assert measures["agree.cosine"].mean == 1
    assert measures["distance.best_length"].mean == pytest.approx(0, abs=1e-3)


def test_the_crooked_states_are_as_far_as_they_were_put():
    one = answered("crooked").models[0]
    assert one.summary.measures["H1"].mean == pytest.approx(20, rel=0.05)
    np.testing.assert_allclose(one.summary.profiles["norm"].mean[1:], 20, rtol=1e-6)
    isotropic = one.summary.measures["outside.isotropic"].mean
    assert one.summary.measures["outside.states"].mean == pytest.approx(isotropic, abs=0.05)


def test_nineteen_documents_decide_nothing_and_the_sentence_says_so():
    verdicts = verdict(scripted.corpus(19), [scripted.straight()], null_documents=0, workers=1)
    assert {decision.verdict for decision in verdicts.models[0].decisions} == {"undecided"}
    for sentence, question in zip(conclude(verdicts), QUESTIONS, strict=True):
        assert sentence.startswith(f"{question.name} undecided: ")
        assert "19 documents are too few to decide (20 at least)" in sentence


def test_a_head_that_agrees_by_construction_is_not_asked_the_sixth():
    rows = scripted.embeddings()
    tables = [np.roll(rows, -1, axis=0)] * 2
    rows_only = scripted.load(scripted.Scripted(rows, tables, rows))  # unit rows: argmax product is argmax cosine
    verdicts = verdict(scripted.corpus(), [rows_only], null_documents=0, workers=1)
    decision = verdicts.models[0].decisions[5]
    assert verdicts.models[0].constants.agreement_of_isotropic == 1
    assert decision.verdict == "undecided"
    assert verdicts.models[0].constants.normed_agreement_of_isotropic == 1
    for place in (5, 8):
        assert "100% of isotropic states agree by construction" in conclude(verdicts)[place]


def test_what_the_embedding_gives_already_was_decoded_by_no_block():
    rows = scripted.embeddings()
    stays = scripted.load(scripted.Scripted(rows, [rows] * 3, rows))  # predicts the token it reads, from s_0 on
    verdicts = verdict(scripted.corpus(), [stays], null_documents=0, workers=1)
    fifth, third = verdicts.models[0].decisions[4], verdicts.models[0].decisions[2]
    assert (fifth.verdict, fifth.interval.n) == ("undecided", 0)
    assert (third.verdict, third.interval.n) == ("undecided", 0)  # the way from a token to itself is no way


def test_two_models_are_decided_together():
    straight, crooked = scripted.straight(), scripted.crooked()
    named = [_named(straight, "straight"), _named(crooked, "crooked")]
    verdicts = verdict(scripted.corpus(), named, null_documents=0, workers=1)
    alone = answered("straight").models[0].decisions
    assert [one.facts.name for one in verdicts.models] == ["straight", "crooked"]
    for decision, single in zip(verdicts.models[0].decisions, alone, strict=True):
        assert decision.interval.mean == single.interval.mean
        assert decision.p == single.p
        assert decision.p_holm >= single.p_holm  # twenty-two questions, not eleven
    assert len(verdicts.as_json()["hypotheses"]) == 22


def _named(model, name):
    from dataclasses import replace

    return replace(model, facts=replace(model.facts, name=name))
