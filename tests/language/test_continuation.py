"""A text that a model goes on with: the tokens of transformers' own generation, each with the path that led to it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import statescape as ss
from statescape.cli.app import run
from statescape.errors import StatescapeError
from statescape.language import follow

TEXT = "Once upon a time, there was a little"


@pytest.fixture(scope="module")
def model() -> Any:
    return ss.load_model()


def test_the_likeliest_tokens_are_those_of_generate(model: Any) -> None:
    made = model.follow(TEXT, 12)
    ids = torch.tensor([model.tokens.encode(TEXT)])
    own = model.anatomy.network.generate(ids, max_new_tokens=12, do_sample=False, pad_token_id=0)
    assert made.token_ids == tuple(own[0, ids.shape[1] :].tolist())
    assert made.text == TEXT


def test_every_path_is_that_of_the_text_so_far(model: Any) -> None:
    made = model.follow(TEXT, 4)
    ids = list(model.tokens.encode(TEXT))
    for path, token, probability in zip(made.paths, made.token_ids, made.probabilities, strict=True):
        alone = model.trace(ids).path(-1)
        np.testing.assert_array_equal(path.states, alone.states)
        assert path.position == len(ids) - 1
        assert path.predicted_id == token
        assert probability == pytest.approx(float(np.exp(alone.log_probabilities[-1, token])))
        assert path.model == model.facts  # the text was not given as ids
        ids.append(token)


def test_draws_are_those_of_the_seed_and_of_the_temperature(model: Any) -> None:
    one, again, other = (follow(model, TEXT, 8, temperature=1.5, seed=seed) for seed in (1, 1, 2))
    assert one.token_ids == again.token_ids != other.token_ids
    assert follow(model, TEXT, 8, temperature=1e-4, seed=3).token_ids == model.follow(TEXT, 8).token_ids


def test_first_tokens_are_drawn_as_often_as_they_are_likely(model: Any) -> None:
    """At temperature 1 over 300 seeds: the likeliest token's share within four standard errors of its probability."""
    likely = model.follow(TEXT, 1)
    logs = likely.paths[0].log_probabilities[-1].astype(np.float64)
    from statescape.language.continuation import _drawn

    drawn = [_drawn(logs, 1.0, np.random.default_rng(seed)) for seed in range(300)]
    share, expected = np.mean(np.array(drawn) == likely.token_ids[0]), likely.probabilities[0]
    assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / 300)


def test_the_end_of_a_text_ends_it(model: Any) -> None:
    """The bundled storyteller ends a story that has come to its end."""
    ended = follow(model, "Lily and Ben were happy. They lived happily ever after. The end.", 200)
    assert ended.token_ids[-1] == model.tokens.end
    assert model.tokens.end not in ended.token_ids[:-1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n": 0}, "At least one token"),
        ({"n": 1, "temperature": -1.0}, "A temperature is 0 or above"),
        ({"n": 1, "temperature": float("inf")}, "finite"),
        ({"n": 10**6}, "follow at most"),
        ({"n": 1, "seed": -1}, "seed"),
    ],
)
def test_what_makes_no_sense_is_refused(model: Any, options: Any, words: str) -> None:
    with pytest.raises(StatescapeError, match=words):
        follow(model, TEXT, options.pop("n"), **options)


def test_the_command_writes_every_path(tmp_path: Path, capsys: pytest.CaptureFixture[str], model: Any) -> None:
    file, page = tmp_path / "path.json", tmp_path / "page.html"
    assert run(["path", TEXT, "--follow", "3", "--json", str(file), "--out", str(page)]) == 0
    assert page.read_text().count('data-figure="plane-') == 3
    data = json.loads(file.read_text())
    made = model.follow(TEXT, 3)
    assert [one["id"] for one in data["generation"]] == list(made.token_ids)
    assert data["generation"][0]["id"] == data["predicted"]["id"]
    assert data["generation"][0]["states"] == data["states"]
    assert [len(one["states"]) for one in data["generation"]] == [7, 7, 7]
    for one, path in zip(data["generation"], made.paths, strict=True):
        assert one["states"][-1]["norm"] == pytest.approx(float(np.linalg.norm(path.states[-1])))
        assert one["states"][-1]["rank_of_predicted"] == 0
    shown = capsys.readouterr().out
    assert f"3 tokens, the likeliest: {TEXT}{''.join(made.tokens)}" in shown
    assert "token 3: " in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--temperature", "1"], "add --follow N"),
        (["--follow", "2", "--position", "0"], "leave --position and --last out"),
        (["--follow", "2", "--last", "3"], "leave --position and --last out"),
        (["--follow", "100000"], "follow at most"),
    ],
)
def test_options_that_exclude_each_other(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["path", TEXT, *arguments]) == 2
    assert words in capsys.readouterr().err
