"""What ``evolve`` prints at its end: the seals as a table, honest scores, the conclusion."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from statescape.cli.console import ask, output, wrote
from statescape.cli.data_options import described
from statescape.wording import number, phrase, say, say_count, unfilled

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
    table.column(f"{result.task.name}, {unfilled(result.task.score_name)}", prose=True)
    for level in result.seals:
        searched = level == result.settings.level
        table.column(say("{level} (searched)", level=level) if searched else level, "right")
    table.row(say("champion"), *[_number(seal.interval.mean) for seal in result.seals.values()], style="bold")
    interval = say("95% interval")
    table.row(f"  {interval}", *[_range(seal.interval) for seal in result.seals.values()], style="dim")
    names = list(dict.fromkeys(name for seal in result.seals.values() for name in seal.controls))
    for name in names:
        cells = []
        for seal in result.seals.values():
            one = seal.controls.get(name)
            cells.append("" if one is None else f"{_number(one.control.mean)} {_mark(one)}")
        table.row(name, *cells)
    console.print(table)
    untested = any(seal.untested for seal in result.seals.values())
    count = len(result.seals[result.settings.level].controls)
    over = say("those that are tested") if untested else say_count("{count} control", "{count} controls", count)
    own = result.seals[result.settings.level].interval
    parts = [
        say(
            "* the champion is better: than the control's mean (sign-flip permutation, Holm over {over}, p < {alpha:g})"
            " and than the best of its draws.",
            over=over,
            alpha=ALPHA,
        )
    ]
    if untested:
        parts.append(say("+ it is better, without a test: nothing is drawn there, neither trials nor wirings") + ".")
    alike = phrase("All tuned alike, {trials} fresh trials a seal.")
    untuned = phrase("All untuned, {trials} fresh trials a seal.")
    parts.append(say(alike if result.settings.tune else untuned, trials=result.settings.seal_trials))
    if own.method != "none":
        parts.append(say("95% interval: {method}.", method=say(own.method)))
    console.print(f"{' '.join(parts)}\n", markup=False)
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
        wrote(phrase("Run"), f"{result.run} (statescape report, show, export)")


def _mark(one: Comparison) -> str:
    if not one.beaten:
        return " "
    return "*" if one.tested else "+"


def _print_front(result: Evolution) -> None:
    """Error against edges, point by point."""
    from statescape.cli.terminal import Sheet
    from statescape.reservoir.tasks import better_of

    table = Sheet()
    table.numbers(say("edges"), unfilled(result.task.score_name), say("candidate"))
    for point in result.front:
        table.row(number(point.edges, ","), _number(abs(point.score)), str(point.candidate))
    console = output()
    console.print(table)
    lower = phrase("The front: no wiring that was found has fewer edges and a lower error.")
    better = phrase("The front: no wiring that was found has fewer edges and a better score.")
    parts = [
        say(lower if better_of(result.task) == "lower" else better),
        say("Scored on one trial, which says all; statescape export --candidate N writes one.")
        if result.rescored.n == 1
        else say(
            "Scored on the same {count} fresh trials; statescape export --candidate N writes one.",
            count=result.rescored.n,
        ),
    ]
    console.print(f"{' '.join(parts)}\n", markup=False)


def _search_line(result: Evolution) -> str:
    found, settings = result.found, result.settings
    rate = found.trainings / max(found.seconds, 1e-9)
    return say(
        "{strategy} search, {encoding}, {units} units, radius {radius}, seed {seed}: {generations}, {trainings} in "
        "{seconds:.0f} s ({rate:,.0f} a second). Champion: {edges}, made by {operator}.",
        strategy=found.strategy,
        encoding=settings.encoding,
        units=settings.units,
        radius=settings.radius,
        seed=settings.seed,
        generations=say_count("{count:,} generation", "{count:,} generations", len(result.history)),
        trainings=say_count("{count:,} training", "{count:,} trainings", found.trainings),
        seconds=found.seconds,
        rate=rate,
        edges=say_count("{count:,} edge", "{count:,} edges", result.best.topology.edges),
        operator=result.best.candidate.operator,
    )


def _honest_line(result: Evolution) -> str:
    from statescape.analysis.evolution_conclusion import curse_in_words
    from statescape.reservoir.tasks import better_of

    record = result.best.candidate.record
    curse = curse_in_words(result.winners_curse, better_of(result.task))
    return say(
        "Selection score {selected} (n = {n}); re-scored {rescored}, sealed {sealed} under the search's own conditions:"
        " {curse}.",
        selected=_number(record.mean),
        n=record.n,
        rescored=_number(result.rescored.mean),
        sealed=_number(result.sealed.mean),
        curse=curse,
    )


def _number(value: float) -> str:
    return number(value, ".4f") if math.isfinite(value) else say("diverged")


def _range(interval: MeanInterval) -> str:
    if not math.isfinite(interval.low):
        return say("one trial says all") if interval.n == 1 else ""
    return f"{_number(interval.low)}-{_number(interval.high)}"
