"""The stand-in: another vector, at the state's own norm, in a state's place, and what the model says then.

A state s_l at one position of a text is replaced by v |s_l| / |v|, and the model runs on; the text up to that position
alone is read, so that what is said there is the only thing that can change. With p what the untouched model says and q
what it says now, kept are KL(p || q), and the probability and rank of the token that it predicted. The last state needs
no pass: it is decoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from statescape.geometry import unit
from statescape.language.edits import Edit
from statescape.language.lens.streaming import read_lens, whole_logits
from statescape.language.model.decoder import decoder_of
from statescape.language.patching import last_states_edited
from statescape.language.path import log_softmax
from statescape.language.readable import HasEdits, ReadableModel

_ROWS = 64  # states decoded at a time where their whole distributions are needed
# Fields of a lens readout, whose last state is the untouched one.
_COMPARED = {"kl": "kl_to_final", "log_probability": "log_probability", "rank": "rank"}


@dataclass(frozen=True, eq=False)
class StoodIn:
    """What a model says with other vectors in the place of its states; NaN where that was not tried.

    Attributes:
        kl: KL(untouched || replaced) in nats.
        log_probability: of the token that the untouched model predicts.
        rank: 0-based rank of that token.
        own: log-probability of that token by the untouched model.
        from_mean: KL(untouched || average) from what the model says on average, in nats.
    """

    kl: Float[np.ndarray, "kinds states positions"]
    log_probability: Float[np.ndarray, "kinds states positions"]
    rank: Float[np.ndarray, "kinds states positions"]
    own: Float[np.ndarray, " positions"]
    from_mean: Float[np.ndarray, " positions"]

    def kept(self, least: float) -> Float[np.ndarray, "kinds states positions"]:
        """Share of what the model says beyond its average that it still says: 1 - KL / KL from the average, at least 0.

        Args:
            least: NaN where the model says no more than so many nats beyond its average.
        """
        beyond = np.where(self.from_mean >= least, self.from_mean, np.nan)
        return np.asarray(np.maximum(1.0 - self.kl / beyond, 0.0))


def stand_in(
    model: ReadableModel,
    ids: Sequence[int],
    positions: Int[np.ndarray, " positions"],
    states: Float[np.ndarray, "states positions d_model"],
    vectors: Float[np.ndarray, "kinds states positions d_model"],
    average: Float[np.ndarray, " vocabulary"],
    inner: int,
) -> StoodIn:
    """Put vectors in the place of states, one at a time.

    Args:
        model: the model.
        ids: of the text.
        positions: where in the text.
        states: s_0 to s_L there.
        vectors: of each kind, in the place of each state; only their directions count.
        average: log-probabilities of what the model says on average.
        inner: at how many of the positions, the first, states below the last are replaced too.
    """
    put = unit(vectors) * np.linalg.norm(states, axis=-1, keepdims=True)
    kinds, count = put.shape[:2]
    found = {name: np.full(put.shape[:3], np.nan) for name in _COMPARED}
    decoder = decoder_of(model)
    normed = decoder.normalise(torch.from_numpy(np.asarray(states[-1], dtype=np.float32)))
    final = whole_logits(decoder, normed, len(average))  # once for all that is compared with them
    own = _compared(model, put[:, -1], states[-1], final, found, np.s_[:, -1])
    below = [(kind, at) for kind in range(kinds) for at in range(count - 1)]
    if isinstance(model, HasEdits) and below:
        for place, position in enumerate(positions[:inner].tolist()):
            copies = [[Edit.replace(at, put[kind, at, place], position)] for kind, at in below]
            here = slice(place, place + 1)
            known, last = states[:, here], states[-1, here]
            ends = last_states_edited(model, tuple(ids[: position + 1]), copies, known, within=ids)
            ends = ends.reshape(kinds, count - 1, 1, -1)
            _compared(model, ends, last, final[here], found, np.s_[:, :-1, here])
    p = log_softmax(final.cpu().numpy().astype(np.float64))
    return StoodIn(own=own, from_mean=np.einsum("rv,rv->r", np.exp(p), p - average), **found)


def _compared(
    model: ReadableModel,
    ends: Float[np.ndarray, "*places positions d_model"],
    last: Float[np.ndarray, "positions d_model"],
    final: Float[torch.Tensor, "positions vocabulary"],
    found: dict[str, np.ndarray],
    where: Any,
) -> Float[np.ndarray, " positions"]:
    """Fill in what is said of last states beside the untouched ones; returns what these say of their predictions."""
    rows = np.asarray([*ends.reshape(-1, *last.shape), last], dtype=np.float32)
    nameless, words = ("",) * len(last), model.tokens.vocabulary
    read = read_lens(decoder_of(model), rows, nameless, words, top=1, final=final, often=True)
    for name, field in _COMPARED.items():
        found[name][where] = getattr(read, field)[:-1].reshape(ends.shape[:-1])
    return np.asarray(read.log_probability[-1], dtype=np.float64)


def average_said(model: ReadableModel, states: Float[np.ndarray, "rows d_model"]) -> Float[np.ndarray, " vocabulary"]:
    """Log-probabilities of what a model says on average, over these last states and one that says nothing (uniform)."""
    whole = np.zeros(len(model.embeddings))
    for start in range(0, len(states), _ROWS):
        whole += np.exp(_said(model, states[start : start + _ROWS])).sum(axis=0)
    return np.asarray(np.log((whole + 1.0 / len(whole)) / (len(states) + 1)))


def _said(model: ReadableModel, states: Float[np.ndarray, "rows d_model"]) -> Float[np.ndarray, "rows vocabulary"]:
    """Log-probabilities of each state, read as if it were the last (float64)."""
    rows = np.asarray(states, dtype=np.float32)
    parts = [np.asarray(model.decode(rows[at : at + _ROWS]), dtype=np.float64) for at in range(0, len(rows), _ROWS)]
    return log_softmax(np.concatenate(parts))
