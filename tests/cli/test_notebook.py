"""``statescape notebook``: what it writes, and what it refuses in one line before any work."""

import json

import pytest

from statescape.studies.notebook.asking import USUAL_STUDIES
from tests.cli.running import assert_refused, english_in, in_process
from tests.kept import make_studies_tiny, sections
from tests.views.visiting import Visit


@pytest.fixture
def run(monkeypatch, capfd, tmp_path):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments, stdin=b"": in_process(monkeypatch, capfd, *arguments, stdin=stdin)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--language", "de"], ["The language is one of en, fr", "'de'"]),
        (["--quick", "--budget", "5"], ["--quick is --budget quick"]),
        (["--budget", "much"], ["quick, full or a number of minutes", "'much'"]),
        (["--out", "none/n.html"], ["no folder"]),
        (["--text", " "], ["The text is empty"]),
        (["--quick", *["--text", "a"] * 9], ["9 paths"]),
        (["--model", ""], ["--model is empty"]),
        (["--model", "no/such/folder/at/all", "--quick"], []),
        (["--corpus", "missing.jsonl"], ["missing.jsonl"]),
        (["--json", "n.html", "--out", "n.html"], ["two outputs"]),
    ],
)
def test_bad_inputs_are_refused_in_one_line(run, tmp_path, arguments, words):
    assert_refused(run("notebook", *arguments), *words)
    assert not list(tmp_path.glob("*.html"))


@pytest.mark.slow
def test_the_notebook_from_end_to_end(run, monkeypatch, tmp_path, browser):
    make_studies_tiny(monkeypatch)
    made = run("notebook", "--quick", "--language", "fr", "--workers", 1, "--json", "n.json")
    assert made.returncode == 0, made.stderr
    assert "Cahier\u202f: notebook.html" in made.stdout
    assert not english_in(made.stdout)
    assert '<html lang="fr">' in (tmp_path / "notebook.html").read_text("utf-8")
    found = json.loads((tmp_path / "n.json").read_text())
    assert found["language"] == "fr"
    assert len(found["paths"]) == 3
    asked = {one["name"] for one in found["verdict"]["hypotheses"]}
    assert asked == {*(f"H{number}" for number in range(1, 9)), "H1n", "H2n", "H6n"}
    assert list(found["studies"]) == list(USUAL_STUDIES)
    assert USUAL_STUDIES[-1] == "does-topology-matter"
    assert {one["section"] for one in found["runs"]} == {"paths", "interventions", "corpus", *found["studies"]}
    assert len(list((tmp_path / "notebook-runs").glob("*.run"))) == len(found["runs"]) - 2  # those two keep none
    visit = Visit(browser, tmp_path / "notebook.html")
    assert visit.page.eval_on_selector_all("main > section", "all => all.map(s => s.id)") == sections(USUAL_STUDIES)
    assert "Matzner 2022" in visit.page.inner_text("#sum")
    assert visit.errors == []
    assert visit.outside == []
    visit.page.close()
    listed = run("runs", "notebook-runs").stdout
    assert "does-topology-matter, quick" in listed
    assert "conteur on " in listed
