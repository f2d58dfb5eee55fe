"""The page of a path, opened in a real browser: complete, quiet, self-contained, unharmed by hostile text."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from statescape import views
from statescape.analysis import read_path
from statescape.errors import StatescapeError
from statescape.language.flags import Flag
from statescape.views.core.page import Figure, Page, Section, render
from statescape.views.language.clouds import plane_picture
from statescape.views.language.lens_map import lens_map_picture
from statescape.views.language.page import _of_its_text, flags_prose
from tests.views.language.synthetic import HOSTILE, path_of
from tests.views.visiting import Visit, until

SECTIONS = ["plane", "sphere", "normalisation", "vectors", "cosines", "energy", "steps", "course", "lens", "conclusion"]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return views.report(path_of(), tmp_path_factory.mktemp("page") / "path.html")


@pytest.fixture(scope="module")
def visit(browser: Any, written: Path) -> Visit:
    return Visit(browser, written)


def test_the_page_has_its_ten_sections_in_order_each_with_one_sentence(visit: Visit):
    assert visit.page.eval_on_selector_all("main > section", "all => all.map(s => s.id)") == SECTIONS
    looks = visit.page.eval_on_selector_all("main > section > .look", "all => all.map(p => p.textContent)")
    assert len(looks) == 10
    assert all(look.endswith(".") and look.count(". ") == 0 for look in looks)


def test_positions_of_another_kind_are_named_to_the_last_word():
    flags = tuple(Flag(place, "\n", special=False, far_norm=True, times=9.0, state=3) for place in (1, 2, 3))
    (said,) = flags_prose(read_path(replace(path_of(), flags=flags)))
    assert said.text.count("‘↵’ (9 times the others' norm at state 3)") == 3
    assert said.text.endswith("This path is one of them: not typical.")


def test_every_figure_is_drawn_without_error_or_request(visit: Visit):
    assert visit.page.evaluate("document.documentElement.dataset.ready") == "true"
    assert visit.page.eval_on_selector_all("[data-figure]", "all => all.map(p => p.dataset.figure)") == [
        "plane", "normalisation", "vectors", "cosines", "energy", "steps", "course", "lens",
    ]  # fmt: skip
    assert visit.page.locator("#lens .lens-box td").count() == 7 * 4
    assert visit.page.eval_on_selector_all("[data-figure]", "all => all.every(p => p.querySelector('.main-svg'))")
    assert visit.errors == []
    assert visit.outside == []


def test_captions_say_numbers(visit: Visit):
    captions = visit.page.eval_on_selector_all("figcaption", "all => all.map(c => c.textContent)")
    assert len(captions) >= 9
    assert all(any(c.isdigit() for c in caption) for caption in captions)


def test_light_and_dark_change_ink_and_ground_of_page_and_figures(visit: Visit):
    probe = """() => [getComputedStyle(document.body).backgroundColor,
        getComputedStyle(document.querySelector('.xtick text')).fill,
        getComputedStyle(document.querySelector('img.dark')).display]"""
    light = visit.page.evaluate(probe)
    visit.page.click("#theme")
    dark = visit.page.evaluate(probe)
    visit.page.click("#theme")
    assert visit.page.evaluate(probe) == light
    assert light == ["rgb(255, 255, 255)", "rgb(27, 31, 36)", "none"]
    assert dark == ["rgb(20, 23, 27)", "rgb(230, 232, 235)", "block"]


def test_every_figure_is_kept_as_a_picture_and_as_its_numbers(visit: Visit):
    reading = read_path(path_of())
    for figure in visit.page.query_selector_all("figure:has(> .plot)"):
        assert [button.inner_text() for button in figure.query_selector_all(".files button")] == ["PNG", "SVG", "CSV"]

    def kept(name: str, kind: str) -> bytes:
        with visit.page.expect_download() as waiting:
            visit.page.click(f"figure:has(> [data-figure={name}]) .files button:text-is('{kind}')")
        assert waiting.value.suggested_filename == f"{name}.{kind.lower()}"
        return Path(waiting.value.path()).read_bytes()

    rows = list(csv.DictReader(io.StringIO(kept("lens", "CSV").decode())))
    found = {(row["panel"], row["series"], int(row["x"])): float(row["y"]) for row in rows if row["x"].isdecimal()}
    for state, value in enumerate(reading.entropy):
        assert found["entropy", "entropy", state] == pytest.approx(value, rel=1e-4)
    for name in ("plane", "steps", "cosines"):
        assert kept(name, "CSV").count(b"\r\n") > 7
    assert kept("plane", "PNG").startswith(b"\x89PNG")
    assert b"<svg" in kept("plane", "SVG")
    assert visit.errors == []


def test_the_slider_of_the_sphere_marks_its_state_in_every_figure(visit: Visit):
    visit.page.evaluate("document.querySelector('[data-statescape-sphere]').statescape.layer = 2")
    until(visit.page, "document.querySelector('[data-figure=lens]').layout.shapes.length === 4")
    assert visit.page.inner_text("#lens .lens-box .current") == "2"
    places = "name => document.querySelector(`[data-figure=${name}]`).layout.shapes.map(s => [s.type, s.x0, s.xanchor])"
    assert visit.page.evaluate(places, "lens") == [["line", 2, None]] * 4
    picture = plane_picture(read_path(path_of()))
    for (kind, _, x), panel in zip(visit.page.evaluate(places, "plane"), picture.panels, strict=True):
        assert kind == "circle"
        assert x == pytest.approx(panel.states[2, 0], abs=1e-4)
    assert visit.errors == []


def test_the_system_may_ask_for_dark(browser: Any, written: Path):
    visit = Visit(browser, written, color_scheme="dark")
    assert visit.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 27)"
    visit.page.close()


def test_a_narrow_screen_stacks_the_panels_and_nothing_is_wider_than_it(browser: Any, written: Path):
    visit = Visit(browser, written, viewport={"width": 390, "height": 800})
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390
    tops = visit.page.evaluate(
        "[...document.querySelectorAll('[data-figure=plane] .cartesianlayer .subplot')]"
        ".map(p => p.getBoundingClientRect().top)"
    )
    assert tops[1] > tops[0] + 300
    visit.page.set_viewport_size({"width": 1200, "height": 800})
    until(visit.page, "document.querySelector('[data-figure=plane] .main-svg').getBoundingClientRect().width > 1000")
    assert visit.errors == []
    visit.page.close()


def test_what_only_a_wide_screen_has_room_for_is_taken_back_on_a_narrow_one():
    cells = Figure(lens_map_picture(read_path(path_of(tokens=tuple("abcdefgh")))))
    assert [cells.picture.interactive(stacked=narrow).data[0].texttemplate for narrow in (False, True)] == [
        "%{text}",
        None,
    ]
    text = render(Page("t", "l", (), (Section("s", "S", "Look.", (cells,)),)))
    packed = text.split('id="figures">')[1].split("<")[0]
    (figure,) = json.loads(gzip.decompress(base64.b64decode(packed)))["figures"]
    assert figure["data"][0]["texttemplate"] == "%{text}"
    assert figure["narrowData"][0]["texttemplate"] is None


@pytest.mark.parametrize("width", [390, 1200])
def test_the_answer_stands_under_the_title_and_sections_are_named_on_every_width(
    browser: Any, written: Path, width: int
):
    visit = Visit(browser, written, viewport={"width": width, "height": 800})
    answers = visit.page.locator("header .answer")
    assert answers.first.inner_text().startswith("The last state is")
    assert answers.first.bounding_box()["y"] < 400
    names = visit.page.locator("nav a").all_inner_texts()
    headings = visit.page.locator("main > section > h2").all_inner_texts()
    assert names == [heading.lstrip("0123456789\n") for heading in headings]
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    visit.page.get_by_role("link", name="Conclusion").click()
    assert visit.page.evaluate("location.hash") == "#conclusion"
    visit.page.close()


def test_on_paper_it_is_light_and_fits(browser: Any, written: Path):
    visit = Visit(browser, written, color_scheme="dark")
    assert len(visit.page.pdf(format="A4")) > 50_000
    visit.page.emulate_media(media="print")
    assert visit.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert visit.page.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    visit.page.close()


def test_hostile_text_and_vocabulary_run_nothing_and_break_nothing(browser: Any, tmp_path: Path):
    path = path_of(4, 48, 80, tokens=(*HOSTILE[:6], HOSTILE[0]), first_tokens=HOSTILE)
    path = replace(path, text=" ".join(HOSTILE), model=replace(path.model, name=HOSTILE[0], bos=HOSTILE[1]))
    visit = Visit(browser, views.report(path, tmp_path / "hostile.html"))
    visit.page.wait_for_timeout(300)
    assert visit.errors == []
    assert visit.outside == []
    assert visit.page.evaluate("document.documentElement.dataset.ready") == "true"
    assert visit.page.eval_on_selector_all("main > section", "all => all.map(s => s.id)") == SECTIONS
    assert visit.page.eval_on_selector_all("[onerror], a[href^=javascript]", "all => all.length") == 0
    assert visit.page.eval_on_selector_all("img", "all => all.every(i => i.src.startsWith('data:image/png'))")
    assert HOSTILE[0] in visit.page.inner_text("dl")
    # Also what only hovering brings up.
    bars = visit.page.locator("[data-figure=steps] .nsewdrag").first
    bars.scroll_into_view_if_needed()
    box = bars.bounding_box()
    visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    visit.page.locator(".lens-box td").nth(3).hover()
    visit.page.wait_for_selector(".lens-tip:not([hidden])")
    assert visit.errors == []
    visit.page.close()


def test_a_path_from_arrays_says_what_is_missing(tmp_path: Path):
    text = views.report(path_of(2, steps=False, origin=False), tmp_path / "arrays.html").read_text()
    assert "attention and MLP added cannot be told apart here" in text
    assert "needs the trace it was read from" in text
    assert "the null of random weights needs its model" in text


def test_the_page_is_small_and_the_same_every_time(written: Path, tmp_path: Path):
    assert written.stat().st_size < 8e6
    assert views.report(path_of(), tmp_path / "again.html").read_bytes() == written.read_bytes()


def test_what_has_no_report_is_refused_and_nothing_is_left(tmp_path: Path):
    with pytest.raises(StatescapeError, match="no report of a dict"):
        views.report({}, tmp_path / "x.html")
    with pytest.raises(StatescapeError, match="no folder"):
        views.report(path_of(2), tmp_path / "missing" / "x.html")
    assert list(tmp_path.iterdir()) == []


def test_numbers_that_are_read_already_are_reported_with_their_seed(tmp_path: Path) -> None:
    text = views.report(read_path(path_of(), seed=7), tmp_path / "report.html").read_text(encoding="utf-8")
    assert re.search(r"seed\W+(<[^>]*>\W*)*7\b", text)


def test_what_is_drawn_while_random_weights_are_does_not_ask_for_them() -> None:
    reading = read_path(path_of())
    assert [section.name for section in _of_its_text(reading)] == ["plane", "sphere", "normalisation", "vectors"]
    assert "random_weights" not in vars(reading)
