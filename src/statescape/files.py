"""Files appear whole or not at all: they are written under a temporary name beside their own and then renamed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from statescape.errors import StatescapeError


def require_writable(file: Path) -> None:
    """Refuse, before any work, a file that could not be written.

    Raises:
        StatescapeError: if ``file`` is a folder, or its folder does not exist or does not take a file.
    """
    if file.is_dir():
        raise StatescapeError(f"{file} is a folder; name a file.")
    if not file.parent.is_dir():
        raise StatescapeError(f"{file} cannot be written: there is no folder {file.parent}; create it first.")
    with written_whole(file, probe=True):
        pass


@contextmanager
def written_whole(file: Path, *, probe: bool = False) -> Iterator[Path]:
    """A temporary path to write to; it becomes ``file`` when the block ends well and vanishes when it does not.

    Args:
        file: the name the file will have; an existing one is replaced.
        probe: only try whether a file can be made there.

    Raises:
        StatescapeError: if the folder does not take a file, or the disk is full.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name[:40]}.", suffix=f".partial{file.suffix}", dir=file.parent)
        os.close(handle)
    except OSError as error:
        raise StatescapeError(f"{file} cannot be written: {error.strerror}.") from error
    partial = Path(name)
    try:
        yield partial
        if not probe:
            # mkstemp makes files private; a result is as readable as any other file of the user.
            partial.chmod(0o666 & ~_umask())
            os.replace(partial, file)
    except OSError as error:
        raise StatescapeError(f"{file} cannot be written: {error.strerror or error}.") from error
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
