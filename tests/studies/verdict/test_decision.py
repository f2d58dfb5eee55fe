"""The rule: interval against margin, Holm, and too few documents."""

import math

import numpy as np
import pytest

from statescape.statistics import holm
from statescape.studies.verdict import QUESTIONS, decide
from statescape.studies.verdict.questions import Question

ABOVE = Question("H9", "It is large.", "size", "above", 1.0, "because", ())
BELOW = Question("H8", "It is small.", "size", "below", 1.0, "because", ())


def word(question, values, seed=0):
    return decide({"m": {question.name: np.asarray(values, dtype=float)}}, seed, [question])[0].verdict


def around(mean, n=30, spread=0.05):
    return mean + spread * np.random.default_rng(n).standard_normal(n)


def test_the_words():
    assert word(ABOVE, around(1.5)) == "supported"
    assert word(ABOVE, around(0.5)) == "refuted"
    assert word(BELOW, around(0.5)) == "supported"
    assert word(BELOW, around(1.5)) == "refuted"
    assert word(ABOVE, around(1.0)) == "undecided"
    assert word(BELOW, around(1.0)) == "undecided"


def test_under_twenty_documents_nothing_is_decided():
    assert word(ABOVE, around(9.0, n=19)) == "undecided"
    assert word(ABOVE, around(9.0, n=20)) == "supported"
    assert word(ABOVE, []) == "undecided"
    assert word(ABOVE, [*around(9.0, n=19), math.nan, math.nan]) == "undecided"  # where it arises counts


def test_an_interval_beyond_the_margin_is_not_enough_when_many_questions_are_asked():
    noise = np.random.default_rng(0).standard_normal(30)
    sample = 1.0 + 2.2 / np.sqrt(30) + (noise - noise.mean()) / noise.std()  # 2.2 standard errors beyond the margin
    alone = decide({"m": {"H9": sample}}, 0, [ABOVE])[0]
    among = decide({"m": {"H9": sample}}, 0, [ABOVE, *QUESTIONS])[0]
    assert alone.interval.low > 1.0
    assert alone.p_holm < 0.05 < among.p_holm
    assert (alone.verdict, among.verdict) == ("supported", "undecided")


def test_refuting_takes_as_much_as_supporting():
    """The same sample mirrored at the margin is refuted where it was supported, and undecided where it was not."""
    noise = np.random.default_rng(0).standard_normal(30)
    sample = 1.0 + 2.2 / np.sqrt(30) + (noise - noise.mean()) / noise.std()
    mirrored = 2.0 - sample
    alone = decide({"m": {"H9": mirrored}}, 0, [ABOVE])[0]
    among = decide({"m": {"H9": mirrored}}, 0, [ABOVE, *QUESTIONS])[0]
    assert alone.interval.high < 1.0
    assert alone.p_against_holm < 0.05 < among.p_against_holm
    assert (alone.verdict, among.verdict) == ("refuted", "undecided")
    assert alone.p_shown == alone.p_against_holm
    assert alone.p_against == pytest.approx(decide({"m": {"H9": sample}}, 0, [ABOVE])[0].p, abs=0.005)


@pytest.mark.slow
def test_noise_at_the_margin_is_refuted_as_seldom_as_it_is_supported():
    """Over 200 corpora in which all questions sit at their margins, at most some 5% lead to any word."""
    words = {"supported": 0, "refuted": 0}
    for seed in range(200):
        rng = np.random.default_rng(seed)
        documents = {question.name: question.margin + rng.standard_normal(25) for question in QUESTIONS}
        for word_ in {decision.verdict for decision in decide({"m": documents}, seed)} - {"undecided"}:
            words[word_] += 1
    assert words["supported"] <= 20
    assert words["refuted"] <= 20


def test_the_correction_is_holms_over_questions_and_models_and_unasked_ones_count():
    documents = {"a": {"H9": around(1.02), "H8": around(0.98)}, "b": {"H9": around(1.2), "H8": np.full(30, math.nan)}}
    decisions = decide(documents, 0, [ABOVE, BELOW])
    p_values = [1.0 if math.isnan(decision.p) else decision.p for decision in decisions]
    assert [decision.p_holm for decision in decisions] == pytest.approx(holm(p_values))
    against = [1.0 if math.isnan(decision.p_against) else decision.p_against for decision in decisions]
    assert [decision.p_against_holm for decision in decisions] == pytest.approx(holm(against))
    assert math.isnan(decisions[3].p)
    assert decisions[3].p_holm == 1.0


def test_every_question_declares_what_it_must():
    assert [question.name for question in QUESTIONS] == [
        "H1", "H2", "H3", "H4", "H5", "H6", "H1n", "H2n", "H6n", "H7", "H8",
    ]  # fmt: skip
    for question in QUESTIONS:
        assert question.reason
        assert question.nulls
    # The margins as they were committed before the first run on held-out text.
    assert [question.margin for question in QUESTIONS] == [0.5, 0.05, 0.75, 0.10, 0.5, 0.5, 0.5, 0.05, 0.5, 0.5, 0.25]
    asked = {question.name: question for question in QUESTIONS}
    for name in ("H1", "H2", "H6"):  # another reading, no other demand
        assert (asked[name].margin, asked[name].predicted) == (asked[f"{name}n"].margin, asked[f"{name}n"].predicted)
        assert len(asked[name].nulls) == len(asked[f"{name}n"].nulls)
