"""A whole run: the same result for any number of workers and interruptions, and refusals before any work."""

import json
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from statescape.errors import StatescapeError
from statescape.evolution import Genome, evolve, resume
from statescape.evolution.history import champion_of, survivors_of_run
from statescape.evolution.plans import Modules
from statescape.runs import Journal, Processes, Serial

SMALL = {"units": 8, "generations": 4, "seed": 3, "level": "matrix", "tune": False}


def facts(result) -> str:
    """All of a result but times and file names."""
    data = result.as_json()
    del data["run"], data["seconds"]
    for rival in data["rivals"].values():
        del rival["seconds"]
    return json.dumps(data, sort_keys=True)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple:
    file = tmp_path_factory.mktemp("whole") / "one.run"
    return evolve("memory-noisy", run=file, executor=Serial(), **SMALL), file


def test_a_result_holds_what_was_asked_for(whole) -> None:
    result, file = whole
    data = result.as_json()
    assert (data["task"], data["units"], data["encoding"], data["level"]) == ("memory-noisy", 8, "ternary", "matrix")
    assert data["generations"] == 4
    assert set(data["seals"]) == {"matrix", "wiring", "signs", "mask"}
    controls = data["seals"]["matrix"]["controls"]
    assert {"SCR", "DLR", "DLRB", "CRJ", "rewired", "random-search", "hill-climber"} <= set(controls)
    assert all({"mean", "best_of_k", "k", "ci95", "ratio", "p_holm"} <= set(one) for one in controls.values())
    assert result.rivals["random-search"].trainings >= result.found.trainings
    best = result.best
    assert best.topology.edges == data["best"]["edges"]
    assert best.candidate.record.mean == min(one.record.mean for one in result.found.survivors)
    assert file.is_file()
    assert [one.name for one in file.parent.iterdir() if not one.name.endswith(".lock")] == ["one.run"]


def test_two_workers_give_the_same_result_bit_for_bit(whole) -> None:
    with Processes(2) as executor:
        assert facts(evolve("memory-noisy", executor=executor, **SMALL)) == facts(whole[0])
    assert facts(evolve("memory-noisy", executor=Serial(), **{**SMALL, "seed": 4})) != facts(whole[0])


@pytest.mark.parametrize("stops", [[1], [2, 3], [1, 1, 2]])
def test_a_run_that_is_interrupted_goes_on_to_the_same_result(whole, tmp_path, stops) -> None:
    file = tmp_path / "stopped.run"
    left = list(stops)

    def interrupt(progress) -> None:
        left[0] -= 1
        if left[0] == 0:
            left.pop(0)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evolve("memory-noisy", run=file, executor=Serial(), callbacks=[interrupt], **SMALL)
    while left:
        with pytest.raises(KeyboardInterrupt):
            resume(file, executor=Serial(), callbacks=[interrupt])
    assert facts(resume(file, executor=Serial())) == facts(whole[0])


def test_a_finished_run_is_read_and_not_written(whole) -> None:
    result, file = whole
    before = file.read_bytes()
    assert facts(resume(file, executor=Serial())) == facts(result)
    assert file.read_bytes() == before


def test_a_run_that_was_finished_before_runs_had_a_front_is_read_without_one(whole, tmp_path) -> None:
    result, file = whole
    old = tmp_path / "old.run"
    old.write_bytes(file.read_bytes())
    with closing(sqlite3.connect(old)) as database, database:
        database.execute("DELETE FROM blobs WHERE key = 'front'")
    again = resume(old, executor=Serial())
    assert again.front == ()
    assert result.front
    assert again.as_json()["seals"] == result.as_json()["seals"]


def test_the_journal_has_every_candidate_with_parents_trials_and_scores(whole) -> None:
    result, file = whole
    with Journal.read(file) as journal:
        born = dict(journal.rows("rows", tuple, "SELECT arm, count(*) FROM candidates GROUP BY arm"))
        assert born["genetic"] == 4 * 4 + 3 * 16
        scored = journal.rows("rows", tuple, "SELECT count(*) FROM scores WHERE arm = 'genetic'")[0][0]
        assert scored == result.found.trainings
        orphans = journal.rows(
            "rows",
            tuple,
            "SELECT count(*) FROM scores s LEFT JOIN trials t USING (arm, generation, trial) WHERE t.seed IS NULL",
        )
        assert orphans == [(0,)]
    number = result.best.candidate.number
    again = champion_of(file)
    assert again.candidate.number == number
    np.testing.assert_array_equal(again.topology.to_dense(), result.best.topology.to_dense())
    with pytest.raises(StatescapeError, match="has no candidate 99999"):
        champion_of(file, 99999)


def test_a_warm_start_begins_with_the_survivors(whole, tmp_path) -> None:
    result, file = whole
    start = survivors_of_run(file)
    assert start[0] == result.found.survivors[0].genome
    warm = evolve("memory-noisy", executor=Serial(), start=start, run=tmp_path / "warm.run", compare=False, **SMALL)
    assert warm.history[0].best == pytest.approx(result.best.candidate.record.mean)
    assert warm.history[0].best < result.history[0].best


@pytest.mark.parametrize("limit", [{"trainings": 60}, {"stagnation": 2}, {"seconds": 1e-6}])
def test_limits_end_a_search(limit) -> None:
    settings = {**SMALL, "generations": 30, **limit, "compare": False}
    result = evolve("memory-noisy", executor=Serial(), **settings)
    assert len(result.history) < 30
    if "trainings" in limit:
        assert 60 <= result.found.trainings < 60 + 16
    if "seconds" in limit:
        assert len(result.history) == 1


def test_a_callback_ends_the_search() -> None:
    seen = []
    settings = {**SMALL, "compare": False}
    result = evolve(
        "memory-noisy",
        executor=Serial(),
        callbacks=[lambda progress: seen.append(progress.summary.number) or progress.summary.number == 1],
        **settings,
    )
    assert seen == [0, 1]
    assert len(result.history) == 2


@pytest.mark.parametrize("radius", ["free", "gene"])
def test_an_own_radius_is_sealed_beside_the_same_wiring_rescaled(radius) -> None:
    result = evolve(
        "memory-noisy", units=8, generations=2, radius=radius, seed=1, compare=False, tune=False, executor=Serial()
    )
    rescaled = result.seals["wiring"].rescaled
    assert rescaled is not None
    assert rescaled.ratio > 0
    assert result.as_json()["seals"]["wiring"]["rescaled"]["k"] == 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"task": "narma11"}, "narma11"),
        ({"task": "none.csv"}, "none.csv"),
        ({"level": "signs"}, "level as 'matrix' or 'wiring' or 'mask' or 'weights'; got 'signs'"),
        ({"encoding": "dense"}, "no encoding 'dense'. Known are: circulant"),
        ({"strategy": "annealing"}, "no strategy 'annealing'"),
        ({"arm": "annealing"}, "no strategy 'annealing'"),  # as it was called once
        ({"evolve_inputs": True, "level": "wiring"}, "W_in can evolve only at the level matrix"),
        ({"seal_trials": 5}, "seal_trials must be at least 30; got 5"),
        ({"generations": 0}, "limits above 0"),
        ({"units": 1}, "units must be at least 2; got 1"),
        ({"density": 1.5}, "density is a share"),
        ({"task_options": {"horizon": 2}}, "horizon=... is for files"),
        ({"workers": 0}, "At least one worker"),
        (
            {"task": "cogscale:simple_copy:small", "ridge": 0.1, "level": "wiring"},
            "every training chooses its ridge on the validation sequences; leave the ridge out",
        ),
    ],
)
def test_what_does_not_fit_is_refused_before_any_work_and_leaves_nothing(tmp_path, settings, words) -> None:
    file = tmp_path / "refused.run"
    with pytest.raises(StatescapeError) as refusal:
        evolve(**{"task": "memory-noisy", "run": file, **SMALL, **settings})
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert not [one for one in tmp_path.iterdir() if one.suffix == ".run"]


@pytest.mark.parametrize(
    ("search", "words"),
    [
        ({"units": 9}, "A genome of networks of 8 units does not fit this search, whose networks have 9."),
        (
            {"encoding": "circulant"},
            "A genome of single edges (encodings binary, ternary and real) does not fit this search, which is of the "
            "encoding circulant.",
        ),
        ({"encoding": "modules"}, "does not fit this search, which is of the encoding modules."),
    ],
)
def test_a_warm_start_that_does_not_fit_is_refused_in_words_of_the_search(whole, search, words) -> None:
    with pytest.raises(StatescapeError) as refusal:
        evolve("memory-noisy", start=survivors_of_run(whole[1]), **{**SMALL, **search})
    assert str(refusal.value).endswith(words)


def test_plans_of_other_units_or_for_wirings_are_refused_in_words_of_the_search() -> None:
    for units, words in ((30, "of networks of 30 units"), (5, "of networks of 5 units")):
        plan = Modules(units).random(np.random.default_rng(0))
        with pytest.raises(StatescapeError, match=f"{words} does not fit this search, whose networks have 20"):
            evolve("memory-noisy", start=[Genome(plan)], units=20, encoding="modules")
        with pytest.raises(StatescapeError, match=r"A genome that is a plan \(encoding modules\) does not fit"):
            evolve("memory-noisy", start=[Genome(plan)], units=20)


def test_a_file_that_changed_or_went_is_refused_on_resume(tmp_path) -> None:
    data, file = tmp_path / "series.csv", tmp_path / "a.run"
    rows = [f"{np.sin(0.3 * row):.6f}" for row in range(400)]
    data.write_text("x\n" + "\n".join(rows) + "\n")

    def interrupt(_) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evolve(data, run=file, **{**SMALL, "units": 6}, compare=False, executor=Serial(), callbacks=[interrupt])
    data.write_text("x\n" + "\n".join(rows[1:]) + "\n")
    with pytest.raises(StatescapeError, match="has changed since the run began"):
        resume(file, executor=Serial())
    data.unlink()
    with pytest.raises(StatescapeError, match="is gone; put it back"):
        resume(file, executor=Serial())
    data.write_text("x\n" + "\n".join(rows) + "\n")
    assert resume(file, executor=Serial()).task.name
