"""The spectral radius, against LAPACK on every kind of graph and against exact values where LAPACK has none."""

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from statescape.errors import StatescapeError
from statescape.reservoir import erdos_renyi, is_acyclic, rescale, spectral_radius
from statescape.reservoir.radius import forget


def lapack(W):
    return np.abs(np.linalg.eigvals(W)).max()


@settings(max_examples=80, deadline=None)
@given(units=st.integers(1, 40), density=st.sampled_from([0.02, 0.05, 0.1, 0.5, 1.0]), seed=st.integers(0, 2**32))
def test_random_matrices(units, density, seed):
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(units, units)) * (rng.random((units, units)) < density)
    radius = spectral_radius(W)
    assert radius == pytest.approx(lapack(W), rel=1e-6, abs=1e-9)
    assert spectral_radius(scipy.sparse.csr_array(W)) == radius


def ring(units, rng):
    W = np.roll(np.eye(units), 1, axis=0)
    W[rng.integers(units, size=9), rng.integers(units, size=9)] = 0.7
    return W


def coupled(units, rng):
    """Two halves whose radii differ by a thousandth, weakly coupled."""
    halves = [rng.normal(size=(units // 2, units // 2)) for _ in range(2)]
    W = scipy.sparse.block_diag([half * (1 - place / 1000) / lapack(half) for place, half in enumerate(halves)])
    return W.toarray() + 1e-7 * rng.normal(size=W.shape)


FAMILIES = {
    "normal": lambda units, rng: rng.normal(size=(units, units)),
    "ternary": lambda units, rng: rng.choice([-1.0, 0.0, 1.0], p=[0.05, 0.9, 0.05], size=(units, units)),
    "symmetric": lambda units, rng: np.add(*(lambda A: (A, A.T))(rng.normal(size=(units, units)))),
    "rotations": lambda units, rng: np.linalg.qr(rng.normal(size=(units, units)))[0],
    "far from normal": lambda units, rng: np.triu(rng.normal(size=(units, units))) + 1e-3 * rng.random((units, units)),
    "ring": ring,
    "coupled": coupled,
    "huge": lambda units, rng: 1e200 * rng.normal(size=(units, units)),
    "tiny": lambda units, rng: 1e-200 * rng.normal(size=(units, units)),
}


@pytest.mark.parametrize("units", [40, 58, 100, 160])
@pytest.mark.parametrize("family", FAMILIES)
def test_larger_matrices_of_every_kind(family, units):
    for seed in range(5):
        W = FAMILIES[family](units, np.random.default_rng(seed))
        assert spectral_radius(W) == pytest.approx(lapack(W), rel=1e-9, abs=0)


@pytest.mark.parametrize("units", [1, 2, 7, 100])
def test_a_cycle_in_any_order_has_the_geometric_mean_of_its_weights(units):
    rng = np.random.default_rng(units)
    weights = rng.uniform(-2, 2, units)
    order = rng.permutation(units)
    W = np.zeros((units, units))
    W[np.roll(order, -1), order] = weights
    assert spectral_radius(W) == pytest.approx(np.exp(np.mean(np.log(np.abs(weights)))), rel=1e-12)


@pytest.mark.parametrize("units", [1, 2, 30, 200])
def test_an_acyclic_graph_has_radius_zero_in_any_order_of_its_units(units):
    rng = np.random.default_rng(units)
    order = rng.permutation(units)
    W = np.tril(rng.normal(size=(units, units)) * 10, -1)[np.ix_(order, order)]
    assert spectral_radius(W) == 0.0
    assert is_acyclic(W)


def test_blocks_have_the_radius_of_the_largest_one_whatever_lies_between_them():
    rng = np.random.default_rng(0)
    blocks = [rng.normal(size=(size, size)) for size in (1, 5, 8, 3)]
    W = scipy.sparse.block_diag(blocks).toarray()
    W[np.triu_indices(17, 1)] += (W[np.triu_indices(17, 1)] == 0) * rng.normal(size=136) * 100
    # Only what lies above the blocks was added, so the eigenvalues are those of the blocks.
    order = rng.permutation(17)
    assert spectral_radius(W[np.ix_(order, order)]) == pytest.approx(max(map(lapack, blocks)), rel=1e-9)


def test_a_large_nonnegative_graph_is_proved_by_its_bounds():
    rng = np.random.default_rng(2)
    W = rng.random((400, 400)) * (rng.random((400, 400)) < 0.03)
    assert spectral_radius(scipy.sparse.csr_array(W)) == pytest.approx(lapack(W), rel=1e-6)


def test_two_sparse_neighbours_are_told_apart_by_the_memory():
    W = scipy.sparse.csr_array(np.roll(np.eye(6), 1, axis=0))
    assert spectral_radius(W) == 1.0
    W.data[:] = 0.5
    assert spectral_radius(W) == pytest.approx(0.5)
    forget()
    assert spectral_radius(W) == pytest.approx(0.5)


@pytest.mark.parametrize("sr", [0.0, 0.5, 1.3])
def test_rescaling(sr):
    rng = np.random.default_rng(1)
    W = rng.normal(size=(30, 30))
    scaled = rescale(W, sr)
    assert lapack(scaled.W) == pytest.approx(sr, abs=1e-9)
    assert scaled.scaled_by == "spectral radius"
    line = rescale(np.diag(rng.uniform(1, 2, 9), -1), sr)
    assert np.linalg.norm(line.W, 2) == pytest.approx(sr, abs=1e-12)
    assert (line.scaled_by, line.spectral_radius) == ("largest singular value", 0.0)
    nothing = rescale(scipy.sparse.csr_array((4, 4)), sr)
    assert nothing.scaled_by == "nothing"
    assert nothing.W.nnz == 0


def test_a_large_delay_line_is_scaled_by_its_singular_value():
    line = scipy.sparse.diags_array([np.linspace(1, 3, 499)], offsets=[-1], shape=(500, 500)).tocsr()
    assert rescale(line, 0.9).W.max() == pytest.approx(0.9, rel=1e-6)


@pytest.mark.parametrize(
    ("W", "words"),
    [
        (np.ones((2, 3)), "W must be square"),
        (np.array([[np.nan]]), "NaN or infinite"),
        (np.array([[np.inf, 0], [0, 1]]), "NaN or infinite"),
    ],
)
def test_what_has_no_radius_is_refused(W, words):
    with pytest.raises(StatescapeError, match=words):
        spectral_radius(W)


@pytest.mark.parametrize("sr", [-0.1, np.nan, np.inf])
def test_a_radius_is_a_number_from_zero_on(sr):
    with pytest.raises(StatescapeError, match="finite number from 0 on"):
        rescale(np.eye(2), sr)


def test_the_digits_do_not_depend_on_threads():
    """What is remembered serves whoever asks next, on however many threads of BLAS."""
    found = {}
    for threads in (1, 2):
        forget()
        with threadpool_limits(threads):
            found[threads] = [
                spectral_radius(erdos_renyi(300, 0.1, seed=number, values="uniform").W) for number in range(10)
            ]
    assert found[1] == found[2]
