"""A model that reads what is being typed: of a text, only what its last ones did not begin with.

States and lens readings of a beginning are kept, so that a word more costs a word, and a click on another position
nothing. They equal those of the whole text up to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.language import LensReadout, Trace
from statescape.language.readable import Added, HasMemory, HasParts, ReadableModel, ReadsOn
from statescape.views.language.lens_table import TOP
from statescape.wording import say

MOST_TOKENS = 512
_KEPT = 4  # texts that are gone on from: two of each of two tabs
_POSITIONS = 1024  # of all of them; a model of real size keeps a fifth of a megabyte at each
_BYTES = 256_000_000  # of keys and values of all of them


@dataclass(eq=False)
class _Read:
    trace: Trace
    added: Added | str  # or why it cannot be told
    readout: LensReadout | None = None


@dataclass(eq=False)
class Reader:
    """Reads texts, one at a time.

    Attributes:
        model: what reads them.
    """

    model: ReadableModel
    _kept: list[_Read] = field(default_factory=list)  # the newest last

    def __post_init__(self) -> None:
        if isinstance(self.model, HasMemory) and isinstance(self.model, ReadsOn):
            self.model = self.model.remembering(_BYTES)

    def trace(self, text: str) -> Trace:
        """The trace of a text.

        Raises:
            StatescapeError: for no text, one that is too long, and one that the model cannot read.
        """
        if not text.strip():
            raise StatescapeError(say("Type a few words."))
        ids = self.model.tokens.encode(text, None)
        if len(ids) > MOST_TOKENS:
            raise StatescapeError(
                say(
                    "The text has {count:,} tokens; this page reads up to {most}, `statescape path` more.",
                    count=len(ids),
                    most=MOST_TOKENS,
                )
            )
        if not isinstance(self.model, HasParts):
            return Trace.read(self.model, text)
        begun = max(self._kept, key=lambda one: _shared(ids, one.trace.token_ids), default=None)
        found = None if begun is None else self._went_on(begun, text, ids)
        if found is None:
            states, added = self.model.states_and_parts(ids)
            found = _Read(self._traced(text, ids, states, added), added)
        self._kept = [*(one for one in self._kept if one is not found), found][-_KEPT:]
        while len(self._kept) > 1 and sum(len(one.trace) for one in self._kept) > _POSITIONS:
            del self._kept[0]
        return found.trace

    def readout(self, trace: Trace) -> LensReadout:
        """What the logit lens reads in a text."""
        read = next((one for one in self._kept if one.trace is trace), None) or _Read(trace, "")
        if read.readout is None:
            read.readout = trace.lens(top=TOP)
        elif len(read.readout.tokens) < len(trace):
            read.readout = read.readout.followed_by(trace.lens(top=TOP, first=len(read.readout.tokens)))
        return read.readout

    def _went_on(self, begun: _Read, text: str, ids: tuple[int, ...]) -> _Read | None:
        """A text read from where it parts from another one; None where it has to be read whole."""
        before = begun.trace
        if (text, ids) == (before.text, before.token_ids):
            return begun
        shared = _shared(ids, before.token_ids)
        if shared == len(ids):
            states, added = before.states[:, :shared], _up_to(begun.added, shared)
        else:
            beyond = self.model.read_on(ids, shared, before.token_ids) if isinstance(self.model, ReadsOn) else None
            if shared == 0 or beyond is None:
                return None
            states = np.concatenate([before.states[:, :shared], beyond[0]], axis=1)
            added = _followed(_up_to(begun.added, shared), beyond[1])
        readout = None if begun.readout is None else begun.readout.up_to(shared)
        return _Read(self._traced(text, ids, states, added), added, readout)

    def _traced(
        self, text: str, ids: tuple[int, ...], states: Float[np.ndarray, "states _ d_model"], added: Added | str
    ) -> Trace:
        return Trace.of(self.model, text, ids, np.asarray(states, dtype=np.float32)).with_parts(added)


def _shared(ids: Sequence[int], others: Sequence[int]) -> int:
    """How many tokens two texts begin with alike."""
    pairs = zip(ids, others, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(ids), len(others)))


def _up_to(added: Added | str, position: int) -> Added | str:
    """What was added to the positions before one."""
    if isinstance(added, str):
        return added
    return replace(added, attention=added.attention[:, :position], mlp=added.mlp[:, :position])


def _followed(added: Added | str, beyond: Added | str) -> Added | str:
    """What was added to some positions and to those after them, or why that cannot be told of all."""
    if isinstance(added, str) or isinstance(beyond, str):
        return added if isinstance(added, str) else beyond
    attention = np.concatenate([added.attention, beyond.attention], axis=1)
    return Added(attention, np.concatenate([added.mlp, beyond.mlp], axis=1), added.in_sequence)
