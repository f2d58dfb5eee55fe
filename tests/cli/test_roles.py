"""What a user has is never destroyed: no command writes over what it reads, or over what statescape did not write."""

import itertools
import os
import sqlite3
from pathlib import Path
from typing import Annotated

import pytest
import typer

from statescape.cli.roles import Fills, Keeps, Reads, Writes, guarded
from tests.cli.running import assert_refused, in_process, statescape
from tests.cli.tree import COMMANDS, needed, parameters

PAIRS = [
    (command, read, written)
    for command in COMMANDS
    for read, written in itertools.product(parameters(command), parameters(command))
    if isinstance(read.role, Reads | Keeps)
    and isinstance(written.role, Writes | Fills | Keeps)
    and read.name != written.name
]


@pytest.fixture
def run(monkeypatch, capfd):
    return lambda *arguments, **more: in_process(monkeypatch, capfd, *arguments, **more)


def test_every_command_declares_what_it_writes():
    silent = [name for name in COMMANDS if not any(isinstance(one.role, Writes | Fills) for one in parameters(name))]
    assert silent == []
    assert len(PAIRS) >= 40


@pytest.mark.parametrize(("command", "read", "written"), PAIRS, ids=lambda one: getattr(one, "name", one))
def test_an_output_that_is_an_input_is_refused_before_any_work(run, tmp_path, command, read, written):
    """By its path, another spelling of it, a symbolic link, a hard link, and as the log or lock beside a run."""
    data = tmp_path / "data.bin"
    data.write_bytes(b"hours of work")
    (tmp_path / "soft").symlink_to(data)
    os.link(data, tmp_path / "hard")
    rest = needed(command, but=(read.name, written.name))
    names = ["data.bin", "../" + tmp_path.name + "/data.bin", "soft", "hard", "data.bin-wal", "data.bin.lock"]
    for name in names:
        done = run(command, *read.given(data), *written.given(tmp_path / name), *rest)
        assert_refused(done, "is read here")
    done = run(command, *read.given(tmp_path / "hard"), *written.given(data), *rest)
    assert_refused(done, "is read here")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["data.bin", "hard", "soft"]
    assert data.read_bytes() == b"hours of work"


@pytest.mark.parametrize("command", ["path", "lens", "sphere", "verdict", "fit-lens", "notebook"])
def test_nothing_is_written_into_the_folder_of_a_model(run, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    for written in [one for one in parameters(command) if isinstance(one.role, Writes | Fills | Keeps)]:
        for inside in (model / "new" / "x", model / "config.json"):
            rest = needed(command, but=(written.name,))
            done = run(command, *rest, "--model", model, *written.given(inside))
            assert_refused(done, "lies in the folder", "which is read here")
    assert [file.name for file in model.iterdir()] == ["config.json"]


@pytest.mark.parametrize(("option", "word"), [("--json", "e.json"), ("--out", "e.html"), ("--figures", "e")])
def test_two_outputs_are_not_one(run, tmp_path, option, word):
    others = {"--json": "--out", "--out": "--json", "--figures": "--json"}
    where = tmp_path / word
    done = run("path", "a text", option, where, others[option], tmp_path / "." / word)
    assert_refused(done, "two outputs")


def test_what_statescape_did_not_write_is_not_replaced(run, tmp_path):
    held = {
        "other.run": b"SQLite format 3\x00" + bytes(84),
        "data.csv": b"a,b\n1,2\n",
        "corpus.jsonl": b'{"text": "x"}\n',
        "config.json": b'{"architectures": ["GPT2LMHeadModel"]}',
        "weights.npz": b"PK\x03\x04",
    }
    for name, content in held.items():
        file = tmp_path / name
        file.write_bytes(content)
        for option in ("--out", "--json"):
            done = run("path", "a text", option, file)
            assert_refused(done, name, "name another file")
        assert file.read_bytes() == content
    assert len(list(tmp_path.iterdir())) == len(held)


def test_its_own_outputs_are_replaced_and_a_run_never(run, tmp_path, evolved_run):
    copy = tmp_path / "r.run"
    copy.write_bytes(evolved_run.read_bytes())
    assert_refused(statescape("show", copy, "--json", copy), "is read here")
    for _ in range(2):
        done = run("show", evolved_run, "--json", tmp_path / "a.json", "--out", tmp_path / "a.png")
        assert done.returncode == 0, done.stderr
        assert run("export", evolved_run, "--out", tmp_path / "a.npz").returncode == 0
    (tmp_path / "b.json").write_text("")
    assert run("runs", evolved_run.parent, "--json", tmp_path / "b.json").returncode == 0
    assert copy.read_bytes() == evolved_run.read_bytes()


@pytest.mark.parametrize("device", ["/dev/null", "/dev/full", "/dev/stdout"])
def test_a_device_is_never_replaced(run, device):
    before = Path(device).stat().st_mode
    assert_refused(run("runs", "--json", device), "name")
    assert Path(device).stat().st_mode == before


def test_what_stdin_reads_from_is_an_input(tmp_path):
    corpus = tmp_path / "c.json"
    corpus.write_text('{"version": "looks like our own"}\n')
    with corpus.open("rb") as opened:
        import subprocess
        import sys

        call = [sys.executable, "-m", "statescape", "verdict", "-", "--json", str(corpus)]
        done = subprocess.run(call, stdin=opened, capture_output=True, text=True, timeout=120)
    assert (done.returncode, "is read here" in done.stderr) == (2, True)
    assert corpus.read_text() == '{"version": "looks like our own"}\n'


def test_a_run_that_is_being_written_is_safe_from_its_own_reader(tmp_path, run):
    file = tmp_path / "r.run"
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE t (x)")
        log = file.with_name("r.run-wal")
        before = log.read_bytes()
        assert_refused(run("runs", file, "--json", log), "belongs to", "r.run")
        assert log.read_bytes() == before


def test_a_command_whose_path_has_no_role_is_no_command():
    def forgetful(out: Annotated[Path, typer.Option("--out")]) -> None: ...

    with pytest.raises(TypeError, match="The path out of the command forgetful has no role"):
        guarded(forgetful)


def test_a_refusal_leaves_no_folder_that_it_made(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "corpus.jsonl").write_text('{"text": "The cat saw a dog in the park."}\n')
    done = run("notebook", "--budget", "quick", "--text", "x" * 5000, "--corpus", "corpus.jsonl", "--runs", "deep/er")
    assert_refused(done, "The text has")
    assert [file.name for file in tmp_path.iterdir()] == ["corpus.jsonl"]
