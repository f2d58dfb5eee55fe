"""Kills at random moments: whatever was working, asked again it ends where an undisturbed one does."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = str(files("statescape") / "data" / "sample.jsonl")
FEW = ("--units", "8", "--generations", "12", "--no-compare", "--no-tune", "--run", "one.run", "--workers", "2")
# Each as it is given first; where its run is there, `resume` goes on with the first two, the same words with the rest.
COMMANDS = {
    "evolve": ("evolve", "memory-noisy", *FEW),
    "evolve-sequences": ("evolve", "cogscale:simple_copy:small", *FEW),
    "study": ("study", "values", "--run", "one.run", "--workers", "2"),
    "verdict": ("verdict", SAMPLE, "--max-documents", "6", "--run", "one.run", "--workers", "1"),
    "fit-lens": ("fit-lens", SAMPLE, "--out", "lens", "--steps", "120", "--positions", "200"),
    "notebook": ("notebook", "--quick", "--corpus", "few.jsonl", "--text", "Once upon a time", "--workers", "2"),
}
# What tells the time, the place or the machine.
PASSING = {"seconds", "created", "run", "file", "version", "pid", "took"}


def _start(name: str, folder: Path) -> subprocess.Popen:
    words = COMMANDS[name]
    if name in ("evolve", "evolve-sequences", "study") and (folder / "one.run").exists():
        words = ("resume", "one.run", "--workers", "2")
    few = folder / "few.jsonl"
    if not few.exists():
        few.write_text("".join(Path(SAMPLE).read_text().splitlines(keepends=True)[:4]))
    path = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    environment = {**os.environ, "PYTHONPATH": path, "HF_HUB_OFFLINE": "1"}
    call = [sys.executable, "-m", "tests.cli.tiny", *words, "--json", "result.json"]
    return subprocess.Popen(
        call, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def _lasting(data):
    """The numbers, without what passes."""
    if isinstance(data, dict):
        return {name: _lasting(value) for name, value in data.items() if name not in PASSING}
    return [_lasting(value) for value in data] if isinstance(data, list) else data


def _until_done(name: str, folder: Path, kills: list[tuple[signal.Signals, float]]) -> dict:
    """Give the command, kill it as is planned, give it again until it is done; its numbers."""
    folder.mkdir()
    while True:
        process = _start(name, folder)
        how, moment = kills[0] if kills else (None, 900.0)
        try:
            _, said = process.communicate(timeout=moment)
        except subprocess.TimeoutExpired:
            assert how is not None, f"{name} takes too long"
            process.send_signal(how)
            process.communicate()
            del kills[0]
            continue
        if process.returncode == 2 and "holds a finished lens" in said:  # killed between the lens and its numbers
            return _numbers(name, next((folder / "lens").glob("*.json")))
        assert process.returncode == 0, said
        return _numbers(name, folder / "result.json")


def _numbers(name: str, file: Path) -> dict:
    data = json.loads(file.read_text())
    return _lasting(data["kl_to_final"] if name == "fit-lens" else data)


def _disturbed(name: str, count: int, seed: int, folder: Path) -> None:
    """Runs are killed, after up to four fifths of the time that an undisturbed one took, until that was done often."""
    rng = random.Random(f"{name}{seed}")
    begun = time.monotonic()
    expected = _until_done(name, folder / "whole", [])
    seconds = time.monotonic() - begun
    ways = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
    kills = [(ways[number % 3], rng.uniform(0.1, 0.8) * seconds) for number in range(count)]
    for number in range(50):
        if not kills:
            break
        broken = folder / f"broken-{number}"
        assert _until_done(name, broken, kills) == expected
        assert not list(broken.rglob("*.new"))
        assert not list(broken.rglob("*.partial*"))
    assert not kills


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", COMMANDS)
def test_six_kills_of_every_command_change_nothing(tmp_path, name) -> None:
    _disturbed(name, 6, 1, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["study", "verdict", "fit-lens"])
def test_a_kill_changes_nothing(tmp_path, name) -> None:
    _disturbed(name, 1, 2, tmp_path)
