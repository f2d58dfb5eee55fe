"""The verdict in sentences computed from its numbers: one for each question and model, what it was found beside."""

from __future__ import annotations

import math

from statescape import plugins
from statescape.analysis.path import VARIANTS, Variant
from statescape.analysis.path_conclusion import variant_in_words
from statescape.statistics import MeanInterval
from statescape.studies.verdict.decision import Decision, Word
from statescape.studies.verdict.questions import FEWEST_DOCUMENTS, MOST_AGREEMENT_BY_CONSTRUCTION
from statescape.studies.verdict.result import RANDOM_WEIGHTS, ModelVerdict, Verdicts
from statescape.wording import Answers, number

answers = Answers("verdict")


def conclude(found: Verdicts) -> tuple[str, ...]:
    """One sentence a question, for every model."""
    return tuple(
        answers(
            "sentence_of" if len(found.models) > 1 else "sentence",
            name=decision.question.name,
            verdict=word_in_words(decision.verdict),
            model=one.facts.name,
            sentence=_sentence(decision, one),
        )
        for one in found.models
        for decision in one.decisions
    )


@plugins.conclusion.register
def _(found: Verdicts) -> str:
    return " ".join(conclude(found))


def word_in_words(word: Word) -> str:
    """Supported, refuted or undecided."""
    return answers(f"word.{word}")


def methods(found: Verdicts) -> str:
    """How the intervals were found: one method, or two where questions arise in many and in few documents."""
    used = dict.fromkeys(decision.interval.method for one in found.models for decision in one.decisions)
    known = [answers(f"method.{one}") for one in used if one != "none"]
    return answers("method.or").join(known) or answers("method.none")


def decided_by(one: ModelVerdict, question: str = "H2") -> str:
    """Which of the three measures of H2, or H2n, was the smallest, and so decided, and how far each is above chance."""
    source = _source(question)
    excesses = ", ".join(
        answers("excess", variant=variant_in_words(variant), excess=_of(one, f"excess.{source}{variant}", "+.3f"))
        for variant in _variants(one)
    )
    shares = one.deciding(question)
    most = max(VARIANTS, key=lambda variant: shares.get(variant, -1.0))
    if most not in shares:  # a run that was begun before this was measured
        return answers("alone", excesses=excesses)
    return answers("decided_by", variant=variant_in_words(most), share=shares[most], excesses=excesses)


def _sentence(decision: Decision, one: ModelVerdict) -> str:
    interval, name = decision.interval, decision.question.name
    if interval.n == 0:
        return _never(name, one)
    said = answers(name, **_NUMBERS[name](one, interval.mean, name)) + _without_training(decision, one)
    if interval.n < FEWEST_DOCUMENTS:
        return answers("too_few", count=interval.n, said=said, fewest=FEWEST_DOCUMENTS)
    return said


def _without_training(decision: Decision, one: ModelVerdict) -> str:
    """What holds with random weights as well is no sign of training, and is said to be none."""
    reading, question = one.readings.get(RANDOM_WEIGHTS), decision.question
    random = None if reading is None else reading.measures.get(question.name)
    if decision.verdict != "supported" or random is None:
        return ""
    beyond = random.low > question.margin if question.predicted == "above" else random.high < question.margin
    return answers("untrained") if beyond else ""


def _never(name: str, one: ModelVerdict) -> str:
    """Why a question does not arise in any document."""
    constants = one.constants
    chance = {"H6": constants.agreement_of_isotropic, "H6n": constants.normed_agreement_of_isotropic}.get(name, 0.0)
    if chance > MOST_AGREEMENT_BY_CONSTRUCTION:
        return answers("by_construction", chance=chance)
    later = name.endswith("n") or name in ("H7", "H8")
    if later and (name not in one.summary.measures or math.isnan(chance)):
        return answers("asked_later")
    if name == "H8":
        return answers("not_edited")
    return answers("nothing_inside" if name == "H5" else "never")


def _source(name: str) -> str:
    """What stands in the names of the measures of a question about final_norm(s_L)."""
    return "normed." if name.endswith("n") else ""


def _h1(one: ModelVerdict, mean: float, name: str) -> dict[str, str | float]:
    return {
        "distance": _number(mean),
        "isotropic": _of(one, f"distance.{_source(name)}isotropic"),
        "best": _of(one, f"distance.{_source(name)}best_length"),
    }


def _h2(one: ModelVerdict, mean: float, name: str) -> dict[str, str | float]:
    best: dict[str, float] = dict(zip(VARIANTS, one.constants.best_of_isotropic, strict=False))
    cosines = (
        answers(
            "cosine",
            variant=variant_in_words(variant),
            cosine=_of(one, f"cosine.{_source(name)}{variant}"),
            best=best[variant],
        )
        for variant in _variants(one)
    )
    return {
        "numbers": ", ".join(cosines),
        "excess": mean,
        "decided": decided_by(one, name),
        "shuffled": _of(one, f"excess.{_source(name)}shuffled", "+.3f"),
        "random": _random(one, name, "+.3f"),
        "chosen": answers("chosen") if name == "H2n" and one.facts.tied else "",
    }


def _h3(one: ModelVerdict, mean: float, _name: str) -> dict[str, str | float]:
    return {
        "ordered": mean,
        "states": _of(one, "travel.shuffled_states", ".0%"),
        "blocks": _of(one, "travel.shuffled_blocks", ".0%"),
        "random": _random(one, "H3", ".0%"),
        "arrives": _of(one, "travel.arrives", ".1%"),
    }


def _h4(one: ModelVerdict, mean: float, _name: str) -> dict[str, str | float]:
    return {
        "outside": _of(one, "outside.states", ".0%"),
        "excess": mean,
        "embeddings": _of(one, "outside.embeddings", ".0%"),
        "isotropic": _of(one, "outside.isotropic", ".0%"),
    }


def _h5(one: ModelVerdict, mean: float, _name: str) -> dict[str, str | float]:
    return {
        "depth": _of(one, "decodes.from", ".0%"),
        "inner": mean,
        "shuffled": _of(one, "decodes.shuffled", ".0%"),
    }


def _h6(one: ModelVerdict, mean: float, name: str) -> dict[str, str | float]:
    kind = _source(name).replace(".", "_")
    return {
        "agree": _of(one, f"agree.{kind}cosine", ".0%"),
        "isotropic": _of(one, f"agree.{kind}isotropic", ".0%"),
        "left": mean,
        "random": _random(one, name, ".2f"),
    }


def _h7(one: ModelVerdict, mean: float, name: str) -> dict[str, str | float]:
    return {
        "kept": mean,
        **{kind: _of(one, f"kept.{kind}", ".0%") for kind in ("same_decile", "current", "isotropic", "mean")},
        "random": _random(one, name, ".0%"),
        "first": _of(one, "kept.first", ".0%"),
        "probability": _of(one, "kept.probability", ".2f"),
        "untouched": _of(one, "kept.probability_untouched", ".2f"),
        "kl": _of(one, "kept.kl"),
    }


def _h8(one: ModelVerdict, mean: float, name: str) -> dict[str, str | float]:
    return {
        "states": mean,
        "below": _of(one, "kept.below", ".0%"),
        **{kind: _of(one, f"stands.{kind}", ".0%") for kind in ("same_decile", "current", "isotropic", "mean")},
        "random": _random(one, name, ".0%"),
    }


_NUMBERS = {
    "H1": _h1, "H2": _h2, "H3": _h3, "H4": _h4, "H5": _h5, "H6": _h6, "H1n": _h1, "H2n": _h2, "H6n": _h6,
    "H7": _h7, "H8": _h8,
}  # fmt: skip


def _variants(one: ModelVerdict) -> list[Variant]:
    """Those of H2 that differ: without a rogue dimension two are the same."""
    return [variant for variant in VARIANTS if variant != "without_rogue" or one.constants.rogue]


def _of(one: ModelVerdict, measure: str, form: str = "") -> str:
    return _formatted(one.summary.measures.get(measure), form)


def _random(one: ModelVerdict, name: str, form: str = "") -> str:
    reading = one.readings.get(RANDOM_WEIGHTS)
    return _formatted(None if reading is None else reading.measures.get(name), form)


def _formatted(interval: MeanInterval | None, form: str) -> str:
    if interval is None or not math.isfinite(interval.mean):
        return answers("not_measured")
    return number(interval.mean, form) if form else _number(interval.mean)


def _number(value: float) -> str:
    return number(value, ".0f" if abs(value) >= 100 else ".1f" if abs(value) >= 10 else ".2f")
