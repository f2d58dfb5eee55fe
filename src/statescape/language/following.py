"""Follow a model through a passage: one forward pass, one pass over the vocabulary, all positions together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from jaxtyping import Float, Int

from statescape.errors import StatescapeError
from statescape.language.attribution import FixedNorm, fixed_norm
from statescape.language.lens import read_lens
from statescape.language.model import LanguageModel
from statescape.language.parts import read_states_and_parts
from statescape.language.passage import Passage

_ROWS = 64  # states decoded at a time where whole distributions are needed


@torch.inference_mode()
def follow(
    model: LanguageModel,
    ids: Sequence[int],
    positions: Int[np.ndarray, " positions"],
    next_ids: Int[np.ndarray, " tokens"],
) -> Passage:
    """Run the model on a passage and keep what the studies ask at `positions`.

    Args:
        model: the model.
        ids: of the whole passage.
        positions: which positions to keep.
        next_ids: for every position of the passage the token that follows; -1 where the text ends.

    Raises:
        StatescapeError: where the model overflows on this passage.
    """
    states, added = _run(model, torch.tensor(ids), positions)
    if not np.isfinite(states).all():
        raise StatescapeError(
            f"{model.facts.name} overflows on this text (states not finite); save it in float32 and try again."
        )
    lens = read_lens(model.decoder, states, ("",) * len(positions), model.vocabulary, top=2)
    normed = model.normalise(states[-1])
    attention, mlp = (None, None) if added is None else added
    shares = None if added is None else _logit_shares(model, states[-1], normed, lens.target_ids, added)
    return Passage(
        positions=positions,
        current_ids=np.asarray(ids, dtype=np.int64)[positions],
        next_ids=next_ids[positions],
        states=states,
        normed=normed,
        predicted_ids=lens.target_ids,
        second_ids=np.where(lens.top_ids[-1, :, 0] == lens.target_ids, lens.top_ids[-1, :, 1], lens.top_ids[-1, :, 0]),
        first_ids=lens.top_ids[:, :, 0],
        rank=lens.rank,
        log_probability=lens.log_probability,
        entropy=lens.entropy,
        kl_to_final=lens.kl_to_final,
        attention=attention,
        mlp=mlp,
        attention_logit=None if shares is None else shares[0],
        mlp_logit=None if shares is None else shares[1],
    )


@torch.inference_mode()
def predictions(model: LanguageModel, states: Float[np.ndarray, "rows d_model"]) -> Int[np.ndarray, " rows"]:
    """The token that each state predicts, read as if it were the last."""
    return np.concatenate(
        [model.decode(states[start : start + _ROWS]).argmax(axis=1) for start in range(0, len(states), _ROWS)]
    )


def norm_centres(model: LanguageModel, last_state: Float[np.ndarray, " d_model"]) -> bool:
    """Whether the final norm takes the mean out of a state (LayerNorm); False where it is no such norm."""
    norm = fixed_norm(model.decoder, last_state)
    return norm is not None and norm.centred


def fingerprint(model: LanguageModel) -> str:
    """A hash of all weights, by which an interrupted run knows its model again."""
    found = hashlib.blake2b(digest_size=16)
    for name, parameter in sorted(model.anatomy.network.named_parameters()):
        found.update(name.encode())
        found.update(parameter.detach().contiguous().reshape(-1).view(torch.uint8).cpu().numpy().tobytes())
    return found.hexdigest()


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """One thread inside every product: documents are the work to share, and sums keep their order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _run(
    model: LanguageModel, ids: torch.Tensor, positions: np.ndarray
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray] | None]:
    """States, and what attention and MLP added, where it is known."""
    if isinstance(model.parts, str):
        return model.anatomy.states(ids)[:, positions].cpu().numpy(), None
    states, added = read_states_and_parts(model.anatomy, model.parts, ids)
    kept = states[:, positions].cpu().numpy()
    if isinstance(added, str):
        return kept, None
    attention, mlp = (side[:, positions].cpu().numpy() for side in added)
    return kept, (attention, mlp)


def _logit_shares(
    model: LanguageModel,
    last: Float[np.ndarray, "positions d_model"],
    normed: Float[np.ndarray, "positions d_model"],
    predicted: Int[np.ndarray, " positions"],
    added: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray] | None:
    """Direct effects on the predicted logit, as `attribution` defines them, at all positions together.

    The norm is measured at one state; at another it differs by its scale only, which is read off ``normed``.
    """
    norm = fixed_norm(model.decoder, last[0])
    rows = [model.centred_row(int(token)) for token in predicted]
    if norm is None or any(row is None for row in rows):
        return None
    unscaled = norm.linear(last.astype(np.float64))
    target = normed.astype(np.float64) - norm.offset
    factor = (unscaled * target).sum(1) / np.maximum(np.square(unscaled).sum(1), 1e-300)
    agree = 64 * model.anatomy.eps
    if np.abs(unscaled * factor[:, None] - target).max() > agree * np.abs(target).max():
        return None
    weights = np.stack([row for row in rows if row is not None]) * factor[:, None]
    attention, mlp = (_products(norm, side, weights) for side in added)
    return attention, mlp


def _products(
    norm: FixedNorm, vectors: Float[np.ndarray, "blocks positions d_model"], weights: np.ndarray
) -> Float[np.ndarray, "blocks positions"]:
    blocks, positions, width = vectors.shape
    linear = norm.linear(vectors.reshape(-1, width).astype(np.float64)).reshape(blocks, positions, width)
    return np.asarray(np.einsum("bpd,pd->bp", linear, weights))
