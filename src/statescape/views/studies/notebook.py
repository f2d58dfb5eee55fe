"""The notebook as one page: the language wing, the reservoir wing, and the runs that every number comes from."""

from __future__ import annotations

from pathlib import Path

from statescape import __version__, plugins
from statescape.studies.notebook import Notebook
from statescape.studies.notebook.notebook import claim_in_words
from statescape.studies.reservoir import StudyResult
from statescape.views.core.page import Figure, Page, Prose, Section, TableBlock, write_page
from statescape.views.studies.figure import figure
from statescape.views.studies.notebook_language import sections
from statescape.views.studies.notebook_source import SECTIONS, file_of, seconds_of, settings_of, source_of, version_of
from statescape.wording import number, say

SUM = "does-topology-matter"
"""The study that the others lead to."""


@plugins.report.register
def _(notebook: Notebook, file: Path) -> Path:
    return write_page(page_of(notebook), file)


def page_of(notebook: Notebook) -> Page:
    """The page, section by section."""
    return Page(
        title=say("A notebook of inner states"),
        lead=say(
            "Two experiments on the inner state of sequence models, each with its question, its figures and an answer "
            "computed from its numbers. Where does the state of a language model go while it predicts a token? And "
            "which wiring of a reservoir serves a task?"
        ),
        facts=_facts(notebook),
        sections=(_answers(notebook), *sections(notebook), *_reservoir(notebook), _runs(notebook)),
    )


def _answers(notebook: Notebook) -> Section:
    """What was asked and what was found, on one screen."""
    question = say("Is the last state the embedding of the predicted token?")
    rows = [[question, claim_in_words(one), "", ""] for one in notebook.verdicts.models]
    rows += [
        [result.study.question(), result.read().answer[0], result.budget.name, number(result.trainings, ",")]
        for result in notebook.studies
    ]
    return Section(
        "answers",
        say("Questions and answers"),
        say("See which answers are settled at this budget, and which are not."),
        (TableBlock((say("question"), say("answer"), say("budget"), say("trainings")), rows, wrap=True),),
    )


def _facts(notebook: Notebook) -> list[tuple[str, str]]:
    found = notebook.verdicts
    return [
        *((say("model"), _model(notebook, one.facts.name)) for one in found.models),
        (say("texts"), number(len(notebook.readings) // len(found.models))),
        (
            say("corpus"),
            say(
                "{files}, {documents:,} documents, {positions:,} positions",
                files=", ".join(Path(name).name for name in found.files),
                documents=found.n_documents,
                positions=found.n_positions,
            ),
        ),
        (say("studies"), number(len(notebook.studies))),
        (say("trainings"), number(sum(result.trainings for result in notebook.studies), ",")),
        (say("budget"), say(notebook.budget)),
        (say("seed"), number(notebook.seed)),
        ("statescape", __version__),
    ]


def _model(notebook: Notebook, name: str) -> str:
    facts = next(reading.path.model for reading in notebook.readings if reading.path.model.name == name)
    return say(
        "{name}: {blocks} blocks, width {width}, {vocabulary:,} tokens",
        name=name,
        blocks=facts.n_blocks,
        width=facts.d_model,
        vocabulary=facts.vocab_size,
    )


def _reservoir(notebook: Notebook) -> list[Section]:
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
            TableBlock(reading.table.columns, reading.table.rows),
            Prose(result.study.design(result.budget)),
            Prose(say("How far this reaches: {reach}", reach=reading.reach)),
            source_of(notebook, result.name),
        ),
        part=say("The reservoir wing") if first else "",
    )


def _sum(notebook: Notebook) -> Section:
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
        say("See what the runs of this notebook say of a published claim."),
        (
            Prose(f"{published_claim} {asks}"),
            *published,
        ),
    )


def _runs(notebook: Notebook) -> Section:
    """The table of all runs."""
    rows = [
        [
            say(SECTIONS.get(entry.section, entry.section)),
            file_of(entry),
            settings_of(entry),
            seconds_of(entry.seconds),
            version_of(notebook, entry.section),
            entry.digest,
        ]
        for entry in notebook.entries
    ]
    header = (say("section"), say("run"), say("settings"), say("work"), "statescape", "sha256")
    return Section(
        "runs",
        say("The runs"),
        say(
            "Every number above comes from one of these; the same settings give the same digest on one kind of "
            "processor."
        ),
        (
            TableBlock(header, rows, wrap=True),
            Prose(
                say(
                    "A run is one file: the notebook reads those that are there and goes on with those that are not "
                    "finished. The digest is the beginning of the SHA-256 of a run's numbers, times left out."
                )
            ),
        ),
        part=say("Where it comes from"),
    )
