"""States that TransformerLens has cached, taken for what they are: s_0 to s_L of one text.

``blocks.l.hook_resid_pre`` is s_l and ``blocks.l.hook_resid_post`` is s_{l+1}. TransformerLens can change weights when
it loads a model (folded norms, centred rows), and a cache can come from another model: so s_0 is held against what
this model gives for the same tokens, and refused where it differs. Later states may differ, as after an intervention.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from statescape import plugins
from statescape.errors import StatescapeError
from statescape.language.readable import ReadableModel

# Largest difference of s_0 over its largest coordinate.
_AGREE = 1e-3


def read_cache(
    cache: Mapping[str, Any], model: ReadableModel | None, token_ids: Sequence[int] | None, row: int
) -> tuple[ReadableModel, tuple[int, ...], Float[np.ndarray, "states positions d_model"]]:
    """Model, ids and states of one text of a cache.

    Raises:
        StatescapeError: if states are missing, or are not those of this model.
    """
    model = _wrapped(cache) if model is None else model
    states = np.stack([_of_row(_cached(cache, state), row) for state in range(model.facts.n_blocks + 1)])
    width = model.facts.d_model
    if states.shape[2] != width:
        raise StatescapeError(f"The cached states have width {states.shape[2]}, {model.facts.name} has {width}.")
    ids = _found(cache, model, row) if token_ids is None else tuple(int(token) for token in token_ids)
    if len(ids) != states.shape[1]:
        raise StatescapeError(f"The cache holds {states.shape[1]} positions, for which {len(ids)} token ids are given.")
    if not all(0 <= token < model.facts.vocab_size for token in ids):
        raise StatescapeError(f"Token ids of {model.facts.name} lie between 0 and {model.facts.vocab_size - 1}.")
    own = model.states(ids)[0]
    difference = float(np.abs(own - states[0]).max() / max(np.abs(own).max(), 1e-30))
    if not difference <= _AGREE:
        raise StatescapeError(
            f"The cached states are not those of {model.facts.name}: s_0 differs by {difference:.2g} of its size; run "
            "the same model without processed weights (TransformerBridge, or from_pretrained_no_processing)."
        )
    return model, ids, states


def _cached(cache: Mapping[str, Any], state: int) -> Any:
    """s_l as it was left by the block before it, or as it enters the block behind it."""
    names = [f"blocks.{state - 1}.hook_resid_post"] * (state > 0) + [f"blocks.{state}.hook_resid_pre"]
    for name in names:
        if name in cache:
            return cache[name]
    raise StatescapeError(f"The cache holds no {names[0]}; run_with_cache must keep every hook_resid_post.")


def _wrapped(cache: Any) -> ReadableModel:
    """The transformers model inside the bridge that a cache came from."""
    bridge = getattr(cache, "model", None)
    network, tokenizer = getattr(bridge, "original_model", None), getattr(bridge, "tokenizer", None)
    if network is None or tokenizer is None:
        raise StatescapeError("The cache carries no transformers model; give the same model, loaded by load_model.")
    model: ReadableModel = plugins.model(network, tokenizer=tokenizer)
    return model


def _found(cache: Mapping[str, Any], model: ReadableModel, row: int) -> tuple[int, ...]:
    """The ids whose embeddings were cached."""
    if "hook_embed" not in cache:
        raise StatescapeError("The cache holds no hook_embed to know its tokens by; give token_ids.")
    embedded, table = _of_row(cache["hook_embed"], row), np.asarray(model.embeddings)
    if embedded.shape[1] != table.shape[1]:
        raise StatescapeError(f"The cached embeddings have width {embedded.shape[1]}, the model {table.shape[1]}.")
    # |e - w|^2 without the table of differences.
    nearness = embedded @ table.T - 0.5 * np.square(table).sum(axis=1)
    ids = nearness.argmax(axis=1)
    if np.abs(table[ids] - embedded).max() > _AGREE * np.abs(table).max():
        raise StatescapeError("The cached embeddings are not rows of this model's matrix; give token_ids.")
    return tuple(ids.tolist())


def _of_row(tensor: Any, row: int) -> np.ndarray:
    """[positions, width] of one text, in float32, whether the cache kept its batch dimension or not."""
    values = tensor.detach().float().cpu() if isinstance(tensor, torch.Tensor) else torch.as_tensor(tensor).float()
    if values.ndim == 3:
        if not 0 <= row < len(values):
            raise StatescapeError(f"The cache holds {len(values)} texts, counted from 0; there is no row {row}.")
        values = values[row]
    if values.ndim != 2:
        raise StatescapeError(f"Cached states have shape [batch, positions, width]; got {tuple(values.shape)}.")
    return np.asarray(values.numpy())
