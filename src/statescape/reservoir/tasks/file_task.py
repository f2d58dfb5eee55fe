"""Any table as a task: named columns in, one or several out, so many rows ahead, time order kept.

A trial is one contiguous window of the rows: its first part trains, what follows tests. The first half of the rows is
for searching; seals draw from the second half, which a search never reads. Inputs and targets are standardised by mean
and deviation of the training rows only, so nothing of the test part is known before it is due. A window in which a
column stands still can train or test nothing; all windows are known beforehand, so such ones are never drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.delimited import TextFormat
from statescape.reservoir.tasks.reading import digest, read_table, table_of
from statescape.reservoir.tasks.table import Table, listed
from statescape.reservoir.tasks.task import Part, Seed, Trial
from statescape.reservoir.tasks.time_order import notes_on_time

LEAST_STEPS = 10  # that a readout is trained or tested on
LEAST_WINDOWS = 10  # that must remain where some are left out
# Squares and their sums stay finite, and do not vanish, where columns vary by numbers within these.
SMALLEST, LARGEST = 1e-50, 1e50


@dataclass(frozen=True, eq=False)
class FileTask:
    """A forecast (or, at horizon 0, a filter) on columns of a table.

    Attributes:
        name: the file's name without folder and ending.
        input_names: the input columns.
        target_names: the target columns.
        inputs: rows in their order.
        targets: rows in their order.
        horizon: rows ahead.
        split: share of a window that trains.
        window: rows of a trial; None takes two thirds of the part it is drawn from.
        warmup: first training steps that are not used; None takes a tenth of the training part, at most 100.
        origin: what was read, e.g. the file's name.
        read: how it was understood, e.g. its separator and encoding.
        notes: what a reader should know of the rows, e.g. gaps in their dates.

    Raises:
        StatescapeError: for a horizon that asks for what is given, a split or warmup out of range, columns that are
            constant or of a size beyond arithmetic, or a table too short for one trial.
    """

    name: str
    input_names: tuple[str, ...]
    target_names: tuple[str, ...]
    inputs: Float[np.ndarray, "rows inputs"]
    targets: Float[np.ndarray, "rows outputs"]
    horizon: int = 1
    split: float = 0.7
    window: int | None = None
    warmup: int | None = None
    origin: str = ""
    read: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    score_name: str = "NRMSE"

    def __post_init__(self) -> None:
        for name in ("horizon", "window", "warmup"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer | None):
                raise StatescapeError(f"The {name} is a whole number of rows; got {value!r}.")
        if isinstance(self.split, bool) or not isinstance(self.split, float | int):
            raise StatescapeError(
                f"The split is the share of a window that trains, between 0 and 1; got {self.split!r}."
            )
        if self.horizon < 0 or (self.horizon == 0 and set(self.target_names) & set(self.input_names)):
            raise StatescapeError(
                f"A horizon of {self.horizon} rows asks for what is given; take 1 or more, or other input columns."
            )
        if not 0.0 < self.split < 1.0:
            raise StatescapeError(
                f"The split is the share of a window that trains, between 0 and 1; got {self.split:g}."
            )
        if self.warmup is not None and self.warmup < 0:
            raise StatescapeError(f"The warmup is a number of steps, 0 or more; got {self.warmup}.")
        for name, column in zip(self.columns, [*self.inputs.T, *self.targets.T], strict=True):
            low, high = float(column.min()), float(column.max())
            if low == high:
                raise StatescapeError(f"Column {name!r} is constant ({low:g}) in all {len(column)} rows.")
            if max(-low, high) > LARGEST or high - low < SMALLEST:
                raise StatescapeError(
                    f"Column {name!r} runs from {low:g} to {high:g}, too large or too fine for its squares to be "
                    "computed; multiply it by a power of ten first."
                )
        self._sizes("whole")  # refused when the task is made and not at its first trial

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the inputs, and then of the targets."""
        return (*self.input_names, *self.target_names)

    @property
    def n_inputs(self) -> int:
        """Number of input columns."""
        return len(self.input_names)

    @property
    def n_outputs(self) -> int:
        """Number of target columns."""
        return len(self.target_names)

    @cached_property
    def digest(self) -> str:
        """Of all that its trials depend on."""
        settings = np.array([self.horizon, self.split, self.window or 0, -1 if self.warmup is None else self.warmup])
        return digest(self.inputs, self.targets, settings)

    def trial(self, seed: Seed, part: Part = "search") -> Trial:
        """A window at a random place of the part, among those that can train and test.

        Raises:
            StatescapeError: where the part is too short for the window, or too few windows can be used.
        """
        window, train, warmup = self._sizes(part)
        places = self.places(part)
        start = int(places[int(np.random.default_rng(seed).integers(len(places)))])
        rows, due = slice(start, start + window), slice(start + self.horizon, start + window + self.horizon)
        columns = np.column_stack([self.inputs[rows], self.targets[due]])
        columns = (columns - columns[:train].mean(axis=0)) / columns[:train].std(axis=0)
        return Trial(columns[:, : self.n_inputs], columns[:, self.n_inputs :], train, warmup, self.horizon)

    def places(self, part: Part) -> Sequence[int] | Int[np.ndarray, " places"]:
        """The rows at which a window of the part may begin: all, but for those where a column stands still.

        Raises:
            StatescapeError: where some are left out and fewer than 10 remain.
        """
        if part not in self._places:
            first, last = self._bounds(part)
            window, train, _ = self._sizes(part)
            usable = np.ones(last - first - window - self.horizon + 1, dtype=bool)
            still = set()
            for name, column, begins, length in self._pieces(window, train):
                moves = _moves(column[first:last], length)[begins:][: len(usable)]
                usable &= moves
                still |= set() if moves.all() else {name}
            found = np.flatnonzero(usable)
            if len(found) < min(LEAST_WINDOWS, len(usable)):
                raise StatescapeError(
                    f"{self.name}: {listed(map(repr, sorted(still)))} is constant in the training or the test part of "
                    f"all but {len(found)} of the {len(usable)} windows of {window} rows ({part} part); take a longer "
                    "window, or leave the flat stretch out."
                )
            self._places[part] = range(first, first + len(usable)) if usable.all() else first + found
        return self._places[part]

    @cached_property
    def _places(self) -> dict[Part, Sequence[int] | Int[np.ndarray, " places"]]:
        """What `places` has found; it travels with the task, so that each part is looked through once."""
        return {}

    def _pieces(self, window: int, train: int) -> Iterator[tuple[str, Float[np.ndarray, " rows"], int, int]]:
        """What must not stand still in a window: name, column, first row in the window, rows."""
        for name, column in zip(self.input_names, self.inputs.T, strict=True):
            yield name, column, 0, train
        for name, column in zip(self.target_names, self.targets.T, strict=True):
            yield name, column, self.horizon, train
            yield name, column, self.horizon + train, window - train

    def understood(self, part: Part) -> dict[str, Any]:
        """What was read and what a trial of the part is made of, as plain JSON."""
        window, train, warmup = self._sizes(part)
        first, last = self._bounds(part)
        possible, used = last - first - window - self.horizon + 1, len(self.places(part))
        return {
            "file": self.origin or self.name,
            "rows": len(self.targets),
            "targets": list(self.target_names),
            "inputs": list(self.input_names),
            "horizon": self.horizon,
            "split": self.split,
            "window": window,
            "train": train,
            "warmup": warmup,
            "windows": {"part": part, "possible": possible, "left_out": possible - used},
            "read": dict(self.read),
            "notes": list(self.notes),
        }

    def _bounds(self, part: Part) -> tuple[int, int]:
        """First row of a part and the row after its last."""
        rows, half = len(self.targets), len(self.targets) // 2
        bounds = {"search": (0, half), "seal": (half, rows), "whole": (0, rows)}
        if part not in bounds:
            raise StatescapeError(f"The parts of a table are {', '.join(bounds)}; got {part!r}.")
        return bounds[part]

    def _sizes(self, part: Part) -> tuple[int, int, int]:
        """Rows of a window, of its training part, and of the warmup in it."""
        first, last = self._bounds(part)
        room = last - first - self.horizon
        window = self.window if self.window is not None else max((2 * room) // 3, 0)
        train = int(self.split * window)
        warmup = self.warmup if self.warmup is not None else min(100, train // 10)
        if self.window is not None and window > room:
            raise StatescapeError(
                f"{self.name}: a window of {window} rows and a horizon of {self.horizon} do not fit into the "
                f"{last - first} rows of the {part} part; shorten the window."
            )
        if min(train - warmup, window - train) < LEAST_STEPS:
            raise StatescapeError(
                f"{self.name}: {len(self.targets)} rows give a trial of {max(train, 0)} training steps ({warmup} of "
                f"them warmup) and {max(window - train, 0)} test steps; {LEAST_STEPS} of each must remain, so use a "
                "longer file or change window, split or warmup."
            )
        return window, train, warmup


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
    if not isinstance(path, str | Path):
        raise StatescapeError(f"A file is named by its path; got {type(path).__name__}.")
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


def _moves(column: Float[np.ndarray, " rows"], length: int) -> Bool[np.ndarray, " places"]:
    """Whether a column varies within the `length` rows from each row on; in one pass."""
    import pandas as pd

    stretch = pd.Series(column).rolling(length)
    return np.asarray((stretch.max() - stretch.min()).to_numpy()[length - 1 :] >= SMALLEST)
