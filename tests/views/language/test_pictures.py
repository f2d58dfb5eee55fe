"""Every figure shows the numbers it claims, and its two drawings show the same ones."""

import re
from dataclasses import replace

import numpy as np
import pytest

from statescape.analysis import read_path
from statescape.errors import StatescapeError
from statescape.geometry import cosine
from statescape.views.core.marks import CloudMark, LineMark, PointMark, TextMark
from statescape.views.core.picture import Picture
from statescape.views.core.theme import RED, matplotlib_theme
from statescape.views.language.by_state import cosines_picture, lens_picture, steps_picture
from statescape.views.language.clouds import cloud_panel, frame_of, plane_picture
from statescape.views.language.energy import Directions, energy_picture
from statescape.views.language.figures import pictures
from statescape.views.language.lens_map import lens_map_picture
from statescape.views.language.normalisation import Normalisations
from statescape.views.language.sphere_still import SphereStill
from statescape.views.language.vectors import vectors_picture
from tests.views.language.synthetic import path_of

PATH = path_of()
READING = read_path(PATH)


def drawn(panel):
    """The cloud and the path of a panel, as they are drawn."""
    cloud = next(mark for mark in panel.marks if isinstance(mark, CloudMark))
    path = next(mark for mark in panel.marks if isinstance(mark, LineMark))
    return cloud.points, np.column_stack([path.x, path.y])


def test_plane_shows_pca_coordinates_and_the_same_axes_at_norm_one():
    (plain, plain_states), (_, at_one_states) = map(drawn, plane_picture(READING).panels)
    centred = PATH.embeddings.astype(np.float64) - PATH.embeddings.mean(0, dtype=np.float64)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
    signs = np.sign((plain * (centred @ axes.T)).sum(axis=0))
    np.testing.assert_allclose(plain, centred @ axes.T * signs, atol=1e-6)
    unit = PATH.states / np.linalg.norm(PATH.states, axis=1, keepdims=True)
    np.testing.assert_allclose(at_one_states, unit @ axes.T * signs, atol=1e-6)
    # At norm 1 no state can lie further from the origin than 1; as they are, they do.
    assert np.linalg.norm(plain_states, axis=1).max() > 1 > np.linalg.norm(at_one_states, axis=1).max()


def test_captions_carry_their_numbers():
    caption = plane_picture(READING).caption
    share = re.search(r"shows ([\d.]+)% of their variance and hides ([\d.]+)%", caption)
    assert share
    assert float(share[1]) + float(share[2]) == pytest.approx(100, abs=0.11)
    assert "all 600 embeddings of width 48" in caption
    assert "seed 0" in cosines_picture(READING).caption
    assert "200 draws" in cosines_picture(READING).caption
    assert "seed 0" in energy_picture(READING).caption


def test_vectors_split_the_cosine_into_terms_and_take_the_rogue_dimensions_out():
    picture = vectors_picture(READING)
    state, embedding = PATH.states[-1].astype(float), PATH.embeddings[PATH.predicted_id].astype(float)
    terms, without = (panel.marks[0].y for panel in picture.panels[1:])
    rings = next(mark for mark in picture.panels[1].marks if isinstance(mark, PointMark))
    marked = list(rings.x)
    np.testing.assert_array_equal(rings.y, terms[marked])
    assert terms.sum() == pytest.approx(float(cosine(state, embedding)))
    assert {7, 31} <= set(marked)
    rest = np.delete(np.arange(48), marked)
    assert without.sum() == pytest.approx(float(cosine(state[rest], embedding[rest])))
    assert (without[marked] == 0).all()
    assert f"cosine {without.sum():.3f}" in str(picture.interactive().layout.annotations[2].text)


def test_energy_view_splits_a_direction_of_length_one():
    picture = Directions.of(READING)
    np.testing.assert_allclose(picture.outside**2, 1 - READING.energy_inside, atol=1e-9)
    assert (picture.heights >= picture.outside).all()
    assert (picture.heights <= 1).all()
    assert (np.diff(picture.angles) >= -1e-9).all()
    assert (np.diff(picture.random_angles) >= -1e-9).all()


def test_normalisation_says_what_changes():
    picture = Normalisations.of(READING)
    on_vector, on_dimension = map(drawn, picture.picture.panels)
    vector, dimension = picture.seen
    raw = cosine(PATH.embeddings.astype(float), PATH.states[-1].astype(float))
    assert vector.cosine == pytest.approx(float(raw[PATH.predicted_id]), abs=1e-6)
    assert vector.place == int((raw > raw[PATH.predicted_id]).sum())
    deviation = PATH.embeddings.astype(float).std(0)
    z = (PATH.embeddings - PATH.embeddings.mean(0, dtype=float)) / deviation
    s = (PATH.states[-1] - PATH.embeddings.mean(0, dtype=float)) / deviation
    assert dimension.cosine == pytest.approx(float(cosine(z[PATH.predicted_id], s)), abs=1e-6)
    axes = np.linalg.svd(z, full_matrices=False)[2][:2]
    for points, shown in ((z, on_dimension[0]), (s[None], on_dimension[1][-1:])):
        np.testing.assert_allclose(np.abs(shown), np.abs(points @ axes.T), atol=1e-5)
    unit = PATH.embeddings / np.linalg.norm(PATH.embeddings, axis=1, keepdims=True)
    axes = np.linalg.svd(unit - unit.mean(0), full_matrices=False)[2][:2]
    np.testing.assert_allclose(np.abs(on_vector[0]), np.abs((unit - unit.mean(0)) @ axes.T), atol=1e-4)
    assert f"cosine {vector.cosine:.2f} against {dimension.cosine:.2f}" in picture.words


def test_cosines_have_six_panels_and_every_null():
    picture = cosines_picture(READING)
    assert [panel.title for panel in picture.panels] == [
        f"{what}, {how}" for what in ("s", "final_norm(s)") for how in ("raw", "centred", "without rogue")
    ]
    names = [mark.name for mark in picture.panels[0].marks]
    assert names[:3] == [
        "best token of a random direction",
        "random token, last state",
        "random weights, their own prediction",
    ]
    assert "mean embedding" in names
    # Centred, the mean embedding has no direction and no line.
    assert "mean embedding" not in [mark.name for mark in picture.panels[1].marks]


def test_only_the_predicted_token_is_red():
    for picture in pictures(READING):
        if not isinstance(picture, Picture):
            continue
        for trace in picture.interactive().data:
            colours = (
                {str(part.color) for part in (trace.line, trace.marker) if part} if trace.type == "scatter" else set()
            )
            if RED in colours and picture.name == "lens":
                continue  # rank and probability there are the predicted token's
            assert RED not in colours or "predicted" in trace.name


def test_steps_add_up_to_the_change_of_the_angle_and_are_refused_where_unknown():
    bars = steps_picture(READING).panels[0].marks
    target = PATH.embeddings[PATH.predicted_id].astype(float)
    ends = [np.degrees(np.arccos(float(cosine(PATH.states[at].astype(float), target)))) for at in (0, -1)]
    assert sum(float(np.sum(mark.y)) for mark in bars) == pytest.approx(ends[1] - ends[0], rel=1e-4)
    with pytest.raises(StatescapeError, match="cannot be told apart"):
        steps_picture(read_path(path_of(steps=False)))


def test_a_speck_of_tokens_is_drawn_on_symmetric_logarithmic_axes():
    points = np.random.default_rng(0).uniform(-1, 1, (500, 2))
    far = np.array([[0.0, 0.0], [1.0, 0.5], [-3000.0, 20.0]])
    frame = frame_of(points, far, "tokens")
    np.testing.assert_allclose(np.sinh(frame.placed(far) / frame.linear) * frame.linear, far, rtol=1e-9, atol=1e-12)
    low, high = frame.cloud.bounds
    assert np.ptp(frame.cloud.points[:, 0]) > 0.1 * (high - low)[0]
    axis = frame.axis("PC1", low[0], high[0])
    for place, label in zip(axis.ticks, axis.labels, strict=True):
        assert np.sinh(place / frame.linear) * frame.linear == pytest.approx(float(label), rel=1e-9, abs=1e-12)
    assert {"-1000", "0", "1"} <= set(axis.labels)
    assert "logarithmic" in cloud_panel("plane", ("PC1", "PC2"), points, far, ["", "", ""]).title
    near = frame_of(points, far / 1000, "tokens")
    assert near.linear == 0
    np.testing.assert_array_equal(near.cloud.points, points)


def test_the_lens_is_read_in_ranks_from_0_and_probabilities_that_are_floored():
    path = replace(PATH, log_probabilities=PATH.log_probabilities.copy())
    path.log_probabilities[0, path.predicted_id] = -120.0
    rank, probability, *_ = lens_picture(read_path(path)).panels
    assert list(rank.y.labels[:2]) == ["0", "10"]
    assert rank.y.ticks[0] == 1
    assert rank.marks[0].notes[0].startswith("0: rank ")
    assert min(probability.marks[0].y) == 1e-9
    assert probability.marks[0].notes[0] == f"0: {np.exp(-120.0):.3g}"
    assert "1e-09" in probability.title
    assert lens_picture(READING).panels[1].title == "its probability"


def test_posts_stand_where_states_have_numbers():
    many = energy_picture(read_path(path_of(30))).panels[0]
    posts = many.named("height above the plane")
    numbers = next(mark for mark in many.marks if isinstance(mark, TextMark))
    assert len(posts.x) == 3 * len(numbers.texts)


def test_sphere_looks_at_the_end_of_the_path_from_both_eyes():
    picture = SphereStill.of(READING)
    np.testing.assert_allclose(np.linalg.norm(picture.tokens, axis=1), 1)
    with matplotlib_theme():
        outer, inner = picture.printed().axes[:2]
    assert (outer.get_title(loc="left"), inner.get_title(loc="left")) == ("from outside", "from within")
    assert "°" in picture.caption
    assert "in all 48 dimensions" in picture.caption


@pytest.mark.parametrize("apart", [20, 93, 115, 170])
def test_both_eyes_see_the_predicted_token_or_say_where_it_is(apart):
    picture = SphereStill.of(READING)
    token = picture.tokens[PATH.predicted_id]
    side = np.cross(token, [0.0, 0.0, 1.0])
    turn = np.radians(apart)
    picture.states[-1] = np.cos(turn) * token + np.sin(turn) * side / np.linalg.norm(side)
    with matplotlib_theme():
        eyes = picture.printed().axes[:2]
    for axes, words in zip(eyes, ("is behind", "is out of the picture"), strict=True):
        red = [line for line in axes.lines if line.get_color() == RED and line.get_marker() == "D"]
        said = [text.get_text() for text in axes.texts if "from the state" in text.get_text()]
        if apart < 125:
            (place,) = red[0].get_xydata()
            assert (np.abs(place) < axes.get_xlim()[1]).all()
            assert said == []
        else:
            assert red == []
            assert said[0].endswith(f"{words}, {apart}° from the state")


def test_without_its_trace_a_path_still_has_its_other_figures():
    alone = replace(PATH, origin=None, steps=None)
    names = [picture.name for picture in pictures(read_path(alone))]
    assert names == ["plane", "sphere", "normalisation", "vectors", "cosines", "energy", "course", "lens"]
    assert "needs its model" in cosines_picture(read_path(alone)).caption
    with pytest.raises(StatescapeError, match="needs the trace"):
        lens_map_picture(read_path(alone))


def test_a_long_text_is_cut_to_its_end_and_says_so():
    picture = lens_map_picture(read_path(path_of(2, tokens=(" a",) * 300)))
    assert "the last 256 of 300 positions" in picture.caption
    assert picture.interactive().data[0].x0 == 44


@pytest.mark.parametrize("blocks", [1, 6, 48])
def test_numbers_of_states_never_touch(blocks):
    for panel in plane_picture(read_path(path_of(blocks))).panels:
        cloud = next(mark for mark in panel.marks if isinstance(mark, CloudMark))
        numbers = next(mark for mark in panel.marks if isinstance(mark, TextMark))
        size = np.subtract(*cloud.bounds[::-1]).max()
        shown = np.column_stack([numbers.x, numbers.y])
        assert numbers.texts[-1] == str(blocks)
        for i, one in enumerate(shown):
            for other in shown[i + 1 :]:
                assert (np.abs(one - other) >= [0.05 * size, 0.06 * size]).any()
