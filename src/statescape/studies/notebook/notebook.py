"""What a notebook holds: paths, verdicts, studies, and for each of them the run it comes from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from statescape.analysis.path import PathReading
from statescape.studies.reservoir import StudyResult
from statescape.studies.verdict import Verdicts

SHOWN_DIGITS = 12


@dataclass(frozen=True)
class Entry:
    """Where the numbers of a section come from.

    Attributes:
        section: its name.
        file: of the run; empty where the numbers are computed when the page is written.
        settings: what the run was asked, by name.
        seconds: of work; NaN where the run was done before and keeps no time.
        digest: SHA-256 of its numbers.
    """

    section: str
    file: str
    settings: dict[str, str | int]
    seconds: float
    digest: str


@dataclass(frozen=True, eq=False)
class Notebook:
    """All that a page of the notebook shows.

    Attributes:
        readings: of every text, model by model.
        verdicts: of every model over the corpus.
        studies: of the reservoir wing, in the order of the page.
        entries: where the numbers come from, in the order of the page.
        seed: of everything drawn.
        budget: of every study, as it was asked for.
    """

    readings: tuple[PathReading, ...]
    verdicts: Verdicts
    studies: tuple[StudyResult, ...]
    entries: tuple[Entry, ...]
    seed: int
    budget: str

    def entry(self, section: str) -> Entry:
        """Where the numbers of a section come from."""
        return next(entry for entry in self.entries if entry.section == section)


def digest_of(numbers: Any) -> str:
    """SHA-256 of plain data, the first digits: the same numbers have the same."""
    text = json.dumps(numbers, sort_keys=True, default=float)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:SHOWN_DIGITS]
