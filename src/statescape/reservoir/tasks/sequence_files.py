"""Sequences out of files: a table with a column that names the sequence of each row, or a folder of tables.

Every sequence starts from rest and is answered at the rows whose targets are there; an empty cell is no answer. Targets
are numbers (squared error) or classes (share of errors). In a folder each table is a sequence; where the tables lie in
subfolders, these are the classes, and a sequence is answered at its last row.

A trial divides the sequences at random: `split` of them train, a quarter of these apart to choose the ridge on, and
the others test. Searches divide the first half of the sequences, seals the second. Inputs, and targets that are
numbers, are standardised by the training rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.delimited import TextFormat
from statescape.reservoir.tasks.reading import digest, read_table
from statescape.reservoir.tasks.sequences import SCORE_NAMES, Category, Sequences, SequencesTrial
from statescape.reservoir.tasks.table import DataTable, listed
from statescape.reservoir.tasks.task import Part, Seed

LEAST_SEQUENCES = 4  # of a part: two train, one chooses the ridge, one tests
CHOOSING = 4  # one in so many of the training sequences chooses the ridge
MOST_CLASSES = 1000
RIDGES = tuple(10.0**exponent for exponent in range(2, -10, -1))


@dataclass(frozen=True, eq=False)
class SequenceTask:
    """Sequences that are answered at some of their rows.

    Attributes:
        name: of the file or folder.
        input_names: the input columns.
        target_names: the target columns, or the classes.
        inputs: of every sequence, rows in their order.
        targets: what is due at every row, NaN where nothing is; of classes a one and zeros.
        classes: the classes, in the order of the outputs; empty where targets are numbers.
        split: share of the sequences that train.
        origin: what was read.
        read: how it was understood.

    Raises:
        StatescapeError: for a split out of range, too few sequences, one without an answer, or a constant column.
    """

    name: str
    input_names: tuple[str, ...]
    target_names: tuple[str, ...]
    inputs: tuple[Float[np.ndarray, "_ inputs"], ...]
    targets: tuple[Float[np.ndarray, "_ outputs"], ...]
    classes: tuple[str, ...] = ()
    split: float = 0.7
    origin: str = ""
    read: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.split, bool) or not isinstance(self.split, float | int) or not 0.0 < self.split < 1.0:
            raise StatescapeError(
                f"The split is the share of the sequences that train, between 0 and 1; got {self.split}."
            )
        if len(self.inputs) < 2 * LEAST_SEQUENCES:
            raise StatescapeError(
                f"{self.name} holds {len(self.inputs)} sequences; {2 * LEAST_SEQUENCES} or more are needed, half "
                "of them for seals."
            )
        for place, targets in enumerate(self.targets):
            if np.isnan(targets).all(axis=1).all():
                raise StatescapeError(
                    f"Sequence {place + 1} of {self.name} has no answer: its targets are all empty; leave it out."
                )
        if not self.classes:
            answers = np.concatenate([one[~np.isnan(one).any(axis=1)] for one in self.targets])
            _require_moving(self.target_names, answers)
        _require_moving(self.input_names, np.concatenate(self.inputs))

    @property
    def n_inputs(self) -> int:
        """Number of input columns."""
        return len(self.input_names)

    @property
    def n_outputs(self) -> int:
        """Number of target columns, or of classes."""
        return len(self.target_names)

    @property
    def category(self) -> Category:
        """How it is scored."""
        return "classification" if self.classes else "regression"

    @property
    def score_name(self) -> str:
        """What the score is."""
        return SCORE_NAMES[self.category]

    @cached_property
    def digest(self) -> str:
        """Of all that its trials depend on."""
        return digest(*self.inputs, *self.targets, np.array([self.split]))

    def trial(self, seed: Seed, part: Part = "search") -> SequencesTrial:
        """A random division of the sequences of a part."""
        order = np.random.default_rng(seed).permutation(self._members(part))
        trained, choosing = self._sizes(part)
        train, valid, test = np.split(order, [trained - choosing, trained])
        scale = _Scale.of([self.inputs[place] for place in train], [self.targets[place] for place in train])
        named = zip((train, valid, test), ("training", "validation", "test"), strict=True)
        parts = [self._padded(members, scale, f"{what} sequences of {self.name}") for members, what in named]
        return SequencesTrial(parts[0], parts[1], parts[2], self.category, RIDGES)

    def understood(self, part: Part) -> dict[str, Any]:
        """What was read and what a trial of the part is made of, as plain JSON."""
        trained, choosing = self._sizes(part)
        lengths = [len(one) for one in self.inputs]
        return {
            "file": self.origin or self.name,
            "sequences": len(self.inputs),
            "rows": [min(lengths), max(lengths)],
            "answers": int(sum((~np.isnan(one).any(axis=1)).sum() for one in self.targets)),
            "targets": list(self.target_names),
            "classes": list(self.classes),
            "inputs": list(self.input_names),
            "split": self.split,
            "train": trained - choosing,
            "validation": choosing,
            "test": len(self._members(part)) - trained,
            "read": dict(self.read),
        }

    def _members(self, part: Part) -> Int[np.ndarray, " sequences"]:
        """The sequences of a part."""
        half = len(self.inputs) // 2
        bounds = {"search": (0, half), "seal": (half, len(self.inputs)), "whole": (0, len(self.inputs))}
        return np.arange(*bounds[part])

    def _sizes(self, part: Part) -> tuple[int, int]:
        """Sequences that train, and those of them that choose the ridge; at least one tests."""
        count = len(self._members(part))
        trained = min(max(round(self.split * count), 2), count - 1)
        return trained, max(trained // CHOOSING, 1)

    def _padded(self, members: Int[np.ndarray, " members"], scale: _Scale, what: str) -> Sequences:
        """Some sequences, filled up at their ends to one length: what comes there is not answered."""
        longest = max(len(self.inputs[place]) for place in members)
        inputs = np.zeros((len(members), longest, self.n_inputs))
        targets = np.zeros((len(members), longest, self.n_outputs))
        answered: Bool[np.ndarray, "members longest"] = np.zeros((len(members), longest), dtype=bool)
        for row, place in enumerate(members):
            due, steps = self.targets[place], len(self.inputs[place])
            given = ~np.isnan(due).any(axis=1)
            inputs[row, :steps] = scale.inputs(self.inputs[place])
            answered[row, :steps] = given
            targets[row, :steps][given] = due[given] if self.classes else scale.targets(due[given])
        return Sequences(inputs, targets, answered, what)


@dataclass(frozen=True, eq=False)
class _Scale:
    """Mean and deviation of the columns of the training rows; what stands still there is only centred."""

    input_mean: Float[np.ndarray, " inputs"]
    input_deviation: Float[np.ndarray, " inputs"]
    target_mean: Float[np.ndarray, " outputs"]
    target_deviation: Float[np.ndarray, " outputs"]

    @classmethod
    def of(cls, inputs: Sequence[Float[np.ndarray, "_ _"]], targets: Sequence[Float[np.ndarray, "_ _"]]) -> _Scale:
        """The scale of some sequences."""
        given = np.concatenate(inputs)
        due = np.concatenate([one[~np.isnan(one).any(axis=1)] for one in targets])
        return cls(given.mean(axis=0), _deviation(given), due.mean(axis=0), _deviation(due))

    def inputs(self, rows: Float[np.ndarray, "rows inputs"]) -> Float[np.ndarray, "rows inputs"]:
        """Inputs, standardised."""
        return np.asarray((rows - self.input_mean) / self.input_deviation)

    def targets(self, rows: Float[np.ndarray, "rows outputs"]) -> Float[np.ndarray, "rows outputs"]:
        """Targets, standardised."""
        return np.asarray((rows - self.target_mean) / self.target_deviation)


def sequences_of_table(
    table: DataTable,
    name: str,
    sequence: str,
    inputs: tuple[str, ...],
    targets: tuple[str, ...],
    classes: bool | None,
    split: float = 0.7,
) -> SequenceTask:
    """The sequences of a table.

    Args:
        table: the rows of a sequence follow each other in it.
        name: of the task.
        sequence: the column that names the sequence of a row.
        inputs: input columns; empty for all others that hold numbers.
        targets: target columns, several only where they hold numbers.
        classes: whether the target is a class. None: where it holds texts.
        split: share of the sequences that train.

    Raises:
        StatescapeError: for a column that is not there or is used twice, and rows of a sequence that lie apart.
    """
    if sequence not in table.names:
        raise StatescapeError(f"{table.origin} has no column {sequence!r}; its columns are: {listed(table.names)}.")
    named = table.cells(sequence)
    begins = [0, *(row for row in range(1, len(named)) if named[row] != named[row - 1]), len(named)]
    firsts = [named[row] for row in begins[:-1]]
    if len(set(firsts)) < len(firsts):
        twice = next(one for place, one in enumerate(firsts) if one in firsts[:place])
        raise StatescapeError(
            f"{table.origin}: the rows of sequence {twice!r} do not follow each other; sort them by it."
        )
    spans = [slice(begins[place], begins[place + 1]) for place in range(len(firsts))]
    return _made([table], name, (sequence,), spans, inputs, targets, classes, split)


def sequences_of_folder(
    folder: Path,
    inputs: tuple[str, ...],
    targets: tuple[str, ...],
    classes: bool | None,
    how: TextFormat,
    split: float = 0.7,
) -> SequenceTask:
    """The sequences of a folder, one a table; where the tables lie in subfolders these are the classes.

    Args:
        folder: holds the tables.
        inputs: as for `sequences_of_table`.
        targets: as there; empty where subfolders are the classes.
        classes: as there.
        how: the tables are to be read.
        split: share of the sequences that train.

    Raises:
        StatescapeError: where the folder holds no tables, or they differ in their columns.
    """
    files = sorted(folder.glob("*.csv"))
    within = [] if files else sorted(folder.glob("*/*.csv"))
    if not files and not within:
        raise StatescapeError(f"{folder} holds no tables (.csv), neither itself nor in subfolders.")
    tables = [read_table(file, how) for file in files or within]
    odd = next((one for one in tables if set(one.names) != set(tables[0].names)), None)
    if odd is not None:
        raise StatescapeError(f"{odd.origin} has other columns than {tables[0].origin}: {listed(odd.names)}.")
    if files:
        return _made(tables, folder.name, (), None, inputs, targets, classes, split)
    if targets:
        raise StatescapeError(f"In {folder} the subfolders are the classes; leave the target out.")
    labels = [file.parent.name for file in within]
    names = tuple(sorted(set(labels)))
    chosen = inputs or _numeric(tables[0], ())
    due = []
    for table, label in zip(tables, labels, strict=True):
        answers = np.full((len(table.frame), len(names)), np.nan)
        answers[-1] = [float(label == one) for one in names]
        due.append(answers)
    given = tuple(np.ascontiguousarray(table.numbers(chosen)[0]) for table in tables)
    return SequenceTask(folder.name, chosen, names, given, tuple(due), names, split, str(folder.name))


def _made(
    tables: Sequence[DataTable],
    name: str,
    apart: tuple[str, ...],
    spans: Sequence[slice] | None,
    inputs: tuple[str, ...],
    targets: tuple[str, ...],
    classes: bool | None,
    split: float,
) -> SequenceTask:
    """A task on tables: each a sequence, or one whose spans of rows are the sequences."""
    first = tables[0]
    if not targets:
        raise StatescapeError(f"{name}: name the target; its columns are: {listed(first.names)}.")
    both = sorted({*inputs, *apart} & {*targets} | {*inputs} & {*apart})
    if both:
        raise StatescapeError(f"{name}: {both[0]!r} is named for two things; inputs, target and sequence differ.")
    texts = [_cells(table, targets) for table in tables]
    is_class = classes if classes is not None else not all(map(_are_numbers, (cells for one in texts for cells in one)))
    if is_class and len(targets) > 1:
        raise StatescapeError(f"{name}: a class is one column; got {listed(targets)}.")
    chosen = inputs or _numeric(first, (*targets, *apart))
    if not chosen:
        raise StatescapeError(f"{name} has no column of numbers to drive a network with besides {listed(targets)}.")
    given = [np.ascontiguousarray(table.numbers(chosen)[0]) for table in tables]
    labels = tuple(sorted({cell for one in texts for cell in one[0] if cell})) if is_class else ()
    if is_class and not 1 < len(labels) <= MOST_CLASSES:
        raise StatescapeError(f"{name}: {targets[0]!r} holds {len(labels)} classes; 2 to {MOST_CLASSES} are possible.")
    due = [_one_hot(one[0], labels) if is_class else _numbers(name, targets, one) for one in texts]
    if spans is not None:
        given, due = ([one[0][span] for span in spans] for one in (given, due))
    read = {} if len(tables) > 1 else dict(first.read)
    return SequenceTask(
        name, chosen, labels or targets, tuple(given), tuple(due), labels, split, first.origin if spans else name, read
    )


def _numeric(table: DataTable, apart: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of numbers, but for some."""
    return tuple(name for name in table.numeric() if name not in apart)


def _cells(table: DataTable, names: tuple[str, ...]) -> list[list[str]]:
    """The texts of columns, empty where nothing is due."""
    unknown = next((name for name in names if name not in table.names), None)
    if unknown is not None:
        raise StatescapeError(f"{table.origin} has no column {unknown!r}; its columns are: {listed(table.names)}.")
    return [table.cells(name) for name in names]


def _are_numbers(cells: list[str]) -> bool:
    try:
        return bool(np.isfinite(np.array([cell for cell in cells if cell] or ["0"], dtype=np.float64)).all())
    except ValueError:
        return False


def _numbers(name: str, targets: tuple[str, ...], columns: list[list[str]]) -> Float[np.ndarray, "rows outputs"]:
    """Targets as numbers, NaN where nothing is due."""
    for target, cells in zip(targets, columns, strict=True):
        if not _are_numbers(cells):
            raise StatescapeError(f"{name}: column {target!r} holds what is no finite number; take it as a class.")
    values = np.column_stack([[float(cell) if cell else np.nan for cell in cells] for cells in columns])
    half = np.isnan(values).any(axis=1) & ~np.isnan(values).all(axis=1)
    if half.any():
        raise StatescapeError(
            f"{name}: row {int(half.argmax()) + 1} has some of its targets only; fill in all of them or none."
        )
    return values


def _one_hot(cells: list[str], labels: tuple[str, ...]) -> Float[np.ndarray, "rows classes"]:
    """A one at the class of every row, NaN where nothing is due."""
    places = {label: place for place, label in enumerate(labels)}
    found = np.full((len(cells), len(labels)), np.nan)
    for row, cell in enumerate(cells):
        if cell:
            found[row] = 0.0
            found[row, places[cell]] = 1.0
    return found


def _require_moving(names: tuple[str, ...], values: Float[np.ndarray, "rows columns"]) -> None:
    for name, column in zip(names, values.T, strict=True):
        if column.min() == column.max():
            raise StatescapeError(f"Column {name!r} is constant ({column[0]:g}) in all {len(column)} rows.")


def _deviation(rows: Float[np.ndarray, "rows columns"]) -> Float[np.ndarray, " columns"]:
    deviation = rows.std(axis=0)
    return np.where(deviation > 0, deviation, 1.0)
