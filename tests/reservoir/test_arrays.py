"""Real numbers, whatever holds them: nothing is dropped or read as a number that is none."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from statescape.errors import StatescapeError
from statescape.reservoir import EchoStateNetwork, Topology, rescale, spectral_radius
from statescape.reservoir.arrays import real_array

SQUARE = np.array([[0.0, 2.0], [0.5, 0.0]])


class Broken:
    """As a tensor that needs a gradient: its array cannot be had."""

    def __array__(self, *_, **__):
        raise RuntimeError("detach first")


TAKEN = {
    "list": SQUARE.tolist(),
    "frame": pd.DataFrame(SQUARE),
    "nullable frame": pd.DataFrame(SQUARE, dtype="Float64"),
    "float32": SQUARE.astype(np.float32),
    "objects": SQUARE.astype(object),
    "sparse": scipy.sparse.coo_array(SQUARE),
    "sparse matrix": scipy.sparse.csc_matrix(SQUARE),
    "masked, nothing hidden": np.ma.array(SQUARE),
}


@pytest.mark.parametrize("given", TAKEN.values(), ids=TAKEN)
def test_numbers_are_taken_from_whatever_holds_them(given):
    np.testing.assert_array_equal(real_array(given, "W"), SQUARE)
    np.testing.assert_array_equal(Topology(given).to_dense(), SQUARE)
    assert spectral_radius(given) == pytest.approx(1.0)


REFUSED = {
    "complex": (SQUARE * 1j, "holds complex numbers"),
    "sparse complex": (scipy.sparse.csr_array(SQUARE * 1j), "holds complex numbers"),
    "texts of numbers": (np.array([["1", "2"], ["3", "4"]]), "must be numbers"),
    "text": ("graph", "must be numbers"),
    "times": (np.zeros((2, 2), dtype="datetime64[s]"), "must be numbers"),
    "None within": ([[1.0, None], [2.0, 3.0]], "must be numbers"),
    "ragged": ([[[1.0], [2.0]], [[3.0, 4.0], [5.0]]], "must be numbers"),
    "None": (None, "must be numbers"),
    "dictionary": ({}, "must be numbers"),
    "generator": ((number for number in (1, 2)), "must be numbers"),
    "no array to be had": (Broken(), "must be numbers"),
    "hidden values": (np.ma.masked_greater(SQUARE, 1.0), "holds masked values"),
}


@pytest.mark.parametrize(("given", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_real_number_is_refused_wherever_it_is_given(given, words, recwarn):
    network = EchoStateNetwork(5, seed=0, ridge=1e-6)
    for call in (
        lambda: Topology(given),
        lambda: spectral_radius(given),
        lambda: rescale(given, 1.0),
        lambda: network.fit(given, [1.0, 2.0]),
        lambda: network.fit([1.0, 2.0], given),
        lambda: EchoStateNetwork(2, Win=given if given is not None else "x"),
        lambda: EchoStateNetwork(2, bias=given),
    ):
        with pytest.raises(StatescapeError, match=words) as refusal:
            call()
        assert "\n" not in str(refusal.value)
    assert not recwarn.list


def test_a_graph_is_a_wiring_and_its_edges_go_from_source_to_target():
    graph = nx.DiGraph()
    graph.add_edge("first", "second", weight=2.0)
    graph.add_edge("second", "third")
    W = np.array([[0, 0, 0], [2, 0, 0], [0, 1, 0]], dtype=float)  # W[i, j]: from j to i
    np.testing.assert_array_equal(Topology(graph).to_dense(), W)
    np.testing.assert_array_equal(EchoStateNetwork(W=graph).W, W)
    with pytest.raises(StatescapeError, match="multigraph"):
        EchoStateNetwork(W=nx.MultiDiGraph(graph))
    with pytest.raises(StatescapeError, match="no number"):
        Topology(nx.DiGraph([("a", "b", {"weight": "heavy"})]))
    with pytest.raises(StatescapeError, match="a graph of NetworkX"):
        Topology.from_networkx(W)


def test_pandas_in_is_what_arrays_in_are():
    rng = np.random.default_rng(0)
    u, y = rng.normal(size=(2, 100))
    frame = pd.DataFrame({"u": u, "y": y})
    fitted = EchoStateNetwork(10, seed=0, ridge=1e-6).fit(frame[["u"]], frame["y"])
    plain = EchoStateNetwork(10, seed=0, ridge=1e-6).fit(u, y)
    np.testing.assert_array_equal(fitted.run(frame["u"]), plain.run(u.tolist()))
