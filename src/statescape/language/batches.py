"""Several texts in one pass, padded on the right so that no state of a text can see the padding.

Attention is causal, so what stands behind a text cannot reach into it; positions are counted from the left. That is not
taken on trust: a text is run beside a longer one and alone, and a model whose states differ runs one text at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

import torch
from jaxtyping import Float, Int

from statescape.language.anatomy import Anatomy

T = TypeVar("T")

# Largest change of a state beside other texts over the largest coordinate, by the dtype of the stream.
ROUNDING = {torch.float64: 1e-9, torch.float32: 1e-5, torch.bfloat16: 3e-2, torch.float16: 4e-3}


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Items in lists of ``size``, read as they are asked for."""
    remaining = iter(items)
    while together := list(islice(remaining, size)):
        yield together


def padded(
    texts: Sequence[Sequence[int]],
) -> tuple[Int[torch.Tensor, "batch positions"], Int[torch.Tensor, "batch positions"]]:
    """Ids and mask of several texts, the short ones continued with their own first token behind a mask of 0."""
    longest = max(len(ids) for ids in texts)
    ids = torch.tensor([[*text, *[text[0]] * (longest - len(text))] for text in texts])
    mask = torch.tensor([[1] * len(text) + [0] * (longest - len(text)) for text in texts])
    return ids, mask


def states_together(
    anatomy: Anatomy, texts: Sequence[Sequence[int]]
) -> Iterator[Float[torch.Tensor, "states positions d_model"]]:
    """The states of every text, without those of the padding."""
    states = anatomy.batch_states(*padded(texts))
    for index, text in enumerate(texts):
        yield states[:, index, : len(text)]


def same_in_batches(anatomy: Anatomy, texts: Sequence[Sequence[int]]) -> bool:
    """Whether the shortest of several texts has the states beside the others that it has alone."""
    shortest = min(range(len(texts)), key=lambda index: len(texts[index]))
    together = list(states_together(anatomy, texts))[shortest]
    alone = anatomy.states(torch.tensor(texts[shortest]))
    largest = alone.abs().max().clamp_min(1e-30)
    return bool((together - alone).abs().max() / largest <= ROUNDING.get(anatomy.stream_dtype, 0.0))
