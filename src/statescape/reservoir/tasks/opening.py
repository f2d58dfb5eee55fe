"""Whatever a user calls a task: its name, a file, a folder, an array, a DataFrame, inputs and targets, a task."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.catalogue import by_name, names
from statescape.reservoir.tasks.choosing import from_file, from_pair, from_table
from statescape.reservoir.tasks.reading import is_table
from statescape.reservoir.tasks.task import Task
from statescape.reservoir.tasks.vowels import japanese_vowels

# A name, a file or folder, an array [steps] or [steps, columns], a Series or DataFrame, a pair of them, or a task.
TaskLike: TypeAlias = Any


def as_task(given: TaskLike, options: Mapping[str, Any] | None = None) -> Task:
    """The task that was meant.

    Args:
        given: see `TaskLike`.
        options: of `from_file` for a file, of `from_table` for an array or a frame.

    Raises:
        StatescapeError: for an unknown name, data that cannot be used, options where there is nothing to choose.
    """
    options = dict(options or {})
    if isinstance(given, str | Path):
        if is_path(given) and not os.path.isdir(given):  # noqa: PTH112 - takes any text
            return _with(from_file, given, options)
        found: Task = japanese_vowels(given) if is_path(given) else by_name(str(given))
    elif isinstance(given, tuple) and len(given) == 2:
        return _with(lambda pair, **settings: from_pair(*pair, **settings), given, options)
    elif is_table(given):
        return _with(from_table, given, options)
    elif isinstance(given, Task):
        found = given
    else:
        raise StatescapeError(
            "A task is a name, a file, an array, a DataFrame, a pair (inputs, targets), or an object with the members "
            f"of statescape.tasks.Task; got {type(given).__name__}."
        )
    if options:
        first = next(iter(options))
        flag = "input" if first == "inputs" else first
        raise StatescapeError(f"{first}=... (--{flag}) is for files and arrays; {found.name} fixes its own.")
    return found


def is_path(given: str | Path) -> bool:
    """Whether a text means a file or folder and not the name of a task.

    Raises:
        StatescapeError: for an empty text.
    """
    text = str(given)
    if not text.strip() or text == ".":
        raise StatescapeError("The task is empty; give the name of a task, a CSV file or a folder of Japanese vowels.")
    looks_so = isinstance(given, Path) or bool(Path(given).suffix) or "/" in text
    return text.lower() not in names() and (looks_so or os.path.exists(given))  # noqa: PTH110 - takes any text


def _with(opener: Any, given: Any, options: dict[str, Any]) -> Task:
    """The task of an opener, where it knows these options."""
    try:
        opened: Task = opener(given, **options)
    except TypeError as error:
        if "keyword argument" not in str(error):
            raise
        raise StatescapeError(f"{str(error).split('() ')[-1].capitalize()}; see statescape.tasks.from_file.") from None
    return opened
