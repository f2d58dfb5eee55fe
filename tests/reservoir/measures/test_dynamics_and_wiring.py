"""Lyapunov exponents, ranks and graph measures against cases whose answer is known."""

import networkx as nx
import numpy as np
import pytest

from statescape.errors import StatescapeError
from statescape.reservoir import measures


class Network:
    """Just enough of a network for the ranks: tanh units from rest."""

    def __init__(self, W, W_in, lr=1.0):
        self.W, self.W_in, self.lr = W, W_in, lr

    def states(self, X, **_):
        x, out = np.zeros(len(self.W)), np.empty((len(X), len(self.W)))
        for t, u in enumerate(X):
            out[t] = x = (1 - self.lr) * x + self.lr * np.tanh(self.W @ x + self.W_in @ u)
        return out


def _network(units, radius, seed=0, lr=1.0):
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(units, units))
    return Network(W * radius / np.abs(np.linalg.eigvals(W)).max(), rng.normal(size=(units, 1)), lr)


@pytest.mark.parametrize("lr", [1.0, 0.3])
def test_the_exponent_of_linear_units_is_the_log_of_the_radius(lr):
    W = _network(20, 0.8).W
    leaky = (1 - lr) * np.eye(20) + lr * W
    exponent = measures.largest_lyapunov_exponent(W, np.zeros((4000, 20)), lr, "identity")
    assert exponent == pytest.approx(np.log(np.abs(np.linalg.eigvals(leaky)).max()), abs=2e-3)


@pytest.mark.parametrize(("radius", "lr", "drive"), [(0.9, 1.0, 1.0), (0.9, 0.5, 1.0), (3.0, 1.0, 0.1)])
def test_the_exponent_is_the_rate_at_which_two_runs_part(radius, lr, drive):
    network = _network(40, radius, lr=lr)
    inputs = drive * np.random.default_rng(1).normal(size=(1500, 1))
    states = network.states(inputs)
    exponent = measures.largest_lyapunov_exponent(network.W, states[300:], lr)
    # The same by hand: two runs, pulled back to a distance of 1e-7 at every step.
    rng = np.random.default_rng(2)
    x, logs = states[300], []
    offset = rng.normal(size=40)
    for u in inputs[301:]:
        y = x + 1e-7 * offset / np.linalg.norm(offset)
        x, y = ((1 - lr) * s + lr * np.tanh(network.W @ s + network.W_in @ u) for s in (x, y))
        offset = y - x
        logs.append(np.log(np.linalg.norm(offset) / 1e-7))
    assert exponent == pytest.approx(np.mean(logs[len(logs) // 5 :]), abs=0.01)
    assert (exponent > 0) == (radius > 1)


def test_a_delay_line_forgets_completely():
    assert measures.largest_lyapunov_exponent(np.eye(5, k=-1), np.zeros((50, 5)), 1.0, "identity") == -np.inf
    with pytest.raises(StatescapeError, match="at least 10 states"):
        measures.largest_lyapunov_exponent(np.eye(5), np.zeros((3, 5)))


def test_kernel_rank_counts_units_and_generalisation_rank_falls_with_what_is_shared():
    network = _network(20, 0.8)
    assert measures.kernel_rank(network, streams=60) == 20
    ranks = [measures.generalisation_rank(network, streams=60, shared=shared) for shared in (0, 5, 40, 100)]
    assert ranks[0] == 20
    assert ranks == sorted(ranks, reverse=True)
    assert ranks[-1] == 1  # all streams the same
    blind = Network(network.W, np.zeros((20, 1)))
    assert measures.kernel_rank(blind, streams=10) == 0
    with pytest.raises(StatescapeError, match="no experiment"):
        measures.generalisation_rank(network, steps=5, shared=6)


def test_spectrum_is_ordered_and_complete():
    values = measures.spectrum(0.5 * np.roll(np.eye(6), 1, axis=0))
    np.testing.assert_allclose(np.sort_complex(values**6), np.full(6, 0.5**6), atol=1e-12)
    sizes = np.abs(measures.spectrum(_network(30, 0.7).W))
    assert sizes[0] == pytest.approx(0.7)
    assert (np.diff(sizes) <= 1e-12).all()


def test_degrees_follow_the_direction_of_edges():
    W = np.zeros((4, 4))
    W[0, 1:] = 1.0  # units 1, 2, 3 speak to unit 0
    assert measures.in_degrees(W).tolist() == [3, 0, 0, 0]
    assert measures.out_degrees(W).tolist() == [0, 1, 1, 1]


def test_reciprocity_agrees_with_networkx_and_leaves_the_matrix_alone():
    rng = np.random.default_rng(0)
    W = rng.normal(size=(30, 30)) * (rng.random((30, 30)) < 0.2)
    before = W.copy()
    graph = nx.from_numpy_array((W != 0).T.astype(int), create_using=nx.DiGraph)
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    assert measures.reciprocity(W) == pytest.approx(nx.reciprocity(graph))
    assert np.array_equal(W, before)
    assert measures.reciprocity(np.eye(3)) == 0


def test_modularity_finds_blocks():
    blocks = np.kron(np.eye(4), np.ones((8, 8)))
    assert measures.modularity(blocks) == pytest.approx(0.75)  # 1 - 1/k for k equal blocks
    assert measures.modularity(np.ones((12, 12))) == pytest.approx(0, abs=1e-12)
    assert measures.modularity(np.zeros((3, 3))) == 0
