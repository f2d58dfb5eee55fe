"""From the records of documents to means with intervals: the documents of one reading, redrawn together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from statescape.statistics import MeanInterval, bootstrap_means
from statescape.studies.verdict.questions import LEVEL
from statescape.studies.verdict.tally import HEADLINES, Record, slice_names


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
class Summary:
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


def summarise(records: Mapping[int, Record], seed: int) -> Summary:
    """Means and intervals over documents.

    Args:
        records: of the documents, by number.
        seed: of the bootstrap.
    """
    ordered = [records[number] for number in sorted(records)]
    names = sorted({name for record in ordered for name in record["measures"]})
    columns: dict[tuple[str, ...], list[Any]] = {
        ("measure", name): [record["measures"].get(name) for record in ordered] for name in names
    }
    lengths = {name: len(rows) for record in ordered for name, rows in record["profiles"].items()}
    for name, length in lengths.items():
        for state in range(length):
            columns["profile", name, str(state)] = [
                record["profiles"][name][state] if name in record["profiles"] else None for record in ordered
            ]
    for slice_ in slice_names():
        if any(slice_ in record["slices"] for record in ordered):
            for name in HEADLINES:
                columns["slice", slice_, name] = [record["slices"].get(slice_, {}).get(name) for record in ordered]
    table = np.array(list(columns.values()), dtype=np.float64).T.reshape(len(ordered), len(columns))
    intervals = dict(zip(columns, bootstrap_means(table, seed, LEVEL), strict=True))
    return Summary(
        n_documents=len(ordered),
        n_positions=sum(int(record["positions"]) for record in ordered),
        documents={name: np.array(columns.get(("measure", name), []), dtype=np.float64) for name in HEADLINES},
        measures={name: intervals["measure", name] for name in names},
        profiles={
            name: _profile([intervals["profile", name, str(state)] for state in range(length)])
            for name, length in lengths.items()
        },
        slices={
            slice_: {name: intervals["slice", slice_, name] for name in HEADLINES}
            for slice_ in slice_names()
            if ("slice", slice_, HEADLINES[0]) in columns
        },
    )


def _profile(intervals: list[MeanInterval]) -> Profile:
    return Profile(
        tuple(one.mean for one in intervals), tuple(one.low for one in intervals), tuple(one.high for one in intervals)
    )
