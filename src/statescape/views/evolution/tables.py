"""The tables of a run's report: the seals, the champion's line, honest scores, controls, hyper-parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict

from statescape.analysis.evolution_conclusion import curse_in_words
from statescape.analysis.evolution_search import NORMAL_95
from statescape.evolution import Evolution
from statescape.evolution.history import Ancestor
from statescape.evolution.seals import ALPHA, Comparison
from statescape.reservoir.tasks import better_of
from statescape.statistics import MeanInterval
from statescape.views.core.page import TableBlock
from statescape.views.evolution.lineage import gains_by_operator, percent
from statescape.views.evolution.names import explained
from statescape.views.evolution.seals import marked
from statescape.wording import number, phrase, say, say_count, unfilled

MOST_ROWS = 25  # of the champion's line
METHODS = {"Student's t": phrase("Student's t"), "bootstrap": phrase("bootstrap")}


def honest_table(evolution: Evolution) -> TableBlock:
    """What the champion was chosen by, and what it is."""
    record = evolution.best.candidate.record
    return TableBlock(
        (_score(evolution), say("mean"), _interval(evolution.sealed), say("trials")),
        [
            (say("selection score"), _number(record.mean), "", number(record.n, ",")),
            (say("re-scored, fresh trials of the search's part"), *_mean(evolution.rescored)),
            (say("sealed, all else as in the search"), *_mean(evolution.sealed)),
        ],
        say(
            "The score that the champion was chosen by, and what it scores on fresh trials: {curse}",
            curse=curse_in_words(evolution.winners_curse, better_of(evolution.task)),
        ),
    )


def controls_table(evolution: Evolution) -> TableBlock:
    """Every control at the search's own level."""
    own = evolution.seals[evolution.settings.level]
    return TableBlock(
        (
            say("control"),
            say("champion / control"),
            say("95% interval"),
            say("p (Holm)"),
            say("draws"),
            say("gain detectable with 80% power"),
        ),
        [(explained(name), *_compared(one)) for name, one in own.controls.items()],
        say("At the search's own level, {level}; ratios below 1 favour the champion", level=evolution.settings.level),
    )


def hyper_table(evolution: Evolution) -> TableBlock:
    """Hyper-parameters of the search, and after tuning for each seal."""
    own = evolution.seals[evolution.settings.level]
    names = list(asdict(own.champion.hyper))
    return TableBlock(
        (say("after tuning"), *names),
        [
            (say("searched under"), *(number(getattr(evolution.best.hyper, name), "g") for name in names)),
            *(
                (
                    say("champion, {level}", level=level),
                    *(number(getattr(seal.champion.hyper, name), ".3g") for name in names),
                )
                for level, seal in evolution.seals.items()
            ),
        ],
        " ".join(
            (
                say("Hyper-parameters") if evolution.settings.tune else say("Hyper-parameters (nothing was tuned)"),
                *([say("beside those of the plan's own modules")] if evolution.settings.planned else []),
            )
        ),
    )


def seals_table(evolution: Evolution) -> TableBlock:
    """Champion and controls, level by level."""
    seals, level = evolution.seals, evolution.settings.level
    header = (_score(evolution), *(marked(one, level) for one in seals))
    rows = [
        (say("champion"), *(_number(seal.interval.mean) for seal in seals.values())),
        (_interval(seals[level].interval), *(_range(seal.interval) for seal in seals.values())),
    ]
    for name in dict.fromkeys(name for seal in seals.values() for name in seal.controls):
        cells = []
        for seal in seals.values():
            one = seal.controls.get(name)
            if one is None:
                cells.append("")
                continue
            best = f" ({_number(one.control.best_of_k)})" if one.control.k > 1 else ""
            cells.append(f"{_number(one.control.mean)}{best}{_mark(one)}")
        rows.append((explained(name), *cells))
    untested = any(seal.untested for seal in seals.values())
    controls = say_count("{count} control", "{count} controls", len(seals[level].controls))
    caption = say(
        "Mean scores, in brackets that of the best draw. * the champion is better than the mean (sign-flip "
        "permutation, Holm over {over}, p < {alpha:g}) and than the best draw",
        over=say("those that are tested") if untested else controls,
        alpha=ALPHA,
    )
    exact = say("+ it is better, without a test: nothing is drawn there, neither trials nor wirings")
    return TableBlock(header, rows, f"{caption}. {exact}" if untested else caption)


def line_table(line: tuple[Ancestor, ...]) -> TableBlock:
    """The champion's ancestors, the largest gains where there are many."""
    chosen: Sequence[int] = range(len(line))
    if len(line) > MOST_ROWS:
        sized = sorted(range(1, len(line) - 1), key=lambda index: line[index].change)
        chosen = sorted({0, len(line) - 1, *sized[: MOST_ROWS - 2]})
    rows = []
    for index in chosen:
        one = line[index]
        parents = ", ".join(number(parent, ",") for parent in one.birth.parents) or say("none")
        change = "" if math.isnan(one.change) else percent(one.change)
        if one.error > 0:
            change += f" ± {number(100 * NORMAL_95 * one.error, '.1f')}"
        rows.append(
            (
                number(one.birth.number, ","),
                number(one.birth.generation, ","),
                explained(one.birth.operator),
                parents,
                change,
                number(one.record.n, ","),
                _number(one.record.mean),
            )
        )
    header = (
        say("candidate"),
        say("born in"),
        say("made by"),
        say("parents"),
        say("change of error"),
        say("trials"),
        say("mean score"),
    )
    left = len(line) - len(rows)
    if left:
        return TableBlock(header, rows, say("The champion's line; {count} smaller steps left out", count=left))
    return TableBlock(header, rows, say("The champion's line"))


def earned_table(line: tuple[Ancestor, ...]) -> TableBlock:
    """What each operator gave along a line."""
    return TableBlock(
        (say("operator"), say("steps"), say("change of error, together")),
        [(explained(name), str(steps), percent(change)) for name, steps, change in gains_by_operator(line)],
        say("What each operator gave along this line"),
    )


def _compared(one: Comparison) -> tuple[str, ...]:
    low, high = one.ratio_interval
    interval = say("{low} to {high}", low=number(low, ".3f"), high=number(high, ".3f")) if math.isfinite(low) else ""
    seen = number(one.visible, ".1%") if math.isfinite(one.visible) else say("not known")
    p = number(one.p_holm, ".3g") if one.tested else say("no test")
    return number(one.ratio, ".3f"), interval, p, str(one.control.k), seen


def _mark(one: Comparison) -> str:
    if not one.beaten:
        return "  "
    return " *" if one.tested else " +"


def _mean(interval: MeanInterval) -> tuple[str, str, str]:
    return _number(interval.mean), _range(interval), str(interval.n)


def _score(evolution: Evolution) -> str:
    return unfilled(evolution.task.score_name)


def _interval(interval: MeanInterval) -> str:
    """What the column or row of the intervals is called."""
    if interval.method == "none":
        return say("95% interval")
    return say("95% interval ({method})", method=say(METHODS[interval.method]))


def _number(value: float) -> str:
    return number(value, ".4f") if math.isfinite(value) else say("diverged")


def _range(interval: MeanInterval) -> str:
    if not math.isfinite(interval.low):
        return say("one trial says all") if interval.n == 1 else ""
    return say("{low} to {high}", low=_number(interval.low), high=_number(interval.high))
