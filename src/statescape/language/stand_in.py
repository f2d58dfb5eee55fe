"""The stand-in: another vector, at the state's own norm, in a state's place, and what the model says then.

A state s_l at one position of a text is replaced by v |s_l| / |v|, and the model runs on; the text up to that position
alone is read, so that what is said there is the only thing that can change. With p what the untouched model says and q
what it says now, kept are KL(p || q), and the probability and rank of the token that it predicted. The last state needs
no pass: it is decoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from statescape.language.edits import Edit
from statescape.language.patching import last_states_edited
from statescape.language.path import log_softmax
from statescape.language.readable import HasEdits, ReadableModel

_ROWS = 64  # states decoded at a time, as their whole distributions are compared


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
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    put = vectors * (np.linalg.norm(states, axis=-1, keepdims=True) / np.where(lengths > 0, lengths, 1.0))
    kinds, count = put.shape[:2]
    tried = [(kind, count - 1, place) for kind in range(kinds) for place in range(len(positions))]
    ends = [put[one] for one in tried]
    if isinstance(model, HasEdits):
        for place, position in enumerate(positions[:inner].tolist()):
            below = [(kind, at, place) for kind in range(kinds) for at in range(count - 1)]
            copies = [[Edit.replace(at, put[kind, at, place], position)] for kind, at, _ in below]
            ends += list(last_states_edited(model, tuple(ids[: position + 1]), copies)) if copies else []
            tried += below
    own = _said(model, states[-1])
    p, rows, predicted = np.exp(own), np.arange(len(own)), own.argmax(axis=1)
    found = {name: np.full(put.shape[:3], np.nan) for name in ("kl", "log_probability", "rank")}
    for start in range(0, len(tried), _ROWS):
        some = tuple(np.transpose(tried[start : start + _ROWS]))
        q = _said(model, np.stack(ends[start : start + _ROWS]))
        of_predicted = q[np.arange(len(q)), predicted[some[2]]]
        found["kl"][some] = np.maximum(np.einsum("rv,rv->r", p[some[2]], own[some[2]] - q), 0.0)
        found["log_probability"][some] = of_predicted
        found["rank"][some] = (q > of_predicted[:, None]).sum(axis=1)
    return StoodIn(own=own[rows, predicted], from_mean=np.einsum("rv,rv->r", p, own - average), **found)


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
