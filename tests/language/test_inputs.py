"""What a user may give to a model beside a text, and what is said to everything else."""

from typing import Any

import numpy as np
import pytest
import torch

import statescape as ss
from statescape.errors import StatescapeError
from tests.language.families import FAMILIES, TEXT, build, word_tokenizer


@pytest.fixture(scope="module")
def model() -> Any:
    return ss.load_model(build(FAMILIES[0]), tokenizer=word_tokenizer())


def refusal(call: Any, *given: Any) -> str:
    with pytest.raises(StatescapeError) as caught:
        call(*given)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("kind", [list, tuple, np.array, torch.tensor, lambda ids: [np.int64(i) for i in ids]])
def test_token_ids_are_taken_as_they_are(model: Any, kind: Any) -> None:
    trace, own = model.trace(kind([5, 17, 60])), model.trace("w5 w17 w60")
    assert trace.token_ids == (5, 17, 60)
    assert trace.text == "w5w17w60"
    np.testing.assert_array_equal(trace.states, own.states)
    assert trace.path().model.bos == "token ids as given"
    assert model.trace(kind([5, 17, 60]), last=2).token_ids == (17, 60)
    assert [t.token_ids for t in model.traces([kind([5, 17]), "w60"])] == [(5, 17), (60,)]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (5, "reads a text, token ids or chat messages; got int"),
        (None, "got NoneType"),
        (b"w5", "got bytes"),
        (object(), "got object"),
        ([], "one list of whole numbers"),
        ([[1, 2]], "give those of one text at a time"),
        ([[1], [2, 3]], "one list of whole numbers"),
        (torch.ones(1, 3, dtype=torch.long), "one text at a time"),
        ([1.5, 2.0], "whole numbers"),
        ([True, False], "whole numbers"),
        (["w5", "w6"], "whole numbers"),
        (np.array(5), "one list of whole numbers"),
        ([{"role": "user", "content": "w5"}], "no chat template; give a text"),
        ({"input_ids": [1]}, "got dict"),
        ([5, 97], "lie between 0 and 96; got 5 to 97"),
        ([-1], "lie between 0 and 96"),
        (list(range(65)), "has 65 tokens, the model takes 64"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_neither_text_nor_ids(model: Any, given: Any, words: str) -> None:
    assert words in refusal(model.trace, given)


def test_one_text_is_not_many(model: Any) -> None:
    assert "traces takes texts as a list; got 'w5 w6' (str)" in refusal(lambda: list(model.traces("w5 w6")))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("sound", [True, False])
def test_a_model_comes_back_as_it_was(training: bool, sound: bool) -> None:
    """Also a half-trained one with dropout, which is read without, and one that is refused."""
    network = build(FAMILIES[0])
    network.train(training)
    network.transformer.h[1].train(not training)
    network.lm_head.weight.requires_grad_(False)
    if not sound:
        network.transformer.wpe.weight.data[3] = torch.nan

    def looks() -> Any:
        modules = [
            (m.training, dict(m._forward_hooks), dict(m._forward_pre_hooks), set(vars(m))) for m in network.modules()
        ]
        weights = [(id(p), p.dtype, p.requires_grad, p.data_ptr(), p._version) for p in network.parameters()]
        return modules, weights, network.config._attn_implementation

    before = looks()
    if sound:
        model = ss.load_model(network, tokenizer=word_tokenizer())
        states = [model.trace(TEXT).states for _ in range(2)]
        np.testing.assert_array_equal(*states)
        assert model.trace(TEXT).path().steps is not None
    else:
        refusal(lambda: ss.load_model(network, tokenizer=word_tokenizer()))
    assert looks() == before


def _replaced(network: Any) -> None:
    network.lm_head.weight = torch.nn.Parameter(network.lm_head.weight.detach().clone())


def _stepped(network: Any) -> None:
    with torch.no_grad():
        network.transformer.h[0].mlp.c_fc.weight.mul_(2.0)


def _read_in(network: Any) -> None:
    network.load_state_dict(build(FAMILIES[0], seed=1).state_dict())


def _moved(network: Any) -> None:
    network.to(torch.bfloat16)


def _another_head(network: Any) -> None:
    network.set_output_embeddings(build(FAMILIES[0], seed=1).get_output_embeddings())


def _another_part_inside(network: Any) -> None:
    network.transformer.h[0].mlp.c_fc = build(FAMILIES[0], seed=1).transformer.h[0].mlp.c_fc


@pytest.mark.parametrize("change", [_replaced, _stepped, _read_in, _moved, _another_head, _another_part_inside])
def test_weights_that_change_after_loading_are_noticed(change: Any) -> None:
    network = build(FAMILIES[0])
    model = ss.load_model(network, tokenizer=word_tokenizer())
    trace = model.trace(TEXT)
    change(network)
    words = "The weights of this GPT2LMHeadModel have changed since it was loaded; load it again"
    assert words in refusal(model.trace, TEXT)
    assert words in refusal(trace.path)
    ss.load_model(network, tokenizer=word_tokenizer()).trace(TEXT).path()
