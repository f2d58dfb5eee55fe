"""What a run of verdicts keeps in its journal: the record of every document, once for each model and reading."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from statescape.errors import StatescapeError
from statescape.runs import Journal
from statescape.runs.plain import parsed, typed
from statescape.studies.verdict.tally import Record

KIND = "verdict"
AT_ONCE = 200
TABLES = """
CREATE TABLE records (
    model TEXT NOT NULL, reading TEXT NOT NULL, document INTEGER NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (model, reading, document)
) WITHOUT ROWID;
"""


def opened(path: str | Path, settings: Mapping[str, Any]) -> Journal:
    """Begin a run, or go on with one of the same settings.

    Raises:
        StatescapeError: where a run is there that was asked something else.
    """
    if not Path(path).exists():
        return Journal.create(path, KIND, settings, TABLES)
    asked = json.loads(json.dumps(settings))
    with Journal.read(path, kind=KIND) as found:  # looked at first, so that a refusal leaves it untouched
        differ = [name for name in asked if found.settings.get(name) != asked[name]]
    if differ:
        raise StatescapeError(
            f"{path} is a run with another {', '.join(differ)}; ask the same again to go on, or name another file."
        )
    return Journal.open(path, kind=KIND)


def done(journal: Journal, model: str, reading: str) -> set[int]:
    """Numbers of the documents that a reading has behind it."""
    wanted = "SELECT document FROM records WHERE model = ? AND reading = ?"
    return {number for (number,) in journal.rows("records", tuple[int], wanted, (model, reading))}


def keep(journal: Journal, model: str, reading: str, records: Sequence[tuple[int, Record]]) -> None:
    """Keep the records of some documents, all or none."""
    with journal.transaction() as database:
        database.executemany(
            "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)",
            [(model, reading, number, json.dumps(record)) for number, record in records],
        )


def records(journal: Journal, model: str, reading: str) -> Iterator[Record]:
    """All records of a reading in the order of the documents, a few hundred in memory at a time."""
    last = -1
    while rows := journal.rows(
        "records",
        tuple[int, str],
        "SELECT document, record FROM records WHERE model = ? AND reading = ? AND document > ? "
        "ORDER BY document LIMIT ?",
        (model, reading, last, AT_ONCE),
    ):
        for number, record in rows:
            with journal.understood(f"record of document {number}"):
                read = vars(typed(_Record, parsed(record)))
            yield read
        last = rows[-1][0]


@dataclass(frozen=True)
class _Record:
    positions: int
    measures: dict[str, float | None]
    profiles: dict[str, tuple[float | None, ...]]
    slices: dict[str, dict[str, float | None]]
