"""What a sealed evolution says, in words computed from its numbers.

Questions, in the order of the sentences: Is there a gain at the search's own level over every control? From what is
left of it when W_in, then the signs, then all weights are redrawn: which part is whose? Is it topology? The word is
used only for a gain at *mask*, or at *wiring* where signs or values belong to the genome. What was not seen is said
with the smallest gain that the design would have seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from statescape import plugins
from statescape.analysis.plan_conclusion import SINGLE, plan_sentences
from statescape.evolution import Evolution
from statescape.evolution.conditions import LEVELS, Level
from statescape.evolution.seals import Seal
from statescape.reservoir.tasks import better_of
from statescape.wording import Answers, listed, unfilled

# The control that a champion is like in all but its search: parts of the gain are measured against it.
REFERENCE = "erdos-renyi"
# A part of the gain smaller than this share of it is not worth a sentence.
LEAST_SHARE = 0.1

answers = Answers("evolution")


@dataclass(frozen=True)
class Facts:
    """What the words need to know of a champion beside its seals.

    Attributes:
        level: at which it was searched.
        radius: the policy.
        signed: whether signs or values belong to the genome.
        nilpotent: whether it has no cycle.
        score_name: what the scores are.
        tuned: whether champion and controls were tuned before they were sealed.
        compared: whether searches of the same budget are among the controls.
        better: which scores are better, "lower" or "higher".
    """

    level: Level
    radius: str
    signed: bool
    nilpotent: bool
    score_name: str
    tuned: bool = True
    compared: bool = True
    better: str = "lower"


def question() -> str:
    """What the conclusion of a run answers."""
    return answers("question")


@plugins.conclusion.register
def conclude(evolution: Evolution) -> str:
    """The conclusion of a run, a few sentences."""
    return " ".join(concluded(evolution))


def concluded(evolution: Evolution) -> tuple[str, ...]:
    """The sentences of the conclusion of a run."""
    settings = evolution.settings
    facts = Facts(
        settings.level,
        settings.radius,
        settings.encoding != "binary",
        evolution.nilpotent,
        evolution.task.score_name,
        settings.tune,
        settings.compare,
        better_of(evolution.task),
    )
    plan = evolution.best.topology.plan
    if plan is None or not math.isfinite(evolution.seals[settings.level].interval.mean):
        return sentences(facts, evolution.seals)
    own = evolution.seals[settings.level]
    at_own_level = [_overall(facts, own), answers("own.inverse") if facts.better == "higher" else ""]
    return (
        *(one for one in at_own_level if one),
        *plan_sentences(plan, settings.level, evolution.seals, settings.tune),
    )


def curse_in_words(curse: float, better: str) -> str:
    """Whether the score that chose a champion flatters it, and by how much.

    Args:
        curse: selection score minus sealed score.
        better: which scores are better, "lower" or "higher".
    """
    by = curse if better == "higher" else -curse
    return answers("curse.flatters" if by > 0 else "curse.none", by=abs(by))


def conclusion(facts: Facts, seals: Mapping[Level, Seal]) -> str:
    """The conclusion from facts and seals."""
    return " ".join(sentences(facts, seals))


def sentences(facts: Facts, seals: Mapping[Level, Seal]) -> tuple[str, ...]:
    """The same, sentence by sentence."""
    own = seals[facts.level]
    if not math.isfinite(own.interval.mean):
        return (answers("diverged"),)
    found = [_overall(facts, own), answers("own.inverse") if facts.better == "higher" else "", _untested(own)]
    if REFERENCE in own.controls and own.controls[REFERENCE].beaten:
        found.append(_parts(facts.level, seals))
    found += [_topology(facts, seals), _radius(facts, own), answers("radius.nilpotent") if facts.nilpotent else ""]
    return tuple(sentence for sentence in found if sentence)


def gain(seal: Seal, reference: str = REFERENCE) -> float:
    """By how much the champion's error is lower than a control's, in log units; positive is better."""
    if reference not in seal.controls:
        reference = seal.best_control
    return -math.log(seal.controls[reference].ratio)


def reference_of(seal: Seal) -> str:
    """The control that the gain is measured against: for plans a single reservoir."""
    return next((one for one in (REFERENCE, SINGLE) if one in seal.controls), seal.best_control)


def beats_all(seal: Seal) -> bool:
    """Whether the champion is shown to be better than every control."""
    return all(one.beaten for one in seal.controls.values())


def unbeaten(seal: Seal) -> list[str]:
    """The controls that the champion is not shown to be better than."""
    return [name for name, one in seal.controls.items() if not one.beaten]


def _overall(facts: Facts, own: Seal) -> str:
    """Whether the champion beats its controls at the search's own level, and by how much."""
    best = own.controls[own.best_control]
    kind = "scores_alone" if not math.isfinite(best.control.mean) else "scores_tuned" if facts.tuned else "scores"
    names = {"name": unfilled(facts.score_name), "control": own.best_control}
    scores = answers(f"own.{kind}", **names, mean=own.interval.mean, best=best.control.mean)
    level = answers(f"levels.{facts.level}")
    if beats_all(own):
        which = answers("own.every" if facts.compared else "own.every_drawn")
        by_trial = answers("own.by_trial", change=_change(best.ratio)) if own.interval.n > 1 else ""
        return answers("own.beats", level=level, which=which, scores=scores, by_trial=by_trial)
    left = unbeaten(own)
    which = answers("own.any") if len(left) == len(own.controls) else listed(left)
    verdict = "not_shown" if any(own.controls[name].tested for name in left) else "does_not"
    hidden = _with_visible("own.hidden", own)
    return answers(f"own.{verdict}", level=level, which=which, scores=scores, hidden=hidden)


def _untested(seal: Seal) -> str:
    """Which controls were compared without a test, and why."""
    return answers("own.untested", names=listed(list(seal.untested))) if seal.untested else ""


def _parts(level: Level, seals: Mapping[Level, Seal]) -> str:
    """Who earned which part of the gain over a random wiring of the same density."""
    gains = {one: gain(seals[one]) for one in LEVELS[LEVELS.index(level) :] if one in seals}
    whole = gains[level]
    # What is left of the gain can only shrink down the ladder: where a lower rung shows more, that is noise.
    left = np.minimum.accumulate([max(one, 0.0) for one in gains.values()])
    shares = zip(gains, -np.diff(left, append=0.0) / whole, strict=True)
    parts = [
        answers("parts.part", share=share, what=_what(here, seals[here]))
        for here, share in shares
        if share >= LEAST_SHARE
    ]
    return answers("parts.sentence", gain=1.0 - math.exp(-whole), reference=REFERENCE, parts=listed(parts))


def _what(level: Level, seal: Seal) -> str:
    """What a part is owed to; the word about connections only where the claim below is made of them."""
    if level != "mask" or beats_all(seal):
        return answers(f"parts.{level}")
    return answers("parts.left" if seal.controls[REFERENCE].beaten else "parts.left_by_chance")


def _topology(facts: Facts, seals: Mapping[Level, Seal]) -> str:
    """Whether the gain is one of topology."""
    mask, wiring = seals.get("mask"), seals.get("wiring")
    if mask is not None and beats_all(mask):
        return answers("topology.strict", control=mask.best_control, change=_change_of(mask))
    if wiring is not None and facts.signed and beats_all(wiring):
        return answers("topology.wide", control=wiring.best_control, change=_change_of(wiring))
    if mask is not None:
        return answers("topology.none_mask", smallest=_with_visible("topology.smallest", mask))
    return (
        "" if wiring is None else answers("topology.none_wiring", smallest=_with_visible("topology.smallest", wiring))
    )


def _radius(facts: Facts, own: Seal) -> str:
    """How much of the gain is the champion's own radius, where it was free to have one."""
    if own.rescaled is None:
        return ""
    low, high = own.rescaled.ratio_interval
    kind = "worth" if high < 1.0 else "worse" if low > 1.0 else "not_shown"
    worth = answers(
        f"radius.{kind}",
        common=answers("radius.tuned" if facts.tuned else "radius.given"),
        part=answers("radius.of_gain" if gain(own) > 0 else "radius.of_score"),
        more=1.0 / own.rescaled.ratio - 1.0,
    )
    return answers("radius.free" if facts.radius == "free" else "radius.gene", worth=worth)


def _with_visible(key: str, seal: Seal) -> str:
    """A clause with the smallest gain that would have been seen over all unbeaten controls; none where not known."""
    visible = [seal.controls[name].visible for name in unbeaten(seal)]
    seen = max((one for one in visible if math.isfinite(one)), default=math.nan)
    return answers(key, seen=seen) if math.isfinite(seen) else ""


def _change_of(seal: Seal) -> str:
    return _change(seal.controls[seal.best_control].ratio)


def _change(ratio: float) -> str:
    return answers("lower" if ratio < 1 else "higher", share=abs(1.0 - ratio))
