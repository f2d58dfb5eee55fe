"""``statescape study``: one question of the reservoir wing, at a budget, with its plain answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from statescape.cli import inputs
from statescape.cli.bar import Bar
from statescape.cli.console import Working, ask, complain, output, wrote
from statescape.cli.options import WORK, with_options
from statescape.cli.roles import Keeps
from statescape.wording import LANGUAGES, phrase, say

if TYPE_CHECKING:
    from statescape.studies.reservoir import StudyResult


@with_options(work=WORK)
def study(
    name: Annotated[str | None, typer.Argument(help="A study. (default: list them)", show_default=False)] = None,
    budget: Annotated[str, typer.Option("--budget", "-b", help="quick, full, or a number of minutes.")] = "quick",
    tasks: Annotated[
        str | None,
        typer.Option(
            "--tasks",
            help="Tasks of search-space, operators, does-topology-matter, do-modules-matter or transfer: "
            "lorenz,narma10,... (default: its own)",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The first seed; every search has its own.")] = 0,
    run: Annotated[
        Path | None,
        typer.Option("--run", help="The run's file. (default: NAME-1.run, -2.run, ...)"),
        Keeps(lambda given: None if given["name"] is None else inputs.next_run(given["name"])),
    ] = None,
    *,
    work: dict[str, Any],
    language: inputs.Language = LANGUAGES[0],  # noqa: ARG001 (its callback speaks it)
    out: inputs.Out = None,
    figures: inputs.Figures = None,
    json_file: inputs.Json = None,
) -> None:
    """Ask one question of the reservoir wing: its experiment, its statistics, a plain answer."""
    with Working(say("Loading ...")):
        from statescape.studies.reservoir import STUDIES, study
        from statescape.studies.reservoir.running import by_name
    if name is None:
        width = max(map(len, STUDIES))
        for known in STUDIES.values():
            output().print(f"{known.name:<{width}}  {known.question()}", markup=False)
        return
    chosen = None if tasks is None else [one for one in tasks.split(",") if one.strip()]
    by_name(name).over(chosen)
    assert run is not None  # its role names it
    do_study(
        lambda show: study(name, budget, tasks=chosen, seed=seed, run=run, **work, progress=show),
        run,
        out,
        figures,
        json_file,
    )


def do_study(
    work: Callable[[Callable[[int, int], None]], StudyResult],
    file: Path,
    out: Path | None,
    figures: Path | None,
    json_file: Path | None,
) -> None:
    """Do or go on with a study, and show what it says."""
    try:
        with Bar(say("pieces")) as bar:
            result = work(lambda done, whole: bar.show(say("study"), done, whole))
    except KeyboardInterrupt:
        complain(say("Interrupted. {file} keeps what was done; statescape resume {file} goes on.", file=file))
        raise typer.Exit(130) from None
    print_study(result)
    inputs.hand_out(result, out, figures, json_file)


def print_study(result: StudyResult) -> None:
    """Question, table, answer, reach, cost."""
    from statescape.cli.terminal import Sheet

    reading, console = result.read(), output()
    ask(result.study.question())
    table = Sheet()
    for place, column in enumerate(reading.table.columns):
        table.column(column, prose=place == 0)
    for row in reading.table.rows:
        table.row(*row)
    console.print(table)
    console.print()
    for sentence in reading.answer:
        console.print(sentence, markup=False)
    console.print()
    console.print(reading.reach, markup=False)
    budget = result.budget
    spent = say(
        "Budget {budget}: {runs} runs a cell, {units} units; {trainings:,} trainings, {seconds:,.0f} s of work; seeds "
        "{first} to {last}.",
        budget=budget.name,
        runs=budget.runs,
        units=budget.units,
        trainings=result.trainings,
        seconds=result.seconds,
        first=result.seed,
        last=result.seed + budget.runs - 1,
    )
    console.print(spent, markup=False)
    wrote(phrase("Run"), f"{result.run} (statescape report)")
