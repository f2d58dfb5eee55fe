"""The pages of patching and steering: a click on a cell shows its path, and nothing comes from outside."""

from pathlib import Path
from typing import Any

import pytest

import statescape as ss
from statescape import views
from statescape.language import TextPair, direction_between, patch, patch_pairs, steer
from tests.views.visiting import Visit, until

GIRL, BOY = (f"Once upon a time there was a {who} named" for who in ("girl", "boy"))


@pytest.fixture(scope="module")
def conteur() -> Any:
    return ss.load_model()


def test_a_click_on_a_cell_shows_the_path_that_results(browser: Any, conteur: Any, tmp_path: Path) -> None:
    visit = Visit(browser, views.report(patch(conteur, GIRL, BOY), tmp_path / "p.html"))
    page = visit.page
    chosen = "document.querySelector('.option.chosen .chosen-name').textContent"
    assert page.evaluate(chosen).startswith("state 0 at girl/boy") or "state 0 at" in page.evaluate(chosen)
    # State 4 at the last position: the fifth row from below, the right column.
    box = page.locator("[data-figure=map_state] .nsewdrag").first.bounding_box()
    page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + box["height"] * (1 - 4.5 / 7))
    until(page, f"{chosen}.startsWith('state 4')", seconds=5)
    assert "73% restored" in page.evaluate(chosen)
    page.wait_for_selector("[data-figure=cell-4-9].js-plotly-plot")
    assert visit.errors == []
    assert visit.outside == []
    page.close()


def test_pages_of_pairs_and_of_a_steering_are_whole(browser: Any, conteur: Any, tmp_path: Path) -> None:
    pairs = patch_pairs(conteur, [TextPair(GIRL, BOY), TextPair(BOY, GIRL)])
    steered = steer(conteur, GIRL, direction_between(conteur, " girl", " boy"), follow=3)
    for found, words in ((pairs, "The mean over 2 pairs."), (steered, "A direction added to the stream")):
        visit = Visit(browser, views.report(found, tmp_path / "p.html"))
        assert words in visit.page.inner_text("body")
        assert visit.errors == []
        assert visit.outside == []
        visit.page.close()
