"""The notebook in a real browser, in both languages: complete, quiet, self-contained, walkable, fit for paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from statescape import views
from statescape.studies.notebook import Notebook
from statescape.wording import LANGUAGES, speaking
from statescape.wording.catalogue import catalogue
from tests.kept import FEW, TEXTS, kept, sections
from tests.views.visiting import Visit, until

pytestmark = pytest.mark.slow  # the notebook of all studies that they share takes a minute to make

SPHERE = "document.querySelectorAll('[data-statescape-sphere]')"


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Notebook:
    return kept(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module", params=LANGUAGES)
def written(request: pytest.FixtureRequest, notebook: Notebook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with speaking(request.param):
        return views.report(notebook, tmp_path_factory.mktemp("page") / f"{request.param}.html")


@pytest.fixture
def visit(browser: Any, written: Path):
    visit = Visit(browser, written)
    yield visit
    assert visit.errors == []
    assert visit.outside == []
    visit.page.close()


def test_every_section_is_there_and_every_figure_in_sight_is_drawn(visit: Visit, written: Path):
    page = visit.page
    assert page.evaluate("document.documentElement.dataset.ready") == "true"
    assert page.evaluate("document.documentElement.lang") == written.stem
    assert page.eval_on_selector_all("main > section", "all => all.map(s => s.id)") == sections(FEW)
    drawn = "all => all.map(p => [p.offsetParent !== null, Boolean(p.querySelector('.main-svg'))])"
    seen = page.eval_on_selector_all("[data-figure]", drawn)
    assert seen == [[shown, shown] for shown, _ in seen]
    assert sum(shown for shown, _ in seen) == 7 + 3 + 2 + len(FEW)
    titles = page.eval_on_selector_all("main h2", "all => all.map(h => h.textContent)")
    assert ("Questions et réponses" if written.stem == "fr" else "Questions and answers") in titles[0]
    answers = page.eval_on_selector_all("#answers tbody tr", "all => all.map(row => row.children[1].textContent)")
    assert len(answers) == 1 + len(FEW)
    assert all(len(answer) > 20 for answer in answers)


def test_every_section_says_where_its_numbers_come_from(visit: Visit, notebook: Notebook):
    told = visit.page.eval_on_selector_all(
        "main > section", "all => all.map(s => [s.id, [...s.querySelectorAll('.source')].map(p => p.textContent)])"
    )
    for name, sources in told:
        assert name in ("answers", "sum", "runs") or sources, name
        assert all("sha256" in source for source in sources)
    rows = visit.page.eval_on_selector_all("#runs tbody tr", "all => all.map(r => r.textContent)")
    assert len(rows) == len(notebook.entries)
    for row, entry in zip(rows, notebook.entries, strict=True):
        assert entry.digest in row
        assert Path(entry.file).name in row


def test_a_text_is_chosen_everywhere_at_once(visit: Visit):
    page = visit.page
    shown = "all => all.filter(o => o.offsetParent !== null).map(o => o.dataset.option)"
    assert set(page.eval_on_selector_all("[data-option]", shown)) == {"0"}
    page.click("#normalisation [data-choose='1']")
    assert set(page.eval_on_selector_all("[data-option]", shown)) == {"1"}
    until(page, "document.querySelector('[data-figure=steps-1] .main-svg')")
    checked = page.eval_on_selector_all("[data-choose]", "all => all.map(b => [b.dataset.choose, b.ariaChecked])")
    assert all((option == "1") == (is_checked == "true") for option, is_checked in checked)
    assert "<b>park</b>" in page.inner_text("#space .choose")
    assert page.evaluate("document.querySelectorAll('main b, main script[src]').length") == 0


def test_the_sphere_is_walked_in_place(visit: Visit):
    page = visit.page
    assert page.evaluate(f"{SPHERE}.length") == len(TEXTS)
    until(page, f"{SPHERE}[0].statescape.scene?.frames > 0")
    stage = page.locator("[data-statescape-sphere]").first.locator("[data-part=stage]")
    stage.scroll_into_view_if_needed()
    stage.focus()
    page.keyboard.press("i")
    until(page, f"{SPHERE}[0].statescape.scene.camera.inside === 1")
    page.keyboard.press("ArrowRight")
    page.evaluate(f"{SPHERE}[0].statescape.layer = 2")
    until(page, "document.querySelector('[data-figure=lens-0]').layout.shapes.length === 4")
    page.click("#space [data-choose='1']")
    until(page, "document.querySelector('[data-figure=lens-1] .main-svg')")
    assert page.evaluate("document.querySelector('[data-figure=lens-1]').layout.shapes.length") == 0
    until(page, f"{SPHERE}[1].statescape.scene.view.width > 600")


def test_on_paper_it_fits_and_says_which_text(visit: Visit):
    page = visit.page
    assert len(page.pdf(format="A4")) > 200_000
    page.set_viewport_size({"width": 703, "height": 1000})
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_timeout(300)
    edges = page.eval_on_selector_all(
        ".plot, table, img", "all => all.filter(e => e.offsetParent).map(e => e.getBoundingClientRect().right)"
    )
    assert max(edges) <= 704
    assert page.evaluate("getComputedStyle(document.querySelector('.choose')).display") == "none"
    assert TEXTS[0] in page.inner_text("#decoding .option.chosen")


def test_a_narrow_screen_shows_all_of_it(browser: Any, written: Path):
    visit = Visit(browser, written, viewport={"width": 400, "height": 800})
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 400
    assert visit.errors == []
    visit.page.close()


def test_nothing_english_is_left_on_a_french_page(notebook: Notebook, tmp_path: Path, monkeypatch):
    missing: set[str] = set()

    class Heard(dict):
        def get(self, key, default=None):
            if key not in self:
                missing.add(key)
            return super().get(key, default)

    entries = Heard(catalogue("fr"))
    monkeypatch.setattr("statescape.wording.saying.catalogue", lambda language: entries if language == "fr" else {})
    with speaking("fr"):
        views.report(notebook, tmp_path / "fr.html")
    names = {*FEW, "scipy"}
    assert missing - names == set()
