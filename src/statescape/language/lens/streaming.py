"""The logit lens over all states and positions as one stream, without ever holding [states, positions, vocabulary].

A chunk of positions is taken through the vocabulary block by block, all its states together. The logits of the chunk's
last states come first and are kept (a few MB): they give the targets and the final distribution p_L, so that for every
state the log-sum-exp, the entropy lse - sum_v p_v z_v and KL(p_L || p_l) = sum_v p_L,v (log p_L,v - log p_l,v) add up
over blocks, each relative to the block's own maximum (Milakov & Gimelshein 2018, arXiv:1805.02867). Long texts take one
compiled pass over each block, short ones and other devices the operations of torch, on pieces that stay in the cache.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from statescape.errors import StatescapeError
from statescape.language.lens.readout import AXIS_OF_POSITIONS, LensReadout
from statescape.language.lens.workers import in_workers
from statescape.language.model.decoder import Decoder

# Rows (states times positions) and tokens of one product: enough for its full speed.
ROWS = 768
BLOCK = 2048
# Logits of a piece, which with two more of its size fits the second cache.
PIECE = 1 << 17
# Tokens that share one maximum, by which most of them are passed over in the search for the best.
GROUP = 64
# Most positions of a chunk, whose final distributions are kept, and most logits at once where they cannot be streamed.
POSITIONS = 64
WHOLE = 8_000_000
# Logits from which the compiled pass is worth loading (and, the first time on a machine, compiling); and those of each
# of many readings, which load it once.
COMPILED = 100_000_000
COMPILED_OFTEN = 5_000_000


@torch.inference_mode()
def read_lens(
    decoder: Decoder,
    states: Float[np.ndarray, "states positions d_model"],
    tokens: tuple[str, ...],
    vocabulary: tuple[str, ...],
    top: int = 10,
    targets: Int[np.ndarray, " targets"] | None = None,
    *,
    final: Float[torch.Tensor, "positions vocabulary"] | None = None,
    often: bool = False,
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
        final: logits of the last states, where they are known.
        often: whether many such readings follow each other.

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

    def prepared() -> Iterator[tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]]:
        """Chunk by chunk the normed states, targets, last logits; the model's own code runs in this thread only."""
        for start in range(0, positions, size):
            chunk = torch.from_numpy(np.ascontiguousarray(states[:, start : start + size]))
            normed = decoder.normalise(chunk.reshape(-1, chunk.shape[-1])).reshape(n_states, chunk.shape[1], -1)
            wanted = None if targets is None else torch.from_numpy(targets[start : start + size]).long()
            yield normed, wanted, None if final is None else final[start : start + size].clone()

    compiled = decoder.streams and states[..., 0].size * len(vocabulary) >= (COMPILED_OFTEN if often else COMPILED)
    chunks = in_workers(
        lambda chunk: _read_chunk(decoder, *chunk, len(vocabulary), top, compiled), prepared(), decoder.streams
    )
    fields: dict[str, Any] = {
        name: np.concatenate([chunk[name] for chunk in chunks], axis=axis) for name, axis in AXIS_OF_POSITIONS.items()
    }
    return LensReadout(tokens=tokens, vocabulary=vocabulary, **fields)


@torch.inference_mode()
def _read_chunk(
    decoder: Decoder,
    normed: Float[torch.Tensor, "states positions head_width"],
    targets: Int[torch.Tensor, " positions"] | None,
    final: Float[torch.Tensor, "positions vocabulary"] | None,
    vocabulary: int,
    top: int,
    compiled: bool,
) -> dict[str, np.ndarray]:
    """Read one chunk; ``final``, the logits of its last states where they are known, is used up."""
    n_states, positions, _ = normed.shape
    compiled = compiled and normed.device.type == "cpu"
    if final is None:
        final = whole_logits(decoder, normed[-1], vocabulary)
    targets = final.max(1).indices if targets is None else targets.to(final.device)
    stored = ((start, final[:, start : start + BLOCK].contiguous()) for start in range(0, vocabulary, BLOCK))
    last = _stream(stored, final.gather(1, targets[:, None]).T, targets, None, top, compiled)
    # What is left of the final logits when they have been streamed: the final distribution.
    probabilities = final.sub_(last.maximum[0, :, None].float()).sub_(last.total[0, :, None].log().float()).exp_()
    last.cross = last.weighted / last.total + last.maximum

    together = max(1, ROWS // positions) if decoder.streams else n_states
    sums = []
    for start in range(0, n_states - 1, together):
        rows = normed[start : min(start + together, n_states - 1)]
        blocks, repeated = decoder.logit_blocks(rows.flatten(0, 1), BLOCK), targets.repeat(len(rows))
        wanted = decoder.logits_of(rows.flatten(0, 1), repeated).view(rows.shape[:2])
        sums.append(_stream(blocks, wanted, targets, probabilities, top, compiled))
    found = _Sums.joined([*sums, last])
    log_sum_exp = found.maximum + found.total.log()
    # The cross entropy of the final distribution with each lens distribution.
    cross_entropy = log_sum_exp - found.cross
    entropy = found.total.log() - found.weighted / found.total
    return {
        "target_ids": targets.cpu().numpy(),
        "top_ids": found.top_ids.cpu().numpy(),
        "top_log_probabilities": (found.top - log_sum_exp[..., None]).float().cpu().numpy(),
        "rank": found.rank.cpu().numpy(),
        "log_probability": (found.target_logits - log_sum_exp).float().cpu().numpy(),
        "entropy": entropy.clamp_min(0).float().cpu().numpy(),
        "kl_to_final": (cross_entropy - cross_entropy[-1]).clamp_min(0).float().cpu().numpy(),
    }


@torch.inference_mode()
def whole_logits(
    decoder: Decoder, normed: Float[torch.Tensor, "rows head_width"], vocabulary: int
) -> Float[torch.Tensor, "rows vocabulary"]:
    """All logits of a few rows, copied out of the buffer that the blocks share."""
    whole = torch.empty(0)
    for start, logits in decoder.logit_blocks(normed, BLOCK):
        whole = logits.new_empty((len(logits), vocabulary)) if start == 0 else whole
        whole[:, start : start + logits.shape[1]] = logits
    return whole


@dataclass(eq=False)
class _Sums:
    """What the blocks of a vocabulary add up to, at every state and position.

    `total` is sum e^(z - M), `weighted` sum e^(z - M) (z - M), with M the `maximum`; `cross` sums the final
    probabilities times z.
    """

    target_logits: Float[torch.Tensor, "states positions"]
    top: Float[torch.Tensor, "states positions top"]
    top_ids: Int[torch.Tensor, "states positions top"]
    rank: Int[torch.Tensor, "states positions"]
    maximum: Float[torch.Tensor, "states positions"]
    total: Float[torch.Tensor, "states positions"]
    weighted: Float[torch.Tensor, "states positions"]
    cross: Float[torch.Tensor, "states positions"]

    @classmethod
    def joined(cls, parts: list[_Sums]) -> _Sums:
        """States after states."""
        return cls(**{name: torch.cat([getattr(part, name) for part in parts]) for name in cls.__dataclass_fields__})


def _stream(
    blocks: Iterable[tuple[int, torch.Tensor]],
    target_logits: Float[torch.Tensor, "states positions"],
    targets: Int[torch.Tensor, " positions"],
    probabilities: Float[torch.Tensor, "positions vocabulary"] | None,
    top: int,
    compiled: bool,
) -> _Sums:
    """One pass over the vocabulary; the rows of the blocks are states times positions."""
    states, positions = target_logits.shape
    best = _Best.empty(states * positions, top, target_logits.device)
    scratch, of_blocks = target_logits.new_empty(0), []
    for start, rows in blocks:
        logits = rows.view(states, positions, -1)
        width = logits.shape[2]
        inside = ((targets >= start) & (targets < start + width)).nonzero()[:, 0]
        # So that no target outranks itself.
        logits[:, inside, targets[inside] - start] = target_logits[:, inside]
        sums = logits.new_zeros(5, states, positions)
        if compiled:
            _add_compiled(rows, target_logits, probabilities, best, start, sums)
        else:
            final = None if probabilities is None else probabilities[:, start : start + width]
            scratch = _add(logits, target_logits, final, best, start, sums, scratch)
        of_blocks.append(sums)
    above, maximum, total, weighted, cross = torch.stack(of_blocks, dim=1).double()
    largest = maximum.amax(0)
    shift = maximum - largest
    return _Sums(
        target_logits=target_logits,
        top=best.values.view(states, positions, top),
        top_ids=best.ids.view(states, positions, top),
        rank=above.sum(0).long(),
        maximum=largest,
        total=(shift.exp() * total).sum(0),
        weighted=(shift.exp() * (weighted + shift * total)).sum(0),
        cross=cross.sum(0),
    )


def _add_compiled(
    rows: Float[torch.Tensor, "rows tokens"],
    target_logits: Float[torch.Tensor, "states positions"],
    probabilities: Float[torch.Tensor, "positions vocabulary"] | None,
    best: _Best,
    start: int,
    sums: Float[torch.Tensor, "5 states positions"],
) -> None:
    """The sums of a block, row by row in one pass: rank, maximum, total, weighted, cross."""
    from statescape.language.lens.kernel import absorb

    final = rows.new_empty((0, 0)) if probabilities is None else probabilities
    arrays = (target_logits.reshape(-1), final, best.values, best.ids, sums.flatten(1))
    absorb(rows.numpy(), start, *(array.numpy() for array in arrays))


def _add(
    logits: Float[torch.Tensor, "states positions tokens"],
    target_logits: Float[torch.Tensor, "states positions"],
    probabilities: Float[torch.Tensor, "positions tokens"] | None,
    best: _Best,
    start: int,
    sums: Float[torch.Tensor, "5 states positions"],
    scratch: Float[torch.Tensor, " _"],
) -> Float[torch.Tensor, " _"]:
    """The same, operation by operation on some states at a time; returns the scratch for the next block."""
    states, positions, width = logits.shape
    several = states
    if logits.device.type == "cpu":
        several = min(states, max(1, PIECE // (positions * width)))
    # A fresh array for every operation would cost more than its numbers.
    needed = 2 * several * positions * width
    scratch = scratch if scratch.numel() >= needed else logits.new_empty(needed)
    maxima = logits.new_empty(states, positions, width // (GROUP if width % GROUP == 0 else width))
    for first in range(0, states, several):
        part = slice(first, first + several)
        _add_piece(logits[part], target_logits[part, :, None], probabilities, maxima[part], sums[:, part], scratch)
    best.keep(logits.flatten(0, 1), maxima.flatten(0, 1), start)
    return scratch


def _add_piece(
    logits: Float[torch.Tensor, "states positions tokens"],
    target_logits: Float[torch.Tensor, "states positions 1"],
    probabilities: Float[torch.Tensor, "positions tokens"] | None,
    maxima: Float[torch.Tensor, "states positions groups"],
    sums: Float[torch.Tensor, "5 states positions"],
    scratch: Float[torch.Tensor, " _"],
) -> None:
    above, maximum, total, weighted, cross = sums
    one, other = (half[: logits.numel()].view(logits.shape) for half in scratch.chunk(2))
    torch.amax(logits.view(*maxima.shape, -1), 3, out=maxima)
    torch.amax(maxima, 2, out=maximum)
    # A comparison into floats is summed six times as fast as one into booleans; counts below 2^24 are exact.
    torch.sum(torch.gt(logits, target_logits, out=one), 2, out=above)
    if probabilities is not None:
        torch.sum(torch.mul(logits, probabilities, out=one), 2, out=cross)
    shifted = torch.sub(logits, maximum[..., None], out=one)
    exponentials = torch.exp(shifted, out=other)
    torch.sum(exponentials, 2, out=total)
    torch.sum(exponentials.mul_(shifted), 2, out=weighted)


@dataclass(eq=False)
class _Best:
    """The largest logits of every row so far, best first, and their tokens."""

    values: Float[torch.Tensor, "rows top"]
    ids: Int[torch.Tensor, "rows top"]

    @classmethod
    def empty(cls, rows: int, top: int, device: torch.device) -> _Best:
        values = torch.full((rows, top), -torch.inf, device=device)
        return cls(values, torch.zeros((rows, top), dtype=torch.long, device=device))

    def keep(
        self, logits: Float[torch.Tensor, "rows tokens"], maxima: Float[torch.Tensor, "rows groups"], start: int
    ) -> None:
        """Merge a block's best into the best so far.

        Sorting whole rows would cost more than the product. Groups without anything better are known by their maximum,
        and after the first block nearly all are such.
        """
        if start == 0:
            kept = min(self.values.shape[1], logits.shape[1])
            self.values[:, :kept], self.ids[:, :kept] = logits.topk(kept, dim=1)
            return
        row, group = (maxima > self.values[:, -1:]).nonzero(as_tuple=True)
        if len(row):
            grouped = logits.view(*maxima.shape, -1)
            candidates = grouped[row, group]
            which, place = (candidates > self.values[row, -1:]).nonzero(as_tuple=True)
            self._merge(row[which], candidates[which, place], start + group[which] * grouped.shape[2] + place)

    def _merge(self, row: torch.Tensor, values: torch.Tensor, ids: torch.Tensor) -> None:
        """Put candidates, sorted by row, among the best of their rows."""
        top = self.values.shape[1]
        rows, owner, counts = torch.unique_consecutive(row, return_inverse=True, return_counts=True)
        slot = top + torch.arange(len(row), device=row.device) - (counts.cumsum(0) - counts)[owner]
        room = (len(rows), top + int(counts.max()))
        all_values, all_ids = values.new_full(room, -torch.inf), ids.new_zeros(room)
        all_values[:, :top], all_ids[:, :top] = self.values[rows], self.ids[rows]
        all_values[owner, slot], all_ids[owner, slot] = values, ids
        self.values[rows], order = all_values.topk(top, dim=1)
        self.ids[rows] = all_ids.gather(1, order)
