"""`kill -9` at random moments: whenever it comes and whoever works, the result is the same, bit for bit."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
KILLS = 20
# A wiring and a plan.
SEARCHES = {1: (), 2: ("--encoding", "plan")}
WORKERS = (1, 2, 3)


def _command(seed, file, workers):
    if file.exists():
        arguments = ["resume", file.name]
    else:
        arguments = ["evolve", "memory-noisy", "--units", 10, "--generations", 14, "--seed", seed, "--run", file.name]
        arguments += ["--no-compare", "--no-tune", *SEARCHES[seed]]
    arguments += ["--workers", workers, "--json", "result.json"]
    return [sys.executable, "-m", "statescape", *map(str, arguments)]


def _start(seed, file, workers):
    return subprocess.Popen(
        _command(seed, file, workers),
        cwd=file.parent,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _facts(file):
    """The result without its times."""
    data = json.loads(file.read_text())
    for rival in data["rivals"].values():
        del rival["seconds"]
    del data["seconds"]
    return data


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_twenty_kills_at_random_moments_change_nothing(tmp_path):
    """Each seed is run once undisturbed; then runs are killed, after up to two thirds of the time that one took."""
    rng = random.Random(7)
    expected, seconds = {}, {}
    for seed in SEARCHES:
        folder = tmp_path / f"whole-{seed}"
        folder.mkdir()
        begun = time.monotonic()
        process = _start(seed, folder / "one.run", 1)
        assert process.wait() == 0, process.stderr.read()
        seconds[seed] = time.monotonic() - begun
        expected[seed] = _facts(folder / "result.json")
    assert expected[1] != expected[2]

    kills, finished, number = 0, dict.fromkeys(SEARCHES, 0), 0
    while kills < KILLS or not all(finished.values()):
        seed = [*SEARCHES][number % len(SEARCHES)]
        number += 1
        folder = tmp_path / f"killed-{number}"
        folder.mkdir()
        file = folder / "one.run"
        done = False
        while not done:
            process = _start(seed, file, rng.choice(WORKERS))
            moment = rng.uniform(0.0, 0.67 * seconds[seed]) if kills < KILLS else 600.0
            try:
                _, complaint = process.communicate(timeout=moment)
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
                process.communicate()
                kills += 1
            else:
                assert process.returncode == 0, complaint
                done = True
        assert _facts(folder / "result.json") == expected[seed]
        assert not list(folder.glob("*.new"))
        finished[seed] += 1
    assert kills == KILLS


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kilobytes", [40, 100])
def test_a_full_disk_loses_nothing_that_was_kept(tmp_path, kilobytes):
    """A limit on the size of files stands for the disk."""
    import resource

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024 * kilobytes, 1024 * kilobytes))

    whole, file = tmp_path / "whole", tmp_path / "full" / "one.run"
    whole.mkdir()
    file.parent.mkdir()
    process = _start(1, whole / "one.run", 1)
    assert process.wait() == 0, process.stderr.read()
    command = _command(1, file, 1)
    full = subprocess.run(command, cwd=file.parent, env=ENVIRONMENT, capture_output=True, text=True, preexec_fn=limited)
    assert full.returncode == 2
    *before, said = full.stderr.splitlines()
    assert all("trainings/s" in line or line.endswith((" s", "...")) for line in before)  # what it was doing
    assert "The disk is full" in said
    assert "no generation written is lost" in said
    process = _start(1, file, 1)
    assert process.wait() == 0, process.stderr.read()
    assert _facts(file.parent / "result.json") == _facts(whole / "result.json")
