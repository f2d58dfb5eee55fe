"""Where a run's task comes from, in words that a journal can keep and a resumed run can check."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from statescape.errors import StatescapeError
from statescape.reservoir import tasks
from statescape.reservoir.tasks import FileTask, SequenceTask, Task, TaskLike
from statescape.reservoir.tasks.opening import is_path


def open_task(given: TaskLike, options: Mapping[str, Any] | None = None) -> tuple[Task, dict[str, Any]]:
    """The task that was meant, and its source.

    Args:
        given: a name, a file, an array, a task: whatever `tasks.open` takes.
        options: of `tasks.open`, for files and data.

    Raises:
        StatescapeError: as `tasks.open`.
    """
    options = dict(options or {})
    task = tasks.open(given, **options)
    if not isinstance(given, str | Path):
        kept = {"options": options} if options else {}
        return task, {
            "object": task.name,
            **kept,
            **({"sha256": task.digest} if isinstance(task, FileTask | SequenceTask) else {}),
        }
    if not is_path(given):
        return task, {"name": str(given).lower()}
    path = Path(given).resolve()
    if path.is_dir():
        known = {"options": options, "sha256": task.digest} if isinstance(task, SequenceTask) else {}
        return task, {"folder": str(path), **known}
    return task, {"file": str(path), "options": options, "sha256": _digest(path)}


def reopen_task(source: Mapping[str, Any], given: TaskLike = None) -> Task:
    """The task of a source, where it is still what it was.

    Args:
        source: what `open_task` gave.
        given: the task again, where it was no name and no file.

    Raises:
        StatescapeError: where the file has gone or changed, or the task was an object of the caller's that is not given
            again, or another one is.
    """
    if given is not None:
        task = tasks.open(given, **({} if isinstance(given, Task) else source.get("options", {})))
        if "object" in source and "sha256" in source and getattr(task, "digest", None) != source["sha256"]:
            raise StatescapeError("The run began with other data than is given now; give the same array or task again.")
        return task
    if "name" in source:
        return tasks.open(source["name"])
    if "folder" in source:
        task = tasks.open(Path(source["folder"]), **source.get("options", {}))
        if "sha256" in source and getattr(task, "digest", None) != source["sha256"]:
            raise StatescapeError(f"The run's data, {source['folder']}, has changed since the run began; put it back.")
        return task
    if "file" not in source:
        raise StatescapeError(
            f"This run's task, {source.get('object')!r}, was made in Python; resume it there: resume(run, task=...)."
        )
    path = Path(source["file"])
    if not path.is_file():
        raise StatescapeError(f"The run's data, {path}, is gone; put it back to resume.")
    if _digest(path) != source["sha256"]:
        raise StatescapeError(f"The run's data, {path}, has changed since the run began; put the old file back.")
    return tasks.open(path, **source["options"])


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
