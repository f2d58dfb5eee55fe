"""Steering: a direction that is known moves what is known, and what makes no sense is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import statescape as ss
from statescape.cli.app import run
from statescape.errors import StatescapeError
from statescape.language import Edit, direction_between, steer
from statescape.language.steering import read_direction
from tests.language.families import word_tokenizer
from tests.language.test_closed_form import Decoder, L, V

TEXT = "Once upon a time there was a"


@pytest.fixture(scope="module")
def conteur() -> Any:
    return ss.load_model()


def test_it_is_a_trace_with_an_edit(conteur: Any) -> None:
    direction = direction_between(conteur, " girl", " boy")
    found = steer(conteur, TEXT, direction, block=3, strength=0.5)
    plain = conteur.trace(TEXT)
    size = 0.5 * np.linalg.norm(plain.states[3, 1:].astype(np.float64), axis=1).mean()
    assert found.added_norm == pytest.approx(size)
    where = list(range(1, len(plain)))
    edited = conteur.trace(TEXT, edits=[Edit.add(3, size * direction / np.linalg.norm(direction), where)])
    np.testing.assert_array_equal(found.steered.states, edited.states)
    np.testing.assert_array_equal(found.untouched.states, plain.states)
    np.testing.assert_allclose(found.kl[:3], 0, atol=1e-9)
    assert found.along[1, 3] > found.along[0, 3]
    assert repr(found).startswith("Steering of 'Once upon a time there was a' at state 3 by 0.5")


def test_no_strength_changes_nothing_and_the_continuation_is_that_of_follow(conteur: Any) -> None:
    found = steer(conteur, TEXT, direction_between(conteur, " girl", " boy"), strength=0, follow=4)
    np.testing.assert_array_equal(found.steered.states, found.untouched.states)
    assert found.continuation == found.continuation_steered == conteur.follow(TEXT, 4).added
    assert found.top(3)[0] == found.top(3)[1]


def test_in_closed_form_a_direction_writes_its_token() -> None:
    """The head reads the answer from its section of the stream: what is added there is added to the logits."""
    model = ss.load_model(Decoder().eval(), tokenizer=word_tokenizer())
    direction = np.zeros(model.facts.d_model)
    probe = np.asarray(model.unembedding_matrix)
    direction += probe[9]
    found = steer(model, "w3 w40", direction, block=L, strength=50, positions=[-1])
    assert found.top(1)[1][0][0].strip() == "w9"
    assert V > 9


def test_directions_come_from_tokens_texts_and_files(conteur: Any, tmp_path: Path) -> None:
    rows = conteur.embeddings[[conteur.tokens.single(" girl"), conteur.tokens.single(" boy")]].astype(np.float64)
    np.testing.assert_allclose(direction_between(conteur, " girl", " boy"), rows[0] - rows[1])
    states = [conteur.trace(text).states[4, -1].astype(np.float64) for text in ("a girl", "a boy")]
    np.testing.assert_allclose(direction_between(conteur, "a girl", "a boy", block=4), states[0] - states[1])
    np.save(tmp_path / "d.npy", rows[0])
    (tmp_path / "d.json").write_text(json.dumps(rows[0].tolist()))
    np.testing.assert_array_equal(read_direction(tmp_path / "d.npy"), read_direction(tmp_path / "d.json"))
    (tmp_path / "bad.json").write_text('{"a": 1}')
    with pytest.raises(StatescapeError, match="holds no direction"):
        read_direction(tmp_path / "bad.json")
    with pytest.raises(StatescapeError, match="tokens"):
        direction_between(conteur, " elephantine", " boy")


@pytest.mark.parametrize(
    ("direction", "options", "words"),
    [
        (np.ones(3), {}, "width 192; the direction has shape"),
        (np.zeros(192), {}, "not of length 0"),
        (np.full(192, np.nan), {}, "finite numbers"),
        (np.ones(192), {"block": 7}, "there is no state 7"),
        (np.ones(192), {"strength": np.inf}, "finite number"),
        (np.ones(192), {"follow": 999}, "do not fit"),
        (np.ones(192), {"positions": [99]}, "outside the text"),
    ],
)
def test_what_makes_no_sense_is_refused(conteur: Any, direction: Any, options: Any, words: str) -> None:
    with pytest.raises(StatescapeError, match=words):
        steer(conteur, TEXT, direction, **options)


def test_the_command_prints_and_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "s.json"
    assert run(["steer", TEXT, "--tokens", " girl", " boy", "--strength", "-1", "--json", str(file)]) == 0
    data, shown = json.loads(file.read_text()), capsys.readouterr().out
    assert (data["block"], data["strength"], len(data["states"])) == (3, -1, 7)
    assert data["steered"]["top"][0]["token"] != data["untouched"]["top"][0]["token"] or data["states"][-1]["kl"] > 0
    assert "steered: " in shown
    assert run(["steer", TEXT]) == 2
    assert "give one of them" in capsys.readouterr().err
