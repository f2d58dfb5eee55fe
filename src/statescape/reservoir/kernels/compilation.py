"""Compile once, keep on disk, and say so: what surrounds the kernels.

Numba's cache looks at the file of a function only. These kernels are spread over several files, so the digest of all of
them is part of the key: whoever edits one is never served the old machine code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numba import njit
from numba.core import event
from numba.core.caching import FunctionCache

from statescape.wording import say

_SOURCES = hashlib.blake2b(
    b"".join(file.read_bytes() for file in sorted(Path(__file__).parent.glob("*.py"))), digest_size=16
).hexdigest()


class _Cache(FunctionCache):  # type: ignore[misc]
    def _index_key(self, signature: Any, codegen: Any) -> Any:
        return (*super()._index_key(signature, codegen), _SOURCES)


def kernel(function: Callable[..., None]) -> Callable[..., None]:
    """Compile at the first call with given types, and keep the machine code on disk."""
    compiled: Any = njit(function)
    compiled._cache = _Cache(function)
    return compiled  # type: ignore[no-any-return]


class _Listener(event.Listener):  # type: ignore[misc]
    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._said = say, False

    def on_start(self, _: Any) -> None:
        if not self._said:
            self._said = True
            self._say(say("Compiling the reservoir kernels, once on this machine; this takes some seconds."))

    def on_end(self, _: Any) -> None:
        """Nothing: the end of a compilation is the start of the work."""


@contextmanager
def announcing(say: Callable[[str], None]) -> Iterator[None]:
    """Within this context, `say` is called with a sentence before the first compilation, if there is one.

    Machine code from the disk is not compiled again, so usually nothing is said.
    """
    with event.install_listener("numba:compile", _Listener(say)):
        yield
