"""The page of a run in a real browser: complete, quiet, self-contained, unharmed by hostile file and column names."""

from __future__ import annotations

import html
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from statescape import views
from statescape.analysis.candidate import read_candidate
from statescape.analysis.evolution import read_evolution, read_run
from statescape.errors import StatescapeError
from statescape.evolution import resume
from statescape.reservoir.tasks import Attempt, MemoryTrial
from tests.evolved import FILE, INPUT, SECTIONS, TARGET
from tests.views.visiting import Visit


@pytest.fixture(scope="module")
def reading(evolved_run: Path):
    return read_run(evolved_run)


@pytest.fixture(scope="module")
def written(reading, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return views.report(reading, tmp_path_factory.mktemp("page") / "evolution.html")


@pytest.fixture(scope="module")
def visit(browser: Any, written: Path) -> Visit:
    return Visit(browser, written)


def test_the_page_has_its_sections_in_order_each_with_one_sentence(visit: Visit):
    assert visit.page.eval_on_selector_all("main > section", "all => all.map(s => s.id)") == SECTIONS
    looks = visit.page.eval_on_selector_all("main > section > .look", "all => all.map(p => p.textContent)")
    assert all(look.endswith(".") and look.count(". ") == 0 for look in looks)


def test_hostile_names_are_shown_and_nothing_runs_or_loads(visit: Visit):
    visit.page.wait_for_timeout(300)
    assert visit.page.evaluate("document.documentElement.dataset.ready") == "true"
    assert visit.errors == []
    assert visit.outside == []
    assert visit.page.eval_on_selector_all("img, [onerror], main script", "all => all.length") == 0
    assert FILE in visit.page.inner_text("h1")
    facts = visit.page.inner_text("dl")
    assert INPUT in facts
    assert TARGET in facts
    assert visit.page.eval_on_selector_all("[data-figure]", "all => all.every(p => p.querySelector('.main-svg'))")


def test_every_caption_says_numbers_and_what_was_concluded_is_read_first(visit: Visit, reading):
    captions = visit.page.eval_on_selector_all("figcaption", "all => all.map(c => c.textContent)")
    assert len(captions) == 15
    assert all(any(c.isdigit() for c in caption) for caption in captions)
    strong = visit.page.eval_on_selector_all("#seals > .strong", "all => all.map(p => p.textContent)")
    assert tuple(strong) == reading.conclusion
    table = visit.page.inner_text("#seals table")
    own = reading.evolution.seals["wiring"]
    assert f"{own.interval.mean:.4f}" in table
    assert all(name in table for name in own.controls)


def test_a_narrow_screen_holds_everything(browser: Any, written: Path):
    visit = Visit(browser, written, viewport={"width": 390, "height": 800}, color_scheme="dark")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert visit.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 27)"
    assert visit.errors == []
    visit.page.close()


def test_on_paper_it_is_light(browser: Any, written: Path):
    visit = Visit(browser, written, color_scheme="dark")
    assert len(visit.page.pdf(format="A4")) > 50_000
    visit.page.emulate_media(media="print")
    assert visit.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    visit.page.close()


@pytest.mark.slow
def test_the_page_is_small_and_the_same_every_time(reading, written: Path, tmp_path: Path):
    assert written.stat().st_size < 6e6
    assert views.report(reading, tmp_path / "again.html").read_bytes() == written.read_bytes()


@pytest.mark.slow
def test_an_evolution_is_reported_as_what_was_read_from_it(evolved_run: Path, written: Path, tmp_path: Path):
    page = views.report(resume(evolved_run), tmp_path / "evolution.html")
    assert page.read_bytes() == written.read_bytes()


def test_a_run_without_a_file_says_what_is_missing(reading, tmp_path: Path):
    temporary = read_evolution(replace(reading.evolution, run=""))
    assert temporary.line == temporary.stages == ()
    text = views.report(temporary, tmp_path / "temporary.html").read_text(encoding="utf-8")
    assert text.count("was kept in no file") == 3


@pytest.mark.slow
def test_a_search_without_operators_and_a_task_without_outputs_say_so(reading, tmp_path: Path):
    attempt, trial = Attempt(0.25), MemoryTrial("exact")
    bare = replace(reading, operators=(), work=replace(reading.work, attempt=attempt, trial=trial))
    text = html.unescape(views.report(bare, tmp_path / "bare.html").read_text(encoding="utf-8"))
    assert "no operator was used" in text
    assert "reads the network's weights" in text
    assert "it scores 0.2500" in text
    lost = replace(reading, work=replace(reading.work, attempt=replace(attempt, reason="It blew up."), trial=trial))
    assert "the network diverged: It blew up." in views.report(lost, tmp_path / "lost.html").read_text(encoding="utf-8")


def test_a_candidate_has_a_page_too(evolved_run: Path, browser: Any, tmp_path: Path):
    candidate = read_candidate(evolved_run, 3)
    visit = Visit(browser, views.report(candidate, tmp_path / "candidate.html"))
    assert visit.errors == []
    assert visit.outside == []
    assert "Candidate 3" in visit.page.inner_text("h1")
    visit.page.close()


def test_what_has_no_figures_is_refused(tmp_path: Path):
    with pytest.raises(StatescapeError, match="no figures of a list"):
        views.save_figures([], tmp_path)
