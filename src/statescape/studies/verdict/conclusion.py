"""The verdict in sentences computed from its numbers: one for each question and model, what it was found beside."""

from __future__ import annotations

import math

from statescape.statistics import MeanInterval
from statescape.studies.verdict.decision import Decision
from statescape.studies.verdict.questions import FEWEST_DOCUMENTS, MOST_AGREEMENT_BY_CONSTRUCTION
from statescape.studies.verdict.reference import VARIANTS
from statescape.studies.verdict.result import RANDOM_WEIGHTS, ModelVerdict, Verdicts


def conclude(found: Verdicts) -> tuple[str, ...]:
    """One sentence a question, for every model."""
    several = len(found.models) > 1
    sentences = []
    for one in found.models:
        for decision in one.decisions:
            who = f", {one.facts.name}" if several else ""
            sentences.append(f"{decision.question.name} {decision.verdict}{who}: {_sentence(decision, one)}.")
    return tuple(sentences)


def _sentence(decision: Decision, one: ModelVerdict) -> str:
    interval = decision.interval
    if interval.n == 0:
        return _never(decision, one)
    said = _WORDS[decision.question.name](one, interval) + _without_training(decision, one)
    if interval.n < FEWEST_DOCUMENTS:
        few = "1 document is" if interval.n == 1 else f"{interval.n} documents are"
        return f"{said}; {few} too few to decide ({FEWEST_DOCUMENTS} at least)"
    return said


def _without_training(decision: Decision, one: ModelVerdict) -> str:
    """What holds with random weights as well is no sign of training, and is said to be none."""
    reading, question = one.readings.get(RANDOM_WEIGHTS), decision.question
    random = None if reading is None else reading.measures.get(question.name)
    if decision.verdict != "supported" or random is None:
        return ""
    beyond = random.low > question.margin if question.predicted == "above" else random.high < question.margin
    return "; random weights pass the margin as well, so it is no sign of training" if beyond else ""


def _never(decision: Decision, one: ModelVerdict) -> str:
    if decision.question.name == "H6":
        chance = one.yardstick.agreement_of_isotropic
        if chance > MOST_AGREEMENT_BY_CONSTRUCTION:
            return f"{chance:.0%} of isotropic states agree by construction, which leaves nothing to find"
    if decision.question.name == "H5":
        return "there is no inner state that decodes what the embedding does not give already"
    return "the question does not arise in this corpus"


def _h1(one: ModelVerdict, interval: MeanInterval) -> str:
    return (
        f"the last state lies {_number(interval.mean)} times the embedding's norm from it (an isotropic state of its "
        f"length: {_of(one, 'distance.isotropic')}); final_norm(s_L) {_of(one, 'distance.normed')}, and at the "
        f"best length {_of(one, 'distance.best_length')}"
    )


def _h2(one: ModelVerdict, interval: MeanInterval) -> str:
    best: dict[str, float] = dict(zip(VARIANTS, one.yardstick.best_of_isotropic, strict=True))
    numbers = ", ".join(
        f"{word} {_of(one, f'cosine.{variant}')} (choice alone {best[variant]:.2f})"
        for variant, word in (("raw", "raw"), ("centred", "centred"), ("without_rogue", "without rogue dimensions"))
        if variant != "without_rogue" or one.yardstick.rogue
    )
    return (
        f"cosine {numbers}; the smallest excess is {interval.mean:+.3f}, with the token predicted elsewhere "
        f"{_of(one, 'excess.shuffled', '+.3f')}, with random weights {_random(one, 'H2', '+.3f')}"
    )


def _h3(one: ModelVerdict, interval: MeanInterval) -> str:
    return (
        f"{interval.mean:.0%} of pairs of states are in order (states shuffled "
        f"{_of(one, 'travel.shuffled_states', '.0%')}, blocks shuffled {_of(one, 'travel.shuffled_blocks', '.0%')}, "
        f"random weights {_random(one, 'H3', '.0%')}); {_of(one, 'travel.arrives', '.1%')} of the paths end nearer to "
        f"the predicted than to the current embedding"
    )


def _h4(one: ModelVerdict, interval: MeanInterval) -> str:
    return (
        f"{_of(one, 'outside.states', '.0%')} of the states' energy lies outside, {interval.mean:+.0%} against the "
        f"current token's embedding (embeddings {_of(one, 'outside.embeddings', '.0%')}, any direction "
        f"{_of(one, 'outside.isotropic', '.0%')})"
    )


def _h5(one: ModelVerdict, interval: MeanInterval) -> str:
    return (
        f"the final token is first from {_of(one, 'decodes.from', '.0%')} of the depth on, in {interval.mean:.0%} of "
        f"the inner states (the token of another position: {_of(one, 'decodes.shuffled', '.0%')})"
    )


def _h6(one: ModelVerdict, interval: MeanInterval) -> str:
    return (
        f"the token of largest cosine is the predicted one at {_of(one, 'agree.cosine', '.0%')} of the positions, "
        f"{_of(one, 'agree.isotropic', '.0%')} for isotropic states, so {interval.mean:.2f} of what construction "
        f"leaves (random weights {_random(one, 'H6', '.2f')}); the real decode agrees always"
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
        return "not measured"
    return format(interval.mean, form) if form else _number(interval.mean)


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
