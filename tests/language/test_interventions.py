"""What all interventions have in common: every family and dtype takes them, each tells its numbers and its answer."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import statescape as ss
from statescape.errors import StatescapeError
from statescape.language import (
    Edit,
    TextPair,
    ablate,
    contrast,
    corpus_means,
    direction_between,
    patch,
    patch_pairs,
    steer,
)
from statescape.wording import speaking
from tests.language.families import BLOCKS, FAMILIES, WIDTH, Family, build, word_tokenizer
from tests.language.test_closed_form import Decoder, L

CLEAN, CORRUPT = "w5 w17 w60 w2 w33", "w5 w71 w60 w2 w34"
GIRL, BOY = (f"Once upon a time there was a {who} named" for who in ("girl", "boy"))
STORIES = ["Once upon a time there was a cat.", "The dog ran to the park. He was happy.", "Tom had a red ball."]
DOCUMENTED = Path(__file__).parents[2] / "docs" / "interventions.md"


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.model_type)
def test_every_family_takes_them_in_bfloat16(family: Family) -> None:
    _takes_them(family, torch.bfloat16)


@pytest.mark.parametrize("model_type", ["gpt2", "llama", "mamba"])
def test_families_take_them_in_float32(model_type: str) -> None:
    _takes_them(next(one for one in FAMILIES if one.model_type == model_type), torch.float32)


def _takes_them(family: Family, dtype: torch.dtype) -> None:
    """Where parts are not offered, the map of the states is, and whole blocks can be left out."""
    model = ss.load_model(build(family).to(dtype), tokenizer=word_tokenizer())
    assert model.facts.dtype == str(dtype).removeprefix("torch.")
    rounded = 40 * model.facts.eps

    found = patch(model, CLEAN, CORRUPT, [7, 8], attribution=True)
    assert list(found.correlations) == list(found.maps)
    assert list(found.maps) == (["state", "attention", "mlp"] if family.steps else ["state"])
    assert bool(found.parts_note) != family.steps
    logits = model.decode(np.stack([one.states[-1, -1] for one in (found.clean, found.corrupt)]))
    allowed = rounded * float(np.abs(logits).max()) / abs(found.difference_clean - found.difference_corrupt)
    np.testing.assert_allclose(found.state[-1], [0, 0, 0, 0, 1], atol=allowed)
    np.testing.assert_array_equal(found.state[:, 0], 0)
    moved = model.trace(CORRUPT, edits=[Edit.replace(1, found.clean.states[1, 1], 1)]).states[-1, -1:]
    difference = np.subtract(*model.decode(moved)[0, [7, 8]].astype(np.float64))
    share = (difference - found.difference_corrupt) / (found.difference_clean - found.difference_corrupt)
    assert found.state[1, 1] == pytest.approx(share, abs=allowed)

    lost = ablate(model, [CLEAN, CORRUPT, "w9 w8"])
    states = model.states(model.tokens.encode(CLEAN))
    skipped = model.trace(CLEAN, edits=[Edit.replace(2, states[1])]).states[-1]
    told = model.decode(skipped[:-1]).astype(np.float64)
    own = np.log(np.exp(told).sum(axis=1)) - told[np.arange(4), [17, 60, 2, 33]]
    assert lost.without[1, 0] == pytest.approx(own.mean(), abs=rounded * float(np.abs(told).max()))

    steered = steer(model, CLEAN, np.random.default_rng(0).normal(size=WIDTH), block=2, strength=0.5)
    assert steered.kl[-1] > 0
    np.testing.assert_allclose(steered.kl[:2], 0, atol=1e-9)


@pytest.mark.parametrize("model_type", ["gpt2", "llama", "gemma2", "granite"])
def test_a_block_that_is_skipped_is_one_whose_attention_and_mlp_add_nothing(model_type: str) -> None:
    network = build(next(one for one in FAMILIES if one.model_type == model_type))
    model = ss.load_model(network, tokenizer=word_tokenizer())
    skipped = [[Edit.replace(block, model.trace(CLEAN).states[block - 1])] for block in range(1, BLOCKS + 1)]
    emptied = [[Edit.zero(block, part=part) for part in ("attention", "mlp")] for block in range(1, BLOCKS + 1)]
    ids = model.tokens.encode(CLEAN)
    one, other = (model.last_states_edited(ids, copies, everywhere=True) for copies in (skipped, emptied))
    np.testing.assert_allclose(one, other, atol=2e-5 * np.abs(other).max())


def test_means_of_a_corpus_are_those_of_its_positions_but_the_first() -> None:
    model = ss.load_model(Decoder().eval(), tokenizer=word_tokenizer())
    texts = ["w3 w4 w5", "w9", "w3 w9"]
    found = corpus_means(model, texts)
    read = [model.states_and_parts(model.tokens.encode(text)) for text in (texts[0], texts[2])]
    assert found.n_positions == 3
    assert found.state.shape == (L + 1, model.facts.d_model)
    for name, of in (("state", [states for states, _ in read]), ("attention", [one.attention for _, one in read])):
        rows = np.concatenate([values[:, 1:].astype(np.float64) for values in of], axis=1)
        np.testing.assert_allclose(getattr(found, name), rows.mean(axis=1), atol=1e-6)
    np.testing.assert_allclose(np.diff(found.state, axis=0), found.attention + found.mlp, atol=1e-5)
    edited = model.trace("w3 w4", edits=[Edit.replace(2, found.state[2], -1)])
    np.testing.assert_allclose(edited.states[2, -1], found.state[2], atol=1e-6)
    assert repr(found) == f"CorpusMeans of {model.facts.name} over 3 positions"
    with pytest.raises(StatescapeError, match="two tokens"):
        corpus_means(model, ["w3"])


def test_means_of_a_model_without_parts_are_those_of_its_states() -> None:
    network = build(next(one for one in FAMILIES if one.model_type == "mamba"))
    model = ss.load_model(network, tokenizer=word_tokenizer())
    found = corpus_means(model, [CLEAN, CORRUPT])
    assert (found.attention, found.mlp) == (None, None)
    assert found.parts_note
    assert ablate(model, [CLEAN, CORRUPT], by="mean").without.shape == (BLOCKS, 2)
    with pytest.raises(StatescapeError, match="leave out whole blocks"):
        ablate(model, [CLEAN, CORRUPT], part="mlp")


@cache
def _found() -> dict[str, Any]:
    """One of each, of the bundled model."""
    model = ss.load_model()
    return {
        "contrast": contrast(model, GIRL, BOY),
        "patch": patch(model, GIRL, BOY, attribution=True),
        "patch of several pairs": patch_pairs(model, [TextPair(GIRL, BOY), TextPair(BOY, GIRL)], attribution=True),
        "ablate": ablate(model, STORIES),
        "steer": steer(model, GIRL, direction_between(model, " girl", " boy"), follow=2),
    }


@pytest.mark.parametrize("name", ["contrast", "patch", "patch of several pairs", "ablate", "steer"])
def test_each_tells_its_numbers_its_table_and_its_answer(name: str) -> None:
    """The keys are those that the documentation lists, no more and no fewer."""
    found = _found()[name]
    data = json.loads(json.dumps(found.as_json()))
    row = next(line for line in DOCUMENTED.read_text("utf-8").splitlines() if line.startswith(f"| `{name}` |"))
    assert re.findall(r"`(\w+)`", row.split("|")[2]) == list(data)
    assert data["version"] == ss.__version__
    assert data["model"] == found.as_json()["model"] == json.loads(json.dumps(ss.load_model().facts.as_json()))
    assert data["conclusion"] == found.conclusion
    assert len(found.to_dataframe()) > 2
    cell = found._repr_html_()
    assert "<table" in cell
    assert cell.count("<img") == 1
    with speaking("fr"):
        assert found.conclusion != data["conclusion"]
        assert found.conclusion.endswith((".", "%)."))


def test_answers_are_those_of_the_numbers() -> None:
    pairs, steered = _found()["patch of several pairs"], _found()["steer"]
    low, _ = pairs.intervals("state")
    sure = {(at, state) for state, at in np.argwhere(low >= 0.5).tolist()}
    assert {(at, state) for at, first, last in pairs.carriers() for state in range(first, last + 1)} == sure
    assert "with its whole 95% interval over 2 pairs" in pairs.conclusion
    assert pairs.correlations["state"] == pytest.approx(np.mean([one.correlations["state"] for one in pairs.pairs]))
    assert _found()["patch"].conclusion.startswith(
        "A single state restores at least half of the logit difference between ‘␣Lily’ and ‘␣Tim’: "
        "at ‘␣girl’ (position 8) in states 0 to 3, at ‘␣named’"
    )
    before, after = (path.predicted for path in steered.paths)
    said = "still says" if before.token == after.token else "no longer"
    assert said in steered.conclusion
    assert f"{after.probability:.1%}" in steered.conclusion
    assert f"KL(untouched || steered) is {steered.kl[-1]:.2f} nats" in steered.conclusion


def test_where_no_state_carries_it_the_answer_says_so() -> None:
    """Two tokens differ, each of which carries less than half."""
    model = ss.load_model(build(FAMILIES[0]), tokenizer=word_tokenizer())
    found = patch(model, "w5 w17 w60 w2 w33 w9", "w6 w71 w61 w3 w34 w9", [7, 8])
    object.__setattr__(found, "state", np.full_like(found.state, 0.49))
    assert found.conclusion == "No single state restores half of the logit difference between ‘w7’ and ‘w8’."
