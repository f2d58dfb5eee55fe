"""The page of a verdict in a real browser: complete, quiet, self-contained, unharmed by hostile documents."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from statescape import views
from statescape.language.corpus import Corpus, Document, Fault
from statescape.studies.verdict import QUESTIONS, Verdicts, verdict
from statescape.views.core.reporting import save_pictures
from statescape.views.language.verdict import along_blocks, estimates
from tests.studies.verdict import scripted
from tests.views.language.synthetic import HOSTILE
from tests.views.language.test_report import Visit

SECTIONS = ["verdicts", "estimates", "states", "readings", "sensitivity", "work", "documents", "method"]


@pytest.fixture(scope="module")
def found() -> Verdicts:
    """Two models whose names are as hostile as the documents they read."""
    plain = scripted.corpus(21)
    hostile = [text for text in HOSTILE if "\ud800" not in text]  # a corpus holds valid Unicode only
    documents = [
        Document(f"{hostile[index % len(hostile)]}, line {index}", f"{hostile[index % len(hostile)]} {document.text}")
        for index, document in enumerate(plain.documents)
    ]
    corpus = Corpus(tuple(documents), (Fault(HOSTILE[0], HOSTILE[1]),), empty=1, duplicates=2)
    models = [scripted.straight(), scripted.crooked()]
    named = [
        replace(model, facts=replace(model.facts, name=f"{number} {HOSTILE[0]}")) for number, model in enumerate(models)
    ]
    return verdict(corpus, named, files=[HOSTILE[2]], null_documents=0, workers=1)


@pytest.fixture(scope="module")
def visit(browser: Any, found: Verdicts, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    return Visit(browser, views.report(found, tmp_path_factory.mktemp("page") / "verdict.html"))


def test_the_page_is_complete_quiet_and_self_contained(visit: Visit):
    assert visit.page.evaluate("document.documentElement.dataset.ready") == "true"
    assert visit.page.eval_on_selector_all("main > section", "all => all.map(s => s.id)") == SECTIONS
    drawn = visit.page.eval_on_selector_all("[data-figure]", "all => all.map(p => p.dataset.figure)")
    assert drawn == ["estimates", "by_state_1", "by_state_2"]
    assert visit.page.eval_on_selector_all("[data-figure]", "all => all.every(p => p.querySelector('.main-svg'))")
    assert visit.errors == []
    assert visit.outside == []


def test_hostile_documents_are_text(visit: Visit):
    assert visit.page.eval_on_selector_all("[onerror], main img, main iframe", "all => all.length") == 0
    assert HOSTILE[0] in visit.page.inner_text("#verdicts")
    assert "1 line left out" in visit.page.inner_text("#documents")


def test_the_words_a_reader_came_for_are_there(visit: Visit, found: Verdicts):
    text = visit.page.inner_text("main")
    for question in QUESTIONS:
        assert question.statement in text
        assert question.reason in text
    verdicts = visit.page.eval_on_selector_all(
        "#verdicts tbody tr", "all => all.map(r => r.querySelectorAll('td')[1].textContent)"
    )
    assert verdicts == [one.decisions[place].verdict for place in range(len(QUESTIONS)) for one in found.models]


def test_nothing_is_wider_than_a_narrow_screen(browser: Any, found: Verdicts, tmp_path: Path):
    visit = Visit(browser, views.report(found, tmp_path / "v.html"), viewport={"width": 390, "height": 800})
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert visit.errors == []
    visit.page.close()


def test_pictures_go_on_paper(found: Verdicts, tmp_path: Path):
    pictures = [estimates(found), along_blocks(found)[0]]
    files = save_pictures(pictures, tmp_path)
    assert {file.name for file in files} == {"estimates.png", "estimates.pdf", "by_state_1.png", "by_state_1.pdf"}
    for picture in pictures:
        assert any(character.isdigit() for character in picture.caption)


def test_every_margin_is_within_its_panel(found: Verdicts):
    for question, panel in zip(QUESTIONS, estimates(found).panels, strict=True):
        low, high = panel.x.limits
        assert low < question.margin < high
