"""Follow a model through a passage: one forward pass, one pass over the vocabulary, all positions together."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int

from statescape.errors import StatescapeError
from statescape.language.attribution import fixed_norm, logit_shares_at
from statescape.language.lens.streaming import read_lens
from statescape.language.lens.workers import in_workers, one_torch_thread
from statescape.language.model.contract import probe
from statescape.language.model.decoder import decoder_of
from statescape.language.passage import Passage
from statescape.language.readable import Added, HasParts, HasWeights, ReadableModel

_TOKENS = 4096  # of one product
_ROWS = 64  # states decoded at a time where whole distributions are needed


@torch.inference_mode()
def follow(
    model: ReadableModel,
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
    states, added = model.states_and_parts(ids) if isinstance(model, HasParts) else (model.states(ids), "")
    states = np.asarray(states[:, positions], dtype=np.float32)
    if not np.isfinite(states).all():
        raise StatescapeError(f"{model.facts.name} overflows on this text (states not finite); load it in float32.")
    decoder = decoder_of(model)
    lens = read_lens(decoder, states, ("",) * len(positions), model.tokens.vocabulary, top=2, often=True)
    normed = model.normalise(states[-1])
    parts = shares = None
    if isinstance(added, Added):
        parts = Added(added.attention[:, positions], added.mlp[:, positions])
        rows = [row for row in map(decoder.centred_row, map(int, lens.target_ids)) if row is not None]
        shares = logit_shares_at(model, states[-1], normed, rows, parts) if len(rows) == len(positions) else None
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
        attention=None if parts is None else parts.attention,
        mlp=None if parts is None else parts.mlp,
        attention_logit=None if shares is None else shares[0],
        mlp_logit=None if shares is None else shares[1],
    )


def predictions(model: ReadableModel, states: Float[np.ndarray, "rows d_model"]) -> Int[np.ndarray, " rows"]:
    """The token that each state predicts, read as if it were the last; by all threads, which change nothing."""
    decoder = decoder_of(model)
    with one_torch_thread():
        rows = [decoder.normalise(torch.from_numpy(states[at : at + _ROWS])) for at in range(0, len(states), _ROWS)]

    def first(normed: torch.Tensor) -> Int[np.ndarray, " rows"]:
        best, ids = normed.new_full((len(normed),), -torch.inf), torch.zeros(len(normed), dtype=torch.long)
        for start, logits in decoder.logit_blocks(normed, _TOKENS):
            largest, at = logits.max(dim=1)
            ids = torch.where(largest > best, start + at, ids.to(at.device))
            best = torch.maximum(best, largest)
        return ids.cpu().numpy()

    with torch.inference_mode():
        return np.concatenate(in_workers(torch.inference_mode()(first), rows, decoder.streams))


def norm_centres(model: ReadableModel, last_state: Float[np.ndarray, " d_model"]) -> bool:
    """Whether the final norm takes the mean out of a state (LayerNorm); False where it is no such norm."""
    norm = fixed_norm(model, last_state)
    return norm is not None and norm.centred


def fingerprint(model: ReadableModel) -> str:
    """A hash by which an interrupted run knows its model again: of all weights, or of what it answers to a probe."""
    if isinstance(model, HasWeights):
        return model.weights_digest()
    ids = probe(model.facts.vocab_size, model.tokens.context).tolist()
    found = hashlib.blake2b(digest_size=16)
    for answer in (model.embeddings, model.states(ids), model.logits(ids)):
        found.update(np.ascontiguousarray(answer, dtype=np.float64).data)
    return found.hexdigest()
