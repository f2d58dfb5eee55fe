"""Sequences out of files: a table with a column that names the sequence of each row, or a folder of tables.

An empty target cell is no answer. Targets are numbers (squared error) or classes (share of errors). In a folder each
table is a sequence; where the tables lie in subfolders, these are the classes, and a sequence is answered at its last
row.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.delimited import TextFormat
from statescape.reservoir.tasks.reading import read_table
from statescape.reservoir.tasks.sequence_task import SequenceTask
from statescape.reservoir.tasks.table import DataTable, listed
from statescape.reservoir.tasks.time_order import require_ordered_index

MOST_CLASSES = 1000


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
        StatescapeError: for a column that is not there or is used twice, and rows of a sequence that lie apart, or
            that the index of a frame has in another order.
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
    require_ordered_index(table, spans=spans)
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
        inputs: input columns; empty for all others that hold numbers.
        targets: target columns, several only where they hold numbers; empty where subfolders are the classes.
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
