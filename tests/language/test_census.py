"""Every causal model that transformers knows is read as it is, at any length, or refused with its reason."""

import re
from typing import Any

import numpy as np
import pytest
import torch

import statescape as ss
from statescape.errors import StatescapeError
from tests.language.census import MORE_FAMILIES, NOT_BUILT, REFUSED_BECAUSE
from tests.language.families import FAMILIES, REFUSED, VOCABULARY, Family, build, word_tokenizer

# One of each kind: state space, linear attention, latent attention, shared blocks, inputs per layer, chunks, memory.
QUICK = {"mamba2", "qwen3_next", "deepseek_v2", "zamba2", "gemma4_text", "llama4_text", "xlstm", "bart", "deepseek_v32"}
EVERYONE = (*FAMILIES, REFUSED, *MORE_FAMILIES)
CENSUS = [
    pytest.param(family, id=family.model_type, marks=() if family.model_type in QUICK else pytest.mark.long)
    for family in EVERYONE
]
IDS = [(7 * index + 3) % VOCABULARY for index in range(40)]
_WINDOW = re.compile(r"window(_size)?$|chunk_size$|block_size$")
_BLOCK = re.compile(r"(.*(?:layers|layer|h|blocks|block))\.\d+")


def small(family: Family) -> Any:
    """The family's model with windows and chunks that 40 tokens pass."""
    config = vars(build(family).config.get_text_config())
    numbers = {name: value for name, value in config.items() if type(value) is int and _WINDOW.search(name)}
    windows = {name: 8 for name, value in numbers.items() if value > 8}
    if not windows or "text_config" in family.config:
        return build(family)
    return build(Family(family.model_type, {**family.config, **windows}, family.common))


@torch.no_grad()
def by_hooks(network: Any, blocks: int) -> tuple[np.ndarray, np.ndarray]:
    """States and logits by hooks on modules that are found by their names."""
    lists: dict[str, list[Any]] = {}
    for name, module in network.named_modules():
        if match := _BLOCK.fullmatch(name):
            lists.setdefault(match[1], []).append(module)
    members = next(found for found in lists.values() if len(found) in (blocks, blocks + 1))[-blocks:]
    seen: list[torch.Tensor] = []

    def first(values: Any) -> torch.Tensor:
        return next(v for v in values if isinstance(v, torch.Tensor) and v.ndim == 3 and v.is_floating_point()).clone()

    handles = [
        members[0].register_forward_pre_hook(
            lambda _, args, kwargs: seen.append(first([*args, *kwargs.values()])), with_kwargs=True
        ),
        *(
            member.register_forward_hook(
                lambda _, __, output: seen.append(first(output if isinstance(output, tuple | list) else [output]))
            )
            for member in members
        ),
    ]
    logits = network(torch.tensor([IDS]), use_cache=False).logits[0].numpy()
    for handle in handles:
        handle.remove()
    return torch.cat(seen).numpy(), logits


@pytest.mark.parametrize("family", CENSUS)
def test_every_causal_model_is_read_or_refused(family: Family) -> None:
    network = small(family)
    if words := REFUSED_BECAUSE.get(family.model_type):
        with pytest.raises(StatescapeError, match=re.escape(words)):
            ss.load_model(network, tokenizer=word_tokenizer())
        return
    model = ss.load_model(network, tokenizer=word_tokenizer())
    trace = model.trace(IDS)
    states, logits = by_hooks(network, model.facts.n_blocks)
    largest = np.abs(states).max()
    np.testing.assert_allclose(trace.states, states, atol=1e-6 * largest)
    np.testing.assert_allclose(model.decode(trace.states[-1]), logits, atol=1e-4 * logits.std())
    for length in (5, 23, 39):
        before = model.trace(IDS[:length]).states
        np.testing.assert_allclose(before, trace.states[:, :length], atol=1e-5 * largest)
    path = trace.path()
    assert (path.steps is None) == bool(path.steps_note)


@pytest.mark.long
def test_no_causal_model_is_forgotten() -> None:
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    asked = {family.model_type for family in EVERYONE}
    assert set(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES) == asked | NOT_BUILT
    assert not asked & NOT_BUILT
    assert len(asked) >= 170
