"""Where the numbers of a notebook come from: a line under every section, and a table of all runs at the end."""

from __future__ import annotations

import math
from pathlib import Path

from statescape import __version__
from statescape.studies.notebook import Entry, Notebook
from statescape.views.page import Prose, Section, Source, Table
from statescape.wording import number, phrase, say

HERE = phrase("computed for this page")
BUDGETS = (phrase("quick"), phrase("full"))
"""Those that have a name of their own; the others are minutes."""
SECTIONS = {"paths": phrase("single texts"), "corpus": phrase("corpus")}
SETTINGS = {
    "budget": phrase("budget"),
    "draws": phrase("draws"),
    "null_documents": phrase("documents of the nulls"),
    "position": phrase("position"),
    "runs": phrase("runs"),
    "seed": phrase("seed"),
    "trainings": phrase("trainings"),
    "trials": phrase("trials"),
    "tuning": phrase("tuning"),
    "units": phrase("units"),
}


def source_of(notebook: Notebook, section: str) -> Source:
    """The line under a section."""
    entry = notebook.entry(section)
    return Source(
        say(
            "Source: {file}; {settings}; {seconds}; statescape {version}; sha256 {digest}.",
            file=_file(entry),
            settings=_settings(entry),
            seconds=_worked(entry.seconds),
            version=_version(notebook, section),
            digest=entry.digest,
        )
    )


def runs_section(notebook: Notebook) -> Section:
    """The table of all runs."""
    rows = [
        [
            say(SECTIONS.get(entry.section, entry.section)),
            _file(entry),
            _settings(entry),
            _seconds(entry.seconds),
            _version(notebook, entry.section),
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
            Table(header, rows, wrap=True),
            Prose(
                say(
                    "A run is one file: the notebook reads those that are there and goes on with those that are not "
                    "finished. The digest is the beginning of the SHA-256 of a run's numbers, times left out."
                )
            ),
        ),
        part=say("Where it comes from"),
    )


def _file(entry: Entry) -> str:
    return Path(entry.file).name if entry.file else say(HERE)


def _settings(entry: Entry) -> str:
    return ", ".join(
        f"{say(SETTINGS.get(name, name))} {say(value) if isinstance(value, str) else number(value, ',')}"
        for name, value in entry.settings.items()
    )


def _worked(seconds: float) -> str:
    return say("{seconds} of work", seconds=_seconds(seconds)) if math.isfinite(seconds) else say("done before")


def _seconds(seconds: float) -> str:
    if not math.isfinite(seconds):
        return say("done before")
    return say("{seconds:,.0f} s", seconds=seconds) if seconds >= 1 else say("under 1 s")


def _version(notebook: Notebook, section: str) -> str:
    return next((study.version for study in notebook.studies if study.name == section), __version__)
