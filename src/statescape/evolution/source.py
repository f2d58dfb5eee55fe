"""Where a run's task comes from, in words that a journal can keep and a resumed run can check."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from statescape.errors import StatescapeError
from statescape.reservoir import tasks
from statescape.reservoir.tasks import Task


def open_task(name: str | Path, options: Mapping[str, Any] | None = None) -> tuple[Task, dict[str, Any]]:
    """The task of a name, a CSV file or a folder of Japanese vowels, and its source.

    Args:
        name: as `statescape esn` takes it.
        options: of `tasks.from_csv`, for a file.

    Raises:
        StatescapeError: for an unknown name, a file that cannot be used, or options where there is no file.
    """
    if not str(name).strip():
        raise StatescapeError("The task is empty; give the name of a task, a CSV file or a folder of Japanese vowels.")
    path, options = Path(name), dict(options or {})
    if str(name).lower() not in tasks.names() and (path.exists() or path.suffix or "/" in str(name)):
        if path.is_dir():
            return tasks.japanese_vowels(path), {"folder": str(path.resolve())}
        source = {"file": str(path.resolve()), "options": options}
        return tasks.from_csv(path, **options), {**source, "sha256": _digest(path)}
    if options:
        first = next(iter(options)).replace("inputs", "input")  # as the command line calls it
        raise StatescapeError(f"--{first} is for CSV files; {name} fixes its own.")
    return tasks.by_name(str(name)), {"name": str(name).lower()}


def reopen_task(source: Mapping[str, Any]) -> Task:
    """The task of a source, where it is still what it was.

    Raises:
        StatescapeError: where the file has gone or changed, or the task was an object of the caller's.
    """
    if "name" in source:
        return tasks.by_name(source["name"])
    if "folder" in source:
        return tasks.japanese_vowels(Path(source["folder"]))
    if "file" not in source:
        raise StatescapeError(f"This run's task, {source.get('object')!r}, was made in Python; resume it from there.")
    path = Path(source["file"])
    if not path.is_file():
        raise StatescapeError(f"The run's data, {path}, is gone; put it back to resume.")
    if _digest(path) != source["sha256"]:
        raise StatescapeError(f"The run's data, {path}, has changed since the run began; put the old file back.")
    options = source["options"]
    if "inputs" in options:
        options = {**options, "inputs": tuple(options["inputs"])}
    return tasks.from_csv(path, **options)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
