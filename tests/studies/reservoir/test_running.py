"""Studies done for real, at their smallest: answers, resumption, figures, both languages."""

import json
from dataclasses import replace

import pytest

from statescape import views
from statescape.errors import StatescapeError
from statescape.runs import Journal, Processes, Serial
from statescape.studies.reservoir import STUDIES, resume_study, study
from statescape.studies.reservoir.budget import Budget
from statescape.studies.reservoir.running import KIND, read_study
from statescape.views.core.picture import Picture
from statescape.views.studies.figure import figure
from statescape.wording import speaking

TINY = Budget("quick", units=8, runs=2, trainings=100, tuning=2, draws=2)
QUICK = ("values", "radius")


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    for name, one in STUDIES.items():
        small = replace(one, quick=TINY)
        if one.of_tasks is not None:
            small = replace(small, of_tasks=lambda tasks, one=one: replace(one.of_tasks(tasks), quick=TINY))
        monkeypatch.setitem(STUDIES, name, small)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name not in QUICK else ()) for name in STUDIES]
)
def test_every_study_answers(name, tmp_path):
    with Processes(2) as executor:
        # All tasks, of another package some, are many for a test.
        many = ("operators", "do-modules-matter", "transfer")
        tasks = ["henon", "narma10"] if name in many else None
        result = study(name, run=tmp_path / "a.run", tasks=tasks, executor=executor)
    found = json.loads(json.dumps(result.as_json()))
    assert found["answer"][0]
    assert found["trainings"] >= TINY.runs * TINY.trainings
    assert all(len(row) == len(found["table"]["columns"]) for row in found["table"]["rows"])
    english = result.read()
    with speaking("fr"):
        french = result.read()
    assert french.answer[0] != english.answer[0]
    drawn = figure(result)
    assert isinstance(drawn, Picture)
    assert len(drawn.interactive().data) >= len(english.figure.panels)
    views.save_figures(result, tmp_path)
    views.report(result, tmp_path / "a.html")
    assert (tmp_path / f"{name}.png").stat().st_size > 5_000
    assert english.answer[0].split(".")[0] in (tmp_path / "a.html").read_text("utf-8").replace("&#39;", "'")


@pytest.mark.slow
def test_workers_and_interruptions_change_nothing(tmp_path):
    whole = study("values", run=tmp_path / "whole.run", executor=Serial())

    class CutError(Exception):
        pass

    def cut(done, _whole):
        if done >= 3:
            raise CutError

    with pytest.raises(CutError):
        study("values", run=tmp_path / "cut.run", executor=Serial(), progress=cut)
    with pytest.raises(StatescapeError, match="not finished"):
        read_study(tmp_path / "cut.run")
    with Journal.read(tmp_path / "cut.run", kind=KIND) as journal:
        before = journal.rows("rows", tuple, "SELECT count(*) FROM blobs WHERE key LIKE 'piece/%'")[0][0]
    assert before == 3
    with Processes(2) as executor:
        resumed = resume_study(tmp_path / "cut.run", executor=executor)
    assert resumed.reading.numbers == whole.reading.numbers
    assert resume_study(tmp_path / "cut.run", executor=Serial()).reading.numbers == whole.reading.numbers


def test_pieces_of_a_study_of_one_task_are_called_as_they_were():
    keys = {piece.key for piece in STUDIES["search-space"].pieces(TINY, 0)}
    assert {"real/0", "ternary/1"} <= keys
    chosen = STUDIES["search-space"].over([" Henon", "narma10"])
    assert chosen.tasks == ("henon", "narma10")
    assert {piece.key.split("/")[0] for piece in chosen.pieces(TINY, 0)} == {"henon", "narma10"}
    assert {piece.spec["settings"]["task"]["name"] for piece in chosen.pieces(TINY, 0)} == {"henon", "narma10"}
    assert "henon and narma10; 8 units" in chosen.design(TINY)
    assert "NARMA10; 8 units" in STUDIES["search-space"].design(TINY)
    matters = STUDIES["does-topology-matter"].over(["henon", "mso8", "narma10", "lorenz-closed"])
    assert "in each of the 12 cells" in matters.design(TINY)
    assert len(matters.pieces(TINY, 0)) == 12 * TINY.runs


def test_an_answer_over_tasks_says_whose_it_is():
    chosen = STUDIES["search-space"].over(["henon", "mso8", "narma10"])
    runs = replace(TINY, runs=5)
    errors = {task: {"blocks": 0.5} for task in chosen.tasks}

    def read(errors):
        found = {}
        for piece in chosen.pieces(runs, 0):
            task, encoding, run = piece.key.split("/")
            wobble = 1.0 + 0.01 * ((int(run) * 7 + len(encoding)) % 5)
            found[piece.key] = {"sealed": [errors[task].get(encoding, 1.0) * wobble], "curve": [[10, 1.0], [20, 0.5]]}
        return chosen.read(found, runs, 0)

    alike = read(errors)
    assert alike.answer[0].startswith("It buys an error that is 50% lower")
    assert "The lowest mean error over all tasks is that of blocks." in alike.answer
    assert "Leaving out any one task changes none of this." in alike.answer
    assert set(alike.numbers["without"]) == {"henon", "mso8", "narma10"}
    assert "blocks, henon" in [row[0] for row in alike.table.rows]
    assert len(alike.table.rows) == 6 * 4
    one_sided = read({**{task: {} for task in errors}, "henon": {"blocks": 0.1}})
    assert any(
        sentence.startswith("It depends on single tasks: ")
        and "without henon, blocks are not shown to differ" in sentence
        for sentence in one_sided.answer
    )


@pytest.mark.slow
def test_a_study_of_chosen_tasks_goes_on_to_the_same_answer(tmp_path):
    class CutError(Exception):
        pass

    def cut(done, _whole):
        if done >= 4:
            raise CutError

    one = {"tasks": ["henon", "memory-noisy"], "executor": Serial()}
    whole = study("search-space", run=tmp_path / "whole.run", **one)
    with pytest.raises(CutError):
        study("search-space", run=tmp_path / "cut.run", progress=cut, **one)
    resumed = resume_study(tmp_path / "cut.run", executor=Serial())
    assert resumed.reading.numbers == whole.reading.numbers
    assert resumed.study.tasks == ("henon", "memory-noisy")
    assert whole.as_json()["tasks"] == ["henon", "memory-noisy"]


@pytest.mark.slow
def test_another_seed_is_another_sample():
    first, second = (study("values", executor=Serial(), seed=seed) for seed in (0, 100))
    assert first.reading.numbers != second.reading.numbers


def test_values_have_equally_many_edges():
    result = study("values", executor=Serial())
    assert {len(one["wiring"]["edges"]) for one in result.results.values()} == {2 * TINY.units}


def test_gains_of_wiring_and_radius_add_up(tmp_path):
    result = study("radius", executor=Serial())
    for key, one in result.results.items():
        scores = one["scores"]
        if key.startswith("rescale"):
            assert one["own_radius"] == pytest.approx(0.9)
            assert scores["own"]["champion"] == pytest.approx(scores["usual"]["champion"])
        whole = scores["usual"]["random"] - scores["own"]["champion"]
        parts = (scores["usual"]["random"] - scores["usual"]["champion"]) + (
            scores["usual"]["champion"] - scores["own"]["champion"]
        )
        assert whole == pytest.approx(parts)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "valeurs"}, "no study 'valeurs'"),
        ({"name": "values", "budget": "soon"}, "quick, full or a number"),
        ({"name": "values", "seed": -1}, "seed is a whole number"),
        ({"name": "values", "tasks": ["henon", "narma10"]}, "values has a task of its own; leave the tasks out"),
        ({"name": "search-space", "tasks": ["henon"]}, "2 tasks or more, each once, .* got henon"),
        ({"name": "search-space", "tasks": ["henon", "henon"]}, "2 tasks or more, each once"),
        ({"name": "search-space", "tasks": ["henon", "narma1"]}, "no task 'narma1'. Did you mean narma10"),
        ({"name": "does-topology-matter", "tasks": ["henon", "a.csv"]}, "tasks by their names, .* got 'a.csv'"),
    ],
)
def test_what_does_not_fit_is_refused_before_any_work(arguments, words, tmp_path):
    with pytest.raises(StatescapeError, match=words):
        study(**arguments, run=tmp_path / "a.run")
    assert not list(tmp_path.iterdir())


def test_a_run_is_never_written_over(tmp_path):
    (tmp_path / "a.run").write_text("mine")
    with pytest.raises(StatescapeError, match="exists already"):
        study("values", run=tmp_path / "a.run")


@pytest.mark.slow
def test_budgets_are_kept_with_the_run(tmp_path):
    study("values", run=tmp_path / "a.run", executor=Serial())
    assert read_study(tmp_path / "a.run").budget == replace(TINY)
