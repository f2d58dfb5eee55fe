"""Numbers that depend on a file alone, such as the axes of a vocabulary, kept in the user's cache folder.

Entries are named by a digest of what they were made from, so none is ever out of date; the folder keeps the most
recently used within a bound. Nothing here can fail a command: an entry that is damaged, or a folder that cannot be
written, only costs the time to make the numbers again. ``STATESCAPE_CACHE`` names another folder, or is ``off``.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import weakref
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

MOST_BYTES = 2 * 2**30
LARGEST = MOST_BYTES // 8
"""Bytes of an entry beyond which it is not kept, so that it drives no other out."""
_ENDING = ".npz"
Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Contents:
    """What the cache folder holds.

    Attributes:
        folder: where it lies; None where nothing is kept.
        entries: how many there are.
        size: bytes of all.
    """

    folder: Path | None
    entries: int
    size: int


_NAMED: dict[int, str] = {}


def name_array(array: Any, name: str) -> None:
    """Say of an array what it is made from, by `digest`, so that its numbers need not be read to name it."""
    _NAMED[id(array)] = name
    weakref.finalize(array, _NAMED.pop, id(array), None)


def digest(*parts: object) -> str:
    """A name for what is made from these: arrays by their names or numbers, all else by its `repr`."""
    found = hashlib.blake2b(digest_size=16)
    for part in parts:
        if id(part) in _NAMED:
            found.update(_NAMED[id(part)].encode())
        elif hasattr(part, "__array__"):
            array = np.asarray(part)
            found.update(f"{array.dtype}{array.shape}".encode())
            found.update(np.ascontiguousarray(array).data)
        else:
            found.update(repr(part).encode())
    return found.hexdigest()


def kept(name: str, make: Callable[[], Arrays]) -> Arrays:
    """Arrays that were made before, or are made now and kept.

    Args:
        name: names what they are made from, by `digest`; "" for what is not to be kept.
        make: makes them.
    """
    place = folder()
    if place is None or not name:
        return make()
    file = place / f"{name}{_ENDING}"
    with suppress(OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        with np.load(file, allow_pickle=False) as opened:
            found = {key: opened[key] for key in opened.files}
        os.utime(file)  # used just now: the last to go
        return found
    made = make()
    if sum(array.nbytes for array in made.values()) > LARGEST:
        return made
    with suppress(OSError):
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place, suffix=".new", delete=False) as partial:
            np.savez(partial, **made)  # type: ignore[arg-type]
        os.replace(partial.name, file)
        _bound(place)
    return made


def kept_plain(name: str, make: Callable[[], Any]) -> Any:
    """Plain data (as JSON has them) that were made before, or are made now and kept.

    Args:
        name: names what they are made from, by `digest`; "" for what is not to be kept.
        make: makes them.
    """
    text = kept(name, lambda: {"json": np.frombuffer(json.dumps(make()).encode(), dtype=np.uint8)}).get("json")
    try:
        return json.loads(bytes(np.asarray(text)))
    except (ValueError, TypeError):  # an entry of another kind
        return make()


def folder() -> Path | None:
    """Where entries lie; None where nothing is kept."""
    named = os.environ.get("STATESCAPE_CACHE")
    if named is not None:
        return None if named.lower() in ("", "off") else Path(named)
    from platformdirs import user_cache_path

    with suppress(RuntimeError):  # no home
        return user_cache_path("statescape", appauthor=False)
    return None


def contents() -> Contents:
    """How much is kept, and where."""
    place = folder()
    sizes = [] if place is None else [file.stat().st_size for file in place.glob(f"*{_ENDING}")]
    return Contents(place, len(sizes), sum(sizes))


def clear() -> Contents:
    """Remove all entries; returns what there was."""
    before = contents()
    for file in [] if before.folder is None else before.folder.glob(f"*{_ENDING}"):
        file.unlink(missing_ok=True)
    return before


def _bound(place: Path) -> None:
    """Remove the entries that were used longest ago, as many as are beyond the bound."""
    files = sorted(place.glob(f"*{_ENDING}"), key=lambda file: file.stat().st_mtime, reverse=True)
    size = 0
    for file in files:
        size += file.stat().st_size
        if size > MOST_BYTES:
            file.unlink(missing_ok=True)
