"""The logit lens over all states and positions as one stream, without ever holding [states, positions, vocabulary].

A chunk of positions is taken through the vocabulary block by block, all its states together. The logits of the chunk's
last states come first and are kept (a few MB): they give the targets and the final distribution p_L, so that for every
state the log-sum-exp, the entropy lse - sum_v p_v z_v and KL(p_L || p_l) = sum_v p_L,v (log p_L,v - log p_l,v) add up
over blocks, with the running maximum of the online softmax (Milakov & Gimelshein 2018, arXiv:1805.02867).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from statescape.errors import StatescapeError
from statescape.language.decoder import Decoder
from statescape.language.lens_readout import LensReadout
from statescape.language.workers import in_workers

# Rows (states times positions) and tokens of one product: large enough for full speed, small enough for the cache.
ROWS = 768
BLOCK = 2048
# Most positions of a chunk, whose last states' logits are kept, and most logits at once where they cannot be streamed.
POSITIONS = 64
WHOLE = 8_000_000


@torch.inference_mode()
def read_lens(
    decoder: Decoder,
    states: Float[np.ndarray, "states positions d_model"],
    tokens: tuple[str, ...],
    vocabulary: tuple[str, ...],
    top: int = 10,
    targets: Int[np.ndarray, " targets"] | None = None,
) -> LensReadout:
    """Decode every state at every position and keep what the readout names.

    Args:
        decoder: from states to logits.
        states: s_0 to s_L of every position.
        tokens: the text's tokens as they read.
        vocabulary: how every token reads.
        top: how many of the likeliest tokens to keep.
        targets: the id whose rank and log-probability is asked at each position; by default the one that the last state
            predicts.

    Raises:
        StatescapeError: if ``top`` or ``targets`` do not fit the vocabulary and the text.
    """
    n_states, positions, _ = states.shape
    if not 1 <= top <= len(vocabulary):
        raise StatescapeError(f"The lens can show 1 to {len(vocabulary)} top tokens; got {top}.")
    if targets is not None and (len(targets) != positions or targets.min() < 0 or targets.max() >= len(vocabulary)):
        raise StatescapeError(
            f"The lens takes one target id for each of {positions} positions, below {len(vocabulary)}."
        )
    rows = ROWS if decoder.streams else WHOLE // len(vocabulary)
    size = max(1, min(POSITIONS, rows // n_states))

    def prepared() -> Iterator[tuple[torch.Tensor, torch.Tensor | None]]:
        """Chunk by chunk the normed states and their targets; the model's own code runs in this thread only."""
        for start in range(0, positions, size):
            chunk = torch.from_numpy(np.ascontiguousarray(states[:, start : start + size]))
            normed = decoder.normalise(chunk.reshape(-1, chunk.shape[-1])).reshape(n_states, chunk.shape[1], -1)
            yield normed, None if targets is None else torch.from_numpy(targets[start : start + size]).long()

    chunks = in_workers(lambda chunk: _read_chunk(decoder, *chunk, top), prepared(), decoder.streams)
    fields: dict[str, Any] = {
        name: np.concatenate([chunk[name] for chunk in chunks], axis=axis) for name, axis in _AXES.items()
    }
    return LensReadout(tokens=tokens, vocabulary=vocabulary, **fields)


# Where the positions are in each field of a readout.
_AXES = {
    "target_ids": 0,
    "top_ids": 1,
    "top_log_probabilities": 1,
    "rank": 1,
    "log_probability": 1,
    "entropy": 1,
    "kl_to_final": 1,
}


@torch.inference_mode()
def _read_chunk(
    decoder: Decoder,
    normed: Float[torch.Tensor, "states positions head_width"],
    targets: Int[torch.Tensor, " positions"] | None,
    top: int,
) -> dict[str, np.ndarray]:
    n_states, positions, _ = normed.shape
    earlier, last = normed[:-1].flatten(0, 1), normed[-1]

    final = torch.cat([block.clone() for _, block in decoder.logit_blocks(last, BLOCK)], dim=1)
    targets = final.argmax(1) if targets is None else targets
    probabilities = final.softmax(1)
    stored = ((start, final[:, start : start + BLOCK].clone()) for start in range(0, final.shape[1], BLOCK))
    sums = [_stream(stored, final.gather(1, targets[:, None])[:, 0], targets, probabilities, top)]
    if n_states > 1:
        repeated = targets.repeat(n_states - 1)
        blocks = decoder.logit_blocks(earlier, BLOCK)
        sums.insert(0, _stream(blocks, decoder.logits_of(earlier, repeated), repeated, probabilities, top))

    shape = (n_states, positions)
    maximum, total, weighted, cross, target_logits = (
        torch.cat([getattr(part, name) for part in sums]).reshape(shape)
        for name in ("maximum", "total", "weighted", "cross", "target_logits")
    )
    log_sum_exp = maximum + total.log()
    cross_entropy = log_sum_exp - cross  # of the final distribution with each lens distribution
    top_values = torch.cat([part.top for part in sums]).reshape(*shape, top)
    return {
        "target_ids": targets.numpy(),
        "top_ids": torch.cat([part.top_ids for part in sums]).reshape(*shape, top).numpy(),
        "top_log_probabilities": (top_values - log_sum_exp[..., None]).float().numpy(),
        "rank": torch.cat([part.rank for part in sums]).reshape(shape).numpy(),
        "log_probability": (target_logits - log_sum_exp).float().numpy(),
        "entropy": (total.log() - weighted / total).clamp_min(0).float().numpy(),
        "kl_to_final": (cross_entropy - cross_entropy[-1]).clamp_min(0).float().numpy(),
    }


@dataclass(eq=False)
class _Sums:
    """What the blocks of a vocabulary add up to, for every row; relative to the running maximum where exponentiated."""

    target_logits: Float[torch.Tensor, " rows"]
    top: Float[torch.Tensor, "rows top"]
    top_ids: Int[torch.Tensor, "rows top"]
    rank: Int[torch.Tensor, " rows"]
    maximum: Float[torch.Tensor, " rows"]
    total: Float[torch.Tensor, " rows"]
    weighted: Float[torch.Tensor, " rows"]
    cross: Float[torch.Tensor, " rows"]

    @classmethod
    def empty(cls, target_logits: Float[torch.Tensor, " rows"], top: int) -> _Sums:
        rows = len(target_logits)
        zeros = torch.zeros(rows, dtype=torch.float64)
        return cls(
            target_logits=target_logits,
            top=torch.full((rows, top), -torch.inf),
            top_ids=torch.zeros((rows, top), dtype=torch.long),
            rank=torch.zeros(rows, dtype=torch.long),
            maximum=torch.full((rows,), -torch.inf, dtype=torch.float64),
            total=zeros,
            weighted=zeros.clone(),
            cross=zeros.clone(),
        )


def _stream(
    blocks: Iterable[tuple[int, torch.Tensor]],
    target_logits: Float[torch.Tensor, " rows"],
    targets: Int[torch.Tensor, " rows"],
    probabilities: Float[torch.Tensor, "positions vocabulary"],
    top: int,
) -> _Sums:
    """One pass over the vocabulary; the rows are states times positions, the logits in ``blocks`` are used up."""
    sums, scratch = _Sums.empty(target_logits, top), torch.empty(0)
    for start, logits in blocks:
        width = logits.shape[1]
        inside = ((targets >= start) & (targets < start + width)).nonzero()[:, 0]
        logits[inside, targets[inside] - start] = target_logits[inside]  # so that no target outranks itself
        # A comparison into floats is summed six times as fast as one into booleans; counts below 2^24 are exact.
        scratch = scratch if scratch.shape == logits.shape else torch.empty_like(logits)
        sums.rank += torch.gt(logits, target_logits[:, None], out=scratch).sum(1).long()
        final = probabilities[:, start : start + width]
        sums.cross += torch.linalg.vecdot(logits.view(-1, *final.shape), final).reshape(-1)
        maximum = logits.amax(1)
        _keep_top(sums, logits, maximum, start)
        _add_exponentials(sums, logits, maximum, scratch)
    return sums


def _keep_top(sums: _Sums, logits: torch.Tensor, maximum: torch.Tensor, start: int) -> None:
    """Merge a block's best into the best so far; most rows of most blocks have none."""
    top = sums.top.shape[1]
    better = (maximum > sums.top[:, -1]).nonzero()[:, 0]
    if not len(better):
        return
    values, ids = logits[better].topk(min(top, logits.shape[1]), dim=1)
    values = torch.cat([sums.top[better], values], dim=1)
    ids = torch.cat([sums.top_ids[better], ids + start], dim=1)
    sums.top[better], order = values.topk(top, dim=1)
    sums.top_ids[better] = ids.gather(1, order)


def _add_exponentials(sums: _Sums, logits: torch.Tensor, maximum: torch.Tensor, scratch: torch.Tensor) -> None:
    """Add sum e^(z-M) and sum e^(z-M) (z-M) of a block, M the running maximum; ``logits`` are used up."""
    shifted = logits.sub_(maximum[:, None])
    exponentials = torch.exp(shifted, out=scratch)
    total = exponentials.sum(1).double()
    weighted = exponentials.mul_(shifted).sum(1).double()
    running = torch.maximum(sums.maximum, maximum.double())
    sums.total, sums.weighted = _moved(sums.total, sums.weighted, sums.maximum, running)
    total, weighted = _moved(total, weighted, maximum.double(), running)
    sums.total += total
    sums.weighted += weighted
    sums.maximum = running


def _moved(
    total: torch.Tensor, weighted: torch.Tensor, maximum: torch.Tensor, to: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Both sums relative to a larger maximum; before the first block the old one is -inf and the sums are zero."""
    shift = torch.where(maximum.isinf(), 0.0, maximum - to)
    factor = shift.exp()
    return factor * total, factor * (weighted + shift * total)
