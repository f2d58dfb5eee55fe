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
from statescape.evolution import Evolution
from statescape.evolution.conditions import LEVELS, Level
from statescape.evolution.seals import Comparison, Seal

# The control that a champion is like in all but its search: parts of the gain are measured against it.
REFERENCE = "erdos-renyi"
# A part of the gain smaller than this share of it is not worth a sentence.
LEAST_SHARE = 0.1
_WHAT = {
    "matrix": "one matrix that has grown together with one W_in",
    "wiring": "its signs, in place where they are",
    "signs": "the sizes of its weights, in place where they are",
    "mask": "which units are connected",
}


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
    """

    level: Level
    radius: str
    signed: bool
    nilpotent: bool
    score_name: str
    tuned: bool = True
    compared: bool = True


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
    )
    return sentences(facts, evolution.seals)


def conclusion(facts: Facts, seals: Mapping[Level, Seal]) -> str:
    """The conclusion from facts and seals."""
    return " ".join(sentences(facts, seals))


def sentences(facts: Facts, seals: Mapping[Level, Seal]) -> tuple[str, ...]:
    """The same, sentence by sentence."""
    own = seals[facts.level]
    if not math.isfinite(own.interval.mean):
        return ("The champion diverged on sealed trials: there is nothing to conclude from it.",)
    told = [_overall(facts, own), _untested(own)]
    if REFERENCE in own.controls and own.controls[REFERENCE].beaten:
        told += _parts(facts.level, seals)
    told.append(_topology(facts, seals))
    told += _radius(facts, own)
    return tuple(sentence for sentence in told if sentence)


def gain(seal: Seal, reference: str = REFERENCE) -> float:
    """By how much the champion's error is lower than a control's, in log units; positive is better."""
    if reference not in seal.controls:
        reference = seal.best_control
    return -math.log(seal.controls[reference].ratio)


def beats_all(seal: Seal) -> bool:
    """Whether the champion is shown to be better than every control."""
    return all(one.beaten for one in seal.controls.values())


def unbeaten(seal: Seal) -> list[str]:
    """The controls that the champion is not shown to be better than."""
    return [name for name, one in seal.controls.items() if not one.beaten]


def _overall(facts: Facts, own: Seal) -> str:
    best = own.controls[own.best_control]
    tuned = "tuned " if facts.tuned else ""
    scores = f"{facts.score_name} {own.interval.mean:.3f} " + (
        f"against {best.control.mean:.3f} of the best {tuned}control ({own.best_control})"
        if math.isfinite(best.control.mean)
        else "where every control diverged at times"
    )
    if beats_all(own):
        which = "every control" if facts.compared else "every control (none of them a search of its budget)"
        by_trial = f", {_percent(best.ratio)} by trial" if own.interval.n > 1 else ""
        return f"At its own level, {facts.level}, the champion beats {which}: {scores}{by_trial}."
    left = unbeaten(own)
    seen = _visible([own.controls[name] for name in left])
    which = "any control" if len(left) == len(own.controls) else _list(left)
    hidden = "" if not math.isfinite(seen) else f"; this design would have seen a gain of {seen:.1%} four times in five"
    verdict = "is not shown to beat" if any(own.controls[name].tested for name in left) else "does not beat"
    return f"At its own level, {facts.level}, the champion {verdict} {which}: {scores}{hidden}."


def _untested(seal: Seal) -> str:
    """Which controls were compared without a test, and why."""
    if not seal.untested:
        return ""
    names = _list(list(seal.untested))
    return (
        f"No test was made against {names}: nothing is drawn there, neither trials nor wirings, so the scores are "
        "compared as they are; another seed of a search may find another wiring."
    )


def _parts(level: Level, seals: Mapping[Level, Seal]) -> list[str]:
    """Who earned which part of the gain over a random wiring of the same density."""
    gains = {one: gain(seals[one]) for one in LEVELS[LEVELS.index(level) :] if one in seals}
    whole = gains[level]
    # What is left of the gain can only shrink down the ladder: where a lower rung shows more, that is noise.
    left = np.minimum.accumulate([max(one, 0.0) for one in gains.values()])
    shares = zip(gains, -np.diff(left, append=0.0) / whole, strict=True)
    told = [f"about {share:.0%} is {_what(here, seals[here])}" for here, share in shares if share >= LEAST_SHARE]
    reduced = f"{1.0 - math.exp(-whole):.0%} lower error than random wirings of its density ({REFERENCE})"
    return [f"Of its {reduced}, in logarithms, {_list(told)}."]


def _what(level: Level, seal: Seal) -> str:
    """What a part is owed to; the word about connections only where the claim below is made of them."""
    if level != "mask" or beats_all(seal):
        return _WHAT[level]
    chance = "" if seal.controls[REFERENCE].beaten else ", no more than chance may leave"
    return f"left with all weights redrawn{chance}"


def _topology(facts: Facts, seals: Mapping[Level, Seal]) -> str:
    """Whether the gain is one of topology."""
    mask, wiring = seals.get("mask"), seals.get("wiring")
    if mask is not None and beats_all(mask):
        best = mask.controls[mask.best_control]
        return (
            "With all weights and W_in redrawn it still beats every control "
            f"({_percent(best.ratio)} than {mask.best_control}): this is topology."
        )
    if wiring is not None and facts.signed and beats_all(wiring):
        best = wiring.controls[wiring.best_control]
        return (
            f"With W_in redrawn it still beats every control ({_percent(best.ratio)} than {wiring.best_control}), "
            "with its own signs and values: topology in the wider sense, edges with their weights; which units are "
            "connected is not shown to matter by itself."
        )
    seal, redrawn = (mask, "W_in and all weights") if mask is not None else (wiring, "W_in")
    if seal is None:
        return ""
    seen = _visible([seal.controls[name] for name in unbeaten(seal)])
    smallest = f" (a gain of {seen:.1%} would have been seen four times in five)" if math.isfinite(seen) else ""
    return (
        f"With {redrawn} redrawn it is not shown to beat every control{smallest}: "
        "no gain of the wiring itself is shown."
    )


def _radius(facts: Facts, own: Seal) -> list[str]:
    found = []
    if own.rescaled is not None:
        how = "free" if facts.radius == "free" else "a gene"
        common = "a tuned radius" if facts.tuned else "the radius given"
        part = "part of the gain" if gain(own) > 0 else "part of its score"
        low, high = own.rescaled.ratio_interval
        if high < 1.0:
            worth = (
                f"scaled to {common} as its controls are, the champion has {1.0 / own.rescaled.ratio - 1.0:.0%} "
                f"more error: that {part} is its radius"
            )
        elif low > 1.0:
            worth = f"{common} serves the champion better than its own: no {part} is its radius"
        else:
            worth = f"scaled to {common} the champion is not shown to change: no {part} is shown to be its radius"
        found.append(f"The radius was {how}; {worth}.")
    if facts.nilpotent:
        found.append(
            "The champion has no cycle, so its radius is 0 at any scale and equal radius does not hold for it."
        )
    return found


def _visible(controls: list[Comparison]) -> float:
    """The smallest gain that would have been seen over all of them; NaN where that is not known."""
    return max((one.visible for one in controls if math.isfinite(one.visible)), default=math.nan)


def _percent(ratio: float) -> str:
    return f"{abs(1.0 - ratio):.0%} {'lower' if ratio < 1 else 'higher'}"


def _list(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
