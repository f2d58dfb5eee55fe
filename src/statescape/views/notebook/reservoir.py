"""The reservoir wing of the notebook: one section for each study, and what they say together."""

from __future__ import annotations

from statescape.studies.notebook import Notebook
from statescape.studies.reservoir import StudyResult
from statescape.views.notebook.runs import source_of
from statescape.views.page import Figure, Prose, Section, Table
from statescape.views.studies import figure
from statescape.wording import number, say

SUM = "does-topology-matter"
"""The study that the others lead to."""


def sections(notebook: Notebook) -> list[Section]:
    """The wing, section by section; none where no study was done."""
    if not notebook.studies:
        return []
    studies = [_study(notebook, result, first=not index) for index, result in enumerate(notebook.studies)]
    return [*studies, _sum(notebook)]


def _study(notebook: Notebook, result: StudyResult, *, first: bool) -> Section:
    reading = result.read()
    answer, *more = reading.answer
    return Section(
        result.name,
        result.study.question(),
        say(
            "{name}: {runs} searches a cell, seeds {first} to {last}; {trainings:,} trainings in {seconds:,.0f} s of "
            "work.",
            name=result.name,
            runs=result.budget.runs,
            first=result.seed,
            last=result.seed + result.budget.runs - 1,
            trainings=result.trainings,
            seconds=result.seconds,
        ),
        (
            Prose(answer, strong=True),
            *([Prose(" ".join(more))] if more else []),
            Figure(figure(result)),
            Table(reading.table.columns, reading.table.rows),
            Prose(result.study.design(result.budget)),
            Prose(say("How far this reaches: {reach}", reach=reading.reach)),
            source_of(notebook, result.name),
        ),
        part=say("The reservoir wing") if first else "",
    )


def _sum(notebook: Notebook) -> Section:
    rows = [
        [result.study.question(), result.read().answer[0], result.budget.name, number(result.trainings, ",")]
        for result in notebook.studies
    ]
    whole = [result for result in notebook.studies if result.name == SUM]
    published = [Prose(" ".join(result.read().answer), strong=True) for result in whole]
    published_claim = say(
        "A published study (Matzner 2022, Hyperparameter tuning in echo state networks, GECCO) holds that topology "
        "matters little once hyper-parameters are tuned."
    )
    asks = (
        say(
            "Here champions and controls are tuned on the same list and sealed on trials that no search has seen, "
            "level by level, so that a gain of one matrix is not taken for a gain of its wiring. What the runs of this "
            "notebook say of it:"
        )
        if published
        else say("The study that asks this is not part of this notebook.")
    )
    return Section(
        "sum",
        say("What the reservoir wing says"),
        say("Look which answers are settled at this budget, and which are not."),
        (
            Table((say("question"), say("answer"), say("budget"), say("trainings")), rows, wrap=True),
            Prose(f"{published_claim} {asks}"),
            *published,
        ),
    )
