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
# Tokens that share one maximum, by which most of them are passed over in the search for the best.
GROUP = 64
# Most positions of a chunk, whose final distributions are kept, and most logits at once where they cannot be streamed.
POSITIONS = 64
WHOLE = 8_000_000
# Logits from which the compiled pass is worth loading (and, the first time on a machine, compiling).
COMPILED = 100_000_000


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
    size = POSITIONS if decoder.streams else max(1, WHOLE // (len(vocabulary) * n_states))

    def prepared() -> Iterator[tuple[torch.Tensor, torch.Tensor | None]]:
        """Chunk by chunk the normed states and their targets; the model's own code runs in this thread only."""
        for start in range(0, positions, size):
            chunk = torch.from_numpy(np.ascontiguousarray(states[:, start : start + size]))
            normed = decoder.normalise(chunk.reshape(-1, chunk.shape[-1])).reshape(n_states, chunk.shape[1], -1)
            yield normed, None if targets is None else torch.from_numpy(targets[start : start + size]).long()

    compiled = decoder.streams and states[..., 0].size * len(vocabulary) >= COMPILED
    chunks = in_workers(
        lambda chunk: _read_chunk(decoder, *chunk, len(vocabulary), top, compiled), prepared(), decoder.streams
    )
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
    vocabulary: int,
    top: int,
    compiled: bool,
) -> dict[str, np.ndarray]:
    n_states, positions, _ = normed.shape
    compiled = compiled and normed.device.type == "cpu"
    final = _whole(decoder.logit_blocks(normed[-1], BLOCK), vocabulary)
    targets = final.argmax(1) if targets is None else targets.to(final.device)
    # What is left of the final logits when they have been streamed: the final distribution.
    stored = ((start, final[:, start : start + BLOCK].clone()) for start in range(0, final.shape[1], BLOCK))
    last = _stream(stored, final.gather(1, targets[:, None])[:, 0], targets, None, top, compiled)
    probabilities = final.sub_(last.log_sum_exp[:, None]).exp_()
    last.cross = last.weighted / last.total + last.maximum

    together = max(1, ROWS // max(1, n_states - 1)) if decoder.streams else positions
    parts: list[list[_Sums]] = []
    for start in range(0, positions if n_states > 1 else 0, together):
        some = slice(start, start + together)
        rows, repeated = normed[:-1, some].flatten(0, 1), targets[some].repeat(n_states - 1)
        blocks = decoder.logit_blocks(rows, BLOCK)
        earlier = _stream(blocks, decoder.logits_of(rows, repeated), repeated, probabilities[some], top, compiled)
        parts.append(earlier.by_state(n_states - 1))
    sums = [_Sums.joined(list(of_state)) for of_state in zip(*parts, strict=True)] + [last]
    log_sum_exp = torch.stack([each.log_sum_exp for each in sums])
    # The cross entropy of the final distribution with each lens distribution.
    cross_entropy = log_sum_exp - torch.stack([each.cross for each in sums])
    log_total, mean = log_sum_exp - _stacked(sums, "maximum"), _stacked(sums, "weighted") / _stacked(sums, "total")
    return {
        "target_ids": targets.cpu().numpy(),
        "top_ids": _stacked(sums, "top_ids").cpu().numpy(),
        "top_log_probabilities": (_stacked(sums, "top") - log_sum_exp[..., None]).float().cpu().numpy(),
        "rank": _stacked(sums, "rank").cpu().numpy(),
        "log_probability": (_stacked(sums, "target_logits") - log_sum_exp).float().cpu().numpy(),
        "entropy": (log_total - mean).clamp_min(0).float().cpu().numpy(),
        "kl_to_final": (cross_entropy - cross_entropy[-1]).clamp_min(0).float().cpu().numpy(),
    }


def _whole(blocks: Iterable[tuple[int, torch.Tensor]], vocabulary: int) -> Float[torch.Tensor, "rows vocabulary"]:
    """All logits of a few rows, copied out of the buffer that the blocks share."""
    whole = torch.empty(0)
    for start, logits in blocks:
        whole = logits.new_empty((len(logits), vocabulary)) if start == 0 else whole
        whole[:, start : start + logits.shape[1]] = logits
    return whole


def _stacked(sums: list[_Sums], name: str) -> torch.Tensor:
    return torch.stack([getattr(each, name) for each in sums])


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
        device = target_logits.device
        zeros = torch.zeros(rows, dtype=torch.float64, device=device)
        return cls(
            target_logits=target_logits,
            top=torch.full((rows, top), -torch.inf, device=device),
            top_ids=torch.zeros((rows, top), dtype=torch.long, device=device),
            rank=torch.zeros(rows, dtype=torch.long, device=device),
            maximum=torch.full((rows,), -torch.inf, dtype=torch.float64, device=device),
            total=zeros,
            weighted=zeros.clone(),
            cross=zeros.clone(),
        )

    @property
    def log_sum_exp(self) -> Float[torch.Tensor, " rows"]:
        """The logarithm of sum_v e^z_v."""
        return self.maximum + self.total.log()

    def by_state(self, states: int) -> list[_Sums]:
        """The rows of every state for themselves."""
        fields = {name: getattr(self, name).chunk(states) for name in self.__dataclass_fields__}
        return [_Sums(**{name: values[state] for name, values in fields.items()}) for state in range(states)]

    @classmethod
    def joined(cls, parts: list[_Sums]) -> _Sums:
        """Positions after positions of one state."""
        return cls(**{name: torch.cat([getattr(part, name) for part in parts]) for name in cls.__dataclass_fields__})


def _stream(
    blocks: Iterable[tuple[int, torch.Tensor]],
    target_logits: Float[torch.Tensor, " rows"],
    targets: Int[torch.Tensor, " rows"],
    probabilities: Float[torch.Tensor, "positions vocabulary"] | None,
    top: int,
    compiled: bool,
) -> _Sums:
    """One pass over the vocabulary; the rows are states times positions, the logits in ``blocks`` are used up."""
    sums, scratch = _Sums.empty(target_logits, top), target_logits.new_empty(0)
    absorb = _absorb_compiled if compiled else _absorb
    for start, logits in blocks:
        inside = ((targets >= start) & (targets < start + logits.shape[1])).nonzero()[:, 0]
        logits[inside, targets[inside] - start] = target_logits[inside]  # so that no target outranks itself
        # What is compared or multiplied lands in one scratch: a fresh array for each would cost more than its numbers.
        scratch = scratch if scratch.shape == logits.shape else torch.empty_like(logits)
        absorb(sums, logits, start, probabilities, scratch)
    return sums


def _absorb_compiled(
    sums: _Sums, logits: torch.Tensor, start: int, probabilities: torch.Tensor | None, scratch: torch.Tensor
) -> None:
    """All of it row by row, in one pass."""
    from statescape.language.lens_kernel import absorb

    nothing = logits.new_empty((0, 0))
    arrays = (sums.top, sums.top_ids, sums.rank, sums.maximum, sums.total, sums.weighted, sums.cross)
    absorb(
        logits.numpy(),
        start,
        sums.target_logits.numpy(),
        (nothing if probabilities is None else probabilities).numpy(),
        *(array.numpy() for array in arrays),
        scratch.view(-1)[: 2 * logits.shape[1]].view(2, -1).numpy(),
    )


def _absorb(
    sums: _Sums, logits: torch.Tensor, start: int, probabilities: torch.Tensor | None, scratch: torch.Tensor
) -> None:
    """Operation by operation, on any device."""
    # A comparison into floats is summed six times as fast as one into booleans; counts below 2^24 are exact.
    sums.rank += torch.gt(logits, sums.target_logits[:, None], out=scratch).sum(1).long()
    if probabilities is not None:
        final = probabilities[:, start : start + logits.shape[1]]
        by_state = (-1, *final.shape)
        sums.cross += torch.mul(logits.view(by_state), final, out=scratch.view(by_state)).sum(2).flatten()
    _add_exponentials(sums, logits, _keep_top(sums, logits, start), scratch)


def _keep_top(sums: _Sums, logits: torch.Tensor, start: int) -> torch.Tensor:
    """Merge a block's best into the best so far, and return each row's maximum.

    Sorting whole rows would cost more than the product. Groups without anything better are known by their maximum, and
    after the first few blocks nearly all are such.
    """
    rows, width = logits.shape
    grouped = logits.view(rows, -1, GROUP if width % GROUP == 0 else width)
    maxima = grouped.amax(2)
    row, group = (maxima > sums.top[:, -1:]).nonzero(as_tuple=True)
    if len(row):
        candidates = grouped[row, group]
        which, place = (candidates > sums.top[row, -1:]).nonzero(as_tuple=True)
        _merge(sums, row[which], candidates[which, place], start + group[which] * grouped.shape[2] + place)
    return maxima.amax(1)


def _merge(sums: _Sums, row: torch.Tensor, values: torch.Tensor, ids: torch.Tensor) -> None:
    """Put candidates, sorted by row, among the best of their rows."""
    top = sums.top.shape[1]
    rows, owner, counts = torch.unique_consecutive(row, return_inverse=True, return_counts=True)
    slot = top + torch.arange(len(row), device=row.device) - (counts.cumsum(0) - counts)[owner]
    room = (len(rows), top + int(counts.max()))
    all_values, all_ids = values.new_full(room, -torch.inf), ids.new_zeros(room)
    all_values[:, :top], all_ids[:, :top] = sums.top[rows], sums.top_ids[rows]
    all_values[owner, slot], all_ids[owner, slot] = values, ids
    sums.top[rows], order = all_values.topk(top, dim=1)
    sums.top_ids[rows] = all_ids.gather(1, order)


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
