"""A task on chosen columns: of a file, an array or a frame, or of a pair of inputs and targets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.delimited import TextFormat
from statescape.reservoir.tasks.file_task import FileTask
from statescape.reservoir.tasks.reading import read_table, table_of
from statescape.reservoir.tasks.table import Table, listed
from statescape.reservoir.tasks.time_order import notes_on_time


def from_file(
    path: str | Path,
    inputs: Sequence[str | int] | str | int | None = None,
    target: Sequence[str | int] | str | int | None = None,
    horizon: int = 1,
    split: float = 0.7,
    window: int | None = None,
    warmup: int | None = None,
    *,
    header: bool | None = None,
    separator: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    skip_rows: int = 0,
    comment: str | None = None,
) -> FileTask:
    """A task on columns of a file: CSV and its relatives (also gzipped), .npy, .parquet or .xlsx.

    Args:
        path: the file.
        inputs: names of the input columns; the targets where none is named.
        target: name or names of the target columns; the only column of numbers where none is named.
        horizon: how many rows ahead the target lies.
        split: share of a window that trains.
        window: rows of a trial; two thirds of the part it is drawn from where none is given.
        warmup: first training steps that are not used; a tenth of the training part, at most 100.
        header: whether the first row names the columns; without one they are called 1, 2, ... None: it does, and
            what looks like data is refused.
        separator: the mark between cells; " " for any number of spaces. None: found out.
        decimal: the decimal mark. None: found out.
        encoding: of a text. None: UTF-8, or what the file begins with.
        skip_rows: lines above the header.
        comment: how lines begin that are no rows; those above the header that begin with # are none anyway.

    Raises:
        StatescapeError: for a file, a column or a cell that cannot be used, naming column and line.
    """
    how = TextFormat(header, separator, decimal, encoding, skip_rows, comment)
    path = Path(path)
    name = path.name.removesuffix(".gz")
    return _task(read_table(path, how), Path(name).stem, inputs, target, horizon, split, window, warmup)


from_csv = from_file


def from_table(
    data: Any,
    inputs: Sequence[str | int] | str | int | None = None,
    target: Sequence[str | int] | str | int | None = None,
    horizon: int = 1,
    split: float = 0.7,
    window: int | None = None,
    warmup: int | None = None,
) -> FileTask:
    """A task on columns of an array (they are called 1, 2, ...), a pandas Series or DataFrame.

    Args:
        data: the rows, in time order.
        inputs: as for `from_file`, and so on to `warmup`.
        target: name or names of the target columns; the only column of numbers where none is named.
        horizon: how many rows ahead the target lies.
        split: share of a window that trains.
        window: rows of a trial.
        warmup: first training steps that are not used.

    Raises:
        StatescapeError: as for `from_file`.
    """
    return _task(table_of(data), "series", inputs, target, horizon, split, window, warmup)


def from_pair(inputs: Any, targets: Any, **settings: Any) -> FileTask:
    """A task on two arrays or frames of as many rows: at each row, what goes in and what shall come out.

    Args:
        inputs: one row a step.
        targets: one row a step.
        settings: horizon (0 where none is given), split, window, warmup.

    Raises:
        StatescapeError: where the lengths differ, or as for `from_file`.
    """
    given, due = table_of(inputs, "the inputs"), table_of(targets, "the targets")
    if len(given.frame) != len(due.frame):
        raise StatescapeError(
            f"{len(given.frame)} inputs for {len(due.frame)} targets; give one of each for every row."
        )
    values, wanted = given.numbers(given.names)[0], due.numbers(due.names)[0]
    names = tuple(f"target {name}" if name in given.names else name for name in due.names)
    origin = "the inputs and targets"
    return FileTask("series", given.names, names, values, wanted, origin=origin, **{"horizon": 0, **settings})


def _task(
    table: Table,
    name: str,
    inputs: Sequence[str | int] | str | int | None,
    target: Sequence[str | int] | str | int | None,
    horizon: int,
    split: float,
    window: int | None,
    warmup: int | None,
) -> FileTask:
    targets = _chosen(target, "target") or (_only_numeric(table),)
    chosen = _chosen(inputs, "input") or targets
    names = tuple(dict.fromkeys((*chosen, *targets)))
    values, notation = table.numbers(names)
    read = {**table.read, **({"numbers": notation} if notation else {})}
    return FileTask(
        name,
        chosen,
        targets,
        values[:, [names.index(one) for one in chosen]],
        values[:, [names.index(one) for one in targets]],
        horizon,
        split,
        window,
        warmup,
        table.origin,
        read,
        notes_on_time(table, names),
    )


def _chosen(given: Sequence[str | int] | str | int | None, what: str) -> tuple[str, ...]:
    names = () if given is None else (given,) if isinstance(given, str | int) else given
    if not isinstance(names, Sequence) or not all(isinstance(name, str | int | np.integer) for name in names):
        raise StatescapeError(
            f"A column is named as {what} by its name or number, or several are in a list; got {given!r}."
        )
    chosen = tuple(map(str, names))
    if len(set(chosen)) < len(chosen):
        raise StatescapeError(f"A column is named twice as {what}: {listed(chosen)}.")
    return chosen


def _only_numeric(table: Table) -> str:
    """The one column of numbers; refused where there are several or none, or it only counts the rows."""
    numeric = table.numeric()
    if not numeric:
        raise StatescapeError(f"{table.origin} has no column of numbers; its columns are: {listed(table.names)}.")
    if len(numeric) > 1:
        raise StatescapeError(
            f"{table.origin} has several columns of numbers; name the target (target=..., --target): {listed(numeric)}."
        )
    if len(table.names) > 1:
        values = table.numbers(numeric)[0][:, 0]
        if (np.diff(values) > 0).all() and (values == np.round(values)).all():
            raise StatescapeError(
                f"{table.origin}: {numeric[0]!r}, its only column of numbers, counts rows or days; name the target "
                "(target=..., --target)."
            )
    return numeric[0]
