"""Beside ReservoirPy, on the same matrices: the same states, the same outputs, also after an export."""

import numpy as np
import pytest
import scipy.sparse

from statescape.reservoir import EchoStateNetwork, Topology, erdos_renyi, scr

nodes = pytest.importorskip("reservoirpy.nodes")
TOLERANCE = 1e-10


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(1)
    X = rng.uniform(-1, 1, (600, 2))
    Y = np.column_stack([np.roll(X[:, 0], 2) * X[:, 1], np.roll(X[:, 1], 3)])
    return X, Y


def twin(esn, **settings):
    """ReservoirPy's reservoir with the matrices of ours."""
    leak = esn.lr if np.ptp(esn.lr) else float(esn.lr[0])
    return nodes.Reservoir(W=esn.W, Win=esn.Win, bias=esn.bias, lr=leak, **settings)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"lr": 0.3, "sr": 1.2, "bias": 0.4},
        {"lr": np.linspace(0.1, 1.0, 60), "rc_connectivity": 1.0},
        {"activation": "identity", "sr": 0.8, "input_scaling": [0.5, 2.0], "input_connectivity": 1.0},
        {"bias": np.linspace(-1, 1, 60), "rc_connectivity": 0.0},
        {"W": np.diag(np.full(59, 0.9), -1), "Win": np.ones((60, 2))},
        {"W": scipy.sparse.csr_array(np.roll(np.eye(60), 1, axis=0)), "sr": 0.7},
    ],
)
def test_states_are_equal(data, settings):
    X, _ = data
    esn = EchoStateNetwork(60, seed=5, **settings)
    states = esn.states(X)
    options = {"activation": "identity"} if settings.get("activation") == "identity" else {}
    assert np.abs(twin(esn, **options).run(X) - states).max() < TOLERANCE


def test_outputs_are_equal_and_go_on_where_training_ended(data):
    X, Y = data
    esn = EchoStateNetwork(60, lr=0.6, sr=0.9, bias=0.2, ridge=1e-3, seed=2).fit(X[:400], Y[:400], warmup=50)
    model = twin(esn) >> nodes.Ridge(ridge=1e-3)
    model.fit(X[:400], Y[:400], warmup=50)
    assert np.abs(model.run(X[400:]) - esn.run(X[400:])).max() < TOLERANCE


def test_feedback_is_the_edge_from_readout_to_reservoir(data):
    X, Y = data
    esn = EchoStateNetwork(60, sr=0.6, ridge=1e-2, feedback=True, fb_scaling=0.3, fb_connectivity=0.5, seed=4)
    esn.fit(X[:400], Y[:400], warmup=50)
    reservoir = nodes.Reservoir(W=esn.W, Win=np.hstack([esn.Win, esn.Wfb]))
    readout = nodes.Ridge(ridge=1e-2)
    model = (reservoir >> readout) & (reservoir << readout)
    model.fit(X[:400], Y[:400], warmup=50)
    assert np.abs(esn.Wfb).sum() > 0
    assert np.abs(model.run(X[400:]) - esn.run(X[400:])).max() < TOLERANCE


def test_several_series_train_one_readout(data):
    X, Y = data
    pieces = ([X[:200], X[200:500]], [Y[:200], Y[200:500]])
    esn = EchoStateNetwork(60, sr=0.9, ridge=1e-3, seed=2).fit(*pieces, warmup=20)
    readout = nodes.Ridge(ridge=1e-3)
    (twin(esn) >> readout).fit(*pieces, warmup=20)
    assert np.abs(readout.Wout - esn.readout.weights).max() < TOLERANCE
    assert np.abs(readout.bias - esn.readout.intercept).max() < TOLERANCE


@pytest.mark.parametrize("radius", ["rescale", "free", "gene"])
def test_an_exported_topology_runs_the_same(data, radius):
    X, _ = data
    drawn = erdos_renyi(40, 0.2, seed=3)
    W_in = np.random.default_rng(0).normal(size=(40, 2))
    topology = Topology(drawn.W * 0.1, W_in, radius=radius, sr=0.5 if radius == "gene" else None)
    states = EchoStateNetwork(W=topology, sr=0.9, lr=0.8).states(X)
    assert np.abs(topology.to_reservoirpy(0.9, lr=0.8).run(X) - states).max() < TOLERANCE


def test_a_cycle_is_exported_with_the_wanted_radius():
    reservoir = scr(20).to_reservoirpy(0.7)
    assert np.abs(np.linalg.eigvals(reservoir.W.toarray())).max() == pytest.approx(0.7, abs=1e-12)


def test_their_initialisers_draw_our_matrices(data):
    from reservoirpy.mat_gen import ones, uniform

    esn = EchoStateNetwork(30, W=uniform, Win=ones, sr=0.8, rc_connectivity=0.3, seed=1)
    esn.states(data[0])
    assert (esn.Win == 1).all()
    assert esn.W.nnz == 270
    assert esn.topology.spectral_radius == pytest.approx(0.8, abs=1e-9)
