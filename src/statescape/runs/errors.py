"""What SQLite says of a run's file, in a sentence for the person who owns it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from statescape.errors import StatescapeError

FULL = "The disk is full: {path} could not be written on; free some space and resume, no generation written is lost."

# What SQLite calls a write that the system did not take: a quota or a limit on files, as a full disk.
UNWRITTEN = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_TRUNCATE")


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn SQLite's and the system's complaints about `path` into one sentence."""
    try:
        yield
    except (sqlite3.Error, OSError) as complaint:
        raise StatescapeError(_sentence(path, complaint)) from None


def _sentence(path: Path, complaint: Exception) -> str:
    text, name = str(complaint).lower(), getattr(complaint, "sqlite_errorname", "")
    if name in UNWRITTEN or "full" in text or "no space" in text:
        return FULL.format(path=path)
    if "readonly" in text or "read-only" in text or isinstance(complaint, PermissionError):
        return f"{path} cannot be written: its folder or the file is read-only; choose another place."
    if "locked" in text or "busy" in text:
        return f"Another process is writing {path}; wait for it or stop it first."
    if "malformed" in text or "not a database" in text or "disk i/o" in text:
        return f"{path} is damaged or cut off ({complaint}); restore it from a copy, it has not been changed."
    return f"{path} cannot be used as a run: {complaint}."
