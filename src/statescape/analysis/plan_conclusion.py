"""What the seals say of a plan: is the gain one draw's, that of such modules, or that of which feeds which?

A plan is called better only where, with all that is drawn of it redrawn (*weights*), it beats other plans of the same
modules and one reservoir of as many units, tuned with as many trainings.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from statescape.evolution.conditions import Level
from statescape.evolution.seals import Seal, better_plan
from statescape.reservoir import Plan
from statescape.wording import Answers, number

SINGLE, REDRAWN = "single", "redrawn-plan"

answers = Answers("evolution", "plan")


def plan_sentences(plan: Plan, searched: Level, seals: Mapping[Level, Seal], tune: bool = True) -> tuple[str, ...]:
    """The sentences about a plan, after the one about its own level.

    Args:
        plan: of the champion.
        searched: level of the search.
        seals: all of its ladder.
        tune: whether all were tuned before they were sealed.
    """
    tuned = answers("tuned") if tune else ""
    found = [_ladder(seals, tuned), _verdict(seals["weights"], seals, tuned)]
    if searched == "matrix":
        found.append(_draw(seals))
    if plan.flags:
        found.append(answers("wild"))
    return tuple(found)


def has_others(seals: Mapping[Level, Seal]) -> bool:
    """Whether there are other plans of its modules: where nothing feeds anything else there is none."""
    return REDRAWN in seals["weights"].controls


def _ladder(seals: Mapping[Level, Seal], tuned: str) -> str:
    means = {level: seal.interval.mean for level, seal in seals.items()}
    scores = {
        level: number(mean, ".3f") if math.isfinite(mean) else answers("infinite") for level, mean in means.items()
    }
    edges = answers("edges", plan=scores["plan"]) if has_others(seals) else ""
    told = {level: scores[level] for level in ("matrix", "weights", "single")}
    return answers("ladder", **told, edges=edges, tuned=tuned)


def _verdict(own: Seal, seals: Mapping[Level, Seal], tuned: str) -> str:
    """Whether the plan is better, and what it is not shown to beat."""
    single = own.controls[SINGLE]
    over = {"single": _change(single.ratio), "tuned": tuned}
    if not has_others(seals):
        return answers("alone.beats" if single.beaten else "alone.not", **over)
    over["other"] = _change(own.controls[REDRAWN].ratio)
    if better_plan(seals):
        return answers("better", **over)
    if single.beaten:
        return answers("modules", **over)
    return answers("other" if own.controls[REDRAWN].beaten else "nothing", **over)


def _draw(seals: Mapping[Level, Seal]) -> str:
    """Of a plan that was searched with its draw: whether the draw is what was found."""
    lucky = seals["matrix"].controls["redrawn-weights"]
    return answers("draw.lucky" if lucky.beaten else "draw.not", change=_change(lucky.ratio))


def _change(ratio: float) -> str:
    words = Answers("evolution")
    return words("lower" if ratio < 1 else "higher", share=abs(1.0 - ratio))
