"""The rule that turns a statistic into a verdict.

*Supported* where the whole interval lies on the predicted side of the margin and the Holm-corrected p is below 0.05;
*refuted* where the whole interval lies on the other side and the p in that direction, corrected alike, is below 0.05;
*undecided* otherwise, and always with fewer than twenty documents. Each p is one-sided, by sign-flip permutation of the
document means minus the margin: under the null hypothesis that the statistic sits at the margin, a document is as
likely above it as below.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from statescape.statistics import MeanInterval, holm, mean_interval, sign_flip
from statescape.studies.verdict.questions import ALPHA, FEWEST_DOCUMENTS, LEVEL, QUESTIONS, Question
from statescape.wording import Noun

Word = Literal["supported", "refuted", "undecided"]


@dataclass(frozen=True)
class Decision(Noun):
    """One question, one model.

    Attributes:
        question: what was asked.
        model: of whom.
        interval: mean of document means with its interval; n is the number of documents in which it arises.
        p: one-sided, against the margin, of the claim; NaN where it arises in no document.
        p_holm: corrected over all questions and models asked together.
        p_against: one-sided in the other direction, of the claim's opposite.
        p_against_holm: corrected over all questions and models asked together.
        verdict: the word.
    """

    question: Question
    model: str
    interval: MeanInterval
    p: float
    p_holm: float
    p_against: float
    p_against_holm: float
    verdict: Word

    @property
    def p_shown(self) -> float:
        """The corrected p of the side of the margin on which the estimate lies."""
        return min(self.p_holm, self.p_against_holm)


def decide(
    documents: Mapping[str, Mapping[str, Float[np.ndarray, " documents"]]],
    seed: int,
    questions: Sequence[Question] = QUESTIONS,
) -> list[Decision]:
    """Decide every question for every model.

    Args:
        documents: by model and question, the mean of every document; NaN where the question does not arise in it.
        seed: of intervals and permutations.
        questions: what is asked; all of them count in Holm's correction.
    """
    asked = [(model, question) for model in documents for question in questions]
    samples = [_present(documents[model].get(question.name)) for model, question in asked]
    (p_for, for_holm), (p_against, against_holm) = (
        _corrected(samples, [question.margin for _, question in asked], signs, seed)
        for signs in ([_sign(question) for _, question in asked], [-_sign(question) for _, question in asked])
    )
    decisions = []
    for place, ((model, question), sample) in enumerate(zip(asked, samples, strict=True)):
        interval = (
            mean_interval(sample, seed, LEVEL) if len(sample) else MeanInterval(math.nan, math.nan, math.nan, LEVEL, 0)
        )
        word = _word(question, interval, for_holm[place], against_holm[place])
        p_values = (p_for[place], for_holm[place], p_against[place], against_holm[place])
        decisions.append(Decision(question, model, interval, *p_values, word))
    return decisions


def _word(question: Question, interval: MeanInterval, p_holm: float, p_against_holm: float) -> Word:
    if interval.n < FEWEST_DOCUMENTS:
        return "undecided"
    above, below = interval.low > question.margin, interval.high < question.margin
    predicted, other = (above, below) if question.predicted == "above" else (below, above)
    if predicted and p_holm < ALPHA:
        return "supported"
    return "refuted" if other and p_against_holm < ALPHA else "undecided"


def _sign(question: Question) -> int:
    """That which makes what speaks for the claim negative."""
    return -1 if question.predicted == "above" else 1


def _corrected(
    samples: Sequence[Float[np.ndarray, " _"]], margins: Sequence[float], signs: Sequence[int], seed: int
) -> tuple[list[float], tuple[float, ...]]:
    """The p-values of one direction, as they are (NaN for an empty sample) and after Holm's correction."""
    p_values = [
        sign_flip(sign * (sample - margin), seed) if len(sample) else math.nan
        for sample, margin, sign in zip(samples, margins, signs, strict=True)
    ]
    # A question that does not arise is no evidence for it: it counts in the correction with the largest p.
    return p_values, holm([1.0 if math.isnan(p) else p for p in p_values])


def _present(sample: Float[np.ndarray, " documents"] | None) -> Float[np.ndarray, " present"]:
    return np.zeros(0) if sample is None else sample[np.isfinite(sample)]
