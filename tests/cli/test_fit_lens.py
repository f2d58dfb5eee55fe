"""``statescape fit-lens``: from files of text to a lens that ``statescape lens`` looks through."""

import gzip
import json

import pytest

from tests.cli.running import assert_refused, in_process

STORY = "Once upon a time, there was a little {}. The {} went to the park and saw a big red ball. It was very happy."
ANIMALS = ["dog", "cat", "bird", "frog", "bear", "fox", "duck", "mouse", "fish", "cow", "pig", "hen"]


@pytest.fixture
def run(monkeypatch, capfd):
    return lambda *arguments: in_process(monkeypatch, capfd, *arguments)


@pytest.fixture
def corpus(tmp_path):
    file = tmp_path / "stories.jsonl.gz"
    with gzip.open(file, "wt") as lines:
        for index in range(40):
            lines.write(json.dumps({"text": STORY.format(ANIMALS[index % 12], ANIMALS[index % 7])}) + "\n")
    return file


def test_a_fitted_lens_is_looked_through(run, corpus, tmp_path):
    out = tmp_path / "lens"
    result = run("fit-lens", corpus, "--out", out, "--steps", 20, "--positions", 60, "--json", tmp_path / "fit.json")
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert "tuned lens of 6 maps" in lines[0]
    assert "held-out texts" in lines[0]
    rows = [line.split() for line in lines[2:8]]
    assert [row[0] for row in rows] == list("012345")
    kept = json.loads((tmp_path / "fit.json").read_text())["kl_to_final"]
    assert [f"{value:.4f}" for value in kept["tuned"]] == [row[2] for row in rows]
    assert float(rows[1][2]) < float(rows[1][1])
    looked = run("lens", "Once upon a time", "--lens", out)
    assert looked.returncode == 0
    assert_refused(run("fit-lens", corpus, "--out", out), "holds a finished lens")


def test_what_cannot_be_fitted_is_refused_before_any_work(run, corpus, tmp_path):
    assert_refused(run("fit-lens", corpus, "--out", tmp_path / "x", "--kind", "jacobian"), "--kind takes tuned")
    assert_refused(run("fit-lens", tmp_path / "none.txt", "--out", tmp_path / "x"), "There is no file", "none.txt")
    assert_refused(run("fit-lens", corpus, "--out", corpus), "is read here")
    assert_refused(run("fit-lens", corpus, "--out", "/proc/lens"), "/proc/lens cannot be written to")
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"text": "a"}\n{"words": 3}\n')
    assert_refused(run("fit-lens", bad, "--out", tmp_path / "x", "--strict"), "line 2")
    assert not (tmp_path / "x").exists()
