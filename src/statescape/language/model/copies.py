"""Edited copies of one text, in as few and as short passes as a model allows.

Copies run in one batch where texts do not disturb each other, from the lowest block that is edited where passes can go
on from a state, and from the first position that is edited where they can go on from a cache. Copies that are edited
at the last position alone are positions of one row, where a mask can part them. Probes say which holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from transformers import DynamicCache

from statescape.language.edits import Edit
from statescape.language.model.anatomy import Anatomy
from statescape.language.model.beginnings import Beginnings, cut, is_whole
from statescape.language.model.editing import first_edited, last_states, last_states_abreast, read
from statescape.language.model.parts import Parts

# Tokens of one pass over edited copies: enough to be bound by arithmetic, few enough for any memory; and tokens that
# its copies keep in their caches.
_TOGETHER = 768
_CACHED = 8192


@runtime_checkable
class Able(Protocol):
    """A model of which it is known how it may run; see `LanguageModel`."""

    @property
    def anatomy(self) -> Anatomy:
        """Its blocks and head."""

    @property
    def beginnings(self) -> Beginnings | None:
        """What it keeps of texts that it has read."""

    @property
    def goes_on(self) -> bool:
        """Whether copies can go on from a cache."""

    @property
    def resumes(self) -> bool:
        """Whether a pass can go on from a state."""

    @property
    def abreast(self) -> bool:
        """Whether copies can be positions of one row."""

    @property
    def same_in_batches(self) -> bool:
        """Whether texts do not disturb each other."""


def last_states_of(
    model: Able,
    parts: Parts | None,
    ids: Sequence[int],
    copies: Sequence[Sequence[Edit]],
    known: Float[np.ndarray, "states _ d_model"] | None,
    everywhere: bool,
    within: Sequence[int] | None,
) -> Float[np.ndarray, "copies *positions d_model"]:
    """See `LanguageModel.last_states_edited`.

    Args:
        model: the model.
        parts: its attention and MLP, where an edit is of them.
        ids: of the text.
        copies: the edits of each copy.
        known: the text's own states at its last positions, as many as are known; None: none.
        everywhere: s_L at every position, not at the last alone.
        within: a text that begins with this one; None: none.
    """
    text = torch.tensor(ids)
    start = first_edited(copies, len(ids)) if model.goes_on and not everywhere else 0
    run = len(ids) - start
    batch = max(1, min(_TOGETHER // run, _CACHED // len(ids))) if model.same_in_batches else 1
    below = None
    if model.resumes and known is not None and known.shape[1] >= run:
        below = torch.from_numpy(known[:, known.shape[1] - run :])
    elif model.resumes and len(copies) * run > 2 * len(ids):  # than one pass for the states to go on from
        below = model.anatomy.states(text)[:, start:]
    past = None
    if start:
        past = _beginning(model, within, start) if within is not None else None
        past = read(model.anatomy, text[:start]) if past is None else past
        if run == 1 and len(copies) > 1 and model.abreast and is_whole(past, start):
            return last_states_abreast(model.anatomy, parts, int(text[-1]), copies, below, past).numpy()
    return last_states(model.anatomy, parts, text, copies, batch, below, start, everywhere, past).numpy()


def _beginning(model: Able, whole: Sequence[int], start: int) -> DynamicCache | None:
    """What is kept of what stands before a position, cut out of that of a whole text."""
    past = None if model.beginnings is None else model.beginnings.of(whole)
    if past is None:
        past = read(model.anatomy, torch.tensor(whole))
    return cut(past, start, len(whole))
