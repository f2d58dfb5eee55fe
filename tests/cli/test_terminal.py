"""What is printed: on any encoding, any width, any stream; nothing a file holds can steer the terminal."""

from __future__ import annotations

import io
import math
import os
import re
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import pytest
from rich.text import Text

from statescape.cli.app import run
from statescape.cli.bar import Bar
from statescape.cli.console import Working, complain
from statescape.cli.streams import prepare_streams, visible
from statescape.cli.terminal import Sheet, Terminal
from statescape.errors import LONGEST_WORD
from statescape.runs import Journal
from tests.cli.running import english_in, in_process

HOSTILE = "\x1b[31mred\x1b[0m\x07\u202e[bold]x[/bold]\x9b2J"
EVOLUTION = {
    "task": {"name": HOSTILE}, "units": 9, "encoding": HOSTILE, "level": HOSTILE, "seed": "9" * 5000,
}  # fmt: skip


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder whose runs and names try to steer the terminal."""
    folder = tmp_path / "runs"
    folder.mkdir()
    Journal.create(folder / "a\x1b[2J.run", "evolution", EVOLUTION).close()
    (folder / "b\x1b]0;title\x07.run").write_text("\x1b[31m")
    return folder


def statescape(*arguments: object, how: str = "", folder: Path | None = None, **environment: str):
    """A process of its own behind a shell, which may close, fill or cut its streams."""
    words = [sys.executable, "-m", "statescape", *map(str, arguments)]
    call = ["bash", "-c", f'"$@" {how}; echo "status ${{PIPESTATUS[0]}}" >&2', "bash", *words]
    base = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2] / "src"), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(call, capture_output=True, cwd=folder, env={**base, **environment}, timeout=200)
    *said, status = done.stderr.decode().splitlines()
    return done.stdout, said, int(status.removeprefix("status "))


@pytest.mark.parametrize(
    ("environment", "encoding"),
    [
        ({"PYTHONIOENCODING": "ascii"}, "ascii"),
        ({"PYTHONIOENCODING": "latin-1"}, "latin-1"),
        ({"LC_ALL": "C"}, "ascii"),
    ],
)
def test_every_encoding_takes_what_is_printed(hostile, environment, encoding):
    out, said, status = statescape("study", "--language", "fr", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", **environment)
    assert (said, status) == ([], 0)
    out.decode(encoding)


def test_a_full_disk_behind_stdout_is_one_line(hostile):
    out, said, status = statescape("runs", hostile, how="> /dev/full")
    assert (out, status) == (b"", 2)
    assert said == ["statescape: The system refuses: No space left on device."]


@pytest.mark.parametrize("how", [">&-", "2>&-", "<&-", ">&- 2>&- <&-", "> /dev/null"])
def test_streams_that_the_shell_closed_do_no_harm(hostile, tmp_path, how):
    numbers = tmp_path / "n.json"
    _, said, status = statescape("runs", hostile, "--json", numbers, how=how)
    assert (said, status) == ([], 0)
    assert numbers.read_text().startswith('{\n "version": "')  # and nothing was printed into the file


def test_who_stops_reading_gets_no_complaint_and_all_files(tmp_path):
    for number in range(1500):
        (tmp_path / f"{number:0100}.run").write_text("")
    out, said, status = statescape("runs", tmp_path, "--json", tmp_path / "n.json", how="| head -1")
    assert (len(out.splitlines()), said, status) == (1, [], 0)
    assert (tmp_path / "n.json").exists()


@pytest.mark.slow
def test_without_a_home_or_a_place_to_write(tmp_path):
    _, said, status = statescape("path", "Once upon a time", "--json", tmp_path / "n.json", folder=Path("/proc"))
    assert (said, status) == ([], 0)
    for call in (["sphere", "a text"], ["evolve", "narma10", "-g", 1], ["study", "values"]):
        _, said, status = statescape(*call, folder=Path("/proc"))
        assert (len(said), status) == (1, 2), said
        assert "cannot be written" in said[0]


def test_no_file_steers_the_terminal(monkeypatch, capfd, hostile):
    done = in_process(monkeypatch, capfd, "runs", hostile)
    assert done.returncode == 0
    for shown in (done.stdout, done.stderr):
        assert shown == "\n".join(map(visible, shown.split("\n")))
    assert "\\x1b[31mred\\x1b[0m" in done.stdout
    assert "[bold]x[/bold]" in done.stdout


def test_on_a_terminal_only_our_own_styles_are_escapes():
    file = io.StringIO()
    console = Terminal(file=file, force_terminal=True, color_system="standard", width=200, highlight=False)
    sheet = Sheet("name", HOSTILE)
    sheet.row(HOSTILE, "1", style="bold")
    console.print(sheet)
    console.print(HOSTILE, markup=False, style="red")
    with console.status(Text(HOSTILE)):
        pass
    assert set(re.findall(r"\x1b\[[\d;?]*[A-Za-z]", file.getvalue())) <= {
        "\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[?25l", "\x1b[?25h", "\x1b[2K", "\x1b[1A",
    }  # fmt: skip
    assert file.getvalue().count("\x1b[31m") == 1
    assert "\x07" not in file.getvalue()
    assert "\x9b" not in file.getvalue()


@pytest.mark.parametrize("width", [1, 10, 40, 60, 200])
def test_no_number_is_cut_on_any_width(width):
    file = io.StringIO()
    sheet = Sheet()
    sheet.column("what was measured of it", prose=True)
    sheet.numbers("estimate", "95% interval", "p")
    for place in range(3):
        sheet.row(f"a claim in some words {place}", f"{place}.123456", f"0.{place}1234 to 0.5678{place}", "<0.001")
    Terminal(file=file, width=width).print(sheet)
    shown = "".join(file.getvalue().split())
    for place in range(3):
        for number in (f"{place}.123456", f"0.{place}1234to0.5678{place}", "<0.001"):
            assert number in shown
    assert all(len(line.rstrip()) <= width for line in file.getvalue().splitlines())
    assert "…" not in shown


def test_where_nobody_sees_a_spinner_a_line_says_what_is_done_again_and_again(monkeypatch, capsys):
    monkeypatch.setattr("statescape.cli.console.EVERY", 0.05)
    with Working("Reading \x1b[2J ...") as working:
        time.sleep(0.3)
        working.update("Writing: 2 of 3 ...")
        time.sleep(1.2)
    with Bar("pieces") as bar:
        time.sleep(0.2)
        bar.show("study", 3, 5400)
        time.sleep(0.2)
        bar.show("study", 4, 5400, "KL 0.5 nats")
        time.sleep(0.2)
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert list(dict.fromkeys(said.splitlines())) == [
        "Reading \\x1b[2J ...", "Writing: 2 of 3 ...", "Writing: 2 of 3 ... 1 s", "Preparing ...",
        "study: 3 of 5,400 pieces ...", "study, KL 0.5 nats: 4 of 5,400 pieces ...",
    ]  # fmt: skip
    time.sleep(0.2)
    assert capsys.readouterr().err == ""


def test_what_is_over_soon_says_nothing_on_the_way(capsys):
    with Working("Reading ..."), Bar("pieces") as bar:
        bar.show("study", 3, 54)
    assert capsys.readouterr().err == ""


def test_a_complaint_is_one_line_of_words_that_can_be_read(capsys, monkeypatch):
    complain(f"No {HOSTILE} and {'x' * 5000}\nhere.")
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert len(line) < 3 * LONGEST_WORD
    assert "\x1b" not in line
    monkeypatch.setattr(sys, "stderr", None)
    prepare_streams()
    complain("nobody hears")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(24, "Too many open files", "a/b"), "The system refuses: a/b: Too many open files."),
        (RecursionError("maximum recursion depth exceeded"), "nested too deeply"),
        (MemoryError(), "not enough memory"),
    ],
)
def test_the_last_net_makes_one_line_and_leaves_nothing(monkeypatch, capfd, tmp_path, error, words):
    from statescape.cli import inputs

    def fails(*_: object) -> dict:
        raise error

    monkeypatch.setattr(inputs, "finite", fails)
    done = in_process(monkeypatch, capfd, "runs", tmp_path, "--json", tmp_path / "n.json")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert words in done.stderr or "cannot be written: Too many open files." in done.stderr
    assert list(tmp_path.iterdir()) == []


SAMPLE = str(files("statescape") / "data" / "sample.jsonl")


@pytest.mark.parametrize(
    "call",
    [
        ("path", "Once upon"),
        ("path", "Once upon", "--follow", "2"),
        ("lens", "Once upon"),
        ("esn", "narma10", "--units", "6", "-k", "2"),
        ("esn", "x.csv", "--units", "6", "-k", "2", "--closed"),
        pytest.param(("evolve", "x.csv", "--units", "6", "-g", "2", "--no-tune"), marks=pytest.mark.slow),
        pytest.param(("evolve", "memory-noisy", "--units", "6", "-g", "2", "--no-tune"), marks=pytest.mark.slow),
        pytest.param(("verdict", SAMPLE, "--max-documents", "4", "--workers", "1"), marks=pytest.mark.slow),
    ],
)
def test_in_french_no_word_of_ours_is_english(call, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text("x\n" + "\n".join(f"{math.sin(row):.4f}" for row in range(300)))
    assert run([*call, "--language", "fr", "--json", "n.json"]) == 0
    said = capsys.readouterr()
    assert not english_in(said.out + said.err)
    said = said.out
    assert "Nombres\u202f: n.json" in said
    assert run([*call, "--json", "n.json"]) == 0
    assert len(english_in(capsys.readouterr().out)) >= 3


def test_no_line_begins_with_what_a_narrow_space_binds_to_the_word_before():
    sentence = "Graine 0\u202f; 95\u202f% des 1\u202f000 essais, «\u202foui\u202f»\u202f: \ufdd0 "
    for width in range(20, 60):
        lines = io.StringIO()
        Terminal(file=lines, width=width, highlight=False).print(sentence * 9, markup=False)
        said = lines.getvalue()
        assert not re.search(r"^[;:%»]|«$|^000", said, re.MULTILINE)
        assert "".join(said.split()) == "".join(sentence.replace("\ufdd0", r"\ufdd0").split()) * 9
        assert said.count("\u202f") == 9 * 6
