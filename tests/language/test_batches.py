"""States of texts that are run together are those of the texts alone."""

from typing import Any

import numpy as np
import pytest

import statescape as ss
from statescape.errors import StatescapeError
from statescape.language.model import contract
from tests.language.families import FAMILIES, VOCABULARY, build, word_tokenizer

LENGTHS = (11, 3, 1, 7, 12, 2, 5)
TEXTS = [" ".join(f"w{(7 * index + 5 * length) % VOCABULARY}" for index in range(length)) for length in LENGTHS]
CHOSEN = ("gpt2", "llama", "gpt_neox", "opt", "bloom", "gemma2", "phi", "falcon", "mpt", "mamba", "rwkv")


def loaded(model_type: str) -> Any:
    network = build(next(family for family in FAMILIES if family.model_type == model_type))
    return ss.load_model(network, tokenizer=word_tokenizer())


@pytest.mark.parametrize("model_type", CHOSEN)
def test_states_in_a_batch_are_those_alone(model_type: str) -> None:
    model = loaded(model_type)
    together = list(model.traces(TEXTS, batch=4))
    assert [trace.text for trace in together] == TEXTS
    for trace in together:
        alone = model.trace(trace.text)
        assert trace.token_ids == alone.token_ids
        np.testing.assert_allclose(trace.states, alone.states, atol=1e-5 * np.abs(alone.states).max())


@pytest.mark.parametrize("model_type", ["gpt2", "llama", "gpt_neox", "bloom", "gemma2", "mpt"])
def test_parts_in_a_batch_are_those_alone(model_type: str) -> None:
    model = loaded(model_type)
    for trace in model.traces(TEXTS, batch=4, parts=True):
        path, alone = trace.path(-1), model.trace(trace.text).path(-1)
        for part in ("attention", "mlp"):
            own = getattr(alone.steps, part)
            np.testing.assert_allclose(getattr(path.steps, part), own, atol=2e-5 * np.abs(alone.states).max())


def test_paths_of_a_batch_take_no_pass_of_their_own() -> None:
    model = loaded("gpt2")
    assert not isinstance(model.parts, str)
    assert model.same_in_batches
    passes = []
    hook = model.anatomy.blocks[0].attn.register_forward_hook(lambda *_: passes.append(1))  # decoding bypasses it
    assert all(trace.path(-1).steps is not None for trace in model.traces(TEXTS, batch=4, parts=True))
    hook.remove()
    assert len(passes) == 2


def test_gpt2_needs_no_second_way() -> None:
    """The texts are really run together: as many passes as batches."""
    model = loaded("gpt2")
    assert model.same_in_batches
    passes = []
    hook = model.anatomy.blocks[0].register_forward_hook(lambda *_: passes.append(1))
    list(model.traces(TEXTS, batch=4))
    hook.remove()
    assert len(passes) == 2


def test_a_model_whose_states_change_in_batches_runs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    model = loaded("gpt2")
    right = contract.padded

    def on_the_left(texts: Any) -> Any:
        ids, mask = right(texts)
        return ids.flip(1), mask

    monkeypatch.setattr(contract, "padded", on_the_left)
    assert not model.same_in_batches
    for trace in model.traces(TEXTS, batch=4):
        np.testing.assert_array_equal(trace.states, model.trace(trace.text).states)


def test_texts_are_read_as_they_are_asked_for() -> None:
    read: list[str] = []

    def texts() -> Any:
        for text in TEXTS:
            read.append(text)
            yield text

    traces = loaded("gpt2").traces(texts(), batch=2)
    next(traces)
    assert len(read) == 2


def test_what_cannot_be_run_is_refused() -> None:
    model = loaded("gpt2")
    with pytest.raises(StatescapeError, match="at least one text; got 0"):
        list(model.traces(TEXTS, batch=0))
    with pytest.raises(StatescapeError, match="The text is empty"):
        list(model.traces(["w1", " "]))
