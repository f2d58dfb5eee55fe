"""The compiled kernels compute what ten lines of NumPy compute, whoever runs beside them and in however many pieces."""

import os
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from statescape.reservoir.kernels import Simulation, pack, simulate_reference


def networks(units, count, features, density, seed, dtype=np.float64):
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(units, units)) * (rng.random((units, units)) < density) / max(1.0, units * density) ** 0.5
    steps = 7
    return {
        "W": W.astype(dtype),
        "W_in": rng.normal(size=(count, units, features)),
        "bias": rng.normal(size=(count, units)),
        "lr": rng.uniform(0.1, 1.0, units),
        "inputs": rng.normal(size=(count, steps, features)),
        "start": rng.uniform(-1, 1, (count, units)),
        "noise": rng.normal(size=(count, steps, units)) * 0.1,
    }


def simulate(case, *, linear=False, noise=False):
    simulation = Simulation(pack(case["W"]), case["W_in"], case["bias"], case["lr"], linear=linear)
    simulation.x = case["start"]
    return simulation.advance(case["inputs"], case["noise"] if noise else None)


def reference(case, network, *, linear=False, noise=False):
    return simulate_reference(
        case["W"].astype(np.float64),
        case["W_in"][network],
        case["bias"][network],
        case["inputs"][network],
        case["start"][network],
        case["lr"],
        case["noise"][network] if noise else None,
        linear=linear,
    )


@settings(max_examples=60, deadline=None)
@given(
    units=st.integers(1, 45),
    count=st.integers(1, 11),
    features=st.integers(0, 3),
    density=st.sampled_from([0.0, 0.05, 0.3, 0.8, 1.0]),
    linear=st.booleans(),
    noise=st.booleans(),
    single=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_kernels_equal_the_reference(units, count, features, density, linear, noise, single, seed):
    case = networks(units, count, features, density, seed, np.float32 if single else np.float64)
    states = simulate(case, linear=linear, noise=noise)
    for network in range(count):
        expected = reference(case, network, linear=linear, noise=noise)
        # Linear states grow; the bound is relative to them.
        scale = max(1.0, np.abs(expected).max())
        assert np.abs(states[network] - expected).max() <= (2e-4 if single else 1e-12) * scale


@settings(max_examples=40, deadline=None)
@given(
    units=st.integers(1, 45),
    densities=st.lists(st.sampled_from([0.0, 0.02, 0.1, 0.3, 0.8]), min_size=1, max_size=19),
    features=st.integers(0, 3),
    linear=st.booleans(),
    noise=st.booleans(),
    single=st.booleans(),
    seed=st.integers(0, 2**32 - 20),
)
def test_networks_of_different_wirings_run_side_by_side_as_each_alone(
    units, densities, features, linear, noise, single, seed
):
    """Sparse, empty and dense ones in any order; not a bit depends on who the neighbours are."""
    dtype = np.float32 if single else np.float64
    cases = [networks(units, 1, features, density, seed + row, dtype) for row, density in enumerate(densities)]
    together = {name: np.concatenate([case[name] for case in cases]) for name in ("W_in", "bias", "inputs", "start")}
    lr = cases[0]["lr"]
    simulation = Simulation([pack(case["W"]) for case in cases], together["W_in"], together["bias"], lr, linear=linear)
    simulation.x = together["start"]
    added = np.concatenate([case["noise"] for case in cases]) if noise else None
    states = simulation.advance(together["inputs"], added)
    for place, case in enumerate(cases):
        np.testing.assert_array_equal(states[place], simulate({**case, "lr": lr}, linear=linear, noise=noise)[0])
    np.testing.assert_array_equal(simulation.x, states[:, -1])


def test_a_neighbour_that_overflows_hurts_nobody():
    wild, tame = 1e200 * np.eye(9), 0.5 * np.eye(9)[::-1]
    W_in, bias, lr = np.ones((2, 9, 1)), np.zeros((2, 9)), np.ones(9)
    inputs = np.ones((2, 12, 1))
    with np.errstate(all="ignore"):
        both = Simulation([pack(wild), pack(tame)], W_in, bias, lr, linear=True).advance(inputs)
        alone = Simulation(pack(tame), W_in[:1], bias[:1], lr, linear=True).advance(inputs[:1])
    assert not np.isfinite(both[0]).all()
    np.testing.assert_array_equal(both[1], alone[0])


@pytest.mark.parametrize("density", [0.1, 1.0])
@pytest.mark.parametrize("units", [5, 37, 64])
def test_company_and_pieces_change_no_bit(units, density):
    case = networks(units, 11, 2, density, seed=3)
    together = simulate(case)
    for network in range(11):
        one = {name: value if name in ("W", "lr") else value[network : network + 1] for name, value in case.items()}
        assert np.array_equal(simulate(one)[0], together[network])
    simulation = Simulation(pack(case["W"]), case["W_in"], case["bias"], case["lr"])
    simulation.x = case["start"]
    pieces = [simulation.advance(case["inputs"][:, part]) for part in (slice(0, 3), slice(3, 3), slice(3, 7))]
    assert np.array_equal(np.concatenate(pieces, axis=1), together)
    assert np.array_equal(simulation.x, together[:, -1])


def test_sparse_and_dense_layouts_agree_to_the_last_bit():
    case = networks(40, 3, 1, 1.0, seed=5)
    case["W"][:, ::3] = 0.0  # two thirds of the weights: dense layout
    dense = simulate(case)
    wider = {**case, "W": np.zeros((80, 80)), "lr": np.tile(case["lr"], 2)}
    wider["W"][:40, :40] = case["W"]  # a sixth: sparse layout
    for name in ("W_in", "bias", "start"):
        wider[name] = np.concatenate([case[name], case[name]], axis=1)
    assert pack(wider["W"]).dense is None
    assert pack(case["W"]).dense is not None
    assert np.array_equal(simulate(wider)[:, :, :40], dense)


def test_explicit_zeros_and_the_order_of_a_sparse_matrix_do_not_matter():
    case = networks(30, 2, 1, 0.2, seed=9)
    shuffled = scipy.sparse.coo_array(case["W"])
    order = np.random.default_rng(0).permutation(shuffled.nnz)
    rows, columns = (coordinate[order] for coordinate in shuffled.coords)
    data = np.concatenate([shuffled.data[order], [0.0]])
    sparse = scipy.sparse.csr_array((data, (np.append(rows, 0), np.append(columns, 1))), shape=(30, 30))
    assert np.array_equal(simulate({**case, "W": sparse}), simulate(case))


@pytest.mark.parametrize(("dtype", "ulps"), [(np.float64, 2.5), (np.float32, 2.5)])
def test_tanh_is_within_two_and_a_half_units_in_the_last_place(dtype, ulps):
    rng = np.random.default_rng(0)
    z = np.concatenate([rng.normal(size=4000) * scale for scale in (1e-6, 1e-2, 0.3, 1.0, 3.0, 30.0)])
    z = np.concatenate([z, [0.0, 1e-30, -1e-30, 0.1732868, -0.3465736, 19.06, 1e30, np.inf, -np.inf]]).astype(dtype)
    units = len(z)
    silent = scipy.sparse.csr_array((units, units), dtype=dtype)
    one_step = Simulation(pack(silent), z[None, :, None], np.zeros((1, units)), np.ones(units))
    found = one_step.advance(np.ones((1, 1, 1)))[0, 0]
    exact = np.tanh(z.astype(np.longdouble))
    spacing = np.spacing(np.abs(exact).astype(dtype)).astype(np.longdouble)
    assert np.max(np.abs(found.astype(np.longdouble) - exact) / spacing) <= ulps


def test_nan_is_not_swallowed():
    simulation = Simulation(pack(np.zeros((9, 9))), np.ones((1, 9, 1)), np.zeros((1, 9)), np.ones(9))
    assert np.isnan(simulation.advance(np.full((1, 2, 1), np.nan))).all()


def test_states_of_a_wrong_place_are_refused():
    simulation = Simulation(pack(np.zeros((3, 3))), np.ones((1, 3, 1)), np.zeros((1, 3)), np.ones(3))
    with pytest.raises(ValueError, match="contiguous float64 array of shape"):
        simulation.advance(np.ones((1, 4, 1)), out=np.empty((1, 8, 3))[:, ::2])


@pytest.mark.slow
def test_the_first_compilation_is_announced_once_and_the_second_process_reads_it_from_disk(tmp_path):
    program = """
import numpy as np
from statescape.reservoir.kernels import Simulation, announcing, pack
with announcing(print):
    for n in (1, 2):
        Simulation(pack(np.eye(3)), np.ones((n, 3, 1)), np.zeros((n, 3)), np.ones(3)).advance(np.ones((n, 4, 1)))
"""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    said = [
        subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert said[0].stdout.count("Compiling the reservoir kernels, once on this machine") == 1
    assert said[1].stdout == ""
