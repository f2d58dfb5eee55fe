"""What is not taken on trust: that states decode to the model's own logits, that none looks ahead or at its neighbours.

All is tried on probe texts, ids spread over the vocabulary: a short one for the exactness contract; a longer one, past
the windows, chunks and selections that attention may have, for causality, and for several texts in one pass. These are
padded on the right, where causal attention cannot see the padding: a text is run beside a longer one and alone, and a
model whose states differ runs one text at a time.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, TypeVar

import numpy as np
import torch
from jaxtyping import Float, Int

from statescape.errors import StatescapeError
from statescape.language.model.anatomy import Anatomy
from statescape.language.model.decoder import ERROR_BOUNDS, Decoder, decode, decoder_of
from statescape.language.readable import ReadableModel

# Largest change of a state beside other texts over the largest coordinate, by the dtype of the stream.
ROUNDING = {torch.float64: 1e-9, torch.float32: 1e-5, torch.bfloat16: 3e-2, torch.float16: 4e-3}
M = TypeVar("M", bound=ReadableModel)
T = TypeVar("T")

# Positions of the probe text: enough to tell positions apart, few enough for any context. The longer one goes past
# windows only where that takes seconds (positions times weights).
_PROBE_POSITIONS = 12
_LONG_POSITIONS = 40
_MOST_WORK = 1e11
_REACH = re.compile(r"window(?!_layers)|chunk_size|block_size|^index_topk$")


def probe(vocabulary: int, context: int | None, positions: int = _PROBE_POSITIONS) -> Int[torch.Tensor, " positions"]:
    """A probe text: ids spread over the vocabulary by the golden ratio."""
    positions = min(positions, context or positions)
    return torch.tensor([int((0.31 + 0.6180339887 * index) % 1 * vocabulary) for index in range(positions)])


def long_probe(anatomy: Anatomy) -> Int[torch.Tensor, " positions"]:
    """A probe text that is longer than what the model's attention reaches or selects, where that is affordable."""
    config = anatomy.network.config.get_text_config()
    numbers = {name: value for name, value in vars(config).items() if isinstance(value, int) and _REACH.search(name)}
    positions = max([0, *numbers.values()]) + _LONG_POSITIONS // 2
    if positions * sum(weight.numel() for weight in anatomy.network.parameters()) > _MOST_WORK:
        positions = numbers.get("index_topk", 0) + _LONG_POSITIONS // 2
    return probe(anatomy.vocabulary, context_of(config), max(positions, _LONG_POSITIONS))


def context_of(config: Any) -> int | None:
    """Most positions the model was made for; None where its configuration names no bound."""
    for name in ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length"):
        value = getattr(config, name, None)
        if isinstance(value, int) and value > 0:
            return value
    return None


def refuse_looking_ahead(
    states_of: Callable[[torch.Tensor], Float[torch.Tensor, "states positions d_model"]],
    ids: Int[torch.Tensor, " positions"],
    name: str,
    stream_dtype: torch.dtype = torch.float32,
    eps: float = 0.0,
) -> None:
    """Hold a model to what comes later in a text leaving all states before it as they are, but for rounding.

    Other tokens are tried behind several cuts, and no tokens: a selection of the most telling tokens can depend on how
    many there are to choose from.

    Args:
        states_of: the states of a text.
        ids: the text.
        name: what the refusal calls the model.
        stream_dtype: dtype of the stream, which some models keep wider than their weights.
        eps: what numbers are rounded by on their way from the network.

    Raises:
        StatescapeError: where states change.
    """
    states, last = states_of(ids), len(ids) - 1
    largest = states.abs().max().clamp_min(1e-30)
    rounding = 64 * max(torch.finfo(stream_dtype).eps, torch.finfo(torch.float32).eps)
    cuts = sorted({min(4, last), len(ids) // 2, last})

    def holds() -> bool:
        for cut in cuts:
            others = torch.cat([ids[:cut], ids[:1].expand(len(ids) - cut)])
            if not (states_of(others) - states)[:, :cut].abs().max() <= rounding * largest:
                return False
        for cut in cuts[1:]:
            differs = (states_of(ids[:cut]) - states[:, :cut]).abs().amax((0, 2)) / largest
            # In half precision an expert chosen by a hair may be another one at some position; a leak shows at most.
            measure = differs.max() if eps <= torch.finfo(torch.float32).eps else differs.median()
            if not measure <= max(ROUNDING.get(stream_dtype, 0.0), rounding):
                return False
        return True

    if not holds():
        raise StatescapeError(
            f"{name} reads its text in both directions, or gives its beginning other states where more text follows; "
            "statescape reads causal language models."
        )


def checked(model: M) -> M:
    """A model that was made elsewhere, held to what it promises; its facts state how exactly it was read.

    Raises:
        StatescapeError: where sizes, numbers, causality or logits are not what they must be.
    """
    facts = model.facts
    ids = probe(facts.vocab_size, model.tokens.context)
    length = len(ids)
    own = np.asarray(model.logits(ids.tolist()))
    arrays = {
        "embeddings": (np.asarray(model.embeddings), (facts.vocab_size, facts.d_model)),
        "states": (np.asarray(model.states(ids.tolist())), (facts.n_blocks + 1, length, facts.d_model)),
        "logits": (own, (length, facts.vocab_size)),
    }
    for what, (found, expected) in arrays.items():
        if found.shape != expected:
            raise StatescapeError(f"{facts.name} has {what} of shape {found.shape}; its facts say {expected}.")
        if not np.isfinite(found).all():
            raise StatescapeError(f"{facts.name} has {what} that are NaN or infinite.")
    if len(model.tokens.vocabulary) != facts.vocab_size:
        raise StatescapeError(
            f"{facts.name} reads {len(model.tokens.vocabulary):,} tokens; its facts say {facts.vocab_size:,}."
        )

    def states_of(ids: torch.Tensor) -> torch.Tensor:
        return torch.tensor(np.asarray(model.states(ids.tolist()), dtype=np.float32))

    refuse_looking_ahead(states_of, probe(facts.vocab_size, model.tokens.context, _LONG_POSITIONS), facts.name)
    logits = torch.tensor(own.astype(np.float32))
    error, bound = verified(decoder_of(model), states_of(ids)[-1], logits, getattr(torch, facts.dtype))
    known = copy.copy(model)
    object.__setattr__(known, "facts", replace(facts, max_logit_error=error, error_bound=bound))
    return known


def verified(
    decoder: Decoder,
    last_states: Float[torch.Tensor, "positions d_model"],
    logits: Float[torch.Tensor, "positions vocabulary"],
    dtype: torch.dtype,
) -> tuple[float, float]:
    """Hold a decoder to the exactness contract.

    Returns:
        The largest |decode(s_L) - logits| over the standard deviation of the logits, and the bound for this dtype.

    Raises:
        StatescapeError: if it is beyond the bound.
    """
    bound = ERROR_BOUNDS[dtype]
    decoded = decode(decoder, last_states)
    if decoded.shape != logits.shape:
        raise StatescapeError(f"Decoded logits have shape {tuple(decoded.shape)}, the model's {tuple(logits.shape)}.")
    error = float((decoded - logits).abs().max() / logits.std().clamp_min(1e-30))
    if not error <= bound:
        raise StatescapeError(
            "The states of this model cannot be read exactly: decoding the last state misses the model's own logits "
            f"by {error:.2g} of their spread, where {bound:g} is allowed."
        )
    return error, bound


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
    try:
        together = list(states_together(anatomy, texts))[shortest]
    except Exception:  # whatever foreign code raises: it takes no padding
        return False
    alone = anatomy.states(torch.tensor(texts[shortest]))
    largest = alone.abs().max().clamp_min(1e-30)
    return bool((together - alone).abs().max() / largest <= ROUNDING.get(anatomy.stream_dtype, 0.0))
