"""Whatever a `.run` holds, who reads it gets an answer or one sentence: no traceback, no escape, no hang, no change."""

import lzma
import random
import re
import time
from pathlib import Path

import pytest

from tests.cli.running import in_process
from tests.evolution import hostile

DATA = Path(__file__).parent / "data"
COMMANDS = {
    "evolved": (
        ("runs", "{folder}", "--json", "{folder}/out.json"),
        ("show", "{run}", "--json", "{folder}/out.json"),
        ("export", "{run}", "--to", "json", "--out", "{folder}/out.json"),
        ("report", "{run}", "--json", "{folder}/out.json"),
        ("resume", "{run}", "--workers", "1", "--json", "{folder}/out.json"),
        ("evolve", "memory-noisy", "--units", "6", "--run", "{run}"),
    ),
    "study": (
        ("runs", "{folder}"),
        ("report", "{run}", "--json", "{folder}/out.json"),
        ("resume", "{run}", "--workers", "1", "--json", "{folder}/out.json"),
    ),
    "verdict": (("runs", "{folder}"), ("resume", "{run}")),
}


def put(name: str, folder: Path) -> Path:
    """A run that 0.1.0 wrote."""
    file = folder / f"{name}.run"
    file.write_bytes(lzma.decompress((DATA / f"{name}-0.1.0.run.xz").read_bytes()))
    return file


def _mutations(name: str, folder: Path, drawn: int, rng: random.Random) -> list[hostile.Mutation]:
    whole = put(name, folder)
    found = [*hostile.whole_files(), *hostile.schemas(whole), *(hostile.one_value(whole, rng) for _ in range(drawn))]
    whole.unlink()
    return found


def _try(name: str, mutation: hostile.Mutation, command: tuple[str, ...], call) -> tuple[int, str]:
    what, change = mutation
    folder, monkeypatch, capfd = call
    run = put(name, folder)
    change(run)
    before = run.read_bytes() if run.is_file() else None
    arguments = [part.format(run=run, folder=folder) for part in command]
    begun = time.monotonic()
    done = in_process(monkeypatch, capfd, *arguments)  # a traceback is raised here
    said = f"{what}: {' '.join(command)}: {done.stderr}"
    assert done.returncode in (0, 2), said
    assert time.monotonic() - begun < 60, said
    if done.returncode == 2:
        assert len(done.stderr.splitlines()) == 1, said
        assert len(done.stderr) < 700, said
        assert done.stdout == "", said
    assert "\x1b" not in re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", ""), said
    assert (run.read_bytes() if run.is_file() else None) == before, said
    for made in folder.iterdir():
        made.rmdir() if made.is_dir() else made.unlink()
    return done.returncode, said


def _all(count: int, drawn: int, tmp_path, monkeypatch, capfd) -> None:
    rng = random.Random(15)
    refused = 0
    calls = [
        (name, mutation, command)
        for name, commands in COMMANDS.items()
        for mutation in _mutations(name, tmp_path, drawn, rng)
        for command in commands
    ]
    for name, mutation, command in rng.sample(calls, min(count, len(calls))):
        status, _ = _try(name, mutation, command, (tmp_path, monkeypatch, capfd))
        refused += status == 2
    assert refused > count / 4


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_runs_that_are_damaged_are_refused_in_one_line(tmp_path, monkeypatch, capfd):
    _all(600, 60, tmp_path, monkeypatch, capfd)


@pytest.mark.slow
def test_some_runs_that_are_damaged_are_refused_in_one_line(tmp_path, monkeypatch, capfd):
    _all(60, 20, tmp_path, monkeypatch, capfd)
