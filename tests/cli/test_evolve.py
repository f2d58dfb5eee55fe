"""``statescape evolve`` from end to end: real files, a run from begin to export, one line for whatever is wrong."""

import json
import sqlite3

import numpy as np
import pytest

from tests.cli.running import assert_refused, in_process
from tests.material import material

SMALL = ("--units", 8, "--generations", 2, "--no-compare", "--no-tune", "--workers", 1)


@pytest.fixture
def run(monkeypatch, capfd):
    return lambda *arguments: in_process(monkeypatch, capfd, *arguments)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_run_from_begin_to_export(run, here):
    begun = run("evolve", "memory-noisy", *SMALL, "--seed", 1, "--json", "numbers.json")
    assert begun.returncode == 0, begun.stderr
    data = json.loads((here / "numbers.json").read_text())
    assert {path.name for path in here.iterdir()} == {"memory-noisy-1.run", "numbers.json"}
    assert data["run"] == "memory-noisy-1.run"
    assert set(data["seals"]) == {"matrix", "wiring", "signs", "mask"}
    for level, seal in data["seals"].items():
        assert f"{seal['mean']:.4f}" in begun.stdout
        assert {"SCR", "DLR", "DLRB", "CRJ", "small-world", "scale-free", "erdos-renyi", "rewired"} == set(
            seal["controls"]
        ), level
    assert " ".join(data["conclusion"].split()) in " ".join(begun.stdout.split())
    scores = [point["score"] for point in data["front"]]
    assert scores == sorted(scores, reverse=True)
    shown = run("resume", "memory-noisy-1.run", "--json", "again.json")
    assert shown.returncode == 0, shown.stderr
    assert json.loads((here / "again.json").read_text()) == data
    assert shown.stdout.replace("again.json", "numbers.json") == begun.stdout
    listed = run("runs")
    assert listed.stdout.splitlines()[1].split()[:2] == ["memory-noisy-1.run", "finished"]
    assert "evolution  memory-noisy, 8 units, ternary, wiring" in listed.stdout
    for to in ("reservoirpy", "npz", "networkx", "json"):
        assert run("export", "memory-noisy-1.run", "--to", to, "--out", f"champion.{to}").returncode == 0
    with np.load("champion.reservoirpy", allow_pickle=False) as arrays:
        assert np.count_nonzero(arrays["W"]) == data["best"]["edges"]


def test_operators_are_chosen_kept_in_the_run_and_leave_the_rivals_alone(run, here):
    small = [word for word in SMALL if word != "--no-compare"]
    begun = run("evolve", "memory-noisy", *small, "--operators", "swap,rewire", "--json", "numbers.json")
    assert begun.returncode == 0, begun.stderr
    data = json.loads((here / "numbers.json").read_text())
    assert data["settings"]["operators"] == ["swap", "rewire"]
    assert data["best"]["edges"] == 8  # one edge a unit at the start, and operators that keep their number
    database = sqlite3.connect(here / "memory-noisy-1.run")
    used = {arm: set() for arm in ("genetic", "hill-climber")}
    for arm in used:
        used[arm] = {name for (name,) in database.execute("SELECT operator FROM candidates WHERE arm = ?", (arm,))}
    database.close()
    assert used["genetic"] <= {"swap", "rewire", "random"}
    assert used["hill-climber"] - {"swap", "rewire", "random"}
    shown = run("resume", "memory-noisy-1.run", "--json", "again.json")
    assert json.loads((here / "again.json").read_text()) == data, shown.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        # What `esn` refuses.
        (["narma1"], "There is no task 'narma1'. Did you mean narma10? Known are: narma10, "),
        (["no.csv"], "There is no file no.csv"),
        (["no/such"], "There is no file no/such"),
        (["narma10", "--target", "x"], "statescape: --target is for files and arrays; narma10 fixes its own"),
        (["narma10", "--input", "x"], "statescape: --input is for files and arrays"),
        (["narma10", "--lr", "2"], "lr lies above 0 and up to 1"),
        (["narma10", "--sr", "inf"], "--sr takes a finite number; got inf"),
        (["narma10", "--input-scaling", "nan"], "--input-scaling takes a finite number; got nan"),
        (["narma10", "--bias", "nan"], "--bias takes a finite number; got nan"),
        (["narma10", "--ridge", "inf"], "--ridge takes a finite number; got inf"),
        (["narma10", "--units", "0"], "greater than or equal to 2"),
        (["narma10", "--trials", "0"], "greater than or equal to 1"),
        (["narma10", "--json", "missing/x.json"], "create it first"),
        (["folder"], "holds no Japanese vowels"),
        (["gap.csv"], "gap.csv, line 40: the row is empty"),
        (["short.csv"], "10 of each must remain"),
        (["two.csv"], "several columns of numbers; name the target (--target): a, b"),
        (["two.csv", "--target", "c"], "has no column 'c'; its columns are: a, b"),
        (["two.csv", "--target", "a", "--split", "1.2"], "between 0 and 1; got 1.2"),
        (["two.csv", "--target", "a", "--window", "900"], "a window of 900 rows"),
        (["two.csv", "--target", "a", "--horizon", "0"], "asks for what is given"),
        # What a search refuses.
        (["narma10", "--encoding", "dense"], "ternary"),
        (["narma10", "--level", "signs"], "'signs' is not one of 'matrix', 'wiring', 'mask'"),
        (["narma10", "--radius", "big"], "'big' is not one of 'rescale', 'free', 'gene'"),
        (["narma10", "--evolve-inputs"], "W_in can evolve only at the level matrix"),
        (["narma10", "--density", "2"], "ensity"),
        (["narma10", "--strategy", "annealing"], "There is no strategy 'annealing'. Known are: genetic, "),
        (["narma10", "--arm", "annealing"], "There is no strategy 'annealing'"),  # as it was called once
        (["narma10", "--objectives", "edges"], "The objectives are error or error,edges; got edges"),
        (["narma10", "--operators", "add,grow"], "There is no operator 'grow'. Known are: add, delete, "),
        (["narma10", "--operators", "perturb"], "The operator 'perturb' does not apply in this space"),
        (["narma10", "--operators", ""], "A search needs at least one operator"),
        (["narma10", "--operators", "add,"], "There is no operator ''"),
        (["narma10", "--seconds", "0"], "limits above 0"),
        (["narma10", "--generations", "0"], "greater than or equal to 1"),
        (["narma10", "--seal-trials", "10"], "greater than or equal to 30"),
        (["narma10", "--seed", "-1"], "greater than or equal to 0"),
        (["narma10", "--run", "missing/a.run"], "there is no folder missing"),
        (["narma10", "--run", "file"], "file exists already; resume that run"),
        (["narma10", "--warm-start", "no.run"], "There is no run no.run"),
        (["narma10", "--warm-start", "file"], "file is no run that statescape wrote"),
        (["narma10", "--workers", "0"], "greater than or equal to 1"),
        (["narma10", "--executor", "ray"], "There is no executor 'ray'. Known are: serial, processes, dask"),
        (["narma10", "--executor", "serial", "--scheduler", "tcp://127.0.0.1:1"], "belongs to the executor dask"),
        (["narma10", "--scheduler", "tcp://127.0.0.1:1", "--workers", "2"], "A scheduler has workers of its own"),
    ],
)
def test_refusals_are_one_line_and_leave_nothing(run, here, arguments, words):
    (here / "folder").mkdir()
    (here / "file").write_text("not a run")
    (here / "gap.csv").write_text("x\n" + "\n".join("" if i == 38 else f"{i % 7}" for i in range(200)) + "\n")
    (here / "short.csv").write_text("x\n" + "\n".join(f"{i % 7}" for i in range(20)) + "\n")
    (here / "two.csv").write_text("a,b\n" + "\n".join(f"{i % 7},{i % 5}" for i in range(200)) + "\n")
    before = sorted(here.iterdir())
    result = run("evolve", *arguments, *([] if "--json" in arguments else ["--json", "out.json"]))
    assert_refused(result, words)
    assert sorted(here.iterdir()) == before
    assert (here / "file").read_text() == "not a run"


def test_a_scheduler_that_is_not_there_is_one_line_and_leaves_nothing(run, here, monkeypatch):
    from statescape.runs import dask

    monkeypatch.setattr(dask, "CONNECT", 1.0)
    result = run("evolve", "narma10", "--executor", "dask", "--scheduler", "tcp://127.0.0.1:1")
    assert_refused(result, "No Dask scheduler answers at tcp://127.0.0.1:1 ", "start one with `dask scheduler`")
    assert not list(here.iterdir())


@pytest.mark.parametrize("command", ["resume", "export"])
def test_what_is_no_run_is_refused(run, here, command):
    (here / "text.run").write_text("not a run")
    assert_refused(run(command, "no.run"), "There is no run no.run")
    assert_refused(run(command, "text.run"), "text.run is no run that statescape wrote")
    assert [path.name for path in here.iterdir()] == ["text.run"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "target", "at_most"),
    [("sunspots_monthly_silso_v2.csv", "sunspot_number", 0.6), ("santafe_laser_A.csv", "intensity", 0.8)],
)
def test_real_series_from_the_command_line(run, here, file, target, at_most):
    """A small search on a real file: sealed on its second half, better than the mean, and the same when resumed."""
    arguments = ("--target", target, "--units", 20, "--generations", 3, "--no-compare", "--no-tune", "--workers", 1)
    result = run("evolve", material(f"series/{file}"), *arguments, "--trials", 2, "--json", "numbers.json")
    assert result.returncode == 0, result.stderr
    data = json.loads((here / "numbers.json").read_text())
    assert data["settings"]["task"]["file"].endswith(file)
    for level in ("matrix", "wiring"):
        seal = data["seals"][level]
        assert seal["n"] == 30
        assert 0.0 < seal["ci95"][0] <= seal["mean"] <= seal["ci95"][1]
        assert seal["mean"] < at_most
    assert data["conclusion"]
    (journal,) = here.glob("*.run")
    again = run("resume", journal.name, "--json", "again.json")
    assert again.returncode == 0, again.stderr
    assert json.loads((here / "again.json").read_text()) == data
