"""Several paths on one sphere: places, colours, names, and only paths of one model."""

import numpy as np
import pytest

from statescape.errors import StatescapeError
from statescape.geometry import Sphere
from statescape.views.core.theme import ORANGE
from statescape.views.globe import sphere_fragment
from statescape.views.globe.data import SphereData
from statescape.views.globe.reading import name_of
from tests.views.globe.paths import hostile_path, story_path

FIRST = story_path(512, 7, 32)


def another():
    """A second text of the same model: other states, another prediction."""
    from dataclasses import replace

    rows = FIRST.states[::-1] + np.random.default_rng(3).normal(size=FIRST.states.shape)
    return replace(
        FIRST, states=rows, normed_states=rows, log_probabilities=np.roll(FIRST.log_probabilities, 9, axis=1)
    )


def test_the_other_path_goes_through_the_same_map_and_is_drawn_in_its_colour(open_page, tmp_path):
    other = another()
    file = tmp_path / "two.html"
    fragment = sphere_fragment(FIRST, others=[other], parts_at=3, bare=True)
    file.write_text(f"<!doctype html><meta charset=utf-8><style>html, body {{height: 100%}}</style>{fragment}")
    sphere = open_page(file, FIRST)
    projection = Sphere.fit(FIRST.geometry.reference)
    states = np.array(sphere.js("scene.data.beside[0].path"))
    assert states == pytest.approx(projection.project(other.geometry.states), abs=1e-5)
    assert sphere.js("scene.data.beside[0].parts_at") == 3
    sphere.js(f"(scene.face({states[3].tolist()}), scene.draw())")
    place = sphere.js("inner.project(scene.view, scene.data.beside[0].path[3])")
    orange = [int(ORANGE[i : i + 2], 16) for i in (1, 3, 5)]
    assert sphere.pixel(place["x"], place["y"], "over")[:3] == pytest.approx(orange, abs=3)
    sphere.js(f"(scene.face(Array.from(inner.position(scene.data, {other.predicted_id}))), scene.draw())")
    place = sphere.js(f"inner.project(scene.view, inner.position(scene.data, {other.predicted_id}))")
    assert sphere.pixel(place["x"], place["y"], "over")[:3] == pytest.approx(orange, abs=3)
    names = sphere.js("Array.from(part.paths.children, (each) => each.textContent)")
    assert names == [name_of(FIRST), name_of(other)]
    assert names[0] != names[1]
    assert sphere.troubles == []


def test_one_path_alone_has_no_legend_of_paths(open_sphere):
    assert open_sphere().js("part.paths.childElementCount") == 0


def test_paths_of_two_models_do_not_share_a_sphere():
    with pytest.raises(StatescapeError, match="of one model; these are of storyteller and storyteller"):
        SphereData.of(FIRST, others=[hostile_path()])
