"""What every path of a command is for, and the check of them all before the command begins.

A role stands in the type of a parameter, beside its option: what a call reads, writes, fills and keeps is collected
from there for every command alike, so that no command can forget. A path without a role is refused when the command is
declared.
"""

from __future__ import annotations

import math
import os
import stat
import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

from typer.models import OptionInfo

from statescape.errors import StatescapeError
from statescape.files import require_apart, require_folder, require_writable

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Reads:
    """An input: a file or a folder, or a word that names one if it is there. Nothing is written over it or into it.

    Attributes:
        folder_too: whether a folder belongs to the input as a whole.
    """

    folder_too: bool = True


@dataclass(frozen=True)
class Writes:
    """A file that the command makes.

    Attributes:
        kind: page or JSON, as `statescape.files` knows them; None: as the ending of its name says.
        otherwise: the file where none is named, from the values of the call.
    """

    kind: str | None = None
    otherwise: Callable[[Values], Path | None] | None = None


@dataclass(frozen=True)
class Fills:
    """A folder that is written into.

    Attributes:
        made: whether it is made where it is missing, or refused.
    """

    made: bool = True


@dataclass(frozen=True)
class Keeps:
    """The file of a run: made, or gone on with.

    Attributes:
        otherwise: the file where none is named, from the values of the call.
    """

    otherwise: Callable[[Values], Path | None] | None = None


Role = Reads | Writes | Fills | Keeps


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """The command behind the checks of its paths and its numbers.

    Raises:
        TypeError: if a path has no role.
    """
    roles: dict[str, Role] = {}
    flags: dict[str, str] = {}
    for name, kind in typing.get_type_hints(command, include_extras=True).items():
        marks = getattr(kind, "__metadata__", ())
        flags[name] = next((str(one.default) for one in marks if isinstance(one, OptionInfo)), name)
        own = [one for one in marks if isinstance(one, Role)]
        if own:
            roles[name] = own[0]
        elif "Path" in str(kind):
            raise TypeError(f"The path {name} of the command {command.__name__} has no role; say what it is for.")

    @wraps(command)
    def checked(**given: Any) -> None:
        for name, value in given.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise StatescapeError(f"{flags[name]} takes a finite number; got {value}.")
        for name, role in roles.items():
            if isinstance(role, Writes | Keeps) and given[name] is None and role.otherwise is not None:
                given[name] = role.otherwise(given)
        if given.get("open_page") and given["out"] is None:
            raise StatescapeError("--open opens the report; name it with --out FILE.")
        paths = [(role, path) for name, role in roles.items() for path in _paths(given[name])]
        _check(paths)
        with _no_empty_folder([path for role, path in paths if isinstance(role, Fills)]):
            command(**given)

    return checked


@contextmanager
def _no_empty_folder(folders: list[Path]) -> Iterator[None]:
    """A command that is refused takes the folders with it that it made and put nothing into."""
    made = [one for folder in folders for one in (folder, *folder.parents) if not one.exists()]
    try:
        yield
    except Exception:
        for one in made:
            with suppress(OSError):  # it holds something, or was never made
                one.rmdir()
        raise


def _check(paths: list[tuple[Role, Path]]) -> None:
    kept = [path for role, path in paths if isinstance(role, Keeps)]
    outputs = [path for role, path in paths if isinstance(role, Writes | Fills)]
    for role, path in paths:
        if isinstance(role, Reads) and path.is_char_device():
            raise StatescapeError(f"{path} is a device, not a file; name a file.")
    read = [path for role, path in paths if isinstance(role, Reads) and (role.folder_too or not path.is_dir())]
    require_apart(outputs, [*read, *kept, *_streams()])
    require_apart(kept, read)
    for role, path in paths:
        if isinstance(role, Writes):
            require_writable(path, role.kind)
        elif isinstance(role, Keeps) and not path.exists():
            require_writable(path)
        elif isinstance(role, Fills) and not role.made and not path.is_dir():
            raise StatescapeError(f"There is no folder {path}; name one that is there.")
        elif isinstance(role, Fills):
            require_folder(path)


def _paths(value: str | Path | list[str] | None) -> Iterator[Path]:
    """The files and folders of one parameter; a word is one only where it is there."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, Path):
            yield one
        elif one:
            with suppress(OSError, ValueError):  # a text too long for a name, or with a null in it
                if Path(one).exists():
                    yield Path(one)


def _streams() -> Iterator[Path]:
    """The files behind stdin, stdout and stderr, where they are files."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            number = stream.fileno()
            if stat.S_ISREG(os.fstat(number).st_mode):
                yield Path(f"/proc/self/fd/{number}")
