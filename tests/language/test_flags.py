"""Positions of another kind, and characters that several tokens share."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import statescape as ss
from statescape.analysis.path_conclusion import flags_in_words
from statescape.cli.app import run
from statescape.geometry import far_norms
from statescape.language.flags import FAR_NORM, Flag, flags_of
from statescape.language.tokens import joined, whole

SPLIT = "The smile 😀 and"


@pytest.fixture(scope="module")
def model() -> Any:
    return ss.load_model()


@pytest.mark.parametrize("positions", [2, 3, 4, 9])
def test_norms_are_compared_with_the_median_of_the_others(positions: int) -> None:
    states = np.random.default_rng(positions).standard_normal((6, positions, 5))
    norms = np.linalg.norm(states, axis=2)[1:-1]
    alone = np.array([[row[p] / np.median(np.delete(row, p)) for p in range(positions)] for row in norms])
    times, at = far_norms(states)
    np.testing.assert_allclose(times, alone.max(axis=0))
    np.testing.assert_array_equal(at, alone.argmax(axis=0) + 1)
    turned = states @ np.linalg.qr(np.random.default_rng(0).standard_normal((5, 5)))[0]
    np.testing.assert_allclose(far_norms(turned * 7.0)[0], times)


def test_a_position_is_flagged_wherever_it_lies() -> None:
    states = np.random.default_rng(0).standard_normal((5, 8, 16))
    states[2, 4] *= 2 * FAR_NORM
    states[0, 1] *= 100  # the embedding and the last state do not count
    states[4, 2] *= 100
    (flag,) = flags_of(states, tuple("abcdefgh"), [False] * 8)
    assert (flag.position, flag.token, flag.special, flag.far_norm, flag.state) == (4, "e", False, True, 2)
    assert FAR_NORM < flag.times < 4 * FAR_NORM


def test_nothing_to_compare_flags_nothing() -> None:
    for shape in ((5, 1, 3), (2, 4, 3)):
        assert flags_of(np.ones(shape), ("a",) * shape[1], [False] * shape[1]) == ()
    assert flags_of(np.zeros((5, 3, 2)), ("a", "b", "c"), [False] * 3) == ()


def test_special_tokens_inside_a_text_are_flagged(model: Any) -> None:
    path = model.trace("One day<|endoftext|>Lily").path(-1)
    assert [(flag.position, flag.token) for flag in path.flags] == [
        (0, "<|endoftext|>"), (path.tokens.index("<|endoftext|>", 1), "<|endoftext|>"),
    ]  # fmt: skip
    assert all(flag.special and not flag.far_norm for flag in path.flags)
    said = flags_in_words(path.flags, path.position)
    assert "0 ‘<|endoftext|>’ (special token), " in said
    assert "This path" not in said
    assert "This path is one of them" in flags_in_words(path.flags, path.flags[1].position)


def test_a_first_token_alone_is_not_worth_a_sentence(model: Any) -> None:
    assert flags_in_words(model.trace("One day").flags) == ""


def test_many_flags_are_named_by_their_norm_first() -> None:
    flag = Flag(0, "x", True, False, 1.0, 1)
    many = [replace(flag, position=position) for position in range(20)]
    many[15] = replace(many[15], special=False, far_norm=True, times=9.2, state=3)
    said = flags_in_words(many)
    assert "15 ‘x’ (9 times the others' norm at state 3)" in said
    assert said.endswith(" and 12 more.")


def test_a_character_of_several_tokens_is_whole_where_they_end() -> None:
    parts = [" <0xF0><0x9F>", "<0x98>", "<0x80>!", "<0xC3>", "<0xA9>"]
    assert whole(parts) == (" <0xF0><0x9F>", "<0x98>", "😀!", "<0xC3>", "é")
    assert joined(parts) == " 😀!é"


@pytest.mark.parametrize(
    "parts",
    [
        ["<0xF0>", "<0x9F>"],  # the end is missing
        ["<0x9F>", "<0x98>", "<0x80>"],  # the beginning is
        ["<0x0A>", "a"],  # one token by itself
        ["<0xED>", "<0xA0>", "<0x80>"],  # half of a surrogate pair
        ["<0xC3>", "a", "<0xA9>"],
        ["plain", " text", ""],
    ],
)
def test_what_makes_no_character_stays_as_it_is(parts: list[str]) -> None:
    assert whole(parts) == tuple(parts)
    assert joined(parts) == "".join(parts)


def test_texts_come_back_from_their_tokens(model: Any) -> None:
    for text in (SPLIT, "naïve — 日本 שלום 👩‍👩‍👧", "“quoted”"):
        ids = model.tokens.encode(text)[1:]
        assert model.trace(ids).text == text
        path = model.trace(text).path(-1)
        assert path.text_so_far == f"<|endoftext|>{text}"
        assert len(path.tokens) == len(path.token_ids)


def test_a_prediction_that_ends_a_character_reads_whole(model: Any) -> None:
    path = model.trace(SPLIT[:11]).path(-2)
    assert path.text_so_far.endswith("<0xF0><0x9F><0x98>")
    last = path.token_ids[-1]
    logs = path.log_probabilities.copy()
    logs[-1, last] = 0.0
    assert replace(path, log_probabilities=logs).predicted.token == "😀"


def test_the_command_shows_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "path.json"
    assert run(["path", "One<|endoftext|>The smile 😀", "--json", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "The smile 😀 →" in shown
    assert "cos 😀" in shown
    assert "Of another kind than the other positions: 0 ‘<|endoftext|>’ (special token), " in shown
    data = json.loads(file.read_text())
    assert data["tokens"][-1] == "😀"
    assert data["flags"][0]["position"] == 0
    assert data["flags"][0].keys() == {"position", "token", "special", "far_norm", "times", "state"}
    assert run(["lens", "The smile 😀", "--json", str(file), "--no-bos"]) == 0
    assert "😀" in capsys.readouterr().out
    assert json.loads(file.read_text())["flags"] == []


@pytest.mark.parametrize("command", [["path"], ["lens"], ["sphere", "--out", "sphere.html"]])
def test_a_chat_needs_a_template(command: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    given = [str(tmp_path / part) if part.endswith("html") else part for part in command]
    assert run([*given, "Hello", "--chat"]) == 2
    assert "no chat template" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
