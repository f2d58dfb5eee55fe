"""The pages of patching and steering: a click on a cell shows its path, and nothing comes from outside."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import statescape as ss
from statescape import plugins, views
from statescape.language import TextPair, direction_between, patch, patch_pairs, steer
from tests.views.visiting import Visit, until

GIRL, BOY = (f"Once upon a time there was a {who} named" for who in ("girl", "boy"))


@pytest.fixture(scope="module")
def conteur() -> Any:
    return ss.load_model()


def test_a_click_on_a_cell_shows_the_path_that_results(browser: Any, conteur: Any, tmp_path: Path) -> None:
    found = patch(conteur, GIRL, BOY)
    visit = Visit(browser, views.report(found, tmp_path / "p.html"))
    page = visit.page
    chosen = "document.querySelector('.option.chosen .chosen-name').textContent"
    arrived = int(np.flatnonzero(found.state[:, -1] >= 0.5)[0])
    assert page.evaluate(chosen).startswith(f"state {arrived} at "), "it opens where the answer has arrived"
    assert f"{found.state[arrived, -1]:.0%} restored" in page.evaluate(chosen)
    assert "option=" not in page.url
    # State 5 at the last position: the sixth row from below, the right column.
    box = page.locator("[data-figure=map_state] .nsewdrag").first.bounding_box()
    page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + box["height"] * (1 - 5.5 / 7))
    until(page, f"{chosen}.startsWith('state 5')", seconds=5)
    assert f"{found.state[5, -1]:.0%} restored" in page.evaluate(chosen)
    page.wait_for_selector("[data-figure=cell-5-9].js-plotly-plot")
    assert "option=" in page.url
    page.goto(page.url.split("#")[0] + "#")
    until(page, f"{chosen}.startsWith('state {arrived}')", seconds=5)
    assert visit.errors == []
    assert visit.outside == []
    page.close()


def test_pages_of_pairs_and_of_a_steering_are_whole(browser: Any, conteur: Any, tmp_path: Path) -> None:
    pairs = patch_pairs(conteur, [TextPair(GIRL, BOY), TextPair(BOY, GIRL)], attribution=True)
    steered = steer(conteur, GIRL, direction_between(conteur, " girl", " boy"), follow=3)
    for found, words in ((pairs, "The mean over 2 pairs."), (steered, "A direction added to the stream")):
        visit = Visit(browser, views.report(found, tmp_path / "p.html"))
        assert words in visit.page.inner_text("body")
        assert found.conclusion in visit.page.inner_text("body")
        assert visit.errors == []
        assert visit.outside == []
        visit.page.close()


def test_the_approximation_stands_beside_the_maps_with_its_correlation(conteur: Any, tmp_path: Path) -> None:
    one = patch(conteur, GIRL, BOY, attribution=True)
    pairs = patch_pairs(conteur, [TextPair(GIRL, BOY), TextPair(BOY, GIRL)], attribution=True)
    for found in (one, pairs):
        assert found.attribution is not None
        pictures = {picture.name: picture for picture in plugins.pictures(found)}
        assert list(pictures) == [f"{kind}_{name}" for kind in ("map", "attribution") for name in found.maps]
        for name, values in found.attribution.items():
            picture = pictures[f"attribution_{name}"]
            assert f"correlation with the map is {found.correlations[name]:.3f}" in picture.caption
            cells = picture.panels[0].marks[0].values
            np.testing.assert_allclose(cells, values[:, found.first_difference :])
        page = views.report(found, tmp_path / "p.html").read_text("utf-8")
        assert page.count("its correlation with the map is") >= 3
    assert pairs.attribution is not None
    mean = np.mean([pair.attribution["mlp"] for pair in pairs.pairs if pair.attribution is not None], axis=0)
    np.testing.assert_allclose(pairs.attribution["mlp"], mean)
    assert len(plugins.pictures(patch(conteur, GIRL, BOY))) == 3
