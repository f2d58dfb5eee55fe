"""A path beside other texts: ranges and maps are those of the texts, and a text apart is seen to be apart."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import statescape as ss
from statescape.analysis import read_path
from statescape.analysis.other_texts import OtherTexts, shuffled, telling
from statescape.analysis.path_conclusion import others_in_words
from statescape.cli.app import run
from statescape.errors import StatescapeError
from statescape.geometry import Course, LinearMap
from statescape.language.corpus import sample

TEXT = "Once upon a time, there was a little"


@pytest.fixture(scope="module")
def model() -> Any:
    return ss.load_model()


@pytest.fixture(scope="module")
def reading(model: Any) -> Any:
    return read_path(model.trace(TEXT).path(-1))


def states_like(seed: int, n_states: int = 4, positions: int = 20, d: int = 5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n_states, positions, d)).cumsum(axis=0)


def others_of(texts: list[np.ndarray], position: int, key: str = "") -> OtherTexts:
    return OtherTexts(lambda: texts, len(texts), position, key)


def test_ranges_are_those_of_the_paths_at_the_same_position() -> None:
    texts = [states_like(seed, positions=9 + seed) for seed in range(9)]
    others = others_of(texts, 11)
    courses = [Course.of(one[:, min(11, one.shape[1] - 1)]) for one in texts]
    for name in ("growth", "step_angle", "turn"):
        values = np.array([getattr(course, name) for course in courses])
        low, high = others.range(name)
        np.testing.assert_array_equal([low, high], [values.min(axis=0), values.max(axis=0)])
        assert others.outside(name, values[3]) == 0
        assert others.outside(name, high + 1) == len(high)


def test_maps_never_see_the_texts_that_they_are_tried_on() -> None:
    texts = [states_like(seed, positions=40) for seed in range(8)]
    others = others_of(texts, 3)
    fitted = np.concatenate([telling(one) for index, one in enumerate(texts) if index % 4], axis=1)
    for block, found in enumerate(others.maps):
        own = LinearMap.fit(fitted[block], fitted[block + 1])
        np.testing.assert_allclose(found.matrix, own.matrix)
        tried = telling(texts[4])
        assert others.held_out[1, block] == pytest.approx(own.explained(tried[block], tried[block + 1]))


def test_first_positions_and_those_of_far_larger_norm_do_not_count() -> None:
    states = states_like(0)
    states[1:, 7] *= 100
    np.testing.assert_array_equal(telling(states), np.delete(states, [0, 7], axis=1))


def test_what_is_kept_is_read_once_and_is_the_same_to_the_last_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATESCAPE_CACHE", str(tmp_path))
    texts = [states_like(seed, positions=30 + seed) for seed in range(8)]

    def numbers(others: OtherTexts) -> list[np.ndarray]:
        of_maps = [np.append(one.matrix.ravel(), [*one.mean, *one.added, one.penalty]) for one in others.maps]
        ranges = [side for name in ("growth", "step_angle", "turn") for side in others.range(name)]
        shares = [others.held_out, others.carried, others.held_out_shuffled(2), others.explained(telling(texts[1]))]
        return [*of_maps, *ranges, *shares, np.array([one.states for one in others.maps])]

    first = numbers(others_of(texts, 33, "a model"))
    again = OtherTexts(lambda: pytest.fail("the texts were read again"), 8, 33, "a model")
    for one, two in zip(first, numbers(again), strict=True):
        np.testing.assert_array_equal(one, two)
    elsewhere = OtherTexts(lambda: pytest.fail("the texts were read again"), 8, 4, "a model")
    for one, two in zip(elsewhere.range("turn"), others_of(texts, 4).range("turn"), strict=True):
        np.testing.assert_array_equal(one, two)
    with pytest.raises(pytest.fail.Exception, match="read again"):
        numbers(OtherTexts(again.read, 8, 33, "another"))
    with pytest.raises(pytest.fail.Exception, match="read again"):
        again.held_out_shuffled(3)
    files = sorted(tmp_path.iterdir())
    numbers(others_of(texts, 33))
    assert sorted(tmp_path.iterdir()) == files, "without a key nothing is kept"


def test_too_few_positions_are_known_without_another_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATESCAPE_CACHE", str(tmp_path))
    others = others_of([states_like(seed, positions=2) for seed in range(8)], 1, "a model")
    with pytest.raises(StatescapeError, match="width 5 needs at least 10 states; got 6") as met:
        _ = others.maps
    again = OtherTexts(lambda: pytest.fail("the texts were read again"), 8, 1, "a model")
    with pytest.raises(StatescapeError) as once_more:
        _ = again.held_out
    assert str(once_more.value) == str(met.value)


def test_the_key_is_of_model_and_tokens(model: Any) -> None:
    texts = [one.text for one in sample().documents[:3]]
    assert model.trace(TEXT).key_of(texts) == "", "a small model is read in no time"
    keyed = replace(model, key="weights")
    key = keyed.trace(TEXT).key_of(texts)
    assert keyed.trace("Another text").key_of(texts) == key
    assert key not in (keyed.trace(TEXT).key_of(texts[:2]), replace(model, key="others").trace(TEXT).key_of(texts))
    assert keyed.with_bos(not model.tokens.prefix).trace(TEXT).key_of(texts) != key
    assert keyed.trace(TEXT, edits=[ss.language.Edit.zero(2)]).key_of(texts) == ""


def test_shuffled_blocks_lead_to_the_same_ends() -> None:
    texts = [states_like(seed, n_states=7) for seed in range(8)]
    for one, other in zip(texts, shuffled(texts, 1), strict=True):
        np.testing.assert_allclose(other[[0, -1]], one[[0, -1]])
        np.testing.assert_allclose(
            np.sort(np.diff(other, axis=0), axis=0), np.sort(np.diff(one, axis=0), axis=0), atol=1e-12
        )


def test_a_text_of_the_sample_is_not_held_against_itself(model: Any) -> None:
    first = sample().documents[0].text
    assert len(read_path(model.trace(first).path(-1)).other_texts) == len(sample()) - 1


def test_states_of_other_texts_are_those_of_their_traces(model: Any) -> None:
    texts = [one.text for one in sample().documents[:11]]
    for states, text in zip(model.trace(TEXT).states_of(texts), texts, strict=True):
        np.testing.assert_allclose(states, model.trace(text).states, rtol=1e-3, atol=2e-4)
    edited = model.trace(TEXT, edits=[ss.language.Edit.zero(2)])
    (states,) = edited.states_of(texts[:1])
    np.testing.assert_array_equal(states, model.trace(texts[0], edits=edited.edits).states)
    with pytest.raises(StatescapeError, match="is blank"):
        edited.states_of([""])


def test_in_the_bundled_model_blocks_are_more_linear_than_in_random_order(reading: Any) -> None:
    others = reading.other_texts
    assert 0.3 < others.held_out.mean() < 0.95
    assert others.held_out.mean() > others.held_out_shuffled(0).mean()
    assert (others.carried > others.held_out.mean(axis=0)).all()
    assert reading.linear.shape == (6,)
    course, linear = others_in_words(reading)
    assert "Beside 36 other texts" in course
    assert (
        f"predicts {reading.linear.mean():.0%} of what the blocks add at the {reading.counting.shape[1]} positions here"
        in linear
    )


def test_few_texts_and_few_positions(model: Any) -> None:
    path = model.trace(TEXT).path(-1)
    with pytest.raises(StatescapeError, match="at least 8 other texts; got 3"):
        _ = read_path(path, others=["a dog ran"] * 3).other_texts
    course, unfitted = others_in_words(read_path(path, others=[f"One day {name} ran." for name in "abcdefgh"]))
    assert "Beside 8 other texts" in course
    assert "No linear map is fitted: A linear map of width 192 needs at least 384 states" in unfitted


def test_a_path_from_arrays_has_no_other_texts() -> None:
    rng = np.random.default_rng(0)
    path = ss.StatePath.from_arrays(rng.standard_normal((4, 8)), rng.standard_normal((20, 8)))
    assert read_path(path).other_texts is None
    assert others_in_words(read_path(path)) == ()


def test_the_command_holds_a_path_against_a_corpus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts, file = tmp_path / "texts.jsonl", tmp_path / "path.json"
    texts.write_text("".join(json.dumps(one.text) + "\n" for one in sample().documents[:20]))
    assert run(["path", TEXT, "--others", str(texts), "--json", str(file)]) == 0
    found = json.loads(file.read_text())["geometry"]["other_texts"]
    assert found["texts"] == 20
    assert [len(found["linear"][key]) for key in ("own", "shuffled_blocks", "carried")] == [6, 6, 6]
    assert np.array(found["linear"]["held_out"]).shape == (5, 6)
    assert "Beside 20 other texts" in capsys.readouterr().out
    assert run(["path", TEXT, "--others", str(texts), "--json", str(texts)]) == 2
    assert run(["path", str(texts), "--others", str(texts)]) == 2
