"""The models of a server: each loaded once, when it is first asked for, and how much memory all take."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from statescape.analysis.vocabulary import Vocabulary, vocabulary_of
from statescape.errors import StatescapeError
from statescape.language.contrasting import Null, null_of
from statescape.language.readable import ReadableModel
from statescape.live.reader import Reader
from statescape.wording import say


@dataclass(eq=False)
class Shelf:
    """Models by the names they were asked for.

    Attributes:
        names: which there are.
        load: loads one.
    """

    names: Sequence[str]
    load: Callable[[str], ReadableModel]
    _loaded: dict[str, Reader] = field(default_factory=dict)
    _nulls: dict[str, Null] = field(default_factory=dict)
    _held: dict[str, Vocabulary] = field(default_factory=dict)  # what depends on embeddings alone lives as long
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __getitem__(self, name: str) -> Reader:
        """What reads with a model, loaded if it was not yet.

        Raises:
            StatescapeError: there is none of that name here, or it cannot be loaded.
        """
        if name not in self.names:
            raise StatescapeError(say("This server holds no such model; choose one of its menu."))
        with self._lock:  # one at a time: two loads at once would need the memory of both
            if name not in self._loaded:
                self._loaded[name] = reader = Reader(self.load(name))
                self._held[name] = vocabulary_of(reader.model.embeddings)
            return self._loaded[name]

    def null(self, name: str) -> Null:
        """What pairs of texts that mean the same, and that do not, are apart in a model; measured once."""
        if name not in self._nulls:
            self._nulls[name] = null_of(self[name].model)
        return self._nulls[name]

    @property
    def loaded(self) -> frozenset[str]:
        """Which are loaded."""
        return frozenset(self._loaded)


def memory() -> int | None:
    """Bytes of memory of this process; None where the system does not say."""
    if sys.platform == "linux":
        for line in Path("/proc/self/status").read_text("ascii", "replace").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return None
