"""What ``evolve`` prints at its end: the seals as a table, honest scores, the conclusion."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from statescape.cli.console import ask, counted, output
from statescape.cli.data_options import described

if TYPE_CHECKING:
    from statescape.evolution import Evolution
    from statescape.evolution.seals import Comparison
    from statescape.statistics import MeanInterval


def print_result(result: Evolution) -> None:
    """The seals, level by level, and what they say."""
    from statescape.analysis.evolution_conclusion import conclude, question
    from statescape.cli.terminal import Sheet
    from statescape.evolution.seals import ALPHA

    console = output()
    table = Sheet()
    table.column(f"{result.task.name}, {result.task.score_name}", prose=True)
    for level in result.seals:
        mark = " (searched)" if level == result.settings.level else ""
        table.column(f"{level}{mark}", "right")
    table.row("champion", *[_number(seal.interval.mean) for seal in result.seals.values()], style="bold")
    table.row("  95% interval", *[_range(seal.interval) for seal in result.seals.values()], style="dim")
    names = list(dict.fromkeys(name for seal in result.seals.values() for name in seal.controls))
    for name in names:
        cells = []
        for seal in result.seals.values():
            one = seal.controls.get(name)
            cells.append("" if one is None else f"{_number(one.control.mean)} {_mark(one)}")
        table.row(name, *cells)
    console.print(table)
    untested = any(seal.untested for seal in result.seals.values())
    over = (
        "those that are tested" if untested else counted(len(result.seals[result.settings.level].controls), "control")
    )
    own = result.seals[result.settings.level].interval
    how = "" if own.method == "none" else f" 95% interval: {own.method}."
    exact = "+ it is better, without a test: nothing is drawn there, neither trials nor wirings. " if untested else ""
    console.print(
        f"* the champion is better: than the control's mean (sign-flip permutation, Holm over {over}, "
        f"p < {ALPHA:g}) and than the best of its draws. {exact}All "
        f"{'tuned alike' if result.settings.tune else 'untuned'}, {result.settings.seal_trials} fresh trials a seal."
        f"{how}\n",
        markup=False,
    )
    console.print(_search_line(result), markup=False)
    console.print(_honest_line(result), markup=False)
    for line in described(result.task, "search", "seal"):
        console.print(line, markup=False)
    console.print()
    ask(question())
    console.print(f"{conclude(result)}\n", markup=False)
    if "edges" in result.settings.objectives:
        _print_front(result)
    if result.run:
        console.print(f"Run: {result.run} (statescape report, show, export)", markup=False)


def _mark(one: Comparison) -> str:
    if not one.beaten:
        return " "
    return "*" if one.tested else "+"


def _print_front(result: Evolution) -> None:
    """Error against edges, point by point."""
    from statescape.cli.terminal import Sheet
    from statescape.reservoir.tasks import better_of

    table = Sheet()
    table.numbers("edges", result.task.score_name, "candidate")
    for point in result.front:
        table.row(f"{point.edges:,}", _number(abs(point.score)), str(point.candidate))
    console = output()
    console.print(table)
    better = "lower error" if better_of(result.task) == "lower" else "better score"
    trials = "one trial, which says all" if result.rescored.n == 1 else f"the same {result.rescored.n} fresh trials"
    console.print(
        f"The front: no wiring that was found has fewer edges and a {better}. Scored on {trials}; statescape export "
        "--candidate N writes one.\n",
        markup=False,
    )


def _search_line(result: Evolution) -> str:
    found, settings = result.found, result.settings
    rate = found.trainings / max(found.seconds, 1e-9)
    return (
        f"{found.strategy} search, {settings.encoding}, {settings.units} units, radius {settings.radius}, seed "
        f"{settings.seed}: {counted(len(result.history), 'generation')}, {counted(found.trainings, 'training')} in "
        f"{found.seconds:.0f} s ({rate:,.0f} a second). Champion: {counted(result.best.topology.edges, 'edge')}, made "
        f"by {result.best.candidate.operator}."
    )


def _honest_line(result: Evolution) -> str:
    from statescape.analysis.evolution_conclusion import curse_in_words
    from statescape.reservoir.tasks import better_of

    record = result.best.candidate.record
    curse = curse_in_words(result.winners_curse, better_of(result.task))
    return (
        f"Selection score {_number(record.mean)} (n = {record.n}); re-scored {_number(result.rescored.mean)}, sealed "
        f"{_number(result.sealed.mean)} under the search's own conditions: {curse}."
    )


def _number(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) else "diverged"


def _range(interval: MeanInterval) -> str:
    if not math.isfinite(interval.low):
        return "one trial says all" if interval.n == 1 else ""
    return f"{interval.low:.4f}-{interval.high:.4f}"
