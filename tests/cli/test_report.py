"""``statescape report`` and ``statescape show`` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from statescape.cli.show import braille
from statescape.evolution import resume
from statescape.evolution.history import genomes, read_history, scores
from statescape.reservoir import scr
from statescape.runs import Journal
from tests.cli.running import assert_refused, in_process
from tests.evolved import TARGET

KEYS = {
    "version", "run", "task", "units", "encoding", "level", "radius", "seed", "generations", "trainings", "seconds",
    "best", "seals", "winners_curse", "conclusion",
}  # fmt: skip


@pytest.fixture(scope="module")
def run(evolved_run: Path) -> Path:
    return evolved_run


@pytest.fixture
def unfinished(run: Path, tmp_path: Path) -> Path:
    """The same run as a kill during its seals would have left it."""
    copy = tmp_path / "unfinished.run"
    copy.write_bytes(run.read_bytes())
    with Journal.open(copy) as journal, journal.transaction() as database:
        database.execute("DELETE FROM blobs WHERE key = 'finished' OR key LIKE 'seal/mask/%'")
    return copy


@pytest.fixture
def searching(run: Path, tmp_path: Path) -> Path:
    """The same run as a kill during its search would have left it."""
    copy = tmp_path / "searching.run"
    copy.write_bytes(run.read_bytes())
    with Journal.open(copy) as journal, journal.transaction() as database:
        database.execute("DELETE FROM blobs")
        database.execute("DELETE FROM generations WHERE number > 3")
    return copy


def test_page_figures_and_numbers(monkeypatch, capfd, run: Path, tmp_path: Path):
    page, figures, numbers = tmp_path / "e.html", tmp_path / "figures", tmp_path / "e.json"
    before = run.read_bytes()
    done = in_process(monkeypatch, capfd, "report", run, "--out", page, "--figures", figures, "--json", numbers)
    assert done.returncode == 0, done.stderr
    assert "what is its gain made of?\nAt its own level, wiring" in done.stdout
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert len(list(figures.iterdir())) == 30
    told = json.loads(numbers.read_text())
    result = resume(run)
    assert told["seals"]["mask"]["controls"]["SCR"]["mean"] == result.seals["mask"].controls["SCR"].control.mean
    assert told.keys() >= KEYS
    assert {"mean", "ci95", "n", "controls"} <= told["seals"]["wiring"].keys()
    control = told["seals"]["wiring"]["controls"]["rewired"]
    assert {"mean", "best_of_k", "k", "ci95", "ratio", "p_holm"} <= control.keys()
    assert told["line"][-1]["candidate"] == told["best"]["candidate"]
    assert told["conclusion"] in " ".join(done.stdout.split())
    assert run.read_bytes() == before  # a report only reads


def test_alone_it_writes_the_page_beside_the_run_and_with_json_only_that(monkeypatch, capfd, run: Path, tmp_path: Path):
    copy = tmp_path / "copy.run"
    copy.write_bytes(run.read_bytes())
    assert in_process(monkeypatch, capfd, "report", copy).returncode == 0
    assert (tmp_path / "copy.html").exists()
    (tmp_path / "copy.html").unlink()
    assert in_process(monkeypatch, capfd, "report", copy, "--json", tmp_path / "n.json").returncode == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["copy.run", "n.json"]


def test_a_report_is_french_where_it_is_asked_for_and_refusals_are_not(
    monkeypatch, capfd, run: Path, unfinished: Path, tmp_path: Path
):
    page = tmp_path / "fr.html"
    done = in_process(monkeypatch, capfd, "report", run, "--out", page, "--language", "fr")
    assert done.returncode == 0, done.stderr
    assert "de quoi son gain est-il fait\u202f?\nÀ son propre niveau, «\u202fwiring\u202f»" in done.stdout
    assert '<html lang="fr">' in page.read_text(encoding="utf-8")
    done = in_process(monkeypatch, capfd, "report", unfinished, "--language", "fr")
    assert_refused(done, "is not finished", "6 generations is over")
    assert_refused(in_process(monkeypatch, capfd, "report", run, "--language", "de"), "one of en, fr; got 'de'")


def test_a_candidate_is_shown_in_french_with_the_same_numbers(monkeypatch, capfd, run: Path, tmp_path: Path):
    told = {}
    for language in ("en", "fr"):
        numbers = tmp_path / f"{language}.json"
        done = in_process(monkeypatch, capfd, "show", run, "--json", numbers, "--language", language)
        assert done.returncode == 0, done.stderr
        assert all((words in done.stdout) == (language == "fr") for words in ("le champion", "réciprocité", "gène W"))
        told[language] = json.loads(numbers.read_text())
    assert told["en"] == told["fr"]


def test_what_is_not_finished_is_refused_with_the_way_on(monkeypatch, capfd, unfinished: Path, searching: Path):
    done = in_process(monkeypatch, capfd, "report", unfinished)
    assert_refused(done, "is not finished", "6 generations is over", "statescape resume", "statescape show")
    assert not unfinished.with_suffix(".html").exists()
    assert_refused(in_process(monkeypatch, capfd, "report", searching), "4 generations of its search so far")


def test_refusals_come_before_work(monkeypatch, capfd, run: Path, tmp_path: Path):
    assert_refused(in_process(monkeypatch, capfd, "report", tmp_path / "none.run"), "There is no run")
    missing = tmp_path / "no" / "e.html"
    assert_refused(in_process(monkeypatch, capfd, "report", run, "--out", missing), "no folder")
    same = tmp_path / "same"
    assert_refused(in_process(monkeypatch, capfd, "report", run, "--out", same, "--json", same), "two outputs")
    (tmp_path / "file").write_text("")
    assert_refused(in_process(monkeypatch, capfd, "report", run, "--figures", tmp_path / "file" / "x"), "is a file")
    assert_refused(in_process(monkeypatch, capfd, "evolve", "narma10", "--out", missing), "no folder")
    assert_refused(in_process(monkeypatch, capfd, "show", run, "--out", tmp_path / "x.bmp"), ".png, .pdf, .svg, .html")
    assert_refused(in_process(monkeypatch, capfd, "show", run, "--candidate", "99999"), "no candidate 99999")
    assert_refused(in_process(monkeypatch, capfd, "show", run, "--candidate", "-1"), "--candidate")


def test_data_that_has_changed_or_gone_is_not_reported(monkeypatch, capfd, run: Path):
    data = next(run.parent.glob("*.csv"))
    before = data.read_bytes()
    try:
        data.write_bytes(before + b"1,2\n")
        assert_refused(in_process(monkeypatch, capfd, "report", run), "has changed since the run began")
        data.unlink()
        assert_refused(in_process(monkeypatch, capfd, "report", run), "is gone")
    finally:
        data.write_bytes(before)


@pytest.mark.slow
def test_evolve_and_resume_write_the_report_at_their_end(monkeypatch, capfd, run: Path, tmp_path: Path):
    data, page, again, own = (
        next(run.parent.glob("*.csv")),
        tmp_path / "e.html",
        tmp_path / "a.html",
        tmp_path / "e.run",
    )
    done = in_process(
        monkeypatch, capfd, "evolve", data, "--target", TARGET, "--units", 6, "--window", 100, "--generations", 2,
        "--no-compare", "--no-tune", "--workers", 1, "--run", own, "--out", page, "--figures", tmp_path / "figures",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"Report: {page}" in " ".join(done.stdout.split())
    assert len(list((tmp_path / "figures").iterdir())) == 30
    assert in_process(monkeypatch, capfd, "resume", own, "--out", again).returncode == 0
    assert again.read_bytes() == page.read_bytes()


def test_show_tells_origin_record_and_wiring(monkeypatch, capfd, run: Path, tmp_path: Path):
    numbers = tmp_path / "n.json"
    done = in_process(monkeypatch, capfd, "show", run, "--json", numbers)
    assert done.returncode == 0, done.stderr
    told, result = json.loads(numbers.read_text()), resume(run)
    best = result.best.candidate
    assert told["candidate"] == best.number
    assert told["role"] == "the champion"
    assert told["record"]["mean"] == pytest.approx(best.record.mean)
    assert told["scores"] == pytest.approx(scores(run, best.number))
    assert np.mean(told["scores"]) == pytest.approx(best.record.mean)
    assert np.count_nonzero(told["genome"]["W"]) == told["edges"] == result.best.topology.edges
    for words in (f"{best.number}, the champion", best.operator, "spectral radius", "is heard by", "reciprocity"):
        assert words in done.stdout
    W = result.best.topology.to_dense()
    dots = sum(bin(ord(letter) - 0x2800).count("1") for letter in done.stdout if 0x2800 <= ord(letter) < 0x2900)
    assert dots == np.count_nonzero(W)


def test_show_knows_survivors_the_dead_and_the_best_so_far(monkeypatch, capfd, run: Path, searching: Path):
    written = read_history(run)
    dead = next(number for number in written.births if number not in written.records)
    told = in_process(monkeypatch, capfd, "show", run, "--candidate", dead).stdout
    assert "did not survive its first generation" in told
    assert f"over {len(scores(run, dead))} trials" in told
    number, record = written.moments[-1].members[1]
    if number != resume(run).best.candidate.number:
        told = in_process(monkeypatch, capfd, "show", run, "--candidate", number).stdout
        assert "survivor 2 of 4" in told
        assert f"{record.mean:.4f}" in told
    so_far = in_process(monkeypatch, capfd, "show", searching).stdout
    assert "the best survivor so far" in so_far
    assert f"{read_history(searching).best}, the best" in so_far


@pytest.mark.parametrize(
    ("suffix", "begins"), [(".png", b"\x89PNG"), (".pdf", b"%PDF"), (".svg", b"<?xml"), (".html", b"<!do")]
)
def test_show_draws(monkeypatch, capfd, run: Path, tmp_path: Path, suffix: str, begins: bytes):
    out = tmp_path / f"c{suffix}"
    assert in_process(monkeypatch, capfd, "show", run, "--candidate", 0, "--out", out).returncode == 0
    assert out.read_bytes().startswith(begins)
    assert list(tmp_path.iterdir()) == [out]


def test_dots_stand_where_the_matrix_is_filled():
    matrix = np.zeros((8, 4), dtype=bool)
    matrix[0, 0] = matrix[3, 1] = matrix[4, 2] = matrix[7, 3] = True
    assert braille(matrix) == "⢁⠀\n⠀⢁"
    large = scr(1000).to_dense() != 0
    lines = braille(large).splitlines()
    assert len(lines) <= 32
    assert all(len(line) == len(lines[0]) <= 64 for line in lines)
    assert lines[0][0] != "\u2800"


def test_children_and_genomes_are_those_of_the_journal(run: Path):
    written = read_history(run)
    birth = next(one for one in written.births.values() if one.parents)
    assert birth in written.children(birth.parents[0])
    assert genomes(run, [0])[0].genes["W"].shape == (12, 12)
