"""Runs that 0.1.0 wrote: they read, show, export and report as that version said, and go on to the same result."""

import json
import sqlite3
from contextlib import closing

import pytest

from statescape.analysis.candidate import read_candidate
from statescape.errors import StatescapeError
from statescape.evolution.export import export
from statescape.evolution.history import champion_of, survivors_of_run
from statescape.evolution.run import resume
from statescape.runs import Journal, Serial
from statescape.studies.reservoir.running import read_study, resume_study
from tests.evolution.test_hostile import DATA, put

SAID = json.loads((DATA / "as-0.1.0-read-them.json").read_text())


def _facts(result) -> dict:
    """What the numbers say, by the names of 0.1.0; intervals and tests may be reckoned otherwise since."""
    data = result.as_json()
    facts = {name: data[name] for name in SAID if name in data and name not in ("best", "seals")}
    facts["best"] = {name: data["best"][name] for name in SAID["best"]}
    facts["seals"] = {
        level: {
            "champion": one["mean"],
            **{name: [c["mean"], c["best_of_k"], c["k"], c["ratio"]] for name, c in one["controls"].items()},
        }
        for level, one in data["seals"].items()
    }
    return facts


def test_a_finished_run_of_0_1_0_says_what_it_said(tmp_path) -> None:
    run = put("evolved", tmp_path)
    before = run.read_bytes()
    assert _facts(resume(run)) == {name: SAID[name] for name in SAID if name not in ("show", "export", "study")}
    shown = read_candidate(run).as_json()
    assert _plain({name: value for name, value in shown.items() if name in SAID["show"]}) == SAID["show"]
    export(champion_of(run), "json", tmp_path / "champion.json")
    assert json.loads((tmp_path / "champion.json").read_text()) == SAID["export"]
    assert len(survivors_of_run(run)) == 24  # objectives error and edges keep many
    assert run.read_bytes() == before


def test_an_unfinished_run_of_0_1_0_goes_on_to_the_same_result(tmp_path) -> None:
    run = put("evolved", tmp_path)
    _change(run, "DELETE FROM blobs WHERE key IN ('finished', 'seal/mask/SCR', 'front')")
    assert _facts(resume(run, executor=Serial())) == {
        name: SAID[name] for name in SAID if name not in ("show", "export", "study")
    }


def test_a_search_of_0_1_0_that_was_stopped_goes_on_generation_by_generation_as_it_would_have(tmp_path) -> None:
    """Records, candidates and scores of the last generations, made again, are those that 0.1.0 wrote."""
    run = put("evolved", tmp_path)
    tables = {
        "candidates": "arm, number, generation, operator, parents, genome",
        "scores": "arm, generation, trial, candidate, score",
        "trials": "arm, generation, trial, seed",
        "generations": "arm, number, best, median, trainings, diversity, operators, state",
    }
    wanted = {name: f"SELECT {columns} FROM {name} ORDER BY 1, 2, 3, 4" for name, columns in tables.items()}
    before = {name: _rows(run, statement) for name, statement in wanted.items()}
    for name in tables:
        number = "number" if name == "generations" else "generation"
        _change(run, f"DELETE FROM {name} WHERE {number} > CASE arm WHEN 'hill-climber' THEN 90 ELSE 2 END")
    _change(run, "DELETE FROM blobs WHERE key = 'finished' OR key LIKE 'over/%' OR key LIKE 'final/%'")
    resume(run, executor=Serial())
    after = {name: _rows(run, statement) for name, statement in wanted.items()}
    after["generations"] = [(*row[:-1], row[-1].replace(', "pool": null', "")) for row in after["generations"]]
    assert after == before


def test_a_study_of_0_1_0_reads_and_goes_on(tmp_path) -> None:
    run = put("study", tmp_path)
    assert _plain(read_study(run).as_json()["numbers"]) == SAID["study"]
    _change(run, "DELETE FROM blobs WHERE key = 'finished'")
    assert _plain(resume_study(run, executor=Serial()).as_json()["numbers"]) == SAID["study"]


@pytest.mark.parametrize("version", ["0.0.9", "99.0", "\x1b[31m"])
def test_what_an_unknown_version_began_is_read_and_not_gone_on_with(tmp_path, version) -> None:
    run = put("evolved", tmp_path)
    _change(run, "UPDATE meta SET value = ? WHERE key = 'version'", json.dumps(version))
    assert _facts(resume(run))["seals"] == SAID["seals"]  # finished: only read
    _change(run, "DELETE FROM blobs WHERE key = 'finished'")
    before = run.read_bytes()
    with pytest.raises(StatescapeError, match="may go on to another result; resume it with that version"):
        resume(run)
    assert run.read_bytes() == before


def test_the_version_that_goes_on_is_the_one_that_began_or_one_that_searches_alike(tmp_path) -> None:
    from statescape import __version__

    run = put("evolved", tmp_path)
    _change(run, "DELETE FROM blobs WHERE key = 'finished'")
    for version in (__version__, "0.1.0"):
        _change(run, "UPDATE meta SET value = ? WHERE key = 'version'", json.dumps(version))
        with Journal.open(run) as journal:
            assert journal.version == version


def _plain(data):
    """What a file of JSON holds: no tuples, null for what is not a number."""
    return json.loads(json.dumps(data).replace("NaN", "null"))


def _rows(run, statement: str) -> list[tuple]:
    with closing(sqlite3.connect(run)) as database:
        return database.execute(statement).fetchall()


def _change(run, statement: str, *values: str) -> None:
    with closing(sqlite3.connect(run)) as database:
        database.execute(statement, values)
        database.commit()
