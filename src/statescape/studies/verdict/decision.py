"""The rule that turns a statistic into a verdict.

*Supported* where the whole interval lies on the predicted side of the margin and the Holm-corrected p is below 0.05;
*refuted* where the whole interval lies on the other side; *undecided* otherwise, and always with fewer than twenty
documents. p is one-sided, by sign-flip permutation of the document means minus the margin: under the null hypothesis
that the statistic sits at the margin, a document is as likely above it as below.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from statescape.statistics import MeanInterval, bootstrap_mean, holm, sign_flip
from statescape.studies.verdict.questions import ALPHA, FEWEST_DOCUMENTS, LEVEL, QUESTIONS, Question

Word = Literal["supported", "refuted", "undecided"]


@dataclass(frozen=True)
class Decision:
    """One question, one model.

    Attributes:
        question: what was asked.
        model: of whom.
        interval: mean of document means with its interval; n is the number of documents in which it arises.
        p: one-sided, against the margin; NaN where it arises in no document.
        p_holm: corrected over all questions and models asked together.
        verdict: the word.
    """

    question: Question
    model: str
    interval: MeanInterval
    p: float
    p_holm: float
    verdict: Word


def decide(
    documents: Mapping[str, Mapping[str, Float[np.ndarray, " documents"]]],
    seed: int,
    questions: Sequence[Question] = QUESTIONS,
) -> list[Decision]:
    """Decide every question for every model.

    Args:
        documents: by model and question, the mean of every document; NaN where the question does not arise in it.
        seed: of bootstrap and permutations.
        questions: what is asked; all of them count in Holm's correction.
    """
    asked = [(model, question) for model in documents for question in questions]
    samples = [_present(documents[model].get(question.name)) for model, question in asked]
    p_values = [_p(sample, question, seed) for sample, (_, question) in zip(samples, asked, strict=True)]
    # A question that does not arise is no evidence for it: it counts in the correction with the largest p.
    corrected = holm([1.0 if math.isnan(p) else p for p in p_values])
    decisions = []
    for (model, question), sample, p, p_holm in zip(asked, samples, p_values, corrected, strict=True):
        interval = (
            bootstrap_mean(sample, seed, LEVEL) if len(sample) else MeanInterval(math.nan, math.nan, math.nan, LEVEL, 0)
        )
        decisions.append(Decision(question, model, interval, p, p_holm, _word(question, interval, p_holm)))
    return decisions


def _word(question: Question, interval: MeanInterval, p_holm: float) -> Word:
    if interval.n < FEWEST_DOCUMENTS:
        return "undecided"
    above, below = interval.low > question.margin, interval.high < question.margin
    predicted, other = (above, below) if question.predicted == "above" else (below, above)
    if predicted and p_holm < ALPHA:
        return "supported"
    return "refuted" if other else "undecided"


def _p(sample: Float[np.ndarray, " documents"], question: Question, seed: int) -> float:
    if not len(sample):
        return math.nan
    beyond = sample - question.margin
    return sign_flip(-beyond if question.predicted == "above" else beyond, seed)


def _present(sample: Float[np.ndarray, " documents"] | None) -> Float[np.ndarray, " present"]:
    return np.zeros(0) if sample is None else sample[np.isfinite(sample)]
