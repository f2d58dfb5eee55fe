"""The states that a model makes of a text, by itself or with edits, and of several texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from statescape.cache import digest
from statescape.errors import StatescapeError
from statescape.language.edits import Edit, require_fitting
from statescape.language.model.contract import batched
from statescape.language.passage import LONGEST
from statescape.language.readable import HasBatches, HasEdits, HasKey, ReadableModel

_TOGETHER = 8  # texts of one pass


def states_of_ids(
    model: ReadableModel, ids: tuple[int, ...], edits: Sequence[Edit]
) -> Float[np.ndarray, "states positions d_model"]:
    """s_0 to s_L of one text.

    Raises:
        StatescapeError: for edits that do not fit the model or the text.
    """
    if not edits:
        return np.asarray(model.states(ids), dtype=np.float32)
    facts = model.facts
    require_fitting(edits, facts.n_blocks, facts.d_model, len(ids))
    if not isinstance(model, HasEdits):
        raise StatescapeError(f"{facts.name} offers no `edited_states`, so its runs cannot be edited.")
    return np.asarray(model.edited_states(ids, edits), dtype=np.float32)


def states_of_texts(
    model: ReadableModel, texts: Sequence[str], edits: Sequence[Edit]
) -> list[Float[np.ndarray, "states _ d_model"]]:
    """The states of texts, of each as much as one passage holds.

    Raises:
        StatescapeError: for a blank text, and where edits do not fit one.
    """
    ids = _beginnings(model, texts)
    if () in ids:
        raise StatescapeError("One of the other texts is blank; leave it out.")
    if edits or not isinstance(model, HasBatches):
        return [states_of_ids(model, one, edits) for one in ids]
    return [states for together in batched(ids, _TOGETHER) for states in model.states_of(together)]


def key_of_texts(model: ReadableModel, texts: Sequence[str], edits: Sequence[Edit]) -> str:
    """Names `states_of_texts` in the cache; "" for a model that is edited, or too small to be kept."""
    if edits or not isinstance(model, HasKey) or not model.key:
        return ""
    return digest(model.key, _beginnings(model, texts))


def _beginnings(model: ReadableModel, texts: Sequence[str]) -> list[tuple[int, ...]]:
    return [next(iter(model.tokens.pieces(text, LONGEST)), ()) for text in texts]
