"""Ridge regression against its definition, solved another way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statescape.errors import StatescapeError
from statescape.reservoir.readout import RidgeSums


def by_least_squares(X, Y, ridge):
    """The same minimum by QR: penalty rows below the data, none for the intercept."""
    units = X.shape[1]
    A = np.vstack(
        [np.hstack([X, np.ones((len(X), 1))]), np.hstack([np.sqrt(ridge) * np.eye(units), np.zeros((units, 1))])]
    )
    solution = np.linalg.lstsq(A, np.vstack([Y, np.zeros((units, Y.shape[1]))]), rcond=None)[0]
    return solution[:-1], solution[-1]


def sums_of(X, Y, pieces=1):
    sums = RidgeSums(X.shape[1], Y.shape[1])
    for states, targets in zip(np.array_split(X, pieces), np.array_split(Y, pieces), strict=True):
        sums.add(states, targets)
    return sums.centred()


@settings(max_examples=40, deadline=None)
@given(
    units=st.integers(1, 12),
    outputs=st.integers(1, 3),
    pieces=st.integers(1, 5),
    seed=st.integers(0, 2**32),
    ridge=st.sampled_from([1e-6, 1e-2, 1.0, 1e3]),
)
def test_the_readout_minimises_the_penalised_error(units, outputs, pieces, seed, ridge):
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(60, units)) + rng.normal(size=units), rng.normal(size=(60, outputs)) + 3
    readout = sums_of(X, Y, pieces).solve(ridge)
    weights, intercept = by_least_squares(X, Y, ridge)
    assert np.allclose(readout.weights, weights, atol=1e-8)
    assert np.allclose(readout.intercept, intercept, atol=1e-8)
    assert np.allclose(readout(X), X @ weights + intercept, atol=1e-8)


def test_states_in_float32_are_summed_in_float64():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(500, 4)).astype(np.float32), rng.normal(size=(500, 1))
    weights, _ = by_least_squares(X.astype(np.float64), Y, 1e-3)
    assert np.abs(sums_of(X, Y).solve(1e-3).weights - weights).max() < 1e-12


def test_dependent_states_without_a_ridge_give_the_shortest_readout():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    X = np.hstack([X, X[:, :1], np.zeros((80, 1))])
    Y = X[:, :1] * 2 + 1
    readout = sums_of(X, Y).solve(0.0)
    assert np.allclose(readout.weights[:, 0], [1, 0, 0, 1, 0], atol=1e-8)
    assert np.allclose(readout(X), Y, atol=1e-8)


def test_one_decomposition_serves_a_whole_grid_as_separate_fits_do():
    rng = np.random.default_rng(3)
    X, V = rng.normal(size=(40, 20)), rng.normal(size=(50, 20))
    truth = rng.normal(size=(20, 2))
    Y, Z = X @ truth + rng.normal(size=(40, 2)) * 5, V @ truth + rng.normal(size=(50, 2)) * 5
    sums = sums_of(X, Y)
    grid = np.logspace(-6, 4, 21)
    for ridge in grid:
        assert np.allclose(sums.decompose().weights(ridge), sums.solve(ridge).weights, atol=1e-10)
    errors = [np.mean((sums.solve(ridge)(V) - Z) ** 2) for ridge in grid]
    assert 0 < int(np.argmin(errors)) < 20
    assert sums.choose(grid, V, Z) == grid[np.argmin(errors)]


def test_ties_go_to_the_larger_ridge():
    X, Y = np.zeros((10, 2)), np.ones((10, 1))
    assert sums_of(X, Y).choose(np.array([1e-3, 1.0, 1e-6]), X, Y) == 1.0


def test_nothing_to_train_on_is_said():
    with pytest.raises(StatescapeError, match="no steps to train on"):
        RidgeSums(3, 1).centred()


def test_diverged_states_are_said():
    with pytest.raises(StatescapeError, match="has diverged"):
        sums_of(np.full((5, 2), 1e200), np.ones((5, 1)))
