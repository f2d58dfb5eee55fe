"""What a person does: turn, zoom, scrub, play, hover, pin, search, share, save, by pointer, touch and keyboard."""

import csv
import io
from collections import Counter
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from tests.views.globe.paths import HOSTILE, story_path
from tests.views.visiting import until


def middle(sphere):
    box = sphere.page.locator("[data-part=stage]").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_drag_turns_and_the_ground_stays_under_the_pointer(open_sphere):
    sphere = open_sphere()
    sphere.set_camera(pitch=0.0)
    x, y = middle(sphere)
    before = sphere.js("scene.camera.yaw")
    point = sphere.js("[Math.cos(scene.camera.yaw), Math.sin(scene.camera.yaw), 0]")
    sphere.page.mouse.move(x, y)
    sphere.page.mouse.down()
    sphere.page.mouse.move(x + 40, y, steps=4)
    sphere.page.mouse.up()
    after = sphere.js("scene.camera.yaw")
    assert after != before
    turned = after - before
    eye = 3.1
    shift = np.sin(-turned) / (eye - np.cos(turned)) * sphere.js("scene.view.scale")
    assert shift == pytest.approx(40, abs=2)
    assert np.hypot(*point[:2]) == pytest.approx(1)
    assert sphere.js("scene.look.pinned") == -1  # a drag is no click


def test_wheel_comes_closer_outside_and_narrows_the_field_inside(open_sphere):
    sphere = open_sphere()
    sphere.page.mouse.move(*middle(sphere))
    sphere.page.mouse.wheel(0, -100)
    sphere.wait("scene.camera.distance < 3.1")
    sphere.set_camera(inside=1)
    sphere.page.mouse.wheel(0, -100)
    sphere.wait("scene.camera.field < 1.7")


def test_two_fingers_come_closer(open_sphere):
    sphere = open_sphere(has_touch=True)
    sphere.js(
        "(() => { part.stage.setPointerCapture = () => {}; const send = (type, id, x) => part.stage.dispatchEvent("
        "new PointerEvent(type, {pointerId: id, clientX: x, clientY: 300, pointerType: 'touch', bubbles: true}));"
        " send('pointerdown', 1, 400); send('pointerdown', 2, 500); send('pointermove', 2, 600);"
        " send('pointerup', 1, 400); send('pointerup', 2, 600); })()"
    )
    assert sphere.js("scene.camera.distance") == pytest.approx(3.1 / 2)
    assert sphere.js("scene.look.pinned") == -1


def test_keyboard_reaches_what_the_pointer_reaches(open_sphere):
    sphere = open_sphere()
    press = sphere.page.keyboard.press
    sphere.page.keyboard.press("Tab")
    assert sphere.page.evaluate("document.activeElement.shadowRoot.activeElement.dataset.part") == "stage"
    start = sphere.js("scene.camera")
    press("ArrowRight")
    assert sphere.js("scene.camera.yaw") == pytest.approx(start["yaw"] - 0.12)
    press("Shift+ArrowUp")
    assert sphere.js("scene.camera.pitch") == pytest.approx(start["pitch"] + 0.02)
    press("+")
    assert sphere.js("scene.camera.distance") == pytest.approx(3.1 / 1.2)
    press("Home")
    assert sphere.js("scene.camera") == pytest.approx(start)
    press("i")
    assert sphere.js("scene.camera.inside") == 1
    press(",")
    assert sphere.js("handle.layer") == 5
    press(".")
    assert sphere.js("handle.layer") == 6
    likeliest = np.argsort(-sphere.path.log_probabilities[-1])
    press("t")
    press("t")
    assert sphere.js("scene.look.hover") == likeliest[1]
    press("Shift+t")
    assert sphere.js("scene.look.hover") == likeliest[0]
    press("Enter")
    sphere.wait("!part.inspector.hidden")
    assert sphere.js("part.id.textContent") == f"#{likeliest[0]}"
    press("Escape")
    sphere.wait("part.inspector.hidden")
    press("c")
    assert sphere.js("scene.look.colour") == "probability"
    press("/")
    assert sphere.page.evaluate("document.activeElement.shadowRoot.activeElement.type") == "search"
    assert sphere.troubles == []


def test_every_control_can_be_reached_and_shows_the_focus(open_sphere):
    sphere = open_sphere()
    reached = []
    for _ in range(12):
        sphere.page.keyboard.press("Tab")
        name, outlined = sphere.page.evaluate(
            "(() => { const e = document.activeElement?.shadowRoot?.activeElement; if (!e) return ['', false];"
            " const ring = getComputedStyle(e).outlineStyle !== 'none'"
            " || getComputedStyle(e, '::after').borderTopStyle === 'solid'; return [e.dataset.part, ring]; })()"
        )
        if not name:
            break
        assert outlined, name
        reached.append(name)
    assert reached == [
        "stage", "query", "play", "slider", "colour", "inside", "reset", "save", "save_vector",
        "save_numbers", "open_text", "open_keys",
    ]  # fmt: skip
    unnamed = sphere.js(
        "Array.from(part.stage.getRootNode().querySelectorAll('button, input, select, [role]'))"
        ".filter((e) => !(e.ariaLabel || e.textContent.trim() || ['status', 'img'].includes(e.role)))"
        ".map((e) => e.outerHTML)"
    )
    assert unnamed == []


def test_scrubbing_moves_the_state_and_tells_the_page(open_sphere):
    sphere = open_sphere()
    sphere.page.evaluate(
        "(globalThis.told = [], document.addEventListener('statescape-layer', ({detail}) => told.push(detail)))"
    )
    slider = sphere.page.get_by_role("slider")
    slider.focus()
    slider.press("ArrowLeft")
    assert sphere.js("handle.layer") == 5
    slider.press("Home")
    sphere.wait("part.sentence.textContent.startsWith('Embedding')")
    slider.press("End")
    slider.fill("2.5")
    sphere.wait("part.readout.textContent === 'block 2.5 of 6'")
    assert sphere.page.evaluate("told") == [
        {"layer": 5, "block": 5},
        {"layer": 0, "block": 0},
        {"layer": 6, "block": 6},
        {"layer": 2.5, "block": 3},
    ]
    sphere.js("(handle.layer = 99)")
    sphere.wait("part.slider.value === '6'")
    sphere.js("(handle.layer = NaN)")
    assert sphere.js("handle.layer") == 6


def test_the_state_follows_the_great_circle_between_its_blocks(open_sphere):
    sphere = open_sphere()
    a, b = (np.array(sphere.js(f"scene.data.path[{block}]")) for block in (2, 3))
    middle_state = (a + b) / np.linalg.norm(a + b)
    assert sphere.js("inner.stateAt(scene.data, 2.5)") == pytest.approx(middle_state, abs=1e-9)
    assert sphere.js("inner.stateAt(scene.data, 6)") == pytest.approx(sphere.js("scene.data.path[6]"))


def test_play_runs_to_the_end_in_whole_blocks_when_less_motion_is_asked(open_sphere):
    sphere = open_sphere(story_path(128, 4, 16))
    sphere.page.evaluate(
        "(globalThis.told = [], document.addEventListener('statescape-layer', ({detail}) => told.push(detail.layer)))"
    )
    sphere.page.get_by_role("button", name="Play").click()
    sphere.wait("scene.playing && part.play.textContent === 'Pause'")
    sphere.wait("!scene.playing")
    assert sphere.page.evaluate("told") == [0, 1, 2, 3]


def test_play_is_continuous_otherwise_and_can_be_paused(open_sphere):
    sphere = open_sphere(story_path(128, 4, 16), reduced_motion="no-preference")
    sphere.page.get_by_role("button", name="Play").click()
    sphere.wait("scene.look.layer % 1 !== 0")
    sphere.page.get_by_role("button", name="Pause").click()
    stopped = sphere.js("handle.layer")
    assert 0 < stopped < 3
    sphere.draw()
    assert sphere.js("handle.layer") == stopped


def test_the_inspector_says_what_python_knows(open_sphere):
    path = story_path(512, 7, 32)
    sphere = open_sphere(path)
    token, block = int(np.argsort(-path.log_probabilities[4])[3]), 4
    sphere.js(f"(handle.layer = {block}, scene.goTo({token}))")
    sphere.wait("!part.inspector.hidden")
    sphere.draw()
    assert sphere.js("part.name.textContent") == path.vocabulary[token].replace(" ", "␣")
    percent = 100 * np.exp(path.log_probabilities[block, token])
    assert float(sphere.js("part.probability.textContent").removesuffix("%")) == pytest.approx(percent, rel=0.006)
    assert sphere.js("part.rank.textContent") == "3 of 512"
    unit = path.embeddings / np.linalg.norm(path.embeddings, axis=1, keepdims=True)
    cosines = unit @ unit[token]
    cosines[token] = -2
    nearest = np.argsort(-cosines)[:8]
    listed = sphere.js("Array.from(part.nearest.querySelectorAll('button'), (each) => each.textContent)")
    assert listed == [f"{path.vocabulary[t].replace(' ', '␣')}{cosines[t]:.2f}" for t in nearest]
    assert "all 32 dimensions" in sphere.js("part.note.textContent")
    course = [float(pair.split(",")[1]) for pair in sphere.js("part.course.getAttribute('points')").split(" ")]
    log10 = np.maximum(path.log_probabilities[:, token] / np.log(10), -9)
    assert course == pytest.approx(8 + 72 * log10 / -9, abs=0.2)
    sphere.page.locator("[data-part=nearest] button").first.click()
    sphere.wait(f"part.id.textContent === '#{nearest[0]}'")
    sphere.page.get_by_label("Close the inspector").click()
    sphere.wait("part.inspector.hidden")


def test_tokens_that_are_never_likely_are_told_roughly_and_without_neighbours(open_sphere):
    path = story_path(2048, 5, 32)
    sphere = open_sphere(path)
    ranks = path.log_probabilities.argsort(axis=1).argsort(axis=1)
    token = int(np.flatnonzero((ranks < 1900).all(axis=0) & (path.log_probabilities[1] > -15))[0])
    sphere.js(f"(handle.layer = 1, scene.goTo({token}))")
    sphere.wait("!part.inspector.hidden && part.id.textContent")
    sphere.draw()
    rank = int((path.log_probabilities[1] > path.log_probabilities[1, token]).sum())
    text = sphere.js("part.rank.textContent")
    assert text.startswith("≈ ")
    assert int(text.split()[1].replace(",", "")) == pytest.approx(rank, rel=0.15)
    assert sphere.js("part.probability.textContent").startswith("≈ ")
    assert sphere.js("part.nearest.childElementCount") == 0
    assert "never is" in sphere.js("part.note.textContent")


def test_search_lights_up_what_it_finds_and_enter_goes_through_it(open_sphere):
    path = story_path(512, 7, 32)
    sphere = open_sphere(path)
    found = [t for t, name in enumerate(path.vocabulary) if "ba" in name]
    found.sort(key=lambda token: -path.log_probabilities[-1, token])
    field = sphere.page.get_by_label("Find tokens")
    field.fill("BA")
    assert sphere.js("part.count.textContent") == f"{len(found)} found"
    assert sorted(sphere.js("Array.from(scene.look.matched)")) == sorted(found)
    field.press("Enter")
    sphere.wait(f"scene.look.pinned === {found[0]}")
    field.press("Enter")
    sphere.wait(f"scene.look.pinned === {found[1]}")
    field.press("Shift+Enter")
    field.press("Shift+Enter")
    sphere.wait(f"scene.look.pinned === {found[-1]}")
    assert sphere.js("part.count.textContent") == f"{len(found)} of {len(found)}"
    places = sphere.places()
    others = [t for t, p in enumerate(places) if p and not p["hidden"] and t not in found and p["x"] < 600]
    lit = np.array([sphere.pixel(places[t]["x"], places[t]["y"])[:3] for t in others[:5]]).sum()
    mine = max(
        (t for t in found if places[t] and not places[t]["hidden"]), key=lambda t: -path.log_probabilities[-1, t]
    )
    glow = sphere.glow(places[mine]["x"], places[mine]["y"])
    field.press("Escape")
    sphere.wait("scene.look.matched === null")
    assert glow > 1.2 * sphere.glow(places[mine]["x"], places[mine]["y"])
    unlit = np.array([sphere.pixel(places[t]["x"], places[t]["y"])[:3] for t in others[:5]]).sum()
    assert lit < 0.7 * unlit  # what was not found stepped back
    field.fill(" b")
    assert sphere.js("scene.look.matched.size") == sum(" b" in name for name in path.vocabulary)
    field.fill("nowhere")
    assert sphere.js("part.count.textContent") == "0 found"


def test_the_fragment_carries_the_view_and_leaves_the_rest_of_it_alone(open_sphere):
    path = story_path(256, 7, 16)
    sphere = open_sphere(path, fragment="#steps")
    sphere.js("(scene.setCamera({...scene.camera, yaw: 2, pitch: -0.5, inside: 1}))")
    sphere.js("scene.change({layer: 3.25, colour: 'cosine', pinned: 77})")
    until(sphere.page, "location.hash.includes('cosine,77')")
    fragment = sphere.page.evaluate("location.hash")
    assert fragment == "#steps&sphere=2,-0.5,3.1,1.7,1,3.25,cosine,77"
    again = open_sphere(path, fragment=fragment)
    assert again.js("[scene.camera.yaw, scene.camera.pitch, scene.camera.inside]") == [2, -0.5, 1]
    assert again.js("[handle.layer, scene.look.colour, scene.look.pinned]") == [3.25, "cosine", 77]
    assert again.troubles == []


@pytest.mark.parametrize(
    "fragment",
    ["#sphere=", "#sphere=1,2", "#sphere=a,b,c,d,e,f,cosine,3", "#sphere=1,1,1,1,1,1,toString,3", "#sphere=%zz"],
)
def test_a_spoilt_fragment_changes_nothing(open_sphere, fragment):
    sphere = open_sphere(story_path(64, 3, 8), fragment=fragment)
    assert sphere.js("[handle.layer, scene.look.colour, scene.look.pinned]") == [2, "rank", -1]
    assert sphere.troubles == []


def test_a_picture_is_saved_with_its_numbers(open_sphere):
    sphere = open_sphere(device_scale_factor=2)
    with sphere.page.expect_download() as download:
        sphere.page.get_by_role("button", name="Save PNG").click()
    assert download.value.suggested_filename == "sphere-block-6.png"
    image = Image.open(io.BytesIO(download.value.path().read_bytes())).convert("RGB")
    width, height = sphere.js("[scene.view.width, scene.view.height]")
    assert image.size == (2 * width, 2 * (height + 92))
    footer = np.asarray(image)[2 * height :]
    assert (footer.max(axis=2) > 200).sum() > 500  # the sentence
    assert np.ptp(np.asarray(image)[: 2 * height].astype(int), axis=(0, 1)).min() > 100


def test_a_picture_is_saved_as_lines_and_letters(open_sphere):
    sphere = open_sphere(story_path(512, 7, 32, vocabulary=(HOSTILE * 30)[:512]))
    with sphere.page.expect_download() as download:
        sphere.page.get_by_role("button", name="Save SVG").click()
    assert download.value.suggested_filename == "sphere-block-6.svg"
    root = ElementTree.fromstring(download.value.path().read_text(encoding="utf-8"))
    names = Counter(element.tag.split("}")[1] for element in root.iter())
    width, height = sphere.js("[scene.view.width, scene.view.height]")
    assert [root.get("width"), root.get("height")] == [str(width), str(height + 92)]
    assert names["image"] == 1
    assert names["path"] > 30
    assert "script" not in names
    texts = [element.text for element in root.iter() if element.tag.endswith("text")]
    shown = sphere.js("scene.labels.map(({ token }) => scene.data.shown[token])")
    assert len(shown) > 5
    assert {text for text in shown if len(text) <= 22} <= set(texts)
    assert sphere.page.inner_text("[data-part=sentence]") in texts
    assert sphere.troubles == []


def test_its_numbers_are_saved_as_a_table(open_sphere):
    sphere = open_sphere(story_path(512, 7, 32))
    with sphere.page.expect_download() as download:
        sphere.page.get_by_role("button", name="Save the numbers as CSV").click()
    assert download.value.suggested_filename == "sphere-block-6.csv"
    with download.value.path().open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    told = sphere.js("[scene.data.table.head, ...scene.data.table.rows]")
    assert [len(row) for row in rows] == [len(row) for row in told]
    assert rows[0] == told[0]
    assert [row[0] for row in rows] == [row[0] for row in told]


def test_the_text_alternative_holds_path_and_likeliest_tokens(open_sphere):
    path = story_path(512, 7, 32)
    sphere = open_sphere(path)
    sphere.page.get_by_role("button", name="Read as text").click()
    rows = sphere.page.get_by_role("row")
    assert rows.count() == 8
    text = rows.nth(4).inner_text()
    for token in np.argsort(-path.log_probabilities[3])[:5]:
        assert path.vocabulary[token].replace(" ", "␣") in text
    rank = (path.log_probabilities[3] > path.log_probabilities[3, path.predicted_id]).sum()
    assert f"\t{rank}\t" in text
    sphere.page.keyboard.press("Escape")
    sphere.wait("!part.text.matches(':popover-open')")
    assert sphere.page.evaluate("document.activeElement.shadowRoot.activeElement.dataset.part") == "open_text"


def test_it_says_what_it_is_not(open_sphere):
    from statescape.geometry import Sphere

    path = story_path(512, 7, 32)
    sphere = open_sphere(path)
    geometry = Sphere.fit(path.geometry.reference)
    target = path.geometry.reference[[path.predicted_id]]
    true, seen = (
        np.degrees(angle(path.geometry.states[-1:], target))[0] for angle in (geometry.true_angle, geometry.seen_angle)
    )
    caveat = sphere.page.locator("[data-part=caveat]").inner_text()
    assert f"{100 * geometry.explained_share:.2g}% of the embeddings' variance" in caveat
    assert f"{true:.1f}° in all 32 dimensions, {seen:.1f}° as drawn" in caveat
