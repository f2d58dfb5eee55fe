"""From the records of documents to means with intervals: the documents of one reading, redrawn together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.statistics import MeanInterval, mean_intervals
from statescape.studies.verdict.questions import LEVEL
from statescape.studies.verdict.records import HEADLINES, Record, slice_names

Column = tuple[str, str, str]
"""("measure", name, ""), ("profile", name, state) or ("slice", slice, question)."""


@dataclass(frozen=True)
class Profile:
    """A number by state with its interval.

    Attributes:
        mean: by state.
        low: lower ends.
        high: upper ends.
    """

    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class CorpusSummary:
    """What the documents of one reading say together.

    Attributes:
        n_documents: how many.
        n_positions: in all of them.
        documents: headline of every question in every document, NaN where it does not arise; the tests' samples.
        measures: mean of document means of every measure.
        profiles: the same by state.
        slices: headlines in slices of the positions.
    """

    n_documents: int
    n_positions: int
    documents: dict[str, Float[np.ndarray, " documents"]]
    measures: dict[str, MeanInterval]
    profiles: dict[str, Profile]
    slices: dict[str, dict[str, MeanInterval]]


def summarise(records: Iterable[Record], seed: int) -> CorpusSummary:
    """Means and intervals over documents.

    Args:
        records: of the documents, in their order; each is reduced to a row of numbers at once.
        seed: of the intervals.
    """
    places: dict[Column, int] = {}
    rows, n_positions = [], 0
    for record in records:
        n_positions += int(record["positions"])
        rows.append(_row(record, places))
    table = np.full((len(rows), len(places)), np.nan)
    for row, values in zip(table, rows, strict=True):
        row[: len(values)] = values  # columns that came up later are missing in earlier documents
    intervals = dict(zip(places, mean_intervals(table, seed, LEVEL), strict=True))
    lengths = Counter(name for kind, name, _ in places if kind == "profile")
    absent = np.full(len(rows), np.nan)
    return CorpusSummary(
        n_documents=len(rows),
        n_positions=n_positions,
        documents={
            name: table[:, places["measure", name, ""]] if ("measure", name, "") in places else absent
            for name in HEADLINES
        },
        measures={
            name: intervals["measure", name, ""] for name in sorted(n for kind, n, _ in places if kind == "measure")
        },
        profiles={
            name: _profile([intervals["profile", name, str(state)] for state in range(length)])
            for name, length in lengths.items()
        },
        slices={
            slice_: {name: intervals["slice", slice_, name] for name in HEADLINES if ("slice", slice_, name) in places}
            for slice_ in slice_names()
            if ("slice", slice_, HEADLINES[0]) in places
        },
    )


def _row(record: Record, places: dict[Column, int]) -> Float[np.ndarray, " columns"]:
    """The numbers of a record in the order of `places`, which grows by what is new."""
    values: dict[Column, float | None] = {("measure", name, ""): value for name, value in record["measures"].items()}
    for name, by_state in record["profiles"].items():
        values |= {("profile", name, str(state)): value for state, value in enumerate(by_state)}
    for slice_, headlines in record["slices"].items():
        values |= {("slice", slice_, name): value for name, value in headlines.items()}
    for column in values:
        places.setdefault(column, len(places))
    row = np.full(len(places), np.nan)
    for column, value in values.items():
        row[places[column]] = np.nan if value is None else value
    return row


def _profile(intervals: list[MeanInterval]) -> Profile:
    return Profile(
        tuple(one.mean for one in intervals), tuple(one.low for one in intervals), tuple(one.high for one in intervals)
    )
