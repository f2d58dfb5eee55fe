"""Whatever a `.run` holds, who reads it gets an answer or one sentence: no traceback, no escape, no hang, no change."""

import json
import lzma
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

import statescape as ss
from statescape.errors import StatescapeError
from statescape.evolution import Genome, resume
from statescape.evolution.history import champion_of, survivors_of_run
from statescape.runs import Journal, list_runs
from tests.cli.running import assert_refused, in_process
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
    assert "\x1b" not in done.stdout + done.stderr, said
    goes_on = command[0] == "resume" and done.returncode == 0  # of a run that lacks its end, rightly
    assert goes_on or (run.read_bytes() if run.is_file() else None) == before, said
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


READERS = {
    "the champion": champion_of,
    "the survivors": survivors_of_run,
    "a candidate": lambda run: champion_of(run, 99),
    "what it says": ss.resume,
    "those of a folder": lambda run: list_runs(run.parent),
}


def _read(reader, name, mutation, folder) -> bool:
    run = put(name, folder)
    mutation[1](run)
    said = ""
    try:
        READERS[reader](run)
    except StatescapeError as refusal:
        said = str(refusal)
    run.rmdir() if run.is_dir() else run.unlink()
    assert "\n" not in said, mutation[0]
    return bool(said)


@pytest.mark.parametrize("count", [pytest.param(300, marks=pytest.mark.long), pytest.param(30, marks=pytest.mark.slow)])
@pytest.mark.timeout(3600)
def test_python_meets_a_damaged_run_with_one_sentence(tmp_path, count) -> None:
    rng = random.Random(16)
    changes = [one for one in _mutations("evolved", tmp_path, count, rng) if one[0] != "no finished"]
    drawn = [(rng.choice(list(READERS)), rng.choice(changes)) for _ in range(count)]
    assert sum(_read(reader, "evolved", change, tmp_path) for reader, change in drawn) > count / 8


@pytest.mark.parametrize("table", ["candidates", "scores", "trials", "generations"])
def test_a_run_without_one_of_its_tables_is_refused_before_anything_is_said(tmp_path, monkeypatch, capfd, table):
    run = put("evolved", tmp_path)
    with closing(sqlite3.connect(run)) as database:
        database.execute(f"DROP TABLE {table}")
    for command in (["resume", run, "--workers", "1", "--json", tmp_path / "out.json"], ["show", run], ["report", run]):
        assert_refused(in_process(monkeypatch, capfd, *command), f"of its table {table} is missing")


def test_a_genome_that_unpacks_to_a_thousandfold_is_refused_before_it_is_unpacked(tmp_path) -> None:
    import tracemalloc

    packed = hostile.bomb()
    assert len(packed) < 200_000
    tracemalloc.start()
    with pytest.raises(StatescapeError, match="no genome that statescape wrote"):
        Genome.from_bytes(packed, most=10**5)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_a_part_that_is_damaged_is_named(tmp_path) -> None:
    run = put("evolved", tmp_path)
    hostile.change(run, "UPDATE candidates SET genome = ? WHERE arm = 'genetic' AND number = 3", b"x")
    with pytest.raises(StatescapeError, match=r"evolved\.run is damaged, .* its candidate 3 cannot be read"):
        champion_of(run, 3)
    hostile.change(run, "UPDATE blobs SET value = ? WHERE key = 'final/genetic'", b'{"champion": "x"}')
    with pytest.raises(StatescapeError, match=r"its final/genetic cannot be read \('trainings' is missing\)"):
        champion_of(run)
    hostile.change(run, "UPDATE meta SET value = ? WHERE key = 'settings'", json.dumps({"units": 7}))
    with pytest.raises(StatescapeError, match=r"its settings cannot be read \(.*'task' is missing"):
        survivors_of_run(run)


def test_a_run_that_computes_while_it_is_read_is_refused(tmp_path) -> None:
    run = put("study", tmp_path)
    hostile.change(
        run, "CREATE VIEW more AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT * FROM n"
    )
    with pytest.raises(StatescapeError, match="'more' is no plain table"), Journal.read(run):
        pass


def test_what_is_enormous_is_refused_before_anything_is_made_of_it(tmp_path) -> None:
    run = put("evolved", tmp_path)
    with Journal.read(run) as journal:
        settings = journal.settings
    for change in ({"units": 10**9}, {"trials": 10**9}, {"offspring": 10**9}, {"units": True}, {"seed": -1}):
        hostile.change(run, "UPDATE meta SET value = ? WHERE key = 'settings'", json.dumps({**settings, **change}))
        with pytest.raises(StatescapeError, match="its settings cannot be read"):
            resume(run)
