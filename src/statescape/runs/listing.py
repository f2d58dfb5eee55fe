"""The runs of a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from statescape.errors import StatescapeError
from statescape.runs.journal import Journal
from statescape.wording import Noun


@dataclass(frozen=True)
class RunSummary(Noun):
    """One run of a folder.

    Attributes:
        path: its file.
        kind: what kind of run it is.
        status: "finished", "unfinished", or why it cannot be read.
        created: when, ISO 8601 in UTC; empty where it cannot be read.
        settings: what was asked for.
    """

    path: Path
    kind: str
    status: str
    created: str
    settings: dict[str, Any]


def list_runs(folder: str | Path) -> list[RunSummary]:
    """All runs (``*.run``) in a folder, oldest first; a file that cannot be read is listed with the reason.

    Raises:
        StatescapeError: where there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise StatescapeError(f"There is no folder {folder}.")
    return sorted((_summary(path) for path in folder.glob("*.run")), key=lambda run: (run.created, run.path.name))


def _summary(path: Path) -> RunSummary:
    try:
        with Journal.read(path) as journal:
            status = "finished" if journal.finished else "unfinished"
            return RunSummary(path, journal.kind, status, journal.created, journal.settings)
    except StatescapeError as refusal:
        return RunSummary(path, "", str(refusal), "", {})
