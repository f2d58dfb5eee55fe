"""From whatever a user calls a task to the task: a name, a file or folder, arrays, frames, a pair of them, a task."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, get_type_hints

import numpy as np

from statescape.errors import StatescapeError, unknown_name
from statescape.options import Keyword, told
from statescape.registry import Registry
from statescape.reservoir.tasks.autonomous import henon, lorenz, mackey_glass, mso8
from statescape.reservoir.tasks.cogscale_task import NAMES, PREFIX, named
from statescape.reservoir.tasks.delimited import TextFormat
from statescape.reservoir.tasks.driven import channel, memory, narma10, narma20, narma30
from statescape.reservoir.tasks.file_task import FileTask
from statescape.reservoir.tasks.kuramoto_sivashinsky import kuramoto_sivashinsky
from statescape.reservoir.tasks.reading import is_table, read_table, table_of
from statescape.reservoir.tasks.sequence_files import sequences_of_folder, sequences_of_table
from statescape.reservoir.tasks.sequence_task import SequenceTask
from statescape.reservoir.tasks.table import CellError, DataTable, listed
from statescape.reservoir.tasks.task import Task
from statescape.reservoir.tasks.time_order import notes_on_time
from statescape.reservoir.tasks.vowels import holds_vowels, japanese_vowels

# A name, a file or folder, an array [steps] or [steps, columns], a Series or DataFrame, a pair of them, or a task.
TaskLike: TypeAlias = Any
# The name or number of a column, or several in a list; what is neither is refused with more words than its type has.
Columns: TypeAlias = Any

REGISTRY: Registry[Callable[[], Task] | Task] = Registry(
    "task",
    "statescape.tasks",
    {
        "narma10": narma10,
        "narma20": narma20,
        "narma30": narma30,
        "narma30-0.004": lambda: narma30(quadratic=0.004),
        "mackey-glass-17": mackey_glass,
        "mackey-glass-17-84": lambda: mackey_glass(horizon=84),
        "mackey-glass-17-84-closed": lambda: mackey_glass(horizon=84, closed_loop=True),
        "mackey-glass-30": lambda: mackey_glass(tau=30),
        "mackey-glass-30-84": lambda: mackey_glass(tau=30, horizon=84),
        "mackey-glass-30-84-closed": lambda: mackey_glass(tau=30, horizon=84, closed_loop=True),
        "lorenz": lorenz,
        "lorenz-closed": lambda: lorenz(train=5000, test=2200, closed_loop=True),
        "kuramoto-sivashinsky-closed": kuramoto_sivashinsky,
        "henon": henon,
        "mso8": mso8,
        "mso8-closed": lambda: mso8(closed_loop=True),
        "channel": channel,
        "memory-exact": lambda: memory("exact"),
        "memory-noisy": lambda: memory("noisy"),
        "memory-estimated": lambda: memory("estimated"),
        **{name: partial(named, name) for name in NAMES},
    },
)
"""All tasks that have a name; one of another package is a `Task`, or a function or class that makes it."""


def names() -> tuple[str, ...]:
    """The names that `open` knows: ours, those of installed packages, those of the session."""
    return REGISTRY.names()


def register(name: str, task: Callable[[], Task] | Task | None = None) -> Any:
    """Give a task a name for this session.

    Args:
        name: how it is asked for, in small letters.
        task: an object with the members of `Task`, or a function or class that makes one without arguments. None: this
            is a decorator of such a function or class.

    Returns:
        The task, function or class.

    Raises:
        StatescapeError: for a name that is built in or that an installed package offers.
    """
    return REGISTRY.register(name) if task is None else REGISTRY.register(name, task)


def open(  # noqa: A001 - as in tasks.open
    task: TaskLike,
    inputs: Columns = None,
    target: Columns = None,
    horizon: int | None = None,
    split: float | None = None,
    window: int | None = None,
    warmup: int | None = None,
    *,
    closed: bool | None = None,
    lyapunov_time: float | None = None,
    sequence: str | None = None,
    classes: bool | None = None,
    header: bool | None = None,
    separator: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    skip_rows: int | None = None,
    comment: str | None = None,
    **unknown: Any,
) -> Task:
    """The task that is meant.

    A name is looked up; a file is read: CSV and its relatives (also gzipped), .npy, .parquet or .xlsx; a folder holds
    the Japanese vowels, or a table for each sequence; an array (its columns are called 1, 2, ...), a pandas Series or
    DataFrame is taken as it is; of a pair (inputs, targets) each has as many rows, and what shall come out at each row
    stands beside what goes in. A task is handed back. All but the first argument are for files and data.

    Args:
        task: a name, a file, a folder, an array, a DataFrame, a pair (inputs, targets), or a task.
        inputs: names of the input columns; the targets where none is named.
        target: name or names of the target columns; the only column of numbers where none is named.
        horizon: how many rows ahead the target lies. None: 1, and 0 for a pair.
        split: share of a window that trains. None: 0.7.
        window: rows of a trial; two thirds of the part it is drawn from where none is given.
        warmup: first training steps that are not used; a tenth of the training part, at most 100.
        closed: whether the network is left alone with its own outputs and scored by its valid time. None: no.
        lyapunov_time: rows in a Lyapunov time of what the file holds. None: a valid time is counted in rows.
        sequence: the column that names the sequence of each row: every one starts from rest, and empty cells of the
            target are no answers. None: the rows are one series. In a folder every table is a sequence.
        classes: of sequences: whether the target is a class. None: where it holds texts.
        header: of a text: whether the first row names the columns; without one they are called 1, 2, ... None: it does,
            and what looks like data is refused.
        separator: of a text: the mark between cells; " " for any number of spaces. None: found out.
        decimal: of a text: the decimal mark. None: found out.
        encoding: of a text. None: UTF-8, or what the file begins with.
        skip_rows: of a text: lines above the header. None: 0.
        comment: of a text: how lines begin that are no rows; those above the header that begin with # are none anyway.
        **unknown: refused, with the nearest of those above.

    Raises:
        StatescapeError: for an unknown name (it suggests the nearest); for a file, a column or a cell that cannot be
            used, naming column and line; for an option where there is nothing to choose.
    """
    for name in unknown:
        raise unknown_name("option of a task", name, data_options())
    how: dict[str, Any] = {"header": header, "separator": separator, "decimal": decimal, "encoding": encoding}
    how |= {"skip_rows": skip_rows, "comment": comment}
    trials: dict[str, Any] = {"horizon": horizon, "split": split, "window": window, "warmup": warmup}
    trials |= {"closed": closed, "lyapunov_time": lyapunov_time}
    columns, trials, how = (_given(one) for one in ({"inputs": inputs, "target": target}, trials, how))
    kinds = _given({"sequence": sequence, "classes": classes})
    if kinds or _is_folder_of_sequences(task, columns):
        return _of_sequences(task, columns, trials, how, kinds)
    if isinstance(task, str | Path) and is_path(task) and not os.path.isdir(task):  # noqa: PTH112 - takes any text
        table = read_table(task, TextFormat(**how))
        return _of_columns(table, Path(Path(task).name.removesuffix(".gz")).stem, columns, trials)
    if is_table(task):
        _refuse(how, "texts", "a table in memory")
        return _of_columns(table_of(task), "series", columns, trials)
    if isinstance(task, tuple) and len(task) == 2:
        _refuse({**columns, **how}, "files and tables", "a pair of inputs and targets")
        return _of_pair(*task, trials)
    if isinstance(task, str | Path):
        found = japanese_vowels(task) if is_path(task) else _by_name(str(task))
    elif isinstance(task, Task):
        found = task
    else:
        raise StatescapeError(
            "A task is a name, a file, an array, a DataFrame, a pair (inputs, targets), or an object with the members "
            f"of statescape.reservoir.tasks.Task; got {type(task).__name__}."
        )
    _refuse({**columns, **trials, **how}, "files and arrays", found.name)
    return found


def data_options() -> dict[str, Keyword]:
    """What `open` takes by name, for functions that open a task."""
    opening = inspect.unwrap(open)
    kinds, words = get_type_hints(opening), told(opening)
    takes = list(inspect.signature(opening).parameters.values())[1:-1]
    return {one.name: Keyword(kinds[one.name], one.default, words[one.name]) for one in takes}


def _is_folder_of_sequences(task: TaskLike, columns: dict[str, Any]) -> bool:
    """Whether this is a folder of tables, and not one of Japanese vowels."""
    if not isinstance(task, str | Path) or not is_path(task) or not os.path.isdir(task):  # noqa: PTH112 - takes any text
        return False
    return bool(columns) or not holds_vowels(task)


def _of_sequences(
    task: TaskLike, columns: dict[str, Any], trials: dict[str, Any], how: dict[str, Any], kinds: dict[str, Any]
) -> SequenceTask:
    """A task on the sequences of a table or a folder."""
    for name in trials:
        if name != "split":
            raise StatescapeError(f"{name}=... is for one series; sequences are answered row by row, from rest.")
    inputs, targets = _named(columns.get("inputs"), "input"), _named(columns.get("target"), "target")
    split = trials.get("split", 0.7)
    if isinstance(task, str | Path) and is_path(task) and os.path.isdir(task):  # noqa: PTH112 - takes any text
        if "sequence" in kinds:
            raise StatescapeError(f"In the folder {task} every table is a sequence; leave the sequence out.")
        return sequences_of_folder(Path(task), inputs, targets, kinds.get("classes"), TextFormat(**how), split)
    if "sequence" not in kinds:
        raise StatescapeError("Classes are for sequences; name the column that tells them apart (sequence=...).")
    if is_table(task):
        _refuse(how, "texts", "a table in memory")
        table, name = table_of(task), "series"
    elif isinstance(task, str | Path) and is_path(task):
        table, name = read_table(task, TextFormat(**how)), Path(Path(task).name.removesuffix(".gz")).stem
    else:
        raise StatescapeError("sequence=... is for files, folders and tables; this task fixes its own.")
    return sequences_of_table(table, name, str(kinds["sequence"]), inputs, targets, kinds.get("classes"), split)


def is_path(given: str | Path) -> bool:
    """Whether a text means a file or folder and not the name of a task.

    Raises:
        StatescapeError: for an empty text.
    """
    text = str(given)
    if not text.strip() or text == ".":
        raise StatescapeError("The task is empty; give the name of a task, a CSV file or a folder of Japanese vowels.")
    looks_so = isinstance(given, Path) or bool(Path(given).suffix) or "/" in text
    return text.lower() not in REGISTRY and (looks_so or os.path.exists(given))  # noqa: PTH110 - takes any text


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _refuse(options: dict[str, Any], for_what: str, given: str) -> None:
    """Refuse an option where there is nothing to choose."""
    for first in options:
        raise StatescapeError(f"{first}=... is for {for_what}; {given} fixes its own.")


def _by_name(name: str) -> Task:
    """A task of the registry, with its usual settings."""
    asked = name.strip().lower().replace("_", "-")
    if asked == "japanese-vowels":
        raise StatescapeError("japanese-vowels is read from its files; give the folder that holds them instead.")
    if asked.partition(":")[0] == PREFIX:
        return named(asked)
    if asked not in REGISTRY:
        listed_names = [one for one in names() if one not in NAMES]
        raise unknown_name("task", name, [*listed_names, f"{PREFIX}:NAME:SIZE"])
    part = REGISTRY.find(asked)
    task = part if isinstance(part, Task) and not isinstance(part, type) else part()
    if not isinstance(task, Task):
        raise StatescapeError(
            f"The task {asked!r} of {REGISTRY.origin(asked)} is a {type(task).__name__}, which lacks members of "
            "statescape.reservoir.tasks.Task; mend it."
        )
    return task


def _of_columns(table: DataTable, name: str, columns: dict[str, Any], trials: dict[str, Any]) -> FileTask:
    """A task on chosen columns of a table."""
    targets = _named(columns.get("target"), "target") or (_only_numeric(table),)
    inputs = _named(columns.get("inputs"), "input") or targets
    known = tuple(dict.fromkeys((*inputs, *targets)))
    try:
        values, notation = table.numbers(known)
    except CellError as error:
        apart = table.apart(known)
        hint = f" Where the rows are sequences that {apart!r} names, say so (sequence={apart!r})." if apart else ""
        raise StatescapeError(f"{error}{hint}") from None
    return FileTask(
        name,
        inputs,
        targets,
        values[:, [known.index(one) for one in inputs]],
        values[:, [known.index(one) for one in targets]],
        origin=table.origin,
        read={**table.read, **({"numbers": notation} if notation else {})},
        notes=notes_on_time(table, known),
        **trials,
    )


def _of_pair(inputs: Any, targets: Any, trials: dict[str, Any]) -> FileTask:
    """A task on two arrays or frames of as many rows."""
    given, due = table_of(inputs, "the inputs"), table_of(targets, "the targets")
    if len(given.frame) != len(due.frame):
        raise StatescapeError(
            f"{len(given.frame)} inputs for {len(due.frame)} targets; give one of each for every row."
        )
    values, wanted = given.numbers(given.names)[0], due.numbers(due.names)[0]
    notes = dict.fromkeys(note for one in (given, due) for note in notes_on_time(one, one.names))
    called = tuple(f"target {name}" if name in given.names else name for name in due.names)
    origin = "the inputs and targets"
    how = {"horizon": 0, "notes": tuple(notes), **trials}
    return FileTask("series", given.names, called, values, wanted, origin=origin, **how)


def _named(given: Columns, what: str) -> tuple[str, ...]:
    """The columns that are named, as texts."""
    columns = () if given is None else (given,) if isinstance(given, str | int) else given
    if not isinstance(columns, Sequence) or not all(isinstance(name, str | int | np.integer) for name in columns):
        raise StatescapeError(
            f"A column is named as {what} by its name or number, or several are in a list; got {given!r}."
        )
    chosen = tuple(map(str, columns))
    if len(set(chosen)) < len(chosen):
        raise StatescapeError(f"A column is named twice as {what}: {listed(chosen)}.")
    return chosen


def _only_numeric(table: DataTable) -> str:
    """The one column of numbers; refused where there are several or none, or it only counts the rows."""
    numeric = table.numeric()
    if not numeric:
        raise StatescapeError(f"{table.origin} has no column of numbers; its columns are: {listed(table.names)}.")
    if len(numeric) > 1:
        raise StatescapeError(
            f"{table.origin} has several columns of numbers; name the target (target=...): {listed(numeric)}."
        )
    if len(table.names) > 1:
        values = table.numbers(numeric)[0][:, 0]
        if (np.diff(values) > 0).all() and (values == np.round(values)).all():
            raise StatescapeError(
                f"{table.origin}: {numeric[0]!r}, its only column of numbers, counts rows or days; name the target "
                "(target=...)."
            )
    return numeric[0]
