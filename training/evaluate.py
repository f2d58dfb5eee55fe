"""Bits per character of a causal language model on held-out stories: what the card of `conteur` states.

``bits = -sum log2 p(token | tokens before it in its window) / characters``; every document opens with the tokenizer's
own first token. Documents longer than the context are read in windows that overlap by half, so that each token but the
first ones sees at least half a context.
"""

from __future__ import annotations

import math

import torch
from tokenizers import Tokenizer


@torch.no_grad()
def bits_per_character(model: torch.nn.Module, tokenizer: Tokenizer, texts: list[str], context: int) -> float:
    """Mean bits per character over all ``texts`` together."""
    bits, characters = 0.0, 0
    for text in texts:
        ids = torch.tensor(tokenizer.encode(text).ids)
        bits += _document_nats(model, ids, context) / math.log(2)
        characters += len(text)
    return bits / characters


def _document_nats(model: torch.nn.Module, ids: torch.Tensor, context: int) -> float:
    nats, scored = 0.0, 1
    while scored < len(ids):
        start = 0 if scored == 1 else scored - context // 2
        window = ids[start : start + context]
        log_probabilities = model(input_ids=window[None], use_cache=False).logits[0].float().log_softmax(-1)
        picked = log_probabilities[:-1].gather(1, window[1:, None])[:, 0]
        nats -= float(picked[scored - start - 1 :].double().sum())
        scored = start + len(window)
    return nats
