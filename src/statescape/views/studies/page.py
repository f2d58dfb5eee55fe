"""The page of one study: question, answer, figure, table, design."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from statescape import plugins
from statescape.studies.reservoir import StudyResult
from statescape.views.core.page import Figure, Page, Prose, Section, TableBlock, write_page
from statescape.views.core.picture import Printable
from statescape.views.studies.figure import figure
from statescape.wording import say


@plugins.report.register
def _(result: StudyResult, file: Path) -> Path:
    return write_page(page_of(result), file)


@plugins.pictures.register
def _(result: StudyResult) -> Sequence[Printable]:
    return [figure(result)]


def page_of(result: StudyResult) -> Page:
    """The page of a study, in the language that is spoken."""
    reading = result.read()
    first, *more = reading.answer
    budget = result.budget
    facts = [
        (say("study"), result.name),
        (say("budget"), budget.name),
        (say("units"), str(budget.units)),
        (say("runs a cell"), str(budget.runs)),
        (say("trainings"), say("{count:,}", count=result.trainings)),
        (say("work"), say("{seconds:,.0f} s", seconds=result.seconds)),
        (say("seeds"), say("{first} to {last}", first=result.seed, last=result.seed + budget.runs - 1)),
        (say("begun"), result.created),
        ("statescape", result.version),
    ]
    if result.run:
        facts.append((say("run"), Path(result.run).name))
    answer = Section(
        "answer",
        say("The answer"),
        "",
        (
            *(Prose(sentence) for sentence in more),
            Figure(figure(result)),
            TableBlock(reading.table.columns, reading.table.rows),
        ),
    )
    how = Section(
        "design",
        say("How it was asked"),
        "",
        (Prose(result.study.design(budget)), Prose(say("How far this reaches: {reach}", reach=reading.reach))),
    )
    return Page(title=result.study.question(), lead="", facts=facts, sections=(answer, how), answer=[first])
