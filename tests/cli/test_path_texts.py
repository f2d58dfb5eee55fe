"""``statescape path FILE.jsonl``: a row and a line of JSON for every text, each as it is alone."""

import gzip
import json

import pytest

from tests.cli.running import assert_refused, in_process

TEXTS = ["Once upon a time, there was a little", "One day Lily", "The cat sat on the mat. The dog"]


@pytest.fixture
def run(monkeypatch, capfd):
    return lambda *arguments, stdin=b"": in_process(monkeypatch, capfd, *arguments, stdin=stdin)


@pytest.fixture
def file(tmp_path):
    """Objects and strings, a blank line, a text that comes twice."""
    lines = [json.dumps({"text": TEXTS[0], "more": 1}), json.dumps(TEXTS[1]), "", json.dumps({"text": TEXTS[2]})]
    found = tmp_path / "texts.jsonl"
    found.write_text("\n".join([*lines, json.dumps(TEXTS[1])]) + "\n")
    return found


def close(one, other, path=""):
    """The same structure; numbers within what a padded pass in float32 may differ by."""
    if isinstance(one, dict):
        assert one.keys() == other.keys(), path
        for key in one:
            close(one[key], other[key], f"{path}.{key}")
    elif isinstance(one, list):
        assert len(one) == len(other), path
        for index, (first, second) in enumerate(zip(one, other, strict=True)):
            close(first, second, f"{path}[{index}]")
    elif isinstance(one, float) and isinstance(other, float):
        assert one == pytest.approx(other, rel=2e-3, abs=2e-4), path
    else:
        assert one == other, path


def test_every_text_has_the_path_that_it_has_alone(run, file, tmp_path):
    numbers, alone = tmp_path / "all.json", tmp_path / "one.json"
    result = run("path", file, "--json", numbers, "--top", 1)
    assert result.returncode == 0, result.stderr
    lines = [json.loads(line) for line in numbers.read_text().splitlines()]
    assert [line["text"] for line in lines] == [*TEXTS, TEXTS[1]]
    for line in lines[:3]:
        assert run("path", line["text"], "--json", alone, "--top", 1).returncode == 0
        close(line, json.loads(alone.read_text()))
    rows = result.stdout.splitlines()
    assert "4 texts; BOS: <|endoftext|>" in rows[0]
    for number, line in enumerate(lines, 1):
        row = next(one.split() for one in rows if one.split()[:1] == [str(number)])
        assert row[1] == line["predicted"]["token"].replace(" ", "␣")
        assert row[3:5] == [row[3], "of"]
        assert float(row[6]) == pytest.approx(line["states"][-1]["cosine_to_predicted"], abs=0.006)
        assert all(state["rank_of_predicted"] == 0 for state in line["states"][int(row[3]) :])


def test_gzipped_and_other_positions(run, file, tmp_path):
    packed, numbers = tmp_path / "texts.jsonl.gz", tmp_path / "n.json"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert run("path", packed, "--position", 2, "--json", numbers).returncode == 0
    assert [json.loads(line)["position"] for line in numbers.read_text().splitlines()] == [2] * 4
    assert run("path", file, "--last", 2, "--json", numbers).returncode == 0  # its own output is written over
    assert {len(json.loads(line)["tokens"]) for line in numbers.read_text().splitlines()} == {3}


def test_a_name_without_a_file_is_a_text(run):
    assert "nothere.jsonl →" in run("path", "nothere.jsonl").stdout


@pytest.mark.parametrize(
    ("line", "arguments", "words"),
    [
        ("{", [], ["line 5: no JSON"]),
        ('{"txt": "a"}', [], ["line 5: no object with a text"]),
        ("[1]", [], ["line 5: no object with a text"]),
        ('" "', [], ["line 5: its text is empty"]),
        ('"\\ud800"', [], ["line 5: its text is no valid Unicode"]),
        (json.dumps("a " * 300), [], ["line 5: The text has", "the model takes 255"]),
        ('"Hello there"', ["--position", "7"], ["line 2: the text has", "none at position 7"]),
        ('"Hello"', ["--follow", "2"], ["holds several texts"]),
        ('"Hello"', ["--out", "page.html"], ["holds several texts"]),
        ('"Hello"', ["--chat"], ["line 1: This tokenizer has no chat template"]),
        ('"Hello"', ["--json", "texts.jsonl"], ["read here"]),
    ],
)
def test_bad_lines_are_named_by_number(run, file, monkeypatch, line, arguments, words):
    monkeypatch.chdir(file.parent)
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:4]) + line + "\n")
    given = ["--json", "n.json", *arguments] if "--json" not in arguments else arguments
    assert_refused(run("path", "texts.jsonl", *given), *words)
    assert [one.name for one in file.parent.iterdir()] == ["texts.jsonl"]


def test_an_empty_file(run, tmp_path):
    (tmp_path / "none.jsonl").write_text("\n")
    assert_refused(run("path", tmp_path / "none.jsonl"), "holds no text")
