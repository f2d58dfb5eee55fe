"""Several texts in one pass, padded on the right so that no state of a text can see the padding.

Attention is causal, so what stands behind a text cannot reach into it; positions are counted from the left. Neither is
taken on trust. Other ends of a probe text, and none, must leave the states of its beginning as they are; a text is run
beside a longer one and alone, and a model whose states change in company is run one text at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

import torch
from jaxtyping import Float, Int

from statescape.language.anatomy import Anatomy

T = TypeVar("T")

# Largest change of a state in company over the largest coordinate, by the dtype of the stream.
_AGREE = {torch.float64: 1e-9, torch.float32: 1e-5, torch.bfloat16: 3e-2, torch.float16: 4e-3}


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


def is_causal(anatomy: Anatomy, ids: Int[torch.Tensor, " positions"]) -> bool:
    """Whether what comes later in a text leaves all states before it as they are, but for rounding.

    Other tokens are tried behind several cuts, and no tokens: a selection of the most telling tokens can depend on how
    many there are to choose from.
    """
    states, last = anatomy.states(ids), len(ids) - 1
    largest = states.abs().max().clamp_min(1e-30)
    rounding = 64 * max(torch.finfo(anatomy.stream_dtype).eps, torch.finfo(torch.float32).eps)
    cuts = sorted({min(4, last), len(ids) // 2, last})
    for cut in cuts:
        others = torch.cat([ids[:cut], ids[:1].expand(len(ids) - cut)])
        if not (anatomy.states(others) - states)[:, :cut].abs().max() <= rounding * largest:
            return False
    for cut in cuts[1:]:
        differs = (anatomy.states(ids[:cut]) - states[:, :cut]).abs().amax((0, 2)) / largest
        # In half precision an expert chosen by a hair may be another one at some position; a leak shows at most.
        measure = differs.max() if anatomy.eps <= torch.finfo(torch.float32).eps else differs.median()
        if not measure <= max(_AGREE.get(anatomy.stream_dtype, 0.0), rounding):
            return False
    return True


def keeps_company(anatomy: Anatomy, texts: Sequence[Sequence[int]]) -> bool:
    """Whether the shortest of several texts has the states in their company that it has alone."""
    shortest = min(range(len(texts)), key=lambda index: len(texts[index]))
    together = list(states_together(anatomy, texts))[shortest]
    alone = anatomy.states(torch.tensor(texts[shortest]))
    largest = alone.abs().max().clamp_min(1e-30)
    return bool((together - alone).abs().max() / largest <= _AGREE.get(anatomy.stream_dtype, 0.0))
