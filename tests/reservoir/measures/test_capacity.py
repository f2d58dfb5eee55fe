"""Information processing capacity: what is put in is found, and no more than there are states."""

import numpy as np
import pytest

from statescape.errors import StatescapeError
from statescape.reservoir.measures import information_processing_capacity


@pytest.fixture(scope="module")
def inputs():
    return np.random.default_rng(0).uniform(-1, 1, 8000)


def test_a_state_that_holds_one_product_has_exactly_its_capacity(inputs):
    legendre2 = 1.5 * np.roll(inputs, 3) ** 2 - 0.5
    state = (np.roll(inputs, 1) * legendre2)[:, None]
    found = information_processing_capacity(state[10:], inputs[10:], (10, 10, 5))
    assert found.total == pytest.approx(1, abs=0.01)  # terms that resemble it by chance
    assert found.terms[0] == ((1, 3, 3), pytest.approx(1, abs=0.001))
    assert found.by_degree == pytest.approx((0, 0, 1), abs=0.01)


def test_capacity_is_shared_between_the_terms_of_a_sum(inputs):
    second = np.sqrt(5) * (1.5 * np.roll(inputs, 2) ** 2 - 0.5)
    state = (np.sqrt(3) * inputs + 2 * second)[:, None]  # shares 1/5 and 4/5
    found = information_processing_capacity(state[10:], inputs[10:], (10, 10, 5))
    assert found.by_degree == pytest.approx((0.2, 0.8, 0), abs=0.02)
    assert [term for term, _ in found.terms[:2]] == [(2, 2), (0,)]


@pytest.mark.parametrize(("units", "gain"), [(5, 0.1), (10, 1.0), (25, 0.5)])
def test_total_is_at_most_the_number_of_units(inputs, units, gain):
    rng = np.random.default_rng(units)
    W = rng.normal(size=(units, units))
    W *= 0.8 / np.abs(np.linalg.eigvals(W)).max()
    w, bias = gain * rng.uniform(-1, 1, units), 0.3 * rng.uniform(-1, 1, units)
    states, x = np.empty((len(inputs), units)), np.zeros(units)
    for t, u in enumerate(inputs):
        states[t] = x = np.tanh(W @ x + w * u + bias)
    found = information_processing_capacity(states[200:], inputs[200:], (60, 25, 10, 6))
    # Sampling error of the sum over 8,000 steps is far below one per cent.
    assert 0.6 * units < found.total < 1.01 * units
    assert found.rank == units
    assert found.total == pytest.approx(sum(c for _, c in found.terms))


def test_states_that_ignore_the_input_have_no_capacity(inputs):
    states = np.random.default_rng(5).normal(size=(8000, 20))
    assert information_processing_capacity(states, inputs, (100, 30, 12)).total < 0.05


def test_copies_of_a_unit_add_nothing(inputs):
    state = np.column_stack([inputs, 2 * inputs + 1, -inputs])
    found = information_processing_capacity(state, inputs, (5, 5))
    assert (found.rank, found.total) == (1, pytest.approx(1, abs=0.01))


def test_refusals(inputs):
    states = inputs[:, None]
    with pytest.raises(StatescapeError, match="some lies outside"):
        information_processing_capacity(states, 2 * inputs)
    with pytest.raises(StatescapeError, match="ten times as many steps as units"):
        information_processing_capacity(states[:105], inputs[:105])
    with pytest.raises(StatescapeError, match="last delay"):
        information_processing_capacity(states, inputs, ())
