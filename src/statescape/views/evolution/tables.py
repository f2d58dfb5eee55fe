"""The tables of a run's report: the seals, the champion's line, honest scores, controls, hyper-parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict

from statescape.analysis.evolution_search import NORMAL_95
from statescape.evolution import Evolution
from statescape.evolution.history import Ancestor
from statescape.evolution.seals import ALPHA, Comparison
from statescape.statistics import MeanInterval
from statescape.views.core.page import TableBlock
from statescape.views.evolution.lineage import gains_by_operator, percent

MOST_ROWS = 25  # of the champion's line


def honest_table(evolution: Evolution) -> TableBlock:
    """What the champion was chosen by, and what it is."""
    record = evolution.best.candidate.record
    return TableBlock(
        (evolution.task.score_name, "mean", f"95% interval{_method(evolution.sealed)}", "trials"),
        [
            ("selection score", _number(record.mean), "", f"{record.n:,}"),
            ("re-scored, fresh trials of the search's part", *_mean(evolution.rescored)),
            ("sealed, all else as in the search", *_mean(evolution.sealed)),
        ],
        f"What the champion was chosen by, and what it is: the winner's curse is {evolution.winners_curse:+.4f}",
    )


def controls_table(evolution: Evolution) -> TableBlock:
    """Every control at the search's own level."""
    own = evolution.seals[evolution.settings.level]
    return TableBlock(
        ("control", "champion / control", "95% interval", "p (Holm)", "draws", "gain detectable with 80% power"),
        [(name, *_compared(one)) for name, one in own.controls.items()],
        f"At the search's own level, {evolution.settings.level}; ratios below 1 favour the champion",
    )


def hyper_table(evolution: Evolution) -> TableBlock:
    """Hyper-parameters of the search, and after tuning for each seal."""
    own = evolution.seals[evolution.settings.level]
    names = list(asdict(own.champion.hyper))
    return TableBlock(
        ("after tuning", *names),
        [
            ("searched under", *(f"{getattr(evolution.best.hyper, name):g}" for name in names)),
            *(
                (f"champion, {level}", *(f"{getattr(seal.champion.hyper, name):.3g}" for name in names))
                for level, seal in evolution.seals.items()
            ),
        ],
        "Hyper-parameters" if evolution.settings.tune else "Hyper-parameters (nothing was tuned)",
    )


def seals_table(evolution: Evolution) -> TableBlock:
    """Champion and controls, level by level."""
    seals, level = evolution.seals, evolution.settings.level
    header = (evolution.task.score_name, *(f"{one}{' (searched)' if one == level else ''}" for one in seals))
    rows = [
        ("champion", *(_number(seal.interval.mean) for seal in seals.values())),
        (f"95% interval{_method(seals[level].interval)}", *(_range(seal.interval) for seal in seals.values())),
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
        rows.append((name, *cells))
    untested = any(seal.untested for seal in seals.values())
    over = "those that are tested" if untested else f"{len(seals[level].controls)} controls"
    exact = ". + it is better, without a test: nothing is drawn there, neither trials nor wirings" if untested else ""
    return TableBlock(
        header,
        rows,
        f"Mean scores, in brackets that of the best draw. * the champion is better than the mean (sign-flip "
        f"permutation, Holm over {over}, p < {ALPHA:g}) and than the best draw{exact}",
    )


def line_table(line: tuple[Ancestor, ...]) -> TableBlock:
    """The champion's ancestors, the largest gains where there are many."""
    chosen: Sequence[int] = range(len(line))
    if len(line) > MOST_ROWS:
        sized = sorted(range(1, len(line) - 1), key=lambda index: line[index].change)
        chosen = sorted({0, len(line) - 1, *sized[: MOST_ROWS - 2]})
    rows = []
    for index in chosen:
        one = line[index]
        parents = ", ".join(f"{parent:,}" for parent in one.birth.parents) or "none"
        change = "" if math.isnan(one.change) else percent(one.change)
        if one.error > 0:
            change += f" ± {100 * NORMAL_95 * one.error:.1f}"
        rows.append(
            (
                f"{one.birth.number:,}",
                f"{one.birth.generation:,}",
                one.birth.operator,
                parents,
                change,
                f"{one.record.n:,}",
                _number(one.record.mean),
            )
        )
    left = f"; {len(line) - len(rows)} smaller steps left out" if len(rows) < len(line) else ""
    return TableBlock(
        ("candidate", "born in", "made by", "parents", "change of error", "trials", "mean score"),
        rows,
        f"The champion's line{left}",
    )


def earned_table(line: tuple[Ancestor, ...]) -> TableBlock:
    """What each operator gave along a line."""
    return TableBlock(
        ("operator", "steps", "change of error, together"),
        [(name, str(steps), percent(change)) for name, steps, change in gains_by_operator(line)],
        "What each operator gave along this line",
    )


def _compared(one: Comparison) -> tuple[str, ...]:
    low, high = one.ratio_interval
    interval = f"{low:.3f} to {high:.3f}" if math.isfinite(low) else ""
    seen = f"{one.visible:.1%}" if math.isfinite(one.visible) else "not known"
    p = f"{one.p_holm:.3g}" if one.tested else "no test"
    return f"{one.ratio:.3f}", interval, p, str(one.control.k), seen


def _mark(one: Comparison) -> str:
    if not one.beaten:
        return "  "
    return " *" if one.tested else " +"


def _mean(interval: MeanInterval) -> tuple[str, str, str]:
    return _number(interval.mean), _range(interval), str(interval.n)


def _method(interval: MeanInterval) -> str:
    return "" if interval.method == "none" else f" ({interval.method})"


def _number(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) else "diverged"


def _range(interval: MeanInterval) -> str:
    if not math.isfinite(interval.low):
        return "one trial says all" if interval.n == 1 else ""
    return f"{_number(interval.low)} to {_number(interval.high)}"
