"""Memory capacity: exact physics of linear units, against sums over delays written out."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import solve_discrete_lyapunov

from statescape.errors import StatescapeError
from statescape.reservoir import measures


def _random(units, seed, radius=0.9):
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(units, units))
    return W * radius / np.abs(np.linalg.eigvals(W)).max(), rng.normal(size=units)


def _by_delays(W, w):
    """MC by its definition: sum over delays of v_k' C^-1 v_k, both sums carried until nothing is left."""
    vectors = [w]
    while np.linalg.norm(vectors[-1]) > 1e-13 and len(vectors) < 3000:
        vectors.append(W @ vectors[-1])
    V = np.array(vectors)
    # C^-1 through the QR of V: C = R'R, so v_k' C^-1 v_k is the squared norm of row k of Q.
    Q, _ = np.linalg.qr(V)
    return float((Q[1:] ** 2).sum())


@settings(max_examples=40, deadline=None)
@given(units=st.integers(1, 10), seed=st.integers(0, 10_000), radius=st.floats(0.2, 0.98))
def test_every_controllable_wiring_has_capacity_n_minus_1_plus_det_squared(units, seed, radius):
    W, w = _random(units, seed, radius)
    formula = units - 1 + np.linalg.det(W) ** 2
    assert measures.exact_memory_capacity(W, w) == pytest.approx(formula, abs=1e-6)
    assert _by_delays(W, w) == pytest.approx(formula, abs=1e-5)


@pytest.mark.parametrize("units", [5, 20, 100])
def test_a_cycle_of_weight_r_has_capacity_n_minus_1_plus_r_to_2n(units):
    cycle = 0.9 * np.roll(np.eye(units), 1, axis=0)
    w = np.eye(units)[0]
    assert measures.exact_memory_capacity(cycle, w) == pytest.approx(units - 1 + 0.9 ** (2 * units), abs=1e-9)


@pytest.mark.parametrize("units", [5, 20, 100])
def test_all_ones_into_a_cycle_collapse_to_one_state(units):
    """Every unit holds the same: x(t) = r x(t-1) + u(t), whose capacity is the sum of r^2k (1 - r^2) = r^2."""
    cycle = 0.9 * np.roll(np.eye(units), 1, axis=0)
    assert measures.exact_memory_capacity(cycle, np.ones(units)) == pytest.approx(0.81, abs=1e-9)


def test_a_delay_line_remembers_n_minus_1_inputs():
    line = np.eye(30, k=-1)
    assert measures.exact_memory_capacity(line, np.eye(30)[0]) == pytest.approx(29)
    assert measures.exact_memory_capacity(line, np.eye(30)[10]) == pytest.approx(19)  # ten units never hear anything


def test_no_input_no_memory():
    W, _ = _random(5, 0)
    assert measures.exact_memory_capacity(W, np.zeros(5)) == 0
    assert measures.noisy_memory_capacity(W, np.zeros(5)) == 0


def test_permuting_units_changes_nothing():
    W, w = _random(30, 3)
    order = np.random.default_rng(0).permutation(30)
    moved, moved_w = W[np.ix_(order, order)], w[order]
    assert measures.exact_memory_capacity(moved, moved_w) == pytest.approx(measures.exact_memory_capacity(W, w))
    assert measures.noisy_memory_capacity(moved, moved_w) == pytest.approx(measures.noisy_memory_capacity(W, w))


def test_state_covariance_solves_its_equation():
    for seed, radius in ((0, 0.5), (1, 0.95), (2, 0.999)):
        W, w = _random(20, seed, radius)
        expected = solve_discrete_lyapunov(W, np.outer(w, w))
        np.testing.assert_allclose(measures.state_covariance(W, w), expected, rtol=1e-8, atol=1e-9 * expected.max())


def test_noisy_capacity_is_the_sum_over_delays_of_the_design():
    W, w = _random(12, 4)
    covariance = solve_discrete_lyapunov(W, np.outer(w, w))
    noisy = np.linalg.inv(covariance + 1e-3 * np.trace(covariance) / 12 * np.eye(12))
    total, v = 0.0, w
    for _ in range(2000):
        v = W @ v
        total += v @ noisy @ v
    assert measures.noisy_memory_capacity(W, w, 1e-3) == pytest.approx(total, rel=1e-8)


def test_noise_ranks_what_exact_capacity_cannot():
    """Design, section 6.7: N = 50, sr = 0.95, e = 1e-4."""
    rng = np.random.default_rng(0)
    signs = rng.choice([-1.0, 1.0], 50)
    random = rng.normal(size=(50, 50)) * (rng.random((50, 50)) < 0.1)
    random *= 0.95 / np.abs(np.linalg.eigvals(random)).max()
    line, cycle = 0.95 * np.eye(50, k=-1), 0.95 * np.roll(np.eye(50), 1, axis=0)
    orthogonal = 0.95 * np.linalg.qr(rng.normal(size=(50, 50)))[0]
    capacity = [measures.noisy_memory_capacity(W, signs) for W in (random, line, cycle, orthogonal)]
    assert 12 < capacity[0] < 26
    assert 37 < capacity[1] < 43
    assert 44 < capacity[2] < 49.1
    assert 47 < capacity[3] < 49.1


@pytest.mark.parametrize("capacity", [measures.exact_memory_capacity, measures.noisy_memory_capacity])
def test_unstable_and_broken_weights_are_refused(capacity):
    W, w = _random(8, 0, radius=1.05)
    with pytest.raises(StatescapeError, match="spectral radius below 1"):
        capacity(W, w)
    W[0, 0] = np.nan
    with pytest.raises(StatescapeError, match="NaN or infinite"):
        capacity(W, w)


def _drive(W, w, inputs, f):
    states, x = np.empty((len(inputs), len(W))), np.zeros(len(W))
    for t, u in enumerate(inputs):
        x = f(W @ x + w * u)
        states[t] = x
    return states


def test_estimated_capacity_of_linear_units_is_the_exact_one():
    W, w = _random(6, 2, radius=0.8)
    inputs = np.random.default_rng(1).uniform(-1, 1, 20_000)
    states = _drive(W, w, inputs, lambda a: a)
    estimated = measures.estimated_memory_capacity(states[100:], inputs[100:])
    assert estimated == pytest.approx(measures.exact_memory_capacity(W, w), abs=0.1)


def test_estimated_capacity_of_noise_is_nothing():
    rng = np.random.default_rng(0)
    assert measures.estimated_memory_capacity(rng.normal(size=(3000, 30)), rng.uniform(-1, 1, 3000)) < 0.05


def test_the_determinant_enters_squared_in_exact_arithmetic():
    """Two units, all numbers rational, no rounding anywhere: MC = 1 + det(W)^2."""
    a, b, c, d = Fraction(1, 2), Fraction(1, 3), Fraction(-1, 4), Fraction(1, 5)
    # C = W C W' + w w' for w = (1, 0), solved for (c11, c12, c22) by Cramer's rule in fractions.
    rows = [
        [1 - a * a, -2 * a * b, -b * b],
        [-a * c, 1 - (a * d + b * c), -b * d],
        [-c * c, -2 * c * d, 1 - d * d],
    ]
    det3 = lambda m: (  # noqa: E731
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
        - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
        + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    )
    solution = []
    for k in range(3):
        replaced = [[(1 if i == 0 else 0) if j == k else rows[i][j] for j in range(3)] for i in range(3)]
        solution.append(det3(replaced) / det3(rows))
    c11, c12, c22 = solution
    inverse_11 = c22 / (c11 * c22 - c12 * c12)
    capacity = 2 - inverse_11
    assert capacity == 1 + (a * d - b * c) ** 2
    W = np.array([[float(a), float(b)], [float(c), float(d)]])
    assert measures.exact_memory_capacity(W, np.array([1.0, 0.0])) == pytest.approx(float(capacity), abs=1e-14)
