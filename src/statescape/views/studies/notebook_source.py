"""Where a number of the notebook comes from: its run, the settings, the digest."""

from __future__ import annotations

import math
from pathlib import Path

from statescape import __version__
from statescape.studies.notebook import Entry, Notebook
from statescape.views.core.page import SourceLine
from statescape.wording import number, phrase, say

HERE = phrase("computed for this page")
BUDGETS = (phrase("quick"), phrase("full"))
"""Those that have a name of their own; the others are minutes."""
SECTIONS = {"paths": phrase("single texts"), "interventions": phrase("interventions"), "corpus": phrase("corpus")}
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


def source_of(notebook: Notebook, section: str) -> SourceLine:
    """The line under a section."""
    entry = notebook.entry(section)
    return SourceLine(
        say(
            "Source: {file}; {settings}; {seconds}; statescape {version}; sha256 {digest}.",
            file=file_of(entry),
            settings=settings_of(entry),
            seconds=_worked(entry.seconds),
            version=version_of(notebook, section),
            digest=entry.digest,
        )
    )


def file_of(entry: Entry) -> str:
    """The file of a run, without its folders."""
    return Path(entry.file).name if entry.file else say(HERE)


def settings_of(entry: Entry) -> str:
    """The settings of a run in a line."""
    return ", ".join(
        f"{say(SETTINGS.get(name, name))} {say(value) if isinstance(value, str) else number(value, ',')}"
        for name, value in entry.settings.items()
    )


def _worked(seconds: float) -> str:
    return say("{seconds} of work", seconds=seconds_of(seconds)) if math.isfinite(seconds) else say("done before")


def seconds_of(seconds: float) -> str:
    """How long something took."""
    if not math.isfinite(seconds):
        return say("done before")
    return say("{seconds:,.0f} s", seconds=seconds) if seconds >= 1 else say("under 1 s")


def version_of(notebook: Notebook, section: str) -> str:
    """The version that computed a section."""
    return next((study.version for study in notebook.studies if study.name == section), __version__)
