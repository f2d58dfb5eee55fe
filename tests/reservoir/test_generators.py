"""Each generator has the property that defines it in its paper."""

import networkx as nx
import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from statescape.errors import StatescapeError
from statescape.reservoir import (
    Topology,
    crj,
    dlr,
    dlrb,
    erdos_renyi,
    modular,
    rewired,
    scale_free,
    scr,
    small_world,
)


def test_erdos_renyi_has_the_exact_number_of_edges_anywhere():
    counts = np.zeros((20, 20))
    for seed in range(300):
        W = erdos_renyi(20, 0.1, seed=seed).to_dense()
        assert np.count_nonzero(W) == 40
        counts += W != 0
    # Binomial(300, 0.1): 30 on average, deviation 5.2; the largest of 400 stays below 5 deviations.
    assert counts.mean() == pytest.approx(30)
    assert np.abs(counts - 30).max() < 26
    assert np.diagonal(counts).mean() == pytest.approx(30, abs=6)


def test_values_are_of_the_named_kind():
    assert set(erdos_renyi(30, 0.5, seed=0, values="ternary").W.data) == {-1.0, 1.0}
    uniform = erdos_renyi(100, 0.5, seed=0).W.data
    assert np.abs(uniform).max() <= 1
    assert uniform.var() == pytest.approx(1 / 3, rel=0.05)
    assert erdos_renyi(100, 0.5, seed=0, values="normal").W.data.var() == pytest.approx(1, rel=0.08)


def test_the_minimal_reservoirs_are_those_of_rodan_and_tino():
    r, b = 0.8, 0.3
    assert np.array_equal(scr(4, r).to_dense(), [[0, 0, 0, r], [r, 0, 0, 0], [0, r, 0, 0], [0, 0, r, 0]])
    assert np.array_equal(dlr(4, r).to_dense(), [[0, 0, 0, 0], [r, 0, 0, 0], [0, r, 0, 0], [0, 0, r, 0]])
    assert np.array_equal(dlrb(4, r, b).to_dense(), [[0, b, 0, 0], [r, 0, b, 0], [0, r, 0, b], [0, 0, r, 0]])


def test_cycle_with_jumps():
    whole = crj(12, 0.8, 0.4, 3).to_networkx()
    jumps = {frozenset(edge[:2]) for edge in whole.edges(data="weight") if edge[2] == 0.4}
    assert jumps == {frozenset(pair) for pair in ((0, 3), (3, 6), (6, 9), (9, 0))}
    assert whole.number_of_edges() == 12 + 8
    # 11 is no multiple of 3: the jump from 9 on would pass unit 0 and is left out.
    rest = crj(11, 0.8, 0.4, 3).to_networkx()
    assert {frozenset(e[:2]) for e in rest.edges(data="weight") if e[2] == 0.4} == {
        frozenset(pair) for pair in ((0, 3), (3, 6), (6, 9))
    }


def test_small_world_lies_between_ring_and_chance():
    ring = small_world(60, 6, 0.0, seed=0)
    assert np.array_equal(ring.to_dense() != 0, sum(np.roll(np.eye(60), k, 0) for k in (-3, -2, -1, 1, 2, 3)) != 0)

    def clustering_and_distance(topology):
        graph = nx.Graph(topology.to_networkx())
        return nx.average_clustering(graph), nx.average_shortest_path_length(graph)

    order, world, chance = (clustering_and_distance(small_world(60, 6, p, seed=1)) for p in (0.0, 0.08, 1.0))
    assert world[0] > 2 * chance[0]
    assert world[1] < 0.7 * order[1]
    for p in (0.0, 0.3, 1.0):
        W = small_world(60, 6, p, seed=2).to_dense()
        assert ((W != 0).sum(axis=1) == 6).all()
        assert not np.diagonal(W).any()


def test_scale_free_has_hubs():
    degrees = [((m := scale_free(300, 3, seed=s).to_dense() != 0).sum(0) + m.sum(1)) for s in range(5)]
    for degree in degrees:
        assert degree.sum() / 2 == 3 * 300 - 6  # 3 for each, fewer for the first units
        assert degree.min() >= 1
    assert np.mean([degree.max() for degree in degrees]) > 30  # a random graph of mean degree 6 has 15
    assert len({int(degree.argmax()) for degree in degrees}) > 1  # age is not order


def test_modules_are_denser_inside():
    W = modular(80, 4, 0.5, 0.02, seed=0).to_dense() != 0
    block = np.repeat(np.arange(4), 20)
    inside = block[:, None] == block[None]
    assert W[inside].mean() == pytest.approx(0.5, abs=0.05)
    assert W[~inside].mean() == pytest.approx(0.02, abs=0.01)


@settings(max_examples=30, deadline=None)
@given(units=st.integers(1, 25), density=st.sampled_from([0.0, 0.1, 0.4, 1.0]), seed=st.integers(0, 2**32))
def test_rewiring_keeps_degrees_weights_and_self_loops(units, density, seed):
    before = erdos_renyi(units, density, seed=seed)
    after = rewired(before, seed=seed + 1)
    old, new = before.to_dense(), after.to_dense()
    assert np.array_equal((old != 0).sum(axis=0), (new != 0).sum(axis=0))
    assert np.array_equal((old != 0).sum(axis=1), (new != 0).sum(axis=1))
    assert np.array_equal(np.diagonal(old), np.diagonal(new))
    for source in range(units):  # a weight stays with its source
        assert sorted(old[:, source]) == sorted(new[:, source])
    assert np.array_equal(rewired(before, seed=seed + 1).to_dense(), new)


def test_rewiring_forgets_the_graph():
    before = erdos_renyi(60, 0.1, seed=0).to_dense() != 0
    after = rewired(Topology(before.astype(float)), seed=1).to_dense() != 0
    assert (before & after).sum() / before.sum() < 0.2  # by chance 0.1


def test_rewiring_keeps_what_belongs_to_the_topology():
    given = Topology(scipy.sparse.csr_array(np.roll(np.eye(9), 1, 0)), np.ones((9, 1)), radius="gene", sr=0.3)
    after = rewired(given, seed=0)
    assert (after.radius, after.sr, after.name) == ("gene", 0.3, "rewired")
    assert np.array_equal(after.W_in, given.W_in)


@pytest.mark.parametrize("generate", [small_world, scale_free, modular, erdos_renyi])
def test_same_seed_same_wiring(generate):
    assert np.array_equal(generate(30, seed=3).to_dense(), generate(30, seed=3).to_dense())
    assert not np.array_equal(generate(30, seed=3).to_dense(), generate(30, seed=4).to_dense())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: scr(0), "at least one unit"),
        (lambda: erdos_renyi(5, 1.5, seed=0), "density is a share"),
        (lambda: erdos_renyi(5, 0.5, seed=0, values="cauchy"), 'Values are "normal"'),
        (lambda: crj(10, length=1), "length 2 to units / 2"),
        (lambda: crj(10, length=6), "length 2 to units / 2"),
        (lambda: small_world(5, 5, seed=0), "neighbours is a number"),
        (lambda: scale_free(5, 5, seed=0), "attachments is a number"),
        (lambda: modular(5, 6, seed=0), "modules is a number"),
        (lambda: modular(5, 2, -0.1, seed=0), "within is a share"),
    ],
)
def test_refusals(make, words):
    with pytest.raises(StatescapeError, match=words):
        make()
