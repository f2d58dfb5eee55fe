"""The verdict in sentences computed from its numbers: one for each question and model, what it was found beside."""

from __future__ import annotations

import math

from statescape import plugins
from statescape.analysis.path_conclusion import VARIANT_WORDS
from statescape.statistics import MeanInterval
from statescape.studies.verdict.decision import Decision, Word
from statescape.studies.verdict.questions import FEWEST_DOCUMENTS, MOST_AGREEMENT_BY_CONSTRUCTION
from statescape.studies.verdict.reference import VARIANTS
from statescape.studies.verdict.result import RANDOM_WEIGHTS, ModelVerdict, Verdicts
from statescape.wording import number, phrase, say, say_count

WORDS: dict[Word, str] = {
    "supported": phrase("supported"),
    "refuted": phrase("refuted"),
    "undecided": phrase("undecided"),
}

METHOD_WORDS: dict[str, str] = {"bootstrap": phrase("bootstrap"), "Student's t": phrase("Student's t")}


def conclude(found: Verdicts) -> tuple[str, ...]:
    """One sentence a question, for every model."""
    several = len(found.models) > 1
    sentences = []
    for one in found.models:
        for decision in one.decisions:
            name, verdict, sentence = decision.question.name, say(WORDS[decision.verdict]), _sentence(decision, one)
            sentences.append(
                say(
                    "{name} {verdict}, {model}: {sentence}.",
                    name=name,
                    verdict=verdict,
                    model=one.facts.name,
                    sentence=sentence,
                )
                if several
                else say("{name} {verdict}: {sentence}.", name=name, verdict=verdict, sentence=sentence)
            )
    return tuple(sentences)


@plugins.conclusion.register
def _(found: Verdicts) -> str:
    return " ".join(conclude(found))


def _sentence(decision: Decision, one: ModelVerdict) -> str:
    interval = decision.interval
    if interval.n == 0:
        return _never(decision, one)
    said = _WORDS[decision.question.name](one, interval) + _without_training(decision, one)
    if interval.n < FEWEST_DOCUMENTS:
        return say_count(
            "{said}; {count} document is too few to decide ({fewest} at least)",
            "{said}; {count} documents are too few to decide ({fewest} at least)",
            interval.n,
            said=said,
            fewest=FEWEST_DOCUMENTS,
        )
    return said


def _without_training(decision: Decision, one: ModelVerdict) -> str:
    """What holds with random weights as well is no sign of training, and is said to be none."""
    reading, question = one.readings.get(RANDOM_WEIGHTS), decision.question
    random = None if reading is None else reading.measures.get(question.name)
    if decision.verdict != "supported" or random is None:
        return ""
    beyond = random.low > question.margin if question.predicted == "above" else random.high < question.margin
    return say("; random weights pass the margin as well, so it is no sign of training") if beyond else ""


def _never(decision: Decision, one: ModelVerdict) -> str:
    if decision.question.name == "H6":
        chance = one.yardstick.agreement_of_isotropic
        if chance > MOST_AGREEMENT_BY_CONSTRUCTION:
            return say(
                "{chance:.0%} of isotropic states agree by construction, which leaves nothing to find", chance=chance
            )
    if decision.question.name == "H5":
        return say("there is no inner state that decodes what the embedding does not give already")
    return say("the question does not arise in this corpus")


def _h1(one: ModelVerdict, interval: MeanInterval) -> str:
    return say(
        "the last state lies {distance} times the embedding's norm from it (an isotropic state of its length: "
        "{isotropic}); final_norm(s_L) {normed}, and at the best length {best}",
        distance=_number(interval.mean),
        isotropic=_of(one, "distance.isotropic"),
        normed=_of(one, "distance.normed"),
        best=_of(one, "distance.best_length"),
    )


def _h2(one: ModelVerdict, interval: MeanInterval) -> str:
    best: dict[str, float] = dict(zip(VARIANTS, one.yardstick.best_of_isotropic, strict=True))
    numbers = ", ".join(
        say(
            "{variant} {cosine} (choice alone {best:.2f})",
            variant=say(VARIANT_WORDS[variant]),
            cosine=_of(one, f"cosine.{variant}"),
            best=best[variant],
        )
        for variant in VARIANT_WORDS
        if variant != "without_rogue" or one.yardstick.rogue
    )
    return say(
        "cosine {numbers}; the smallest excess is {excess:+.3f} ({decided}), with the token predicted elsewhere "
        "{shuffled}, with random weights {random}",
        numbers=numbers,
        excess=interval.mean,
        decided=decided_by(one),
        shuffled=_of(one, "excess.shuffled", "+.3f"),
        random=_random(one, "H2", "+.3f"),
    )


def methods(found: Verdicts) -> str:
    """How the intervals were found: one method, or two where questions arise in many and in few documents."""
    used = dict.fromkeys(decision.interval.method for one in found.models for decision in one.decisions)
    return say(" or ").join(say(METHOD_WORDS[method]) for method in used if method in METHOD_WORDS) or say("none")


def decided_by(one: ModelVerdict) -> str:
    """Which of the three measures of H2 was the smallest, so that it decided, and how far each is above chance."""
    excesses = ", ".join(
        say("{variant} {excess}", variant=say(VARIANT_WORDS[variant]), excess=_of(one, f"excess.{variant}", "+.3f"))
        for variant in VARIANT_WORDS
        if variant != "without_rogue" or one.yardstick.rogue
    )
    shares = one.decided_by
    most = max(VARIANT_WORDS, key=lambda variant: shares.get(variant, -1.0))
    if most not in shares:  # a run that was begun before this was measured
        return say("alone {excesses}", excesses=excesses)
    return say(
        "decided by {variant} at {share:.0%} of the positions; alone {excesses}",
        variant=say(VARIANT_WORDS[most]),
        share=shares[most],
        excesses=excesses,
    )


def _h3(one: ModelVerdict, interval: MeanInterval) -> str:
    return say(
        "{ordered:.0%} of pairs of states are in order (states shuffled {states}, blocks shuffled {blocks}, random "
        "weights {random}); {arrives} of the paths end nearer to the predicted than to the current embedding",
        ordered=interval.mean,
        states=_of(one, "travel.shuffled_states", ".0%"),
        blocks=_of(one, "travel.shuffled_blocks", ".0%"),
        random=_random(one, "H3", ".0%"),
        arrives=_of(one, "travel.arrives", ".1%"),
    )


def _h4(one: ModelVerdict, interval: MeanInterval) -> str:
    return say(
        "{outside} of the states' energy lies outside, {excess:+.0%} against the current token's embedding "
        "(embeddings {embeddings}, any direction {isotropic})",
        outside=_of(one, "outside.states", ".0%"),
        excess=interval.mean,
        embeddings=_of(one, "outside.embeddings", ".0%"),
        isotropic=_of(one, "outside.isotropic", ".0%"),
    )


def _h5(one: ModelVerdict, interval: MeanInterval) -> str:
    return say(
        "the final token is first from {depth} of the depth on, in {inner:.0%} of the inner states (the token of "
        "another position: {shuffled})",
        depth=_of(one, "decodes.from", ".0%"),
        inner=interval.mean,
        shuffled=_of(one, "decodes.shuffled", ".0%"),
    )


def _h6(one: ModelVerdict, interval: MeanInterval) -> str:
    return say(
        "the token of largest cosine is the predicted one at {agree} of the positions, {isotropic} for isotropic "
        "states, so {left:.2f} of what construction leaves (random weights {random}); the real decode agrees always",
        agree=_of(one, "agree.cosine", ".0%"),
        isotropic=_of(one, "agree.isotropic", ".0%"),
        left=interval.mean,
        random=_random(one, "H6", ".2f"),
    )


_WORDS = {"H1": _h1, "H2": _h2, "H3": _h3, "H4": _h4, "H5": _h5, "H6": _h6}


def _of(one: ModelVerdict, measure: str, form: str = "") -> str:
    interval = one.summary.measures.get(measure)
    return _formatted(interval, form)


def _random(one: ModelVerdict, name: str, form: str = "") -> str:
    reading = one.readings.get(RANDOM_WEIGHTS)
    return _formatted(None if reading is None else reading.measures.get(name), form)


def _formatted(interval: MeanInterval | None, form: str) -> str:
    if interval is None or not math.isfinite(interval.mean):
        return say("not measured")
    return number(interval.mean, form) if form else _number(interval.mean)


def _number(value: float) -> str:
    return number(value, ".0f" if abs(value) >= 100 else ".1f" if abs(value) >= 10 else ".2f")
