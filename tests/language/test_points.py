"""States by number and by the names of TransformerLens."""

from typing import Any

import numpy as np
import pytest
import torch

import statescape as ss
from statescape.errors import StatescapeError
from statescape.language.lens.lenses import Point, point
from tests.language.families import FAMILIES, TEXT, build, word_tokenizer


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (0, Point(0)),
        (-1, Point(12)),
        ("5", Point(5)),
        ("s_5", Point(5)),
        ("-2", Point(11)),
        ("blocks.5.hook_resid_pre", Point(5)),
        ("blocks.5.hook_resid_mid", Point(5, middle=True)),
        ("blocks.5.hook_resid_post", Point(6)),
        ("blocks.11.hook_resid_post", Point(12)),
    ],
)
def test_names(name: Any, expected: Point) -> None:
    assert point(name, 12) == expected
    assert point(expected.name, 12) == expected


@pytest.mark.parametrize("name", [13, -14, "blocks.12.hook_resid_pre", "blocks.5.hook_mlp_out", "five", ""])
def test_what_names_no_state_is_refused(name: Any) -> None:
    with pytest.raises(StatescapeError, match=r"state|blocks 0 to 11"):
        point(name, 12)


def test_a_misspelt_state_is_told_the_nearest() -> None:
    with pytest.raises(StatescapeError, match=r"Did you mean blocks\.5\.hook_resid_mid\?"):
        point("blocks.5.hook_resid_midd", 12)


def model_of(model_type: str) -> Any:
    network = build(next(family for family in FAMILIES if family.model_type == model_type))
    return ss.load_model(network, tokenizer=word_tokenizer())


def test_the_middle_of_a_block_is_what_its_second_norm_reads() -> None:
    model = model_of("gpt2")
    trace = model.trace(TEXT)
    seen: list[torch.Tensor] = []
    hook = model.anatomy.blocks[1].ln_2.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    model.trace(TEXT)
    hook.remove()
    middle = trace.state("blocks.1.hook_resid_mid")
    np.testing.assert_allclose(middle, seen[0][0].numpy(), atol=1e-5 * np.abs(middle).max())
    np.testing.assert_array_equal(trace.state("blocks.1.hook_resid_post"), trace.states[2])


def test_the_lens_reads_the_states_that_are_named() -> None:
    trace = model_of("gpt2").trace(TEXT)
    whole = trace.lens(top=2)
    some = trace.lens(top=2, states=["blocks.1.hook_resid_post", "blocks.2.hook_resid_mid", -1, 0])
    assert some.states == (2, "blocks.2.hook_resid_mid", 3, 0)
    for row, state in ((0, 2), (2, 3), (3, 0)):
        np.testing.assert_allclose(some.kl_to_final[row], whole.kl_to_final[state], atol=1e-5)
        np.testing.assert_array_equal(some.top_ids[row], whole.top_ids[state])
    expected = trace.model.decode(trace.state("blocks.2.hook_resid_mid"))
    np.testing.assert_array_equal(some.top_ids[1, :, 0], expected.argmax(1))
    assert set(some.to_dataframe().state) == {2, "blocks.2.hook_resid_mid", 3, 0}


@pytest.mark.parametrize("model_type", ["phi", "gptj", "mamba"])
def test_blocks_without_a_middle_have_none(model_type: str) -> None:
    trace = model_of(model_type).trace(TEXT)
    with pytest.raises(StatescapeError, match=r"There is no blocks\.0\.hook_resid_mid"):
        trace.state("blocks.0.hook_resid_mid")
