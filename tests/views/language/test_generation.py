"""The page of a continuation, in a real browser: one slider for all its sections, every token with its own numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from statescape import views
from statescape.analysis import read_path
from statescape.language import Continuation
from statescape.views.language.by_state import steps_picture
from statescape.views.language.clouds import plane_picture, plane_pictures
from tests.views.language.synthetic import HOSTILE, path_of
from tests.views.visiting import Visit, until

CHOSEN = "all => all.map(o => getComputedStyle(o).display === 'block' ? o.dataset.option : null).filter(o => o)"


def made_of(*words: tuple[str, ...], first_tokens: tuple[str, ...] = ()) -> Continuation:
    paths = [path_of(tokens=one, first_tokens=first_tokens, seed=7) for one in words]
    paths = [replace(path, embeddings=paths[0].embeddings, vocabulary=paths[0].vocabulary) for path in paths]
    ids = tuple(path.predicted_id for path in paths)
    return Continuation(paths[0].text, ids, tuple(paths), tuple(path.predicted.probability for path in paths))


@pytest.fixture(scope="module")
def made() -> Continuation:
    return made_of(("Once", " upon"), ("Once", " upon", " a"), ("Once", " upon", " a", " time"))


@pytest.fixture(scope="module")
def visit(browser: Any, made: Continuation, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    return Visit(browser, views.report(made, tmp_path_factory.mktemp("page") / "walk.html"))


def test_the_slider_walks_every_section_at_once(visit: Visit, made: Continuation) -> None:
    page = visit.page
    assert set(page.eval_on_selector_all("[data-option]", CHOSEN)) == {"0"}
    page.locator("#walk").focus()
    page.keyboard.press("ArrowRight")
    until(page, "document.querySelector('[data-figure=steps-1] .main-svg')")
    assert page.eval_on_selector_all("[data-option]", CHOSEN) == ["1"] * 4
    assert page.eval_on_selector_all(".walk button", "all => all.map(b => b.ariaChecked)") == ["false", "true", "false"]
    page.click(".walk [data-choose='2']")
    until(page, "document.querySelector('[data-figure=lens-2] .main-svg')")
    assert page.input_value("#walk") == "2"
    assert page.get_attribute("#walk", "aria-valuetext") == page.inner_text(".walk [data-choose='2']")
    assert "token 3 of 3" in page.inner_text("#numbers .option.chosen")
    assert visit.errors == []
    assert visit.outside == []


def test_every_table_is_that_of_its_path(visit: Visit, made: Continuation) -> None:
    rows = "all => all.map(o => [...o.querySelectorAll('tbody tr')].map(r => r.children[1].textContent))"
    shown = visit.page.eval_on_selector_all("#numbers [data-option]", rows)
    assert shown == [[f"{norm:.4g}" for norm in read_path(path).norms] for path in made.paths]
    third = "all => all.map(r => r.children[2].textContent)"
    tokens = visit.page.eval_on_selector_all("#text > .table tbody tr", third)
    assert tokens == [f"{probability:.1%}" for probability in made.probabilities]


def test_all_planes_share_a_frame_and_their_pixels(visit: Visit, made: Continuation) -> None:
    pictures = plane_pictures([read_path(path) for path in made.paths])
    for panels in zip(*(picture.panels for picture in pictures), strict=True):
        assert len({(panel.x.limits, panel.y.limits) for panel in panels}) == 1
        assert len({panel.marks[0].image for panel in panels}) == 1
        assert all(np.isfinite(panel.states).all() for panel in panels)
    alone = plane_picture(read_path(made.paths[1]))
    for own, panel in zip(alone.panels, pictures[1].panels, strict=True):
        np.testing.assert_array_equal(own.states, panel.states)
    sources = "n => document.querySelector(`[data-figure=plane-${n}]`).layout.images.map(i => i.source)"
    visit.page.click(".walk [data-choose='0']")
    until(visit.page, "document.querySelector('[data-figure=plane-0] .main-svg')")
    drawn = visit.page.evaluate(sources, 0)
    assert all(source.startswith("data:image/png;base64,") for source in drawn)
    assert len(set(drawn)) == 2


def test_a_narrow_screen_shows_all_of_it(browser: Any, made: Continuation, tmp_path: Path) -> None:
    visit = Visit(
        browser, views.report(made, tmp_path / "walk.html"), viewport={"width": 390, "height": 800}, color_scheme="dark"
    )
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390
    visit.page.evaluate("scrollTo(0, 1500)")
    assert visit.page.locator("#walk").bounding_box()["y"] < 100  # it stays in sight
    visit.page.emulate_media(media="print")
    assert visit.page.evaluate("getComputedStyle(document.querySelector('.walk')).display") == "none"
    visit.page.close()


def test_the_link_holds_the_token_and_the_section(browser: Any, tmp_path: Path) -> None:
    file = views.report(made_of(("Once", " upon"), ("Once", " upon", " a")), tmp_path / "walk.html")
    visit = Visit(browser, file)
    visit.page.click(".walk [data-choose='1']")
    visit.page.click("nav a[href='#numbers']")
    fragment = visit.page.evaluate("location.hash")
    assert fragment == "#numbers&option=1"
    visit.page.goto("about:blank")
    visit.page.goto(file.as_uri() + fragment)
    visit.page.wait_for_selector("html[data-ready=true]")
    assert visit.page.is_visible("#numbers [data-option='1']")
    assert visit.page.is_hidden("#numbers [data-option='0']")
    assert abs(visit.page.evaluate("document.getElementById('numbers').getBoundingClientRect().top")) < 200
    assert visit.errors == []
    visit.page.close()


def test_hostile_tokens_are_text(browser: Any, tmp_path: Path) -> None:
    made = made_of(HOSTILE[:3], HOSTILE[:6], first_tokens=HOSTILE)
    made = replace(made, text=HOSTILE[0], token_ids=(0, 1))
    visit = Visit(browser, views.report(made, tmp_path / "walk.html"))
    assert visit.page.inner_text(".walk [data-choose='1']") == HOSTILE[1]
    assert visit.page.inner_text(".walk bdi") == HOSTILE[0]
    assert visit.page.eval_on_selector_all("[onerror]", "all => all.length") == 0
    assert visit.errors == []
    visit.page.close()


def test_a_prediction_of_the_token_that_is_read_has_no_way_to_go_but_an_angle() -> None:
    path = path_of()
    states = path.states.copy()
    states[0] = path.embeddings[path.predicted_id]
    reading = read_path(replace(path, states=states))
    assert np.isnan(reading.step_shares()).all()
    picture = steps_picture(reading)
    assert "nan" not in picture.caption
    assert float(picture.panels[0].marks[0].y[0]) > 0  # the first block can only turn away from it
    json.dumps(json.loads(picture.interactive().to_json()), allow_nan=False)
