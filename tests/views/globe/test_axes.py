"""The axes of the sphere: each choice is what it says, with its share of variance, and what cannot be is refused."""

import re
from dataclasses import replace

import numpy as np
import pytest

from statescape.errors import StatescapeError
from statescape.geometry import Moments
from statescape.views.globe.data import SphereData
from statescape.views.globe.reading import words_of
from tests.views.globe.paths import story_path

PATH = story_path(512, 7, 32)
SPREAD = PATH.embeddings.std(axis=0, dtype=np.float64)
CLOUD = (PATH.embeddings - PATH.embeddings.mean(axis=0, dtype=np.float64)) / SPREAD


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def axes(asked, path=PATH):
    return SphereData.of(path, axes=asked)


@pytest.mark.parametrize("asked", ["1,2,3", "4, 2 ,9"])
def test_components_by_number_are_those_of_the_scaled_embeddings(asked):
    data = axes(asked)
    numbers = [int(each) - 1 for each in asked.split(",")]
    _, strengths, right = np.linalg.svd(CLOUD, full_matrices=False)
    found = data.axes.sphere.components
    assert np.abs((found * right[numbers]).sum(axis=1)) == pytest.approx(1, abs=1e-6)
    shares = strengths**2 / (strengths**2).sum()
    assert data.axes.sphere.explained_variance_ratio == pytest.approx(shares[numbers], rel=1e-6)
    assert np.abs(data.directions) == pytest.approx(np.abs(unit(CLOUD @ right[numbers].T)), abs=1e-5)
    named = ", ".join(f"PC{number + 1} {float(f'{100 * shares[number]:.2g}'):g}%" for number in numbers)
    assert f"({named})" in words_of(data)[0]["caveat"]


def test_the_axes_of_the_path_hold_as_much_of_it_as_three_can():
    states = PATH.states / SPREAD
    centred = states - states.mean(axis=0)
    right = np.linalg.svd(centred, full_matrices=False)[2][:3]
    found = axes("path").axes.sphere.components
    assert np.square(centred @ found.T).sum() == pytest.approx(np.square(centred @ right.T).sum(), rel=1e-6)


def test_the_first_axis_of_the_answers_leads_from_the_second_best_to_the_predicted():
    data = axes("answers")
    away = unit((PATH.embeddings[PATH.predicted_id] - PATH.embeddings[PATH.second_id]) / SPREAD)
    assert data.axes.sphere.components[0] == pytest.approx(away, abs=1e-6)
    assert data.axes.sphere.components @ data.axes.sphere.components.T == pytest.approx(np.eye(3), abs=1e-9)
    assert data.axes.sphere.explained_variance_ratio[0] == pytest.approx(((CLOUD @ away) ** 2).mean() / 32, rel=1e-6)


def test_the_unembedding_has_axes_of_its_own_or_none():
    rng = np.random.default_rng(5)
    rows = (rng.normal(size=(512, 3)) * [9, 6, 3]) @ rng.normal(size=(3, 32)) + 0.01 * rng.normal(size=(512, 32))
    found = axes("unembedding", replace(PATH, unembedding=rows.astype(np.float32))).axes.sphere.components
    # The three directions that the readout looks along, seen in scaled coordinates: x . w = z . (w sd).
    wanted = np.linalg.qr((np.linalg.svd(rows - rows.mean(0), full_matrices=False)[2][:3] * SPREAD).T)[0]
    assert np.linalg.svd(found @ wanted)[1] == pytest.approx(1, abs=1e-6)
    with pytest.raises(StatescapeError, match="storyteller reads out by its embeddings"):
        axes("unembedding")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("1,2,33", "not three different principal components from 1 to 32"),
        ("0,1,2", "not three different"),
        ("2,2,3", "not three different"),
        ("pth", "path"),
        ("1,2", "1,2,3"),
    ],
)
def test_axes_that_do_not_exist_are_refused(asked, words):
    with pytest.raises(StatescapeError, match=re.escape(words)):
        axes(asked)


def test_directions_that_lie_on_each_other_and_short_paths_are_refused():
    from statescape.geometry import Sphere

    same = np.ones((2, 32))
    with pytest.raises(StatescapeError, match="not independent"):
        Sphere.from_moments(Moments.of(PATH.embeddings), directions=same)
    with pytest.raises(StatescapeError, match="at least 4 states; this one has 3"):
        axes("path", story_path(64, 3, 8))
