"""Edits: what they make of the stream, to the bit where nothing changes, and what of them is refused."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

import statescape as ss
from statescape.errors import StatescapeError
from statescape.language import Edit
from statescape.language.contrasting import contrast_of, null_of
from tests.language.families import BLOCKS, FAMILIES, TEXT, WIDTH, Family, build, word_tokenizer

EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.model_type)
RNG = np.random.default_rng(0)


@cache
def _model(family: Family, dtype: torch.dtype = torch.float32) -> Any:
    return ss.load_model(build(family).to(dtype), tokenizer=word_tokenizer())


def _named(model_type: str) -> Any:
    return _model(next(family for family in FAMILIES if family.model_type == model_type))


def _hooks(model: Any) -> int:
    network = model.anatomy.network
    return sum(len(one._forward_hooks) + len(one._forward_pre_hooks) for one in network.modules())


@EVERY_FAMILY
def test_what_was_there_written_back_changes_nothing_to_the_bit(family: Family) -> None:
    model = _model(family)
    trace = model.trace(TEXT)
    back = [Edit.replace(block, states) for block, states in enumerate(trace.states)]
    edited = model.trace(TEXT, edits=[*back, Edit.scale(1, 1.0), Edit.add(2, np.zeros(WIDTH), positions=-1)])
    np.testing.assert_array_equal(edited.states, trace.states)


@EVERY_FAMILY
def test_parts_written_back_change_nothing_to_the_bit(family: Family) -> None:
    model = _model(family)
    states, added = model.states_and_parts(model.tokens.encode(TEXT))
    assert isinstance(added, str) != family.steps
    if isinstance(added, str):
        with pytest.raises(StatescapeError, match="cannot be edited"):
            model.trace(TEXT, edits=[Edit.zero(1, part="mlp")])
        return
    back = [
        Edit.replace(block, rows, part=part)
        for part in ("attention", "mlp")
        for block, rows in enumerate(getattr(added, part), 1)
    ]
    np.testing.assert_array_equal(model.trace(TEXT, edits=back).states, states)


@pytest.mark.parametrize("model_type", ["gpt2", "llama", "gemma2", "gpt_neox", "bloom", "granite"])
def test_in_half_precision_nothing_changes_either(model_type: str) -> None:
    model = _model(next(one for one in FAMILIES if one.model_type == model_type), torch.bfloat16)
    ids = model.tokens.encode(TEXT)
    trace = model.trace(TEXT)
    back = [Edit.replace(block, states) for block, states in enumerate(trace.states)]
    _, added = model.states_and_parts(ids)
    if not isinstance(added, str):
        back += [Edit.replace(2, added.attention[1], part="attention"), Edit.replace(2, added.mlp[1], part="mlp")]
    np.testing.assert_array_equal(model.trace(TEXT, edits=back).states, trace.states)


@EVERY_FAMILY
def test_a_state_that_is_put_there_is_there_and_the_blocks_above_go_on_from_it(family: Family) -> None:
    """Positions before the edit stay as they are; a part that is set to zero leaves the other alone in the sum."""
    model = _model(family)
    plain = model.trace(TEXT)
    new = RNG.normal(size=(2, WIDTH)).astype(np.float32)
    edited = model.trace(TEXT, edits=[Edit.replace(1, new, positions=[3, -1])]).states
    np.testing.assert_array_equal(edited[1][[3, -1]], new)
    np.testing.assert_array_equal(edited[0], plain.states[0])
    np.testing.assert_allclose(edited[:, :3], plain.states[:, :3], atol=1e-5 * np.abs(plain.states).max())
    assert np.abs(edited[2:, 3:] - plain.states[2:, 3:]).max() > 1e-3


@EVERY_FAMILY
def test_without_its_mlp_a_block_adds_its_attention_alone(family: Family) -> None:
    if not family.steps:
        pytest.skip("no parts")
    model = _model(family)
    plain = model.trace(TEXT)
    attention = model.states_and_parts(plain.token_ids)[1].attention
    edited = model.trace(TEXT, edits=[Edit.zero(BLOCKS, part="mlp")]).states
    expected = plain.states[-2] + attention[-1]
    np.testing.assert_allclose(edited[-1], expected, atol=2e-5 * np.abs(plain.states).max())


def test_edits_are_done_in_order_and_say_what_they_do() -> None:
    model = _named("llama")
    state = model.trace(TEXT).states[2, -1].astype(np.float64)
    direction, vector = RNG.normal(size=WIDTH), RNG.normal(size=WIDTH)
    steps = [
        Edit.scale(2, 3.0, -1),
        Edit.project_out(2, direction, -1),
        Edit.add(2, vector, -1),
        Edit.project_out(2, [vector, 2 * vector], 0),
    ]
    trace = model.trace(TEXT, edits=steps)
    unit = direction / np.linalg.norm(direction)
    expected = 3 * state - 3 * (state @ unit) * unit + vector
    np.testing.assert_allclose(trace.states[2, -1], expected, atol=1e-5)
    assert abs(trace.states[2, 0] @ vector) < 1e-4
    assert steps[3].directions.shape == (1, WIDTH)
    assert trace.edits == tuple(steps)
    assert trace.facts.edited == trace[-1].model.edited
    assert trace.facts.edited.startswith("state 2 at position -1: times 3; state 2 at position -1: less 1 of its")
    assert "and 1 more" in trace.facts.edited
    assert "edited: state 2" in repr(trace)
    assert trace.steps_note == "Attention and MLP are not shown apart: the run was edited."
    assert model.trace(TEXT).facts.edited == ""
    assert repr(Edit.zero(1, part="mlp")) == "Edit of MLP of block 1 at all positions: 0"


def test_a_subspace_is_taken_out_whole() -> None:
    model = _named("gpt2")
    state, pair = model.trace(TEXT).states[2, -1].astype(np.float64), RNG.normal(size=(2, WIDTH))
    left = model.trace(TEXT, edits=[Edit.project_out(2, pair, -1)]).states[2, -1]
    inside = pair.T @ np.linalg.lstsq(pair.T, state, rcond=None)[0]
    np.testing.assert_allclose(left, state - inside, atol=1e-5)
    np.testing.assert_allclose(pair @ left, 0, atol=1e-4)


def test_the_pages_of_an_edited_run_say_so(tmp_path: Any) -> None:
    model = ss.load_model()
    trace = model.trace("Once upon a time", edits=[Edit.zero(3, 1)])
    page = ss.views.report(trace[-1], tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("state 3 at position 1: 0") >= 2  # among the facts, and on the sphere
    table = ss.views.lens_page(trace, [trace.lens(top=3)], tmp_path / "lens.html").read_text(encoding="utf-8")
    assert "state 3 at position 1: 0" in table
    plain = model.trace("Once upon a time")
    parted = contrast_of(plain, trace, null_of(model))
    page = ss.views.report(parted, tmp_path / "contrast.html").read_text(encoding="utf-8")
    assert page.count("edited run") == 1
    assert "state 3 at position 1: 0" in page
    assert "edited" not in repr(plain)


def test_hooks_go_also_after_an_error() -> None:
    model = _named("gpt2")
    before = _hooks(model)
    model.trace(TEXT, edits=[Edit.zero(1), Edit.zero(2, part="mlp"), Edit.zero(0)])
    assert _hooks(model) == before
    with pytest.raises(StatescapeError, match="not finite"):
        model.trace(TEXT, edits=[Edit.scale(1, 1e300)])
    broken = Edit.zero(2)
    object.__setattr__(broken, "at", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        model.edited_states(model.tokens.encode(TEXT), [broken])
    assert _hooks(model) == before


def test_copies_in_one_pass_are_those_of_each_alone() -> None:
    for model_type in ("gpt2", "llama", "gemma2", "mixtral", "jamba", "rwkv", "bloom", "minicpm3", "deepseek_v3"):
        model = _named(model_type)
        ids = model.tokens.encode(TEXT)
        copies = [[Edit.add(block, np.ones(WIDTH), place)] for block in range(BLOCKS + 1) for place in (0, 4, -1)]
        copies += [[], [Edit.zero(2, 3), Edit.scale(3, 2.0, -1)]]
        if not isinstance(model.parts, str):
            copies += [
                [Edit.zero(block, place, part)]
                for part in ("attention", "mlp")
                for block in (1, 3)
                for place in (1, -1)
            ]
        alone = np.stack([model.edited_states(ids, edits)[-1, -1] for edits in copies])
        np.testing.assert_allclose(model.last_states_edited(ids, copies), alone, atol=1e-5 * np.abs(alone).max())


@pytest.mark.parametrize("model_type", ["gpt2", "llama", "gemma2", "bloom", "mamba"])
def test_copies_go_on_from_states_that_are_known_and_are_whole_where_that_is_asked(model_type: str) -> None:
    model = _named(model_type)
    ids = model.tokens.encode(TEXT)
    states = model.states(ids)
    copies = [[Edit.scale(block, 0.5, place)] for block in range(BLOCKS + 1) for place in (4, -1)]
    alone = np.stack([model.edited_states(ids, edits)[-1] for edits in copies])
    allowed = 1e-5 * np.abs(alone).max()
    np.testing.assert_allclose(model.last_states_edited(ids, copies, known=states[:, 4:]), alone[:, -1], atol=allowed)
    whole = model.last_states_edited(ids, copies, known=states, everywhere=True)
    np.testing.assert_allclose(whole, alone, atol=allowed)
    np.testing.assert_allclose(model.last_states_edited(ids, copies, known=states[:, -1:]), alone[:, -1], atol=allowed)


@pytest.mark.parametrize("model_type", ["gpt2", "llama", "gemma2", "mamba"])
def test_copies_go_on_from_a_text_that_was_read_and_say_the_same_where_it_is_read_anew(model_type: str) -> None:
    model = _named(model_type).remembering(2**20)
    ids = model.tokens.encode(TEXT)
    copies = [[Edit.scale(block, 0.5, 5)] for block in range(BLOCKS + 1)]
    alone = np.stack([model.edited_states(ids[:6], edits)[-1, -1] for edits in copies])
    assert model.abreast == (model_type != "mamba")
    model.states_and_parts(ids)
    found = [model.last_states_edited(ids[:6], copies, within=ids) for _ in range(2)]  # with what is kept, without it
    np.testing.assert_allclose(found[0], alone, atol=1e-5 * np.abs(alone).max())
    np.testing.assert_array_equal(*found)
    little = _named(model_type).remembering(1)
    little.states_and_parts(ids)
    assert little.beginnings.of(ids) is None


def test_a_twin_says_the_same_to_the_bit_while_the_other_runs() -> None:
    for model_type in ("gpt2", "llama", "gemma2", "mixtral", "mamba"):
        model = _named(model_type)
        twin, ids = model.twin(), model.tokens.encode(TEXT)
        assert twin.anatomy.network is not model.anatomy.network
        assert twin.anatomy.head.weight is model.anatomy.head.weight
        copies = [[Edit.zero(2, -1)], [Edit.add(1, np.ones(WIDTH), 3)]]

        def everything(one: Any, ids: Any = ids, copies: Any = copies) -> list[np.ndarray]:
            states, added = one.states_and_parts(ids)
            parts = [] if isinstance(added, str) else [added.attention, added.mlp]
            return [states, *parts, one.last_states_edited(ids, copies), one.decode(states[-1])]

        expected = everything(model)
        with ThreadPoolExecutor(2) as pool:
            for found in pool.map(everything, [model, twin]):
                for one, other in zip(found, expected, strict=True):
                    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Edit.zero(-1), "count from 0"),
        (lambda: Edit.zero(0, part="mlp"), "count from 1"),
        (lambda: Edit.zero(1, []), "at least one position"),
        (lambda: Edit.zero(1, [1.5]), "whole number"),
        (lambda: Edit.zero(1, part="head"), "'head'"),
        (lambda: Edit.scale(1, float("inf")), "finite"),
        (lambda: Edit.replace(1, np.full(WIDTH, np.nan)), "finite"),
        (lambda: Edit.replace(1, np.ones((3, WIDTH)), [0, 1]), "2 positions need as many rows"),
        (lambda: Edit.project_out(1, np.zeros(WIDTH)), "length 0"),
        (lambda: Edit(1, directions=np.ones((1, 3)), values=np.ones(4)), "values as an array"),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused_where_it_is_made(make: Any, words: str) -> None:
    with pytest.raises(StatescapeError, match=words):
        make()


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Edit.zero(BLOCKS + 1), f"blocks up to {BLOCKS}; there is no block {BLOCKS + 1}"),
        (Edit.zero(1, 9), "position 9 is outside the text: its 9 tokens have positions 0 to 8"),
        (Edit.zero(1, -10), "outside the text"),
        (Edit.zero(1, [8, -1]), "a position twice"),
        (Edit.add(1, np.ones(WIDTH + 1)), f"width {WIDTH}; the edit is made for {WIDTH + 1}"),
        (Edit.project_out(1, np.ones(3)), "made for 3"),
        (Edit.replace(1, np.ones((4, WIDTH))), "9 positions need as many rows of values"),
    ],
)
def test_an_edit_that_fits_neither_model_nor_text_is_refused(edit: Edit, words: str) -> None:
    with pytest.raises(StatescapeError, match=words):
        _named("gpt2").trace(TEXT, edits=[edit])


def test_a_model_that_offers_no_edits_says_so() -> None:
    from statescape.language import Trace

    with pytest.raises(StatescapeError, match="edited_states"):
        Trace.read(_Plain(_named("gpt2")), TEXT, None, [Edit.zero(1)])


class _Plain:
    """A readable model with nothing else to offer."""

    def __init__(self, model: Any) -> None:
        self.facts, self.tokens, self.embeddings = model.facts, model.tokens, model.embeddings
        self.unembedding, self.states, self.normalise = model.unembedding, model.states, model.normalise
        self.decode, self.logits = model.decode, model.logits


@pytest.mark.parametrize("state", [0, 3, 6])
@pytest.mark.filterwarnings("error")
def test_a_state_that_is_set_to_zero_has_no_direction_and_all_else_is_told(state):
    from statescape.analysis import conclude, read_path
    from statescape.views.core.page import render
    from statescape.views.globe import sphere_text
    from statescape.views.language.page import page_of

    path = ss.load_model().trace("Once upon a time", edits=[Edit.zero(state, -1)])[-1]
    assert not path.states[state].any()
    reading = read_path(path)
    sentence, _ = conclude(reading).sentences
    assert sentence.startswith("The last state is 0 and has no direction") == (state == 6)
    assert "nan" not in sentence
    assert np.isnan(path.cosine()).tolist() == [at == state for at in range(7)]
    assert "edited run" in render(page_of(reading))
    assert "edited" in sphere_text(path)
