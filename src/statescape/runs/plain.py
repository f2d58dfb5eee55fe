"""What comes out of a run's file, held against what was put in: plain JSON and rows become typed values or are refused.

A run may be cut off, written by something else, or made to do harm. Its parts are therefore read through one gate:
`typed` gives what an annotation says or raises, and `understood` turns whatever goes wrong with a part into one
sentence that names it, as `sentences_of` does for what SQLite says of the whole file. Nothing is unpickled, and nothing
is made larger than the file says it is.

Why ours: msgspec lets the unknown fields of a dataclass pass, and cattrs makes 1 of "1"; both refuse in other words.
"""

from __future__ import annotations

import json
import sqlite3
import struct
import types
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from statescape.errors import StatescapeError

LARGEST_VALUE = 256 * 2**20  # bytes that one value of a run may have
_SHOWN = 40
# What reading something of another shape can end in.
_FAULTS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    StopIteration,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)

FULL = "The disk is full: {path} could not be written on; free some space and resume, no generation written is lost."

# What SQLite calls a write that the system did not take: a quota or a limit on files, as a full disk.
UNWRITTEN = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_TRUNCATE")


class DamagedRunError(StatescapeError):
    """A part of a run is not what was written there."""


@contextmanager
def understood(path: Path, part: str, *, refusals: bool = True) -> Iterator[None]:
    """Turn whatever goes wrong while a part of a run is read into one sentence that names it.

    Args:
        path: of the run.
        part: its name.
        refusals: whether what the part's own nouns refuse is a fault of the file too.

    Raises:
        DamagedRunError: where the part cannot be read.
    """
    try:
        yield
    except DamagedRunError:
        raise
    except _FAULTS as fault:
        if isinstance(fault, StatescapeError) and not refusals:
            raise
        raise DamagedRunError(
            f"{path} is damaged, or was not written by statescape: its {part} cannot be read ({_why(fault)})."
        ) from None


def parsed(text: str | bytes) -> Any:
    """Plain JSON.

    Raises:
        ValueError: where it is none.
    """
    return json.loads(text)


def typed(kind: Any, value: Any) -> Any:
    """`value`, plain JSON or a row of a table, as an annotation says: a dataclass, a tuple, a dict, a number, text.

    A dataclass is made of a dict with all of its fields and no others, so its own checks run too.

    Raises:
        TypeError: where it is something else.
    """
    if kind is Any:
        return value
    if is_dataclass(kind):
        return _record(kind, value)
    origin, of = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        others = [one for one in of if one is not type(None)]
        if value is None and len(others) < len(of):
            return None
        for other in others[:-1]:
            with suppress(TypeError):
                return typed(other, value)
        return typed(others[-1], value)
    if origin is Literal and isinstance(value, str) and value in of:
        return value
    if origin is tuple and isinstance(value, (list, tuple)):
        if of[1:] == (...,):
            return tuple(typed(of[0], one) for one in value)
        return tuple(typed(one, given) for one, given in zip(of, value, strict=True))
    if origin in (dict, Mapping) and isinstance(value, dict):
        return {typed(of[0], name): typed(of[1], one) for name, one in value.items()}
    if kind is float and type(value) is int:
        return float(value)
    if isinstance(kind, type) and type(value) is kind:
        return value
    raise TypeError(f"{_shown(value)} stands where {getattr(kind, '__name__', kind)} should")


def _record(kind: Any, value: Any) -> Any:
    if not isinstance(value, dict):
        raise TypeError(f"{_shown(value)} stands where {kind.__name__} should")
    hints = _hints(kind)
    odd = next((name for name in (*hints, *value) if (name in hints) != (name in value)), None)
    if odd is not None:
        raise TypeError(f"{_shown(odd)} is {'missing' if odd in hints else 'unknown'}")
    return kind(**{name: _named(name, hint, value[name]) for name, hint in hints.items()})


def _named(name: str, hint: Any, value: Any) -> Any:
    try:
        return typed(hint, value)
    except TypeError as fault:
        raise TypeError(f"{name}: {fault}") from None


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind) if field.init}


def _why(fault: BaseException) -> str:
    said = "no " * isinstance(fault, KeyError) + " ".join(str(fault).split()).rstrip(".")
    return said[: 4 * _SHOWN] if said else type(fault).__name__


def _shown(value: Any) -> str:
    """A value in few characters, however large it is."""
    if isinstance(value, str):
        return repr(value[:_SHOWN])
    return type(value).__name__ if isinstance(value, (bytes, list, dict, tuple)) else str(value)[:_SHOWN]


@contextmanager
def sentences_of(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system say of the file of a run into one sentence for the person who owns it."""
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


def require_tables_only(path: Path, database: sqlite3.Connection) -> None:
    """Refuse values beyond bounds and what SQLite would compute as it reads: views, triggers, generated columns.

    Args:
        path: of the run.
        database: opened on it.

    Raises:
        DamagedRunError: where there is anything but plain tables.
    """
    with sentences_of(path):
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE)
        schema = database.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    for kind, name, sql in schema:
        words = str(sql).upper().replace("(", " ").split()
        if kind not in ("table", "index") or {"AS", "VIRTUAL", "CHECK"} & set(words):
            raise DamagedRunError(f"{path} is no run that statescape wrote: {str(name)[:40]!r} is no plain table.")
