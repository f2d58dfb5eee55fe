"""Pictures of a reservoir hold the numbers they claim to, in both drawings."""

import numpy as np
import pytest

from statescape.geometry import PCA
from statescape.reservoir import EchoStateNetwork, scr, tasks
from statescape.studies.esn_trials import esn
from statescape.studies.network_settings import NetworkSettings
from statescape.views.core.reporting import save_pictures
from statescape.views.core.theme import matplotlib_theme
from statescape.views.reservoir.diagram import Diagram
from statescape.views.reservoir.pictures import (
    graph_picture,
    matrix_picture,
    pictures,
    spectrum_picture,
    state_path,
)
from statescape.views.reservoir.wirings import bandwidth, bringing_together
from tests.material import material


@pytest.fixture(scope="module")
def result():
    return esn(tasks.narma10(), NetworkSettings(units=40), 1, 0)


def _network(W):
    return EchoStateNetwork(W=W, seed=0)


def test_a_cycle_in_any_numbering_is_brought_back_to_two_bands():
    order = np.random.default_rng(0).permutation(60)
    W = scr(60).to_dense()[np.ix_(order, order)]
    picture = matrix_picture(_network(W).topology)
    assert bandwidth(W) > 40
    assert "Bandwidth" in picture.caption
    numbered, ordered = (panel.marks[0].values for panel in picture.panels)
    np.testing.assert_array_equal(numbered, W)
    assert bandwidth(ordered) == 2
    order = bringing_together(W)
    assert sorted(order) == list(range(60))
    np.testing.assert_array_equal(ordered, W[np.ix_(order, order)])


def test_shuffled_modules_are_gathered_and_a_line_comes_back_in_its_order():
    rng = np.random.default_rng(0)
    blocks = np.kron(np.eye(4), np.ones((15, 15))) * (rng.random((60, 60)) < 0.4) + (rng.random((60, 60)) < 0.01)
    order = rng.permutation(60)
    picture = matrix_picture(_network(blocks[np.ix_(order, order)]).topology)
    rows, columns = np.nonzero(picture.panels[1].marks[0].values)
    assert np.abs(rows - columns).mean() < 10  # at random 20, were every module in one piece 5
    line = np.eye(60, k=-1)[np.ix_(order, order)]
    assert bandwidth(line[np.ix_(*[bringing_together(line)] * 2)]) == 1


def test_a_cycle_is_drawn_as_a_circle_whatever_its_numbering():
    order = np.random.default_rng(0).permutation(50)
    diagram = Diagram.of("", scr(50).to_dense()[np.ix_(order, order)])
    places, edges = diagram.places, diagram.edges
    radii = np.linalg.norm(places - places.mean(axis=0), axis=1)
    assert np.ptp(radii) < 0.02 * radii.mean()
    steps = np.linalg.norm(places[edges[:, 0]] - places[edges[:, 1]], axis=1)
    assert np.ptp(steps) < 0.05 * steps.mean()  # neighbours side by side, all the way round


def test_edges_run_from_source_to_target():
    W = np.zeros((5, 5))
    W[3, 1] = -0.7  # from unit 1 to unit 3
    diagram, picture = Diagram.of("", W), graph_picture(_network(W).topology)
    assert diagram.edges.tolist() == [[1, 3]]
    assert diagram.weights.tolist() == [-0.7]
    assert "incoming 0 to 1, outgoing 0 to 1" in picture.caption


def test_spectrum_shows_the_matrix_that_runs_and_knows_nilpotent_ones():
    network = EchoStateNetwork(W=scr(30), sr=0.8, seed=0)
    picture = spectrum_picture(network.topology)
    dots = picture.panels[0].marks[1]
    np.testing.assert_allclose(np.hypot(dots.x, dots.y), 0.8)
    assert "spectral radius 0.8" in picture.caption
    rng = np.random.default_rng(0)
    order = rng.permutation(30)
    hidden_line = np.eye(30, k=-1)[np.ix_(order, order)]
    line = spectrum_picture(_network(hidden_line).topology)
    dots = line.panels[0].marks[1]
    assert len(dots.x) == 30
    assert not np.hypot(dots.x, dots.y).any()
    assert "All 30 eigenvalues of W are 0" in line.caption


def test_outputs_are_those_of_the_first_trial(result):
    targets, outputs = result.trial.test_targets, result.attempt.outputs
    picture = next(one for one in pictures(result) if one.name == "outputs")
    assert tasks.nrmse(outputs, targets) == result.scores[0]
    assert f"NRMSE {result.scores[0]:.4g}" in picture.caption
    lines = {trace.name: np.asarray(trace.y) for trace in picture.interactive().data if trace.name}
    np.testing.assert_allclose(lines["target"], targets[:200, 0], rtol=1e-3)
    np.testing.assert_allclose(lines["output"], outputs[:200, 0], rtol=1e-3)


def test_the_state_path_is_the_end_of_the_test_in_the_pca_of_all_its_states(result):
    path = state_path(result)
    states = result.network.states(result.trial.test_inputs)
    np.testing.assert_array_equal(path.reference, states)
    np.testing.assert_array_equal(path.states, states[-25:])
    assert path.labels[-1] == "999"
    picture = next(one for one in pictures(result) if one.name == "state-path")
    pca = PCA.fit(states, 3)
    np.testing.assert_allclose(picture.panels[0].states, pca.project(states[-25:], 2))
    assert f"{pca.explained_variance_ratio.sum():.1%}" in picture.caption


def test_every_picture_of_every_kind_of_task_draws_twice():
    vowels = tasks.japanese_vowels(material("series/japanese_vowels_train.csv").parent)
    for task, expected in (
        (tasks.lorenz(), 5), (tasks.memory("exact"), 3), (tasks.memory("estimated"), 4), (vowels, 5),
        (tasks.mso8(closed_loop=True), 5),
    ):  # fmt: skip
        shown = pictures(esn(task, NetworkSettings(units=20), 1, 0))
        assert len(shown) == expected
        for picture in shown:
            assert picture.caption.endswith(".")
            assert picture.interactive(stacked=task.name == "lorenz").data
            with matplotlib_theme():
                assert picture.printed().axes


def test_tiny_and_empty_networks_are_drawn_too(tmp_path):
    for settings in (NetworkSettings(units=1), NetworkSettings(units=2), NetworkSettings(units=10, sr=0.0)):
        shown = pictures(esn(tasks.narma10(), settings, 1, 0))
        with matplotlib_theme():
            for picture in shown:
                picture.interactive()
                picture.printed().savefig(tmp_path / f"{picture.name}.png", dpi=40)


def test_a_diverged_network_has_pictures_of_its_wiring_only():
    result = esn(tasks.narma10(), NetworkSettings(units=20, sr=2.0, activation="identity"), 1, 0)
    assert result.scores[0] == np.inf
    assert [picture.name for picture in pictures(result)] == ["spectrum", "wiring-graph", "wiring-matrix"]


def test_the_same_network_gives_the_same_file(result, tmp_path):
    shown = [picture for picture in pictures(result) if picture.name == "spectrum"]
    first = [file.read_bytes() for file in save_pictures(shown, tmp_path / "a")]
    assert first == [file.read_bytes() for file in save_pictures(shown, tmp_path / "b")]
