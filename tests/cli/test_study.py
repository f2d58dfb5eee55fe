"""``statescape study`` as a user meets it."""

import json
from dataclasses import replace

import pytest

from statescape.cli.app import run
from statescape.studies.reservoir import STUDIES
from statescape.studies.reservoir.budget import Budget
from tests.cli.running import english_in


@pytest.fixture(autouse=True)
def tiny(monkeypatch, tmp_path):
    small = Budget("quick", units=8, runs=2, trainings=100, tuning=2)
    monkeypatch.setitem(STUDIES, "values", replace(STUDIES["values"], quick=small))
    monkeypatch.chdir(tmp_path)


def test_without_a_name_the_questions_are_listed(capsys):
    assert run(["study"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in STUDIES)
    assert "Does topology matter once everything is tuned?" in printed


def test_a_study_answers_and_its_run_is_read_again(capsys, tmp_path):
    assert run(["study", "values", "--workers", "1", "--out", "a.html", "--json", "a.json"]) == 0
    printed = capsys.readouterr().out
    found = json.loads((tmp_path / "a.json").read_text())
    assert "Binary, ternary or real edges?" in printed
    assert found["study"] == "values"
    assert found["answer"][0].split()[0] in printed
    assert "values-1.run" in printed
    assert run(["report", "values-1.run", "--out", "b.html"]) == 0
    assert run(["resume", "values-1.run", "--json", "b.json"]) == 0
    assert json.loads((tmp_path / "b.json").read_text()) == found
    assert (tmp_path / "b.html").is_file()


def test_in_french_no_word_of_ours_is_english(capsys):
    assert run(["study", "values", "--workers", "1", "--language", "fr"]) == 0
    said = capsys.readouterr()
    assert not english_in(said.out + said.err)
    assert "Des arêtes binaires, ternaires ou réelles" in said.out
    assert "Budget quick\u202f: 2 exécutions par case, 8 unités\u202f; " in said.out
    assert said.out.endswith("Exécution\u202f: values-1.run (statescape report)\n")
    assert run(["study", "--language", "fr"]) == 0
    assert not english_in(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["study", "topologie"], "no study 'topologie'"),
        (["study", "values", "--budget", "much"], "quick, full or a number of minutes"),
        (["study", "values", "--language", "de"], "en"),
        (["study", "values", "--out", "nowhere/a.html"], "nowhere"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments, words, capsys, tmp_path):
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert len(captured.err.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())
