"""The lens over a text as a table to walk in: its numbers, its page in a real browser, hostile words in it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from statescape.errors import StatescapeError
from statescape.language import LensReadout
from statescape.views.core.page import Page, Section, write_page
from statescape.views.language import lens_table
from statescape.views.language.lens_table import lens_data, lens_embed
from statescape.wording import speaking
from tests.views.language.synthetic import HOSTILE, path_of
from tests.views.visiting import Visit

PATH = path_of(tokens=("Once", " upon", " a", " time", ",", " extraordinarily") * 4)
LOGIT = PATH.origin.lens(top=10)
TUNED = replace(LOGIT, lens="tuned", kl_to_final=LOGIT.kl_to_final / 2, top_ids=LOGIT.top_ids[:, :, ::-1])
STATES = np.random.default_rng(3).standard_normal((7, 24, 48)).astype(np.float32)


def written(file: Path, readouts: list[LensReadout], states: np.ndarray | None = STATES) -> Path:
    block = lens_embed(lens_data(readouts, states, len(readouts[0].tokens) - 1), "7 states.")
    return write_page(Page("Lens", "Once upon", (("model", "m"),), (Section("lens", "Lens", "See.", (block,)),)), file)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("lens") / "lens.html", [LOGIT, TUNED])


@pytest.fixture
def visit(browser: Any, file: Path) -> Any:
    opened = Visit(browser, file)
    yield opened
    assert opened.errors == []
    assert opened.outside == []
    opened.page.close()


def cell(visit: Visit, state: int, place: int) -> Any:
    """The cell of a state and a place; the last state is on top."""
    return visit.page.locator(f".lens-box:first-child tbody tr:nth-child({7 - state}) td").nth(place)


def test_the_numbers_are_those_of_the_readout():
    table = lens_data([LOGIT, TUNED], STATES, 23)
    words = [LOGIT.vocabulary[one] for one in table["ids"]]
    for one, readout in zip(table["lenses"], (LOGIT, TUNED), strict=True):
        top = np.reshape(one["top"], readout.top_ids.shape)
        assert [[words[i] for i in row] for row in top[2]] == [
            [readout.vocabulary[i] for i in row] for row in readout.top_ids[2]
        ]
        logs = -np.reshape(one["logs"], readout.top_ids.shape) / 1000
        np.testing.assert_allclose(logs, np.maximum(readout.top_log_probabilities, -60), atol=5.1e-4)
        np.testing.assert_allclose(np.reshape(one["kl"], (7, 24)) / 1000, readout.kl_to_final, atol=5.1e-4)
        np.testing.assert_array_equal(np.reshape(one["rank"], (7, 24)), readout.rank)
    assert [words[i] for i in table["targets"]] == [LOGIT.vocabulary[i] for i in LOGIT.target_ids]


def test_the_plane_holds_the_shape_of_paths_at_norm_1_and_no_more_variance_than_there_is():
    flat = np.zeros((4, 5, 8), dtype=np.float32)
    flat[..., 0], flat[..., 3] = np.arange(1, 5)[:, None], np.arange(-2, 3)[None]
    table = lens_data([replace_states(4, 5)], flat * np.arange(1, 6)[None, :, None])
    assert "100% of their variance" in table["plane"]
    places = np.array(table["places"], dtype=float).reshape(-1, 2)
    assert places.min() == 0
    assert places.max() == 1000
    units = (flat / np.linalg.norm(flat, axis=2, keepdims=True)).reshape(-1, 8)
    drawn, true = (
        np.linalg.norm(points[:, None] - points[None], axis=2).ravel() for points in (places, units.astype(float))
    )
    scale = drawn.max() / true.max()
    np.testing.assert_allclose(drawn, true * scale, atol=2.5)


def replace_states(states: int, positions: int) -> LensReadout:
    """A readout of so many states and positions."""
    return path_of(states - 1, tokens=(" a",) * positions).origin.lens()


def test_of_a_long_text_the_end_is_shown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lens_table, "MOST_CELLS", 70)
    table = lens_data([LOGIT], STATES, 20)
    assert (table["first"], table["position"], len(table["tokens"])) == (14, 6, 10)
    assert np.shape(table["places"]) == (7, 10, 2)


def test_readouts_of_different_texts_are_refused():
    with pytest.raises(StatescapeError, match="read different ones"):
        lens_data([LOGIT, replace_states(3, 5)])
    with pytest.raises(StatescapeError, match="no lens to show"):
        lens_data([])


def test_the_page_runs_its_own_script_and_no_other(file: Path, visit: Visit):
    text = file.read_text()
    assert "unsafe" not in text.split("Content-Security-Policy")[1].split(">")[0]
    visit.page.evaluate(
        "() => { const script = document.createElement('script'); script.textContent = 'window.ran = true';"
        " document.body.append(script); }"
    )
    assert visit.page.evaluate("window.ran") is None
    assert "Content Security Policy" in visit.errors.pop()


def test_words_are_read_at_any_length_and_states_stand_beside_them(visit: Visit):
    assert cell(visit, 0, 23).inner_text() == lens_table.word(LOGIT.vocabulary[LOGIT.top_ids[0, 23, 0]], 60)
    heads = visit.page.locator(".lens-box tbody th").all_inner_texts()
    assert heads == list("6543210")
    assert visit.page.locator(".lens-box thead th").count() == 25
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 1200


def test_the_pointer_brings_up_ten_tokens(visit: Visit):
    cell(visit, 3, 5).hover()
    visit.page.wait_for_selector(".lens-tip:not([hidden])")
    rows = visit.page.locator(".lens-tip tr").all_inner_texts()
    assert len(rows) == 10
    assert lens_table.word(LOGIT.vocabulary[LOGIT.top_ids[3, 5, 0]]) in rows[0]
    assert "state 3" in visit.page.inner_text(".lens-tip p")


def test_choosing_a_cell_shows_the_path_of_its_position(visit: Visit):
    cell(visit, 2, 1).click()
    assert "␣upon (position 1)" in visit.page.inner_text(".lens-detail h3")
    assert visit.page.locator(".lens-detail tbody tr").count() == 7
    assert visit.page.locator(".lens-detail .chosen th").inner_text() == "2"
    line = visit.page.get_attribute(".lens-plane .own", "points").split()
    places = lens_data([LOGIT], STATES)["places"]
    assert line == [f"{places[state][1][0]},{1000 - places[state][1][1]}" for state in range(7)]
    visit.page.click(".lens-close")
    assert visit.page.is_hidden(".lens-detail")


def test_a_pinned_token_is_marked_wherever_it_is_among_the_likeliest(visit: Visit):
    token = LOGIT.top_ids[3, 0, 2]
    visit.page.fill(".lens input", lens_table.word(LOGIT.vocabulary[token]))
    visit.page.keyboard.press("Enter")
    marks = visit.page.eval_on_selector_all(
        ".lens-box tbody tr", "rows => rows.map(r => [...r.querySelectorAll('td')].map(c => c.dataset.pin ?? ''))"
    )[::-1]
    for state in range(7):
        place = np.flatnonzero(LOGIT.top_ids[state, 0] == token)
        assert marks[state][0] == (f"A{place[0] + 1}" if len(place) else "")
    visit.page.click(".lens-pins button")
    assert visit.page.locator("[data-pin]").count() == 0


@pytest.mark.parametrize("colour", ["rank", "kl", "entropy"])
def test_cells_say_in_numbers_what_their_colour_means(visit: Visit, colour: str):
    visit.page.select_option(".lens-bar select >> nth=1", colour)
    visit.page.select_option(".lens-bar select >> nth=2", "numbers")
    values = {"rank": LOGIT.rank, "kl": LOGIT.kl_to_final, "entropy": LOGIT.entropy}[colour]
    assert float(cell(visit, 1, 4).inner_text()) == pytest.approx(float(values[1, 4]), rel=6e-3, abs=1e-3)
    assert len(set(visit.page.eval_on_selector_all(".lens td", "all => all.map(c => c.style.backgroundColor)"))) >= (
        1 if colour == "rank" else 20
    )


def test_lenses_stand_side_by_side_and_the_link_holds_all_choices(browser: Any, file: Path, visit: Visit):
    visit.page.select_option(".lens-bar select >> nth=0", "all")
    visit.page.select_option(".lens-bar select >> nth=1", "kl")
    cell(visit, 2, 1).click()
    visit.page.click(".lens-detail td button >> nth=3")
    assert visit.page.locator(".lens-box").count() == 2
    fragment = visit.page.evaluate("location.hash")
    again = browser.new_page()
    again.goto(file.as_uri() + fragment)
    again.wait_for_selector("html[data-ready=true]")
    state = "(() => { const { look } = document.querySelector('.lens').statescapeLens; return look; })()"
    assert again.evaluate(state) == visit.page.evaluate(state)
    assert again.evaluate(state)["lens"] == "all"
    assert len(again.evaluate(state)["pins"]) == 1
    again.click("nav a")
    assert again.evaluate("location.hash").startswith("#lens&lens=all,kl")
    assert again.locator(".lens-box").count() == 2
    again.close()


def test_a_link_that_means_nothing_is_passed_over(browser: Any, file: Path):
    page = browser.new_page()
    page.goto(file.as_uri() + "#lens=9,__proto__,x,77,-3,abc,1e9&option=%22")
    page.wait_for_selector("html[data-ready=true]")
    assert page.evaluate("document.querySelector('.lens').statescapeLens.look") == {
        "lens": 0, "colour": "probability", "cells": "words", "chosen": None, "pins": [],
    }  # fmt: skip
    page.close()


def test_the_keyboard_walks_chooses_and_pins(visit: Visit):
    assert visit.page.locator(".lens-box td[tabindex='0']").count() == 1
    cell(visit, 6, 23).focus()
    for key in ("ArrowLeft", "ArrowDown", "Enter"):
        visit.page.keyboard.press(key)
    assert "(position 22)" in visit.page.inner_text(".lens-detail h3")
    said = visit.page.evaluate("document.activeElement.ariaLabel")
    assert "state 5" in said
    assert "rank" in said
    visit.page.keyboard.press("p")
    assert visit.page.locator(".lens-pins button").count() == 1
    assert visit.page.locator(".lens-tip:not([hidden]) tr").count() == 10
    visit.page.keyboard.press("Escape")
    assert visit.page.is_hidden(".lens-detail")


def test_numbers_and_pictures_can_be_kept(visit: Visit):
    kept = {}
    for kind in ("CSV", "SVG", "PNG"):
        with visit.page.expect_download() as waiting:
            visit.page.click(f".lens-files button:text-is('{kind}')")
        kept[kind] = Path(waiting.value.path()).read_bytes()
    rows = list(csv.DictReader(io.StringIO(kept["CSV"].decode())))
    assert len(rows) == 2 * 7 * 24
    row = next(row for row in rows if (row["lens"], row["state"], row["position"]) == ("tuned", "3", "5"))
    assert float(row["kl_to_final"]) == pytest.approx(TUNED.kl_to_final[3, 5], abs=1e-3)
    assert float(row["probability_1"]) == pytest.approx(np.exp(TUNED.top_log_probabilities[3, 5, 0]), rel=2e-3)
    assert kept["SVG"].startswith(b"<svg")
    assert kept["PNG"].startswith(b"\x89PNG")


def test_on_a_phone_only_the_table_scrolls_and_on_paper_all_of_it_is_seen(browser: Any, file: Path):
    visit = Visit(browser, file, viewport={"width": 390, "height": 800})
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390
    visit.page.emulate_media(media="print")
    box = visit.page.evaluate(
        "(() => { const b = document.querySelector('.lens-box'); return b.scrollWidth - b.clientWidth; })()"
    )
    assert box <= 1
    assert visit.page.is_visible(".lens-box")
    assert visit.page.is_hidden(".lens-bar")
    visit.page.close()


def test_every_cell_can_be_read(visit: Visit):
    """Ink on cells at 4.5 to 1 at least, whatever they are coloured by, pinned or not."""
    contrast = """() => { const of = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number)
        .map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0.05);
      return Math.min(...[...document.querySelectorAll('.lens-box td')].map((cell) => {
        const { color, backgroundColor } = getComputedStyle(cell);
        const [a, b] = [of(color), of(backgroundColor)]; return Math.max(a / b, b / a); })); }"""
    for scheme in ("light", "dark"):
        visit.page.emulate_media(color_scheme=scheme)
        for colour in ("probability", "rank", "kl", "entropy"):
            visit.page.select_option(".lens-bar select >> nth=1", colour)
            assert visit.page.evaluate(contrast) >= 4.5
    cell(visit, 3, 3).focus()
    visit.page.keyboard.press("p")
    assert visit.page.evaluate(contrast) >= 4.5


def test_hostile_words_run_nothing_and_are_no_formulas(browser: Any, tmp_path: Path):
    path = path_of(4, 48, 80, tokens=(*HOSTILE[:6], "=1+1", HOSTILE[0]), first_tokens=HOSTILE)
    visit = Visit(browser, written(tmp_path / "hostile.html", [replace(path.origin.lens(), lens=HOSTILE[0])], None))
    for place in range(8):
        cell = visit.page.locator(".lens-box td").nth(place)
        cell.hover()
        cell.click()
    visit.page.keyboard.press("p")
    with visit.page.expect_download() as waiting:
        visit.page.click(".lens-files button:text-is('CSV')")
    rows = list(csv.reader(io.StringIO(Path(waiting.value.path()).read_text())))
    assert not [one for row in rows for one in row if one[:1] in ("=", "+", "@")]
    with visit.page.expect_download():
        visit.page.click(".lens-files button:text-is('PNG')")
    assert visit.page.eval_on_selector_all("[onerror], img, a[href^=javascript]", "all => all.length") == 0
    assert visit.errors == []
    assert visit.outside == []
    visit.page.close()


def test_it_speaks_french(tmp_path: Path):
    with speaking("fr"):
        text = written(tmp_path / "fr.html", [LOGIT]).read_text()
    assert "Épingler un token" in text
    assert "§" not in text
