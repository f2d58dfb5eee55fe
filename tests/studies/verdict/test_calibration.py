"""States without any relation to the tokens are hardly ever called evidence; nor is noise around a margin."""

from collections import Counter

import numpy as np
import pytest

from statescape.studies.verdict import QUESTIONS, decide
from statescape.studies.verdict.measures import measure
from tests.studies.verdict import simulated

CORPORA, DOCUMENTS, POSITIONS = 20, 20, 8


def words(states_of) -> Counter:
    """How often each question gets each word over many corpora of simulated states."""
    reference, counted = simulated.reference(), Counter()
    for corpus in range(CORPORA):
        rng = np.random.default_rng(100 + corpus)
        headlines = {question.name: np.empty(DOCUMENTS) for question in QUESTIONS}
        for document in range(DOCUMENTS):
            passage = simulated.passage(reference.embeddings, states_of(rng, reference), rng)
            values = measure(passage, reference, rng).values
            for name, means in headlines.items():
                if name in ("H7", "H8"):  # asked of a model, which these states have none of
                    means[document] = np.nan
                    continue
                kept = values[name][np.isfinite(values[name])]
                means[document] = kept.mean() if len(kept) else np.nan
        counted.update((decision.question.name, decision.verdict) for decision in decide({"model": headlines}, corpus))
    return counted


@pytest.mark.slow
def test_isotropic_states_support_nothing_but_that_they_are_no_embeddings():
    counted = words(lambda rng, _: simulated.isotropic(rng, POSITIONS))
    for name in ("H1", "H2", "H3", "H5", "H6", "H1n", "H2n", "H6n"):
        assert counted[name, "supported"] <= 0.05 * CORPORA, counted


@pytest.mark.slow
def test_states_with_the_energy_profile_of_embeddings_do_not_leave_their_subspace():
    def drawn(rng, reference):
        ids = rng.integers(0, len(reference.embeddings), (simulated.STATES, POSITIONS))
        return reference.embeddings[ids]

    counted = words(drawn)
    assert counted["H4", "supported"] <= 0.05 * CORPORA, counted
    assert counted["H3", "supported"] <= 0.05 * CORPORA, counted


@pytest.mark.parametrize("question", [QUESTIONS[0], QUESTIONS[1]], ids=["below", "above"])
def test_a_statistic_at_its_margin_is_rarely_called_supported(question):
    supported = refuted = 0
    repeats, documents = 60, 20
    for repeat in range(repeats):
        noise = np.random.default_rng([repeat, documents]).standard_normal(documents)
        sample = {"model": {question.name: question.margin + 0.2 * noise}}
        word = decide(sample, repeat, [question])[0].verdict
        supported += word == "supported"
        refuted += word == "refuted"
    # 2.5% on each side, and what chance adds to that in 60 draws.
    assert supported <= 0.05 * repeats + 3
    assert refuted <= 0.05 * repeats + 3
