"""Files appear whole or not at all, and none that statescape did not write itself is ever replaced.

An output is written under a temporary name beside its own and then renamed. What a user has is safe: an output that is
an input (the same file by any name or link, the log and the lock beside a run) is refused before any work, and a file
that is there is replaced only by one of its own kind.
"""

from __future__ import annotations

import json
import math
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from statescape.errors import StatescapeError

BESIDE = ("-wal", "-shm", "-journal", ".lock", ".new")
"""What lies beside a run while it is written and belongs to it."""

_KINDS = {
    "run": rb"SQLite format 3\x00",
    "page": rb"(?i)\s*<!doctype html",
    "JSON": rb'\s*\{\s*"(version": "|runs": \[|W": \[|model": ")',  # what write_json, export and fit_lens begin with
    "PNG": rb"\x89PNG",
    "PDF": rb"%PDF",
    "XML": rb"\s*<\?xml",
    "archive": rb"PK",
}
_KIND_OF_ENDING = {
    ".html": "page", ".json": "JSON", ".png": "PNG", ".pdf": "PDF", ".svg": "XML", ".graphml": "XML", ".npz": "archive",
}  # fmt: skip


def require_writable(file: Path, kind: str | None = None) -> None:
    """Refuse, before any work, a file that could not be written, or that would replace what is no such output.

    Args:
        file: what will be written.
        kind: page, JSON, ...; None: as the ending of the name says.

    Raises:
        StatescapeError: if ``file`` is a folder or a device, holds something else, has the ending of another kind, or
            its folder does not exist or does not take a file.
    """
    if not file.parent.is_dir():
        raise StatescapeError(f"{file} cannot be written: there is no folder {file.parent}; create it first.")
    ending = _KIND_OF_ENDING.get(file.suffix.lower())
    _require_replaceable(file, kind or ending)
    if kind is not None and ending is not None and ending != kind:
        right = next(one for one, named in _KIND_OF_ENDING.items() if named == kind)
        raise StatescapeError(f"{file} would be a {kind} with the ending of another kind; name it {right}.")
    with written_whole(file, probe=True):
        pass


def require_folder(folder: Path) -> None:
    """Refuse, before any work, a folder that could not be made or written to.

    Raises:
        StatescapeError: if a file stands where the folder would, or nothing can be written there.
    """
    nearest = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not nearest.is_dir():
        raise StatescapeError(f"{folder} cannot be a folder: {nearest} is a file.")
    try:
        with written_whole(nearest / "file", probe=True):
            pass
    except StatescapeError as error:
        raise StatescapeError(f"{folder} cannot be written to: {nearest} takes no files.") from error


def require_apart(outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Refuse outputs that would write over an input, or over each other.

    Args:
        outputs: files and folders that will be written.
        inputs: files and folders that are read; what lies in such a folder belongs to it.

    Raises:
        StatescapeError: if an output is an input (by path, symbolic link or hard link), lies beside a run as its log or
            lock, lies in an input's folder, or is named twice.
    """
    read, outputs = list(inputs), list(outputs)
    for place, output in enumerate(outputs):
        for one in read:
            if _is_same(output, one):
                raise StatescapeError(f"{output} is read here and would be written over; name another output.")
            if any(_is_same(output, one.with_name(one.name + ending)) for ending in BESIDE if one.name):
                raise StatescapeError(f"{output} belongs to {one}, which is read here; name another output.")
            if one.is_dir() and Path(os.path.realpath(one)) in Path(os.path.realpath(output)).parents:
                raise StatescapeError(f"{output} lies in the folder {one}, which is read here; name another output.")
        for other in outputs[:place]:
            if _is_same(output, other):
                raise StatescapeError(f"{output} is named for two outputs; give each a file of its own.")


@contextmanager
def written_whole(file: Path, *, probe: bool = False) -> Iterator[Path]:
    """A temporary path to write to; it becomes ``file`` when the block ends well and vanishes when it does not.

    Args:
        file: the name the file will have; an existing one is replaced by one of its own kind.
        probe: only try whether a file can be made there.

    Raises:
        StatescapeError: if something else is there, the folder does not take a file, or the disk is full.
    """
    _require_replaceable(file, None)
    target = Path(os.path.realpath(file))  # through a link, which stays
    try:
        handle, name = tempfile.mkstemp(
            prefix=f".{file.name[:40]}.", suffix=f".partial{file.suffix}", dir=target.parent
        )
        os.close(handle)
    except OSError as error:
        raise StatescapeError(f"{file} cannot be written: {error.strerror}.") from error
    partial = Path(name)
    try:
        yield partial
        if not probe:
            _require_replaceable(file, _kind(partial))
            # mkstemp makes files private; a result is as readable as any other file of the user.
            partial.chmod(0o666 & ~_umask())
            os.replace(partial, target)
    except OSError as error:
        raise StatescapeError(f"{file} cannot be written: {error.strerror or error}.") from error
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()


def _require_replaceable(file: Path, kind: str | None) -> None:
    """Refuse a folder, a device, any run, and a file of another kind than what will be written; None: not known yet."""
    try:
        if file.is_dir():
            raise StatescapeError(f"{file} is a folder; name a file.")
        _require_no_part_of_a_run(file)
        if not file.exists():
            if Path(os.path.realpath(file)).is_symlink():
                raise StatescapeError(f"{file} is a link in a ring; name a file.")
            return
        if not file.is_file():
            raise StatescapeError(f"{file} is a device or a pipe; name a file.")
        found = _kind(file)
    except OSError as error:
        raise StatescapeError(f"{file} cannot be written: {error.strerror}.") from error
    if found == "run" or file.suffix.lower() == ".run":
        raise StatescapeError(f"{file} is a run or another database, which no output replaces; name another file.")
    if kind is not None and found not in (kind, "nothing"):
        raise StatescapeError(f"{file} is there and holds something else; name another file, or delete it first.")


def _require_no_part_of_a_run(file: Path) -> None:
    for ending in BESIDE:
        run = file.with_name(file.name.removesuffix(ending) or file.name)
        if run != file and run.is_file() and _kind(run) == "run":
            raise StatescapeError(f"{file} belongs to the run {run.name}; name another file.")


def _kind(file: Path) -> str:
    """What a file holds, by its first bytes; all that is none of our outputs is data."""
    with file.open("rb") as opened:
        head = opened.read(64)
    return next((kind for kind, begun in _KINDS.items() if re.match(begun, head)), "data" if head else "nothing")


def _is_same(one: Path, other: Path) -> bool:
    """Whether two names mean one file, also where it is not there yet."""
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    try:
        return one.samefile(other)
    except OSError:
        return False


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def finite(value: Any) -> Any:
    """Plain data as JSON takes it: numbers that are not finite are None, at any depth, and tuples are lists."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def json_lines(place: Traversable | Path, what: str) -> Iterator[tuple[str, Any]]:
    """The lines of a file of JSON, blank ones left out, each with its place; None for what is no JSON.

    Args:
        place: the file.
        what: it is called in the places.

    Raises:
        StatescapeError: for a file that cannot be read as text.
    """
    try:
        lines = place.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        raise StatescapeError(f"{what} cannot be read as UTF-8 text: {error}.") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield f"{what}, line {number}", json.loads(line)
            except (ValueError, RecursionError):
                yield f"{what}, line {number}", None
