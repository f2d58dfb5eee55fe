"""Wirings at the borders: the direction of edges in NetworkX, files without objects, radius policies, refusals."""

import pickle

import networkx as nx
import numpy as np
import pytest
import scipy.sparse

from statescape.errors import StatescapeError
from statescape.reservoir import Topology, dlr, erdos_renyi, rescale


def test_edges_point_from_source_to_target_in_networkx():
    W = np.zeros((3, 3))
    W[2, 0] = -0.5  # from unit 0 to unit 2
    graph = Topology(W).to_networkx()
    assert list(graph.edges(data="weight")) == [(0, 2, -0.5)]
    assert len(graph) == 3
    assert list(dlr(4).to_networkx().edges) == [(0, 1), (1, 2), (2, 3)]


@pytest.mark.parametrize("sparse", [False, True])
def test_a_topology_survives_networkx_and_files(sparse, tmp_path):
    drawn = erdos_renyi(20, 0.2, seed=1)
    W_in = np.random.default_rng(0).normal(size=(20, 3))
    topology = Topology(drawn.W if sparse else drawn.to_dense(), W_in, radius="gene", sr=0.7, name="mine")
    graph = Topology.from_networkx(topology.to_networkx())
    assert np.array_equal(graph.to_dense(), topology.to_dense())
    assert np.array_equal(graph.W_in, W_in)
    assert graph.name == "mine"
    topology.to_npz(tmp_path / "t.npz")
    read = Topology.from_npz(tmp_path / "t.npz")
    assert scipy.sparse.issparse(read.W) is sparse
    assert np.array_equal(read.to_dense(), topology.to_dense())
    assert np.array_equal(read.W_in, W_in)
    assert (read.radius, read.sr, read.name) == ("gene", 0.7, "mine")
    with np.load(tmp_path / "t.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)


@pytest.mark.parametrize("density", [0.0, 0.02, 0.9])
@pytest.mark.parametrize("form", [np.ascontiguousarray, np.asfortranarray, scipy.sparse.csr_array])
def test_a_topology_comes_to_another_process_bit_for_bit_and_light_where_it_is_sparse(density, form):
    W = erdos_renyi(50, density, seed=1).to_dense() if density else np.zeros((50, 50))
    W[3, 4] = -0.0  # a weight with a sign
    W_in = np.random.default_rng(0).normal(size=(50, 2))
    sent = Topology(form(W), W_in, radius="gene", sr=0.7, name="mine")
    letter = pickle.dumps(sent)
    got = pickle.loads(letter)
    assert type(got.W) is type(sent.W)
    assert got.to_dense().tobytes() == sent.to_dense().tobytes()
    assert np.array_equal(got.W_in, W_in)
    assert (got.radius, got.sr, got.name) == ("gene", 0.7, "mine")
    if density < 0.1 and form is np.ascontiguousarray:
        assert len(letter) < 0.2 * W.nbytes


def test_graphs_of_others_are_read():
    ring = Topology.from_networkx(nx.cycle_graph(5))  # undirected, unweighted: both ways, weight 1
    assert np.array_equal(ring.to_dense(), np.roll(np.eye(5), 1, 0) + np.roll(np.eye(5), -1, 0))
    named = Topology.from_networkx(nx.DiGraph([("a", "b"), ("b", "b")]))
    assert np.array_equal(named.to_dense(), [[0, 0], [1, 1]])


def test_a_topology_is_not_changed_from_outside():
    W = np.eye(3)
    topology = Topology(W)
    W[:] = 0
    assert np.array_equal(topology.W, np.eye(3))


def test_policies():
    W = erdos_renyi(30, 0.3, seed=2).W
    assert abs(Topology(W, radius="free").weights(0.5) - W).max() == 0
    assert abs(Topology(W).weights(0.5) - rescale(W, 0.5).W).max() == 0
    assert abs(Topology(W, radius="gene", sr=0.2).weights(0.5) - rescale(W, 0.2).W).max() == 0


def refusal(make):
    with pytest.raises(StatescapeError) as refused:
        make()
    return str(refused.value)


def test_refusals(tmp_path):
    square = np.eye(2)
    assert "W must be square" in refusal(lambda: Topology(np.ones((2, 3))))
    assert "W must be square" in refusal(lambda: Topology(np.ones((0, 0))))
    assert "W holds NaN" in refusal(lambda: Topology(square * np.nan))
    assert "one row for each of the 2 units" in refusal(lambda: Topology(square, np.ones((3, 1))))
    assert "W_in must be finite" in refusal(lambda: Topology(square, np.full((2, 1), np.inf)))
    assert "one of rescale, free, gene" in refusal(lambda: Topology(square, radius="scaled"))
    assert 'policy is "gene"' in refusal(lambda: Topology(square, sr=0.9))
    assert 'policy is "gene"' in refusal(lambda: Topology(square, radius="gene"))
    assert "from 0 on; got sr=-1" in refusal(lambda: Topology(square, radius="gene", sr=-1.0))
    assert "runs at a given sr" in refusal(lambda: Topology(square).weights())
    assert "There is no file" in refusal(lambda: Topology.from_npz(tmp_path / "none.npz"))
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04 broken")
    assert "does not hold a topology" in refusal(lambda: Topology.from_npz(tmp_path / "bad.npz"))
    assert "no nodes" in refusal(lambda: Topology.from_networkx(nx.DiGraph()))
    assert "multigraph" in refusal(lambda: Topology.from_networkx(nx.MultiDiGraph([(0, 1), (0, 1)])))
