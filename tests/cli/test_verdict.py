"""``statescape verdict`` from end to end on the bundled model: what it prints, writes and refuses."""

import gzip
import json
import re
from importlib.resources import files

import pytest

from tests.cli.running import assert_refused, in_process

SAMPLE = files("statescape") / "data" / "sample.jsonl"
FEW = ["--max-documents", 3, "--positions", 6]


@pytest.fixture
def run(monkeypatch, capfd):
    from statescape.studies.verdict import reference, work

    monkeypatch.setattr(work, "ISOTROPIC_STATES", 100)  # few draws behind the constants
    monkeypatch.setattr(reference, "DRAWS", 20)
    return lambda *arguments, stdin=b"": in_process(monkeypatch, capfd, "verdict", *arguments, stdin=stdin)


def test_the_keys_that_others_rely_on(run, tmp_path):
    file = tmp_path / "verdict.json"
    result = run(SAMPLE, *FEW, "--json", file)
    assert result.returncode == 0, result.stderr
    data = json.loads(file.read_text())
    assert {"version", "models", "n_documents", "n_positions", "hypotheses"} <= data.keys()
    assert (data["n_documents"], data["n_positions"]) == (3, 18)
    assert [hypothesis["name"] for hypothesis in data["hypotheses"]] == [
        "H1", "H2", "H3", "H4", "H5", "H6", "H1n", "H2n", "H6n", "H7", "H8",
    ]  # fmt: skip
    for hypothesis in data["hypotheses"]:
        assert {
            "name", "statement", "model", "estimate", "ci95", "margin", "nulls", "p_holm", "verdict",
        } <= hypothesis.keys()  # fmt: skip
        assert hypothesis["model"] == "conteur"
        assert hypothesis["verdict"] == "undecided"  # three documents
        assert len(hypothesis["ci95"]) == 2
        assert "random_weights" in hypothesis["nulls"]
    assert "too few to decide" in result.stdout
    assert re.search(r"^H1 +\d", result.stdout, re.MULTILINE)
    assert "3 documents (the first)" in result.stdout


@pytest.mark.slow
def test_stdin_gzipped_text_and_json_lines_say_the_same(run, tmp_path):
    texts = [json.loads(line)["text"] for line in SAMPLE.read_text(encoding="utf-8").splitlines()[:2]]
    text = "\n<|endoftext|>\n".join(texts).encode()
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(text))
    by_file = run(tmp_path / "a.txt.gz", "--positions", 5).stdout.splitlines()[1:]
    by_stdin = run("-", "--positions", 5, stdin=text).stdout.splitlines()[1:]
    assert by_file == by_stdin
    assert by_file[0].endswith("2 documents, 10 positions")


def test_faulty_lines_are_told_with_their_numbers_and_the_rest_is_read(run, tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_bytes(b"nonsense\n" + SAMPLE.read_bytes().splitlines()[0] + b"\n\xff\n")
    result = run(file, "--positions", 3)
    assert result.returncode == 0
    assert "left out 2 lines that cannot be read" in result.stderr
    assert "line 1: no JSON" in result.stderr
    assert "line 3: no UTF-8" in result.stderr
    assert "2 faulty lines left out" in result.stdout
    assert_refused(run(file, "--strict"), "line 1", "no JSON", "leave strict out")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["FILE"]),
        (["missing.jsonl"], ["There is no file missing.jsonl."]),
        (["."], ["folder"]),
        ([SAMPLE, SAMPLE], ["named twice"]),
        ([SAMPLE, "--model", "no/such-model"], ["no/such-model"]),
        ([SAMPLE, "--model", ""], ["--model is empty"]),
        ([SAMPLE, "--model", "conteur", "--model", "conteur"], ["conteur is named twice"]),
        ([SAMPLE, "--max-documents", 0], ["--max-documents"]),
        ([SAMPLE, "--positions", 0], ["--positions"]),
        ([SAMPLE, "--workers", 0], ["--workers"]),
        ([SAMPLE, "--json", "missing/x.json"], ["missing"]),
        ([SAMPLE, "--out", "same.x", "--json", "same.x"], ["two outputs"]),
        ([SAMPLE, "--run", "missing/x.run"], ["missing"]),
        ([SAMPLE, "--run", "pyproject.toml"], ["pyproject.toml", "no run"]),
        (["-"], ["no document"]),
    ],
)
def test_refusals_are_one_line(run, arguments, words):
    assert_refused(run(*arguments), *words)


def test_a_refusal_leaves_nothing_behind(run, tmp_path):
    outputs = ["--json", tmp_path / "a.json", "--out", tmp_path / "a.html", "--run", tmp_path / "a.run"]
    for arguments in (["-"], ["nowhere.txt"], [SAMPLE, "--model", tmp_path / "no-model"]):
        assert run(*arguments, *outputs).returncode == 2
        assert list(tmp_path.iterdir()) == []
    assert run("-", "--no-bos", *outputs, stdin=b"Once").returncode == 2  # one token: nothing to read
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_an_interrupted_run_resumes_to_the_same_json(run, tmp_path, monkeypatch):
    from statescape.studies.verdict import running, work

    monkeypatch.setattr(work, "TASK_POSITIONS", 40)
    monkeypatch.setattr(running, "ROUND", 1)
    whole, resumed = tmp_path / "whole.json", tmp_path / "resumed.json"
    assert run(SAMPLE, *FEW, "--json", whole).returncode == 0
    again = [SAMPLE, *FEW, "--run", tmp_path / "a.run", "--json", resumed]
    original, calls = running.records.keep, []

    def interrupted(*arguments):
        original(*arguments)
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(running.records, "keep", interrupted)
    result = run(*again)
    assert result.returncode == 130
    assert "keeps what was done" in result.stderr
    assert not resumed.exists()
    assert run(*again).returncode == 0
    assert resumed.read_text() == whole.read_text()


def test_help_tells_every_option(run):
    help_ = run("--help").stdout
    for option in ("--model", "--max-documents", "--positions", "--strict", "--bos", "--run", "--out", "--json"):
        assert option in help_
