"""From a network in memory to a model that can be read: parts found, decoder under contract, tokens bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from statescape.language.model.contract import context_of
from statescape.language.model.language_model import LanguageModel
from statescape.language.model.probes import probed
from statescape.language.tokens import bind


def read_network(
    network: Any, tokenizer: Any, name: str, bos: bool | None, key_of: Callable[[], str] = str
) -> LanguageModel:
    """Find the parts of a transformers model, hold its decoder to the contract, bind its tokenizer.

    Args:
        network: the model.
        tokenizer: its tokenizer.
        name: what outputs call it.
        bos: policy on what opens a text; None for the tokenizer's own.
        key_of: names the model in the cache of what was measured, when its tokens are known; "" measures it anew and
            keeps nothing.

    Raises:
        StatescapeError: if the model cannot be read exactly, or the tokenizer does not fit.
    """
    rows = len(network.get_input_embeddings().weight)
    tokens = bind(tokenizer, rows, bos, context_of(network.config.get_text_config()))
    key = key_of()
    found = probed(network, name, key)
    facts = replace(found.facts(name), bos=tokens.policy, has_bos=bool(tokens.prefix))
    return LanguageModel(facts, found.anatomy, found.decoder, tokens, key)
