"""Numbers of studies as the reader sees them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from statescape.studies.reservoir.budget import Budget
from statescape.studies.reservoir.comparison import Ratio
from statescape.wording import number, say

# Below so many runs an answer is a look, not a result.
FEW = 10


def percent(share: float) -> str:
    """A share without its sign."""
    return number(abs(share), ".1%" if abs(share) < 0.0995 else ".0%")


def signed(share: float) -> str:
    """A change with its sign."""
    if not math.isfinite(share):
        return "+∞" if share > 0 else "−∞"
    return ("−" if share < 0 else "+") + percent(share)


def percent_between(ratio: Ratio) -> str:
    """A change with its interval."""
    low, high = ratio.ends
    return say("{change} ({low} to {high})", change=signed(ratio.change), low=signed(low), high=signed(high))


def decided(ratio: Ratio) -> str:
    """Whether a difference is shown, and in which direction."""
    p = say("p < 0.001") if ratio.p_holm < 0.001 else say("p = {p:.3f}", p=ratio.p_holm)
    if not ratio.shown:
        return say("not shown ({p})", p=p)
    return say("lower ({p})", p=p) if ratio.change < 0 else say("higher ({p})", p=p)


def score_of(logs: Sequence[float]) -> str:
    """The geometric mean error of some runs."""
    return number(math.exp(float(np.mean(logs))), ".3f")


def over_runs(budget: Budget, seed: int) -> str:
    """What an interval runs over."""
    return say(
        "Dots are runs, bars 95% intervals of Student's t over n = {n} runs (seeds {first} to {last}); blue where a "
        "difference is shown (p < 0.05 after Holm).",
        n=budget.runs,
        first=seed,
        last=seed + budget.runs - 1,
    )


def few_runs(budget: Budget) -> tuple[str, ...]:
    """What to hold against an answer from few runs; nothing where there are enough."""
    if budget.runs >= FEW:
        return ()
    return (
        say(
            "This was a look with {runs} short runs in every cell: a larger budget may decide otherwise.",
            runs=budget.runs,
        ),
    )
