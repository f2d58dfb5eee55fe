"""The picture itself: places, colours, the hidden back, labels, the two cameras, loss of the graphics context."""

import numpy as np
import pytest
from matplotlib import colormaps

from statescape.geometry import Sphere
from statescape.views.globe.data import RANKS, SphereData
from tests.views.globe.conftest import screen
from tests.views.globe.paths import story_path


def directions(path):
    return Sphere.fit(path.geometry.reference).project(path.geometry.reference)


def isolated(places, seen, size, margin=14):
    """Tokens on screen that no other visible token comes near."""
    points = places[seen]
    chosen = []
    for token in np.flatnonzero(seen):
        distance = np.sort(np.hypot(*(points - places[token]).T))
        inside = (np.abs(places[token] - np.array(size) / 2) < np.array(size) / 2 - 30).all()
        if distance[1] > margin and inside:
            chosen.append(int(token))
    return chosen


@pytest.mark.parametrize("inside", [0, 1])
def test_places_agree_with_the_projection_computed_in_python(open_sphere, inside):
    sphere = open_sphere()
    sphere.set_camera(yaw=0.7, pitch=0.3, inside=inside, field=1.6)
    size = (sphere.js("scene.view.width"), sphere.js("scene.view.height"))
    places, seen = screen(sphere.js("scene.camera"), size, directions(sphere.path))
    theirs = sphere.places()
    assert [bool(place) and not place["hidden"] for place in theirs] == pytest.approx(seen.tolist(), abs=0)
    found = np.array([[theirs[token]["x"], theirs[token]["y"]] for token in np.flatnonzero(seen)])
    assert np.abs(found - places[seen]).max() < 0.5


@pytest.mark.parametrize("inside", [0, 1])
def test_hover_names_the_token_that_python_puts_under_the_pointer(open_sphere, inside):
    sphere = open_sphere()
    sphere.set_camera(inside=inside)
    size = (sphere.js("scene.view.width"), sphere.js("scene.view.height"))
    places, seen = screen(sphere.js("scene.camera"), size, directions(sphere.path))
    free = [t for t in isolated(places, seen, size) if 370 < places[t][0] < 590 and 60 < places[t][1] < 520][:4]
    assert len(free) >= 3
    for token in free:
        sphere.page.mouse.move(*places[token])
        sphere.wait(f"scene.look.hover === {token} && !part.card.hidden")
        name, facts = sphere.js("Array.from(part.card.children, (each) => each.textContent)")
        assert name == sphere.path.vocabulary[token].replace(" ", "␣")
        assert facts.startswith(f"#{token} · ")
    sphere.page.mouse.click(*places[token])
    sphere.wait(f"part.id.textContent === '#{token}' && !part.inspector.hidden")
    sphere.page.mouse.click(*places[token])
    sphere.wait("part.inspector.hidden")
    assert sphere.troubles == []


def test_tokens_behind_the_sphere_are_never_picked(open_sphere):
    sphere = open_sphere()
    places = sphere.places()
    hidden = {token for token, place in enumerate(places) if place and place["hidden"]}
    points = [[places[token]["x"], places[token]["y"]] for token in hidden]
    picked = sphere.js("argument.map(([x, y]) => inner.pick(scene, x, y))", points)
    assert len(hidden) > 100
    assert not hidden & set(picked)
    assert len(set(picked) - {-1}) > 20


def test_dots_have_the_colour_of_their_rank_at_every_block_and_between(open_sphere):
    sphere = open_sphere()
    data = SphereData.of(sphere.path)
    places = sphere.places()
    size = (sphere.js("scene.view.width"), sphere.js("scene.view.height"))
    at = np.array([[place["x"], place["y"]] if place else [0, 0] for place in places])
    facing = np.array([bool(place) and not place["hidden"] for place in places])
    eye = np.array(sphere.js("scene.view.eye"))
    facing &= directions(sphere.path) @ eye > 1.4  # away from the dimmed edge
    tokens = isolated(at, facing, size, margin=11)[:4]
    assert len(tokens) >= 3
    values = data.ranks / RANKS
    for layer, row in ((0, values[0]), (4, values[4]), (2.5, (values[2] + values[3]) / 2)):
        sphere.js(f"(handle.layer = {layer})")
        for token in tokens:
            hue = 255 * np.array(colormaps["viridis"](0.25 + 0.75 * row[token])[:3])
            strength = 0.6 + 0.4 * max(0, (row[token] - 0.45) / 0.55)
            expected = strength * hue + (1 - strength) * np.array([12, 15, 25])
            assert np.abs(np.array(sphere.pixel(*at[token])[:3]) - expected).max() < 12, (layer, token)


def test_change_and_cosine_take_their_values_from_the_numbers(open_sphere):
    sphere = open_sphere()
    path, data = sphere.path, SphereData.of(sphere.path)
    log10 = path.log_probabilities / np.log(10)
    values = sphere.js(
        "argument.map(([colour, layer]) => Array.from({length: scene.data.n},"
        " (_, token) => inner.valueAt(scene.data, {colour, layer}, token)))",
        [["change", 3], ["change", 0], ["cosine", 2], ["rank", 4], ["probability", 4]],
    )
    change = np.clip(0.5 + (np.maximum(log10[3], -9) - np.maximum(log10[2], -9)) / 6, 0, 1)
    # Probabilities are read from levels of rank, roughly for the last.
    assert np.quantile(np.abs(np.array(values[0]) - change), 0.9) < 0.05
    assert np.array(values[1]) == pytest.approx(0.5)
    ranks = (log10[4] > log10[4][:, None]).sum(axis=1)
    assert np.abs(np.array(values[3]) - (1 - np.log(1 + ranks) / np.log(512))).max() < 0.51 / RANKS
    assert np.quantile(np.abs(np.array(values[4]) - (1 - np.maximum(log10[4], -9) / -9)), 0.9) < 0.03
    states, embeddings = path.states[2], path.embeddings
    cosine = embeddings @ states / np.linalg.norm(states) / np.linalg.norm(embeddings, axis=1)
    reach = np.abs(cosine).max()
    assert np.abs(reach * (2 * np.array(values[2]) - 1) - cosine).max() < 1.01 * reach / 30
    kept = "Array.from(scene.data.keptRow.keys(), (token) => [token, inner.reading(scene.data, 4, token)])"
    four = embeddings @ path.states[4] / np.linalg.norm(path.states[4]) / np.linalg.norm(embeddings, axis=1)
    for token, told in sphere.js(kept):
        numbers = {"log": log10[4, token], "rank": ranks[token], "cosine": four[token]}
        assert told == {**{key: pytest.approx(value, rel=1e-4) for key, value in numbers.items()}, "exact": True}
    last = data.cosine_reach[-1]
    for colour, first in (("change", "÷ 1000"), ("cosine", f"{-last:.2f}"), ("probability", "≤ 10⁻⁹"), ("rank", "511")):
        sphere.page.get_by_label("Colour").select_option(colour)
        sphere.wait("part.ticks.firstChild.textContent === argument", first)


@pytest.mark.parametrize("states", [1, 7, 31])
@pytest.mark.parametrize("apart", [20, 93, 140])
def test_the_first_view_holds_last_state_and_predicted_token(open_sphere, states, apart):
    sphere = open_sphere(story_path(512, states, 32))
    sphere.js(
        "(() => { const {data} = scene, token = inner.position(data, data.predicted), to = Math.PI * argument / 180;"
        " const [x, y, z] = token, side = Math.hypot(y, -x) > .1 ? [y, -x, 0] : [0, z, -y], n = Math.hypot(...side);"
        " data.path[data.states - 1] = Array.from(token, (v, i) => Math.cos(to) * v + Math.sin(to) * side[i] / n);"
        " scene.setCamera(inner.firstCamera(data)); })()",
        apart,
    )
    sphere.draw()
    for point in ("scene.data.path.at(-1)", "inner.position(scene.data, scene.data.predicted)"):
        at = sphere.js(f"inner.project(scene.view, {point})")
        assert not at["hidden"]
        assert 0 < at["x"] < sphere.js("scene.view.width")
        assert 0 < at["y"] < sphere.js("scene.view.height")
    assert sphere.js("scene.predictedAway") is None


def test_a_predicted_token_out_of_sight_has_a_sign_at_the_rim_that_a_key_and_a_click_follow(open_sphere):
    sphere = open_sphere()
    away = "(() => { const [x, y, z] = inner.position(scene.data, scene.data.predicted).map((value) => -value);"
    away += " scene.setCamera({...scene.camera, inside: argument, yaw: Math.atan2(y, x), pitch: Math.asin(z)});"
    away += " scene.draw(); return scene.predictedAway; })()"
    token = sphere.path.vocabulary[sphere.path.predicted_id].replace(" ", "␣")
    projection = Sphere.fit(sphere.path.geometry.reference)
    last, target = sphere.path.geometry.states[-1:], sphere.path.geometry.reference[[sphere.path.predicted_id]]
    angle = round(float(np.degrees(projection.seen_angle(last, target)[0])))
    for inside, words in ((0, "is behind"), (1, "is out of the picture")):
        sign = sphere.js(away, inside)
        assert sign["text"] == f"‘{token}’ {words}, {angle}° from the state"
        assert 0 < sign["x"] < sphere.js("scene.view.width")
        assert 0 < sign["y"] < sphere.js("scene.view.height")
    sphere.page.keyboard.press("Tab")
    sphere.page.keyboard.press("p")
    sphere.draw()
    assert sphere.js("scene.predictedAway") is None
    sign = sphere.js(away, 0)
    stage = sphere.page.locator("[data-part=stage]").bounding_box()
    sphere.page.mouse.click(stage["x"] + sign["x"], stage["y"] + sign["y"])
    sphere.draw()
    assert sphere.js("scene.predictedAway") is None
    assert sphere.js("scene.look.pinned") == -1


def test_neither_path_nor_markers_show_through_from_behind(open_sphere):
    sphere = open_sphere()
    strongest = (  # in the middle of the picture, where the sign to the predicted token does not reach
        "(() => { scene.draw(); const {width, height} = part.over;"
        " const bytes = part.over.getContext('2d').getImageData(width / 2 - 90, height / 2 - 90, 180, 180).data;"
        " let most = 0; for (let i = 3; i < bytes.length; i += 4) most = Math.max(most, bytes[i]); return most; })()"
    )
    sphere.set_camera(distance=2)
    # A short path on one side; from the other, only the faint grid is left.
    end = "scene.data.path.at(-1)"
    sphere.js(f"(scene.data.path.forEach((_, i) => (scene.data.path[i] = {end})), scene.data.top.fill(0))")
    sphere.js(f"(scene.data.n_top = 0, scene.moveTo(scene.camera), scene.face({end}))")
    assert sphere.js(strongest) == 255
    sphere.js(f"(scene.face({end}.map((value) => -value)))")
    sphere.draw()
    assert sphere.js("scene.predictedAway").keys() >= {"x", "y", "text"}
    assert sphere.js(strongest) < 140  # where faint meridians meet


def test_labels_never_overlap_and_grow_in_number_when_closer(open_sphere):
    sphere = open_sphere(story_path(2048, 7, 32))
    counts = []
    likely = sphere.path.log_probabilities[-1].argsort()[-40:]
    sphere.js("scene.face(argument)", directions(sphere.path)[likely].mean(axis=0).tolist())
    for distance in (5.0, 3.1, 2.0):
        sphere.set_camera(distance=distance)
        boxes = sphere.js("scene.labels")
        counts.append(len(boxes))
        for i, a in enumerate(boxes):
            for b in boxes[:i]:
                apart = (
                    a["x"] + a["width"] <= b["x"]
                    or b["x"] + b["width"] <= a["x"]
                    or a["y"] + a["height"] <= b["y"]
                    or b["y"] + b["height"] <= a["y"]
                )
                assert apart, (a, b)
    assert counts[0] >= 3
    assert counts[2] > counts[0]


def test_stepping_inside_looks_at_the_state_and_home_brings_back(open_sphere):
    sphere = open_sphere()
    first = sphere.js("scene.camera")
    sphere.page.get_by_role("button", name="Step inside").click()
    sphere.wait("scene.camera.inside === 1 && scene.view.k === 1")
    state = Sphere.fit(sphere.path.geometry.reference).project(sphere.path.geometry.states)[-1]
    forward = sphere.js("scene.view.forward")
    assert np.dot(forward, state) == pytest.approx(1, abs=1e-4)
    assert sphere.page.get_by_role("button", name="Step outside").is_visible()
    sphere.page.get_by_role("button", name="Reset").click()
    sphere.wait("scene.view.k === 0")
    assert sphere.js("scene.camera") == pytest.approx(first)


def test_a_lost_context_comes_back_with_the_same_picture(open_sphere):
    sphere = open_sphere()
    token = int(np.argmax(sphere.path.log_probabilities[-1] * (np.arange(512) != 170)))
    sphere.js(
        "scene.face(argument)", sphere.js(f"Array.from(scene.data.positions.subarray({3 * token}, {3 * token + 3}))")
    )
    place = sphere.js(f"(scene.draw(), inner.project(scene.view, inner.position(scene.data, {token})))")
    before = sphere.pixel(place["x"], place["y"])
    sphere.js("(globalThis.loss = scene.gl.getExtension('WEBGL_lose_context')).loseContext()")
    sphere.wait("!part.notice.hidden && part.notice.textContent.includes('lost')")
    sphere.js("loss.restoreContext()")
    sphere.wait("part.notice.hidden")
    assert sphere.pixel(place["x"], place["y"]) == before
    assert sphere.troubles == []


NO_WEBGL = """
const real = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
  return kind === "webgl2" ? null : real.call(this, kind, ...more);
};
"""


def test_without_webgl_there_is_still_a_picture_and_the_reason(open_sphere):
    sphere = open_sphere(script=NO_WEBGL)
    assert sphere.js("part.notice.textContent") == "Drawn plainly, without WebGL 2: the browser offers none."
    assert not sphere.js("part.notice.hidden")
    token = 170
    sphere.js("scene.change({pinned: 3})")
    places = sphere.places()
    front = [t for t, place in enumerate(places) if place and not place["hidden"] and t != token]
    colours = {tuple(sphere.pixel(places[t]["x"], places[t]["y"])) for t in front[:6]}
    assert len(colours) > 1
    assert sphere.troubles == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_theme_follows_the_system_unless_the_page_says_otherwise(open_sphere, scheme):
    sphere = open_sphere(color_scheme=scheme)
    ground = {"light": [247, 248, 251, 255], "dark": [7, 9, 15, 255]}
    assert sphere.pixel(3, 300) == ground[scheme]
    other = "dark" if scheme == "light" else "light"
    sphere.page.evaluate(f"document.documentElement.dataset.theme = '{other}'")
    sphere.wait(f"scene.scheme === '{other}'")
    assert sphere.pixel(3, 300) == ground[other]


@pytest.mark.parametrize("n", [3, 512, pytest.param(50_257, marks=pytest.mark.slow)])
def test_any_size_of_vocabulary(open_sphere, n):
    path = story_path(n, 5, 16)
    sphere = open_sphere(path)
    assert sphere.js("scene.data.n") == n
    seen = [token for token, place in enumerate(sphere.places()) if place and not place["hidden"]]
    token = seen[len(seen) // 2]
    sphere.js(f"scene.goTo({token})")
    sphere.wait("!part.inspector.hidden")
    assert sphere.js("part.name.textContent") == path.vocabulary[token].replace(" ", "␣")
    assert sphere.troubles == []


SLOW = """
const { fenceSync, getSyncParameter } = WebGL2RenderingContext.prototype;
let asked = 0;
WebGL2RenderingContext.prototype.fenceSync = function (...all) {
  asked = performance.now();
  return fenceSync.call(this, ...all);
};
WebGL2RenderingContext.prototype.getSyncParameter = function (...all) {
  return performance.now() < asked + 100 ? this.UNSIGNALED : getSyncParameter.call(this, ...all);
};
"""


def test_a_slow_machine_shows_some_tokens_while_the_sphere_turns_and_all_of_them_at_rest(open_sphere):
    sphere = open_sphere(story_path(40_000, 3, 16), script=SLOW)
    turn = "scene.setCamera({...scene.camera, yaw: scene.camera.yaw + 0.001}), scene.draw()"
    sphere.wait(f"({turn}, scene.every > 1)")  # drawing all has been timed
    every, at_rest = sphere.js(f"({turn}, {turn}, [scene.every, (scene.draw(), scene.every)])")
    assert every == 3  # of 40,000 no fewer than a third, however slow
    assert at_rest == 1
    likely = set(sphere.js("Array.from(scene.data.kept)"))
    assert set(sphere.js("Array.from(inner.sampled(scene.data, 3))")) == likely | set(range(0, 40_000, every))
    assert sphere.path.predicted_id in likely
    rare = next(token for token in range(1, 40_000, 3) if token not in likely)
    assert rare in sphere.js("Array.from(inner.sampled(scene.data, 3, new Set([argument])))", rare)  # if searched for
    moving = sphere.js(f"({turn}, {turn}, part.dots.toDataURL())")
    sphere.wait("scene.every === 1")  # by itself
    assert sphere.js("(scene.draw(), part.dots.toDataURL())") != moving
    assert sphere.troubles == []


def test_a_small_vocabulary_is_shown_whole_however_slow(open_sphere):
    sphere = open_sphere(script=SLOW)
    drawn = sphere.js(
        "(async () => { const drawn = []; for (let i = 0; i < 20; i++) {"
        " scene.setCamera({...scene.camera, yaw: scene.camera.yaw + 0.01}); scene.draw(); drawn.push(scene.every);"
        " await new Promise((resume) => setTimeout(resume, 20)); } return drawn; })()"
    )
    assert drawn == [1] * 20


def test_a_path_of_one_state_stands_still(open_sphere):
    sphere = open_sphere(story_path(64, 1, 8))
    sphere.page.get_by_role("button", name="Play").click()
    sphere.draw()
    assert sphere.js("handle.layer") == 0
    assert sphere.js("scene.playing") is False
    assert sphere.troubles == []
