"""The record of a document: one mean for each measure, profile and slice over its positions, and where it is kept.

The document is the unit of all statistics: positions of one text share their topic and words, so they are no
independent evidence. A record is plain JSON, so that it travels from workers into the journal as it is; a run keeps one
for every document, model and reading.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from statescape.errors import StatescapeError
from statescape.language.passage import Passage
from statescape.runs import Journal
from statescape.runs.plain import parsed, typed
from statescape.studies.verdict.measures import Measured
from statescape.studies.verdict.questions import QUESTIONS
from statescape.studies.verdict.reference import UNSEEN, Reference

POSITION_BINS = ((1, 15), (16, 63), (64, 255), (256, None))
"""Slices by position within the passage."""

HEADLINES = tuple(question.name for question in QUESTIONS)

Record = dict[str, Any]
"""``{"positions", "measures": {name: mean}, "profiles": {name: [by state]}, "slices": {slice: {"H1": mean}}}``."""


def record_of(passages: Sequence[tuple[Passage, Measured]], reference: Reference) -> Record:
    """The record of one document from all its passages."""
    measured = [one for _, one in passages]
    values = {name: np.concatenate([one.values[name] for one in measured]) for name in _shared(measured, "values")}
    profiles = {
        name: np.concatenate([one.profiles[name] for one in measured], axis=1) for name in _shared(measured, "profiles")
    }
    masks = _slices([passage for passage, _ in passages], reference)
    return {
        "positions": sum(len(passage.positions) for passage, _ in passages),
        "measures": {name: _mean(value) for name, value in values.items()},
        "profiles": {name: [_mean(row) for row in rows] for name, rows in profiles.items()},
        "slices": {
            slice_: {name: _mean(values[name][mask]) for name in HEADLINES if name in values}
            for slice_, mask in masks.items()
            if mask.any()
        },
    }


def _slices(passages: Sequence[Passage], reference: Reference) -> dict[str, Bool[np.ndarray, " positions"]]:
    """Which positions belong to which slice; a slice none belongs to may be among them."""
    positions, predicted, following = (
        np.concatenate([getattr(passage, name) for passage in passages])
        for name in ("positions", "predicted_ids", "next_ids")
    )
    deciles = reference.constants.decile_of[predicted]
    masks = {
        slice_of_positions(low, high): (positions >= low) & (positions <= (np.inf if high is None else high))
        for low, high in POSITION_BINS
    }
    masks |= {slice_of_decile(decile): deciles == decile for decile in range(11)}
    masks["prediction right"] = (following >= 0) & (following == predicted)
    masks["prediction wrong"] = (following >= 0) & (following != predicted)
    return masks


def slice_of_positions(low: int, high: int | None) -> str:
    """Name of a slice of positions."""
    return f"positions {low} and on" if high is None else f"positions {low} to {high}"


def slice_of_decile(decile: int) -> str:
    """Name of a slice by the predicted token's frequency in the corpus."""
    if decile == UNSEEN:
        return "predicted token not in the corpus"
    ends = {1: " (rarest)", 10: " (most frequent)"}
    return f"predicted token of decile {decile}{ends.get(decile, '')}"


def slice_names() -> tuple[str, ...]:
    """All slices in the order of tables."""
    return (
        *(slice_of_positions(low, high) for low, high in POSITION_BINS),
        *(slice_of_decile(decile) for decile in range(11)),
        "prediction right",
        "prediction wrong",
    )


def _shared(measured: Sequence[Measured], which: str) -> list[str]:
    """Names that every passage has: attention and MLP may be unknown in one."""
    names = list(getattr(measured[0], which))
    return [name for name in names if all(name in getattr(one, which) for one in measured)]


def _mean(values: Float[np.ndarray, " positions"]) -> float | None:
    """Mean over the positions where a measure is defined; None where it is nowhere."""
    kept = values[np.isfinite(values)]
    return float(kept.mean()) if len(kept) else None


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
        found.require_tables(TABLES)
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


def kept(journal: Journal, model: str, reading: str) -> Iterator[Record]:
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
                read = vars(typed(_KeptRecord, parsed(record)))
            yield read
        last = rows[-1][0]


@dataclass(frozen=True)
class _KeptRecord:
    positions: int
    measures: dict[str, float | None]
    profiles: dict[str, tuple[float | None, ...]]
    slices: dict[str, dict[str, float | None]]
