"""What the notebook says: of the claim, model by model, and of the length of the last state along the embedding."""

from __future__ import annotations

import numpy as np

from statescape.analysis.path import PathReading
from statescape.studies.verdict import ModelVerdict
from statescape.studies.verdict.decision import Word
from statescape.wording import phrase, say

CLAUSES: dict[str, dict[Word, str]] = {
    "H1": {
        "supported": phrase("the last state is the embedding of the predicted token"),
        "refuted": phrase("the last state is not the embedding of the predicted token"),
        "undecided": phrase("whether the last state is the embedding of the predicted token is undecided"),
    },
    "H2": {
        "supported": phrase("it points along it more than choosing a token gives"),
        "refuted": phrase("it points along it no more than choosing a token gives"),
        "undecided": phrase("whether it points along it more than choosing a token gives is undecided"),
    },
    "H3": {
        "supported": phrase("the path travels, block by block, from one embedding to the other"),
        "refuted": phrase("the path does not travel, block by block, from one embedding to the other"),
        "undecided": phrase("whether the path travels from one embedding to the other is undecided"),
    },
    "H4": {
        "supported": phrase("the states leave the subspace of the embeddings"),
        "refuted": phrase("the states keep to the subspace of the embeddings"),
        "undecided": phrase("whether the states leave the subspace of the embeddings is undecided"),
    },
    "H5": {
        "supported": phrase("most inner states already decode to the final token"),
        "refuted": phrase("most inner states do not yet decode to the final token"),
        "undecided": phrase("whether most inner states decode to the final token is undecided"),
    },
    "H6": {
        "supported": phrase("the cosine of the last state singles the predicted token out"),
        "refuted": phrase("the cosine of the last state does not single the predicted token out"),
        "undecided": phrase("whether the cosine of the last state singles the predicted token out is undecided"),
    },
}
CLAIM = ("H1", "H3")
"""The two parts that the claim states in so many words: where the path ends, and how it gets there."""


def claim_in_words(one: ModelVerdict) -> str:
    """Whether the claim as it was written holds for a model."""
    words = [decision.verdict for decision in one.decisions if decision.question.name in CLAIM]
    if "refuted" in words:
        return say("For {model} the claim, as it was written, does not hold.", model=one.facts.name)
    if words == ["supported"] * len(CLAIM):
        return say("For {model} the claim holds.", model=one.facts.name)
    return say("For {model} the claim is not settled.", model=one.facts.name)


def clauses_in_words(one: ModelVerdict) -> str:
    """The six answers in one sentence."""
    clauses = [say(CLAUSES[decision.question.name][decision.verdict]) for decision in one.decisions]
    return say(
        "Over {documents:,} documents: {clauses}.",
        documents=one.summary.n_documents,
        clauses=say("; ").join(clauses),
    )


def orthogonal_in_words(reading: PathReading) -> str:
    """How much of the last state lies along the predicted embedding, and how much across."""
    state = np.asarray(reading.path.states[-1], dtype=np.float64)
    embedding = np.asarray(reading.path.embeddings[reading.path.predicted_id], dtype=np.float64)
    along = float(state @ embedding)
    share = along**2 / float((state @ state) * (embedding @ embedding))
    return say(
        "Taken apart, the last state is {times:+.1f} times the predicted embedding and a part orthogonal to it, which "
        "holds {across:.1%} of its squared length.",
        times=along / float(embedding @ embedding),
        across=1.0 - share,
    )
