"""The page of the notebook: both wings and the runs, in the language that is spoken."""

from __future__ import annotations

from pathlib import Path

from statescape import __version__, plugins
from statescape.files import require_writable
from statescape.studies.notebook import Notebook
from statescape.views.notebook import language, reservoir
from statescape.views.notebook.runs import runs_section
from statescape.views.page import Page, write_page
from statescape.wording import number, say


@plugins.report.register
def _(notebook: Notebook, file: Path) -> Path:
    require_writable(file)
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
        sections=(*language.sections(notebook), *reservoir.sections(notebook), runs_section(notebook)),
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
