"""What the operators were worth, and the champion's line of ancestors: what made each and what it gained."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from statescape.analysis.evolution_search import NORMAL_95, STARTS, OperatorWorth
from statescape.evolution import Evolution
from statescape.evolution.history import Ancestor
from statescape.evolution.operators import family
from statescape.evolution.settings import Settings
from statescape.views.core.labels import thinned
from statescape.views.core.marks import AnyMark, Axis, LineMark, Panel, PointMark, TextMark, columns, from_zero
from statescape.views.core.picture import Picture
from statescape.views.core.theme import BLUE, BROWN, GREEN, GREY, INDIGO, ORANGE, RED
from statescape.views.evolution.names import explained
from statescape.wording import listed, number, phrase, say

# What operators change, with the colour and the name that figures give it.
FAMILIES = {
    phrase("edges"): (BLUE, phrase("changes edges")),
    phrase("units"): (GREEN, phrase("changes units")),
    phrase("modules"): (INDIGO, phrase("changes modules")),
    phrase("crossover"): (ORANGE, phrase("crossover")),
    phrase("other"): (BROWN, phrase("changes other things")),
    phrase("start"): (GREY, phrase("start")),
}
LABELS = 9


def _family(settings: Settings, operator: str) -> str:
    """What kind of change an operator of a run makes; one of `FAMILIES`."""
    found = "start" if operator in STARTS else family(operator, settings.objects)
    return found if found in FAMILIES else "other"


def operators_picture(operators: Sequence[OperatorWorth], generations: int, settings: Settings) -> Picture:
    """The share of every operator's children that survived, and how often each kind was used.

    Args:
        operators: the best first; one at least.
        generations: how many there were.
        settings: of the search.
    """
    made, kept = sum(one.made for one in operators), sum(one.survived for one in operators)
    periods = len(operators[0].use)
    caption = say(
        "{made:,} children of {operators} operators, of which {kept:,} ({share:.1%}) survived the generation they were "
        "born in. Left: share of each operator's children that did, with 95% intervals (Wilson). Right: share of all "
        "children that each kind of operator made, in {periods} equal parts of the search; {use}. Seed {seed}.",
        made=made,
        operators=len(operators),
        kept=kept,
        share=kept / max(made, 1),
        periods=periods,
        use=say("operators are used the more, the more their children survive")
        if settings.adapt
        else say("all operators are used alike, as was asked for"),
        seed=settings.seed,
    )
    middles = (np.arange(periods) + 0.5) * generations / periods
    success: list[AnyMark] = []
    used: list[LineMark] = []
    for kind, (colour, words) in FAMILIES.items():
        called = say(words)
        members = [(-row, one) for row, one in enumerate(operators) if _family(settings, one.name) == kind]
        if not members:
            continue
        success.append(
            PointMark(
                [100 * one.share for _, one in members],
                [row for row, _ in members],
                colour,
                called,
                9,
                low=[100 * one.low for _, one in members],
                high=[100 * one.high for _, one in members],
                along="x",
                hover="{note}",
                notes=[
                    say(
                        "{name}: {share:.1%}, {survived:,} of {made:,} children",
                        name=one.name,
                        share=one.share,
                        survived=one.survived,
                        made=one.made,
                    )
                    for _, one in members
                ],
            )
        )
        share = 100 * np.sum([one.use for _, one in members], axis=0)
        hover = say("{called}, about generation {{x:.0f}}: {{y:.1f}}%", called=called)
        used.append(LineMark(middles, share, colour, called, 2, hover=hover))
    names = Axis(
        limits=(0.5 - len(operators), 0.5),
        ticks=[-row for row in range(len(operators))],
        labels=[one.name for one in operators],
    )
    shares = Axis(limits=from_zero(*(mark.y for mark in used)))
    panels = [
        Panel(
            say("children that survived (%)"),
            success,
            Axis(limits=from_zero([100 * one.high for one in operators])),
            names,
        ),
        Panel(say("share of all children (%)"), used, Axis(say("generation")), shares),
    ]
    rows = max(len(operators), 6)
    return Picture("operators", caption, panels, height=150 + 22 * rows, gap=0.1, paper=(7.2, 1.2 + 0.2 * rows))


def genealogy_picture(evolution: Evolution, line: Sequence[Ancestor], noise: float) -> Picture:
    """The champion's line.

    Args:
        evolution: the run.
        line: from a random start to the champion.
        noise: standard deviation of one trial around a record, in log score.
    """
    # Where all trials are alike, records are errors as they are.
    alike = len(evolution.found.final.sealed) == 1
    panel = _line_panel(evolution.settings, line, 0.0 if alike else noise, alike, named=True)
    narrow = _line_panel(evolution.settings, line, 0.0 if alike else noise, alike, named=False)
    caption = _line_caption(evolution, line, noise, alike)
    return Picture("genealogy", caption, [panel], 1, 420, narrow=[narrow], paper=(7.2, 3.7))


def _line_panel(settings: Settings, line: Sequence[Ancestor], noise: float, alike: bool, *, named: bool) -> Panel:
    """Errors of the ancestors at their births, with names of the largest gains where there is room for them."""
    born = np.array([one.birth.generation for one in line], dtype=np.float64)
    logs = np.array([one.record.difference for one in line])
    half = NORMAL_95 * noise / np.sqrt([max(one.record.n, 1) for one in line])
    error, low, high = np.exp(logs), np.exp(logs - half), np.exp(logs + half)
    other = np.array(
        [
            row
            for one, x, y in zip(line, born, error, strict=True)
            if one.partner is not None and one.partner_record is not None
            for row in (
                (one.partner.generation, math.exp(one.partner_record.difference)),
                (x, y),
                (np.nan, np.nan),
            )
        ]
    ).reshape(-1, 2)
    marks: list[AnyMark] = [
        LineMark(*columns(other), GREY, say("other parents") if len(other) else "", 0.8),
        LineMark(born, error, RED, say("the champion's line")),
    ]
    for name, (colour, _) in FAMILIES.items():
        chosen = [index for index, one in enumerate(line) if _family(settings, one.birth.operator) == name]
        if chosen:
            notes = [_ancestor(line[index]) for index in chosen]
            marks.append(
                PointMark(
                    born[chosen], error[chosen], colour, say(name), 8, low=low[chosen], high=high[chosen], stroke=1,
                    hover="{note}\n{y:.3f}", notes=notes,
                )
            )  # fmt: skip
    labelled = _labelled(line, born, logs, alike)
    right = born[labelled] > 0.85 * max(born[-1], 1)  # a label to the right would leave the picture
    texts = [f"{line[i].birth.operator} {percent(line[i].change)}" if named else "" for i in labelled]
    marks.append(TextMark(born[labelled], error[labelled], texts, np.column_stack([1 - 2 * right, 1 + 0 * right]), 11))
    ticks = _ticks(float(np.nanmin(low)), float(np.nanmax(high)))
    return Panel(
        say("error") if alike else say("error / median random start"),
        marks,
        Axis(say("generation of birth")),
        Axis(log=True, ticks=ticks, labels=[number(tick, "g") for tick in ticks]),
    )


def _labelled(line: Sequence[Ancestor], born: np.ndarray, logs: np.ndarray, alike: bool) -> list[int]:
    """The largest gains that stand out of the noise of both records, as far as their names find room."""
    changes = [math.inf if math.isnan(one.change) else one.change for one in line]
    order = np.argsort(changes, kind="stable")[:LABELS].tolist()
    clear = [i for i in order if line[i].change < -(0.0 if alike else NORMAL_95 * line[i].error)]
    points = np.column_stack([born, logs])
    return thinned(points / np.maximum(np.ptp(points, axis=0), 1e-9), (0.2, 0.09), clear)


def _line_caption(evolution: Evolution, line: Sequence[Ancestor], noise: float, alike: bool) -> str:
    best = [(name, count, change) for name, count, change in gains_by_operator(line)[:3] if change < 0]
    gained = ", ".join(
        say("{name} ({change} in {count} steps)", name=name, change=percent(change), count=count)
        for name, count, change in best
    )
    ends = {"first": line[0].birth.number, "last": line[-1].birth.number, "steps": len(line) - 1}
    told = [
        say(
            "From the random start {first} to the champion {last} in {steps} steps, each candidate at the generation "
            "of its birth and at its last record: its error.",
            **ends,
        )
        if alike
        else say(
            "From the random start {first} to the champion {last} in {steps} steps, each candidate at the generation "
            "of its birth and at its last record: its error as a multiple of the median random start's, difficulty of "
            "trials taken off, with 95% intervals (one trial's noise is {noise:.1%}).",
            **ends,
            noise=noise,
        ),
        say("Red follows the better parent; thin lines come from the other one of a crossover."),
        "" if alike else say("Scores of survivors look better than they are, because survivors were chosen by them."),
        say("The operators that gained most on the way: {gained}.", gained=gained) if best else "",
        say("Seed {seed}.", seed=evolution.settings.seed),
    ]
    return " ".join(sentence for sentence in told if sentence)


def gains_by_operator(line: Sequence[Ancestor]) -> list[tuple[str, int, float]]:
    """Operators of a line with their steps and the sum of their changes in log score, the largest gain first."""
    steps: defaultdict[str, list[float]] = defaultdict(list)
    for one in line[1:]:
        steps[one.birth.operator].append(one.change)
    return sorted(((name, len(own), sum(own)) for name, own in steps.items()), key=lambda one: (one[2], one[0]))


def percent(change: float) -> str:
    """A change of log score, in percent of the error."""
    if not math.isfinite(change):
        return say("start")
    change = math.expm1(change)
    return number(change if abs(change) >= 0.0005 else 0.0, "+.1%" if abs(change) >= 0.0005 else ".1%")


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between two ends, for an axis of logarithms: eight at most."""
    tens = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        ticks = [step * 10.0**ten for ten in tens for step in steps if low <= step * 10.0**ten <= high]
        if len(ticks) <= 8:
            break
    return ticks


def _ancestor(one: Ancestor) -> str:
    parents, made = listed(list(map(str, one.birth.parents))), explained(one.birth.operator)
    if parents:
        made = say("{operator} of {parents}", operator=made, parents=parents)
    change = percent(one.change)
    if not math.isnan(one.change):
        made = say("{made}: {change} ± {error:.1%}", made=made, change=change, error=NORMAL_95 * one.error)
    return say("candidate {number}, {made}\n{trials} trials", number=one.birth.number, made=made, trials=one.record.n)
