"""The three hosts, hostile vocabularies in each, several spheres on one page, and what a page weighs."""

import json

import numpy as np
import pytest

from statescape.errors import StatescapeError
from statescape.views.core.templating import said_in_script
from statescape.views.globe import sphere, sphere_fragment, sphere_page
from statescape.views.globe.data import RANKS, SphereData
from statescape.views.globe.module import javascript, module_text
from statescape.views.globe.packing import packed
from statescape.views.globe.reading import shown
from tests.views.globe.paths import HOSTILE, hostile_path, story_path
from tests.views.visiting import until


def test_hostile_vocabularies_are_seen_and_do_nothing(open_sphere):
    path = hostile_path()
    opened = open_sphere(path)
    names = [shown(token) for token in path.vocabulary]
    for token in (0, 3, 6, 9, 12, 15, 39, 1, path.predicted_id):
        opened.js(f"scene.goTo({token})")
        opened.wait(f"part.id.textContent === '#{token}'")
        assert opened.js("part.name.textContent") == names[token]
    for query in ("script", "<img", "`", "∅"):
        opened.page.get_by_label("Find tokens").fill(query)
        assert opened.js("scene.look.matched.size") == sum(query in name.lower() for name in names)
    opened.js(f"scene.change({{hover: {path.predicted_id}}})")
    opened.page.get_by_role("button", name="Read as text").click()
    assert names[path.predicted_id][:30] in opened.page.get_by_role("row").last.inner_text()
    assert opened.page.evaluate("window.harmed") is None
    assert opened.page.locator("img").count() == 0
    assert opened.troubles == []


@pytest.mark.parametrize("token", HOSTILE)
def test_a_token_is_shown_without_control_characters_or_marks(token):
    text = shown(token)
    assert text
    assert not any(character.isspace() or not (character.isprintable()) for character in text)
    assert not set(text) & set("\u202e\u2066\u200f\u200b\u202c")


def test_words_for_what_cannot_be_seen():
    assert shown(" the") == "␣the"
    assert shown("") == "∅"
    assert shown("\n\t\x1b") == "↵⇥<0x1B>"
    assert shown("\u202eab") == "<U+202E>ab"
    assert shown("\ud83d") == "<U+D83D>"
    assert shown("\u0301") == "◌\u0301"
    assert shown("<0xE2>") == "<0xE2>"
    assert shown("né 日本") == "né␣日本"


def test_two_spheres_on_one_page_leave_each_other_and_the_page_alone(open_page, tmp_path):
    path, other = story_path(256, 5, 16), hostile_path()
    style = "<style>button, p, h2 { color: rgb(1, 2, 3) !important; font-size: 40px !important }</style>"
    file = tmp_path / "two.html"
    file.write_text(
        f"<!doctype html><meta charset=utf-8>{style}<p id=own>mine</p>{sphere_fragment(path)}"
        f"{sphere_fragment(other, module=False)}{sphere_fragment(path)}"
    )
    opened = open_page(file, path, spheres=3)
    opened.js("(handle.layer = 1)")
    assert [opened.js("handle.layer", which=which) for which in range(3)] == [1, 6, 4]
    opened.js("(scene.setCamera({...scene.camera, yaw: 1.25}))", which=2)
    until(opened.page, "location.hash.includes('sphere3=1.25') && location.hash.includes('sphere=')")
    colours = "(selector) => getComputedStyle(selector).fontSize"
    inner = opened.js("getComputedStyle(part.play).fontSize", which=1)
    assert inner == "13px"
    assert opened.page.evaluate(f"({colours})(document.getElementById('own'))") == "40px"
    assert opened.page.evaluate("document.styleSheets.length") == 1
    assert opened.troubles == []


def test_in_a_page_that_scrolls_the_wheel_belongs_to_the_page_until_the_sphere_has_the_focus(open_page, tmp_path):
    path = story_path(128, 4, 16)
    file = tmp_path / "long.html"
    file.write_text(f"<!doctype html><meta charset=utf-8>{sphere_fragment(path)}<div style='height: 3000px'></div>")
    opened = open_page(file, path)
    opened.page.mouse.move(450, 250)
    opened.page.mouse.wheel(0, 120)
    until(opened.page, "scrollY > 0")
    assert opened.js("scene.camera.distance") == 3.1
    opened.page.evaluate("scrollTo(0, 0)")
    opened.page.mouse.click(450, 250)
    opened.page.mouse.wheel(0, 120)
    opened.wait("scene.camera.distance > 3.1")
    assert opened.page.evaluate("scrollY") == 0


def test_without_javascript_the_path_can_be_read(browser, tmp_path):
    path = hostile_path()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(sphere_page(path, tmp_path / "sphere.html").as_uri())
    text = page.locator("table").inner_text()
    context.close()
    assert "The sphere needs JavaScript" in text
    for token in path.log_probabilities.argmax(axis=1):
        assert shown(path.vocabulary[token])[:30] in text


NOTEBOOK = """<!doctype html><meta charset=utf-8><div id=out></div><script type=module>
const text = document.getElementById("esm").textContent, listeners = {};
const values = JSON.parse(document.getElementById("values").textContent);
window.model = {
  get: (name) => values[name], set: (name, value) => { values[name] = value; }, saved: 0,
  save_changes() { this.saved++; }, on: (name, listener) => { listeners[name] = listener; },
  push(name, value) { values[name] = value; listeners["change:" + name](); },
};
const { default: widget } = await import(URL.createObjectURL(new Blob([text], {type: "text/javascript"})));
window.away = widget.render({ model: window.model, el: document.getElementById("out") });
document.querySelector("#out > div").dataset.statescapeSphere = "";
</script>"""


def test_the_notebook_widget_shares_the_block_with_python(open_page, tmp_path):
    path = hostile_path()
    widget = sphere(path)
    assert widget.layer == 6
    values = json.dumps({"data": widget.data, "layer": 4.0}).replace("<", "\\u003c")
    file = tmp_path / "notebook.html"
    module = widget._esm.replace("</script", "<\\/script")
    file.write_text(
        f"<script type=text/plain id=esm>{module}</script>"
        f"<script type=application/json id=values>{values}</script>{NOTEBOOK}"
    )
    opened = open_page(file, path)
    opened.wait("handle?.layer === 4")
    opened.page.evaluate("model.push('layer', 5)")
    opened.wait("handle.layer === 5")
    opened.js("scene.step(-2)")
    assert opened.page.evaluate("[model.get('layer'), model.saved]") == [3, 1]
    opened.js("scene.setCamera({...scene.camera, yaw: 1})")
    opened.draw()
    assert opened.page.evaluate("location.hash") == ""  # a notebook's address is its own
    opened.page.evaluate("away()")
    assert opened.page.evaluate("document.querySelector('#out > div').shadowRoot.querySelector('canvas')") is None
    assert opened.troubles == []


def test_the_widget_refuses_a_block_that_does_not_exist():
    import traitlets

    widget = sphere(story_path(64, 4, 8))
    widget.layer = 1.5
    with pytest.raises(traitlets.TraitError):
        widget.layer = 4


def test_the_page_is_one_file_that_loads_nothing(tmp_path):
    file = sphere_page(hostile_path(), tmp_path / "sphere.html")
    text = file.read_text()
    for outside in ("http://", "https://", "@import", "url("):
        assert outside not in text.replace("http://www.w3.org/2000/svg", "")
    assert text.count("</script>") == 2
    assert [each.name for each in tmp_path.iterdir()] == ["sphere.html"]


def test_javascript_of_the_module_stays_small():
    assert len(javascript().encode()) <= 60_000
    assert "innerHTML = SPHERE_HTML" in javascript()
    assert javascript().count("innerHTML") == 1
    assert module_text().endswith(said_in_script(javascript()))


@pytest.mark.slow
@pytest.mark.parametrize(("states", "megabytes"), [(13, 1.4), (31, 2.2), (49, 3.2)])
def test_a_page_of_a_whole_vocabulary_stays_small(tmp_path, states, megabytes):
    file = sphere_page(story_path(50_257, states, 64), tmp_path / "sphere.html")
    assert file.stat().st_size <= megabytes * 1e6


def test_the_packed_numbers_are_those_of_the_path():
    import base64
    import zlib

    path = story_path(300, 6, 16)
    data = SphereData.of(path)
    content = packed(data)

    def block(name, kind):
        return np.frombuffer(zlib.decompress(base64.b64decode(content["blocks"][name])), kind)

    levels = np.cumsum(block("ranks", np.uint8).reshape(6, 300), axis=0, dtype=np.uint8)
    ranks = np.array([[(row > value).sum() for value in row] for row in path.log_probabilities])
    assert np.abs(levels - RANKS * (1 - np.log(1 + ranks) / np.log(300))).max() <= 0.5
    curves, log10 = block("curves", "<f4").reshape(6, RANKS + 1), path.log_probabilities / np.log(10)
    for state, level in ((0, RANKS), (3, 20), (5, 11)):
        assert curves[state, level] == pytest.approx(log10[state, levels[state] == level].mean(), rel=1e-5)
    x, y = block("positions", "<i2").reshape(300, 2).T / 32767
    z = 1 - np.abs(x) - np.abs(y)
    directions = np.stack([x - np.sign(x) * np.maximum(-z, 0), y - np.sign(y) * np.maximum(-z, 0), z], axis=1)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    assert np.abs(directions - data.directions).max() < 6e-5
    assert (data.directions[:, 2] < 0).any()
    top = block("top", "<u4").reshape(6, 50)
    assert (top == np.argsort(-path.log_probabilities, axis=1, kind="stable")[:, :50]).all()
    assert json.loads(json.dumps(content)) == content


def test_paths_that_cannot_be_drawn_are_refused():
    path = story_path(64, 3, 8)
    from dataclasses import replace

    with pytest.raises(StatescapeError, match="63 token names for 64 embeddings"):
        SphereData.of(replace(path, vocabulary=path.vocabulary[:-1]))
    with pytest.raises(StatescapeError, match="some are NaN"):
        SphereData.of(replace(path, log_probabilities=path.log_probabilities * np.nan))
    flat = path.states[:, :2]
    with pytest.raises(StatescapeError, match="at least 3 dimensions"):
        SphereData.of(replace(path, states=flat, normed_states=flat, embeddings=path.embeddings[:, :2]))
    with pytest.raises(StatescapeError, match=r"The origin of the sphere is one of .*; got 'middle'"):
        sphere_fragment(path, origin="middle")


def test_impossible_tokens_have_a_probability_of_zero():
    path = story_path(64, 3, 8)
    path.log_probabilities[:, 5] = -np.inf
    data = SphereData.of(path)
    assert (data.ranks[:, 5] == 0).all()
    assert (data.curves[:, 0] <= -300).all()
