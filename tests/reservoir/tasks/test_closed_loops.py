"""Closed loops: continued side by side as one by one, scored by how long they are valid, capped where solvers part."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from statescape.errors import StatescapeError
from statescape.evolution.conditions import Conditions
from statescape.evolution.scoring import LEAST_TIME, losses, score, shown
from statescape.evolution.settings import Hyperparameters
from statescape.reservoir import EchoStateNetwork, Topology, scr, tasks
from statescape.reservoir.tasks.autonomous import LORENZ_CENTRE, LORENZ_SCALE, LORENZ_TIME, _finer_lorenz
from statescape.reservoir.tasks.kuramoto_sivashinsky import LENGTH, LYAPUNOV_TIME, SAMPLING, SCALE, following
from statescape.reservoir.tasks.valid_time import THRESHOLD, valid_steps
from statescape.runs import Serial
from statescape.studies.esn_trials import esn


def network(units=60, **settings):
    return EchoStateNetwork(units=units, sr=0.9, input_scaling=0.1, bias=0.1, ridge=1e-8, seed=1, **settings)


@pytest.mark.parametrize("name", ["mackey-glass-17-84-closed", "lorenz-closed"])
def test_loops_side_by_side_are_those_one_by_one(name):
    trial = tasks.open(name).trial(1)
    own = network().fit(trial.train_inputs, trial.train_targets, trial.warmup)
    starts = trial.starts[:3]
    together = own.continuations(trial.test_inputs, [start - trial.train_steps for start in starts], 60)
    alone = np.stack([own.generate(60, context=trial.inputs[: start + 1]) for start in starts])
    np.testing.assert_allclose(together, alone, rtol=1e-6, atol=1e-8)


def test_continuations_are_refused_where_they_could_not_be_right():
    trial = tasks.mso8(closed_loop=True).trial(0)
    own = network(20).fit(trial.train_inputs, trial.train_targets, trial.warmup)
    with pytest.raises(StatescapeError, match="Starts are rows of the series, 0 to 299; got"):
        own.continuations(trial.test_inputs, [300], 5)
    noisy = network(20, noise_rc=1e-3).fit(trial.train_inputs, trial.train_targets, trial.warmup)
    with pytest.raises(StatescapeError, match="without feedback, noise and pooling"):
        noisy.continuations(trial.test_inputs, [0], 5)


def test_a_run_is_valid_until_its_error_first_passes_the_threshold():
    targets = np.zeros((4, 10, 2))
    outputs = targets.copy()
    outputs[0, 6:] = 3.0  # 6 steps before; sqrt(mean of (3 / 2)^2 and (3 / 4)^2) is above
    outputs[1, 2] = np.nan
    outputs[2, :, 0] = THRESHOLD * 2.0 * np.sqrt(2.0) * 0.999  # just within, in the root mean square of both
    outputs[3, 4, 0] = THRESHOLD * 2.0 * np.sqrt(2.0) * 1.001
    outputs[3, 5:] = 0.0  # coming back does not count
    found = valid_steps(outputs, targets, np.array([2.0, 4.0]))
    assert found.tolist() == [6, 2, 10, 4]


def test_the_score_is_the_mean_valid_time_in_lyapunov_times_and_capped():
    task = tasks.open("lorenz-closed")
    trial = task.trial(3)
    assert (task.better, tasks.better_of(task), tasks.better_of(tasks.narma10())) == ("higher", "higher", "lower")
    assert task.score_name == "valid time (Lyapunov times, higher is better)"
    perfect = trial.score(trial.test_targets)
    assert perfect == pytest.approx(np.mean(trial.known) / LORENZ_TIME)
    assert 10 < perfect < 20  # two solvers part before the runs end
    lost = trial.test_targets.copy().reshape(10, -1, 3)
    lost[:, 100:] += 5.0
    assert trial.score(lost.reshape(-1, 3)) == pytest.approx(100 / LORENZ_TIME)
    assert trial.score(np.full_like(trial.test_targets, np.inf)) == 0.0
    assert 0 < trial.persistence_score() < 0.2


def test_the_cap_is_where_a_solver_of_another_kind_parts_at_the_latest():
    """Runge-Kutta of order 8 with tiny errors parts from ours where our own solver of half the step does."""
    trial = tasks.open("lorenz-closed").trial(3)
    start = trial.starts[0]
    begun = trial.inputs[start] * LORENZ_SCALE + LORENZ_CENTRE

    def flow(_, p):
        return [10 * (p[1] - p[0]), p[0] * (28 - p[2]) - p[1], p[0] * p[1] - 8 / 3 * p[2]]

    times = np.arange(1, trial.free_run + 1) * 0.02
    exact = solve_ivp(flow, (0, times[-1]), begun, t_eval=times, rtol=1e-12, atol=1e-12, method="DOP853").y.T
    scaled = (exact - LORENZ_CENTRE) / LORENZ_SCALE
    due = trial.targets[start : start + trial.free_run]
    parted = int(valid_steps(scaled[None], due[None], trial.train_targets[200:].std(axis=0))[0])
    assert parted == pytest.approx(trial.known[0], rel=0.15)


def test_a_trial_that_comes_again_is_capped_alike_and_not_solved_again():
    solved = []

    def finer(points, steps):
        solved.append(len(points))
        return _finer_lorenz(points, steps)

    plain = tasks.open("lorenz-closed")
    task = replace(plain, loop=replace(plain.loop, finer=finer, starts=3))
    first, again, other = (task.trial(seed) for seed in (101, 101, 102))
    assert first.known == again.known != other.known
    assert solved == [3, 3]  # two series
    bare = replace(first, known=())
    assert first.known == tuple(bare.valid_steps(_finer_lorenz(first.inputs[list(first.starts)], first.free_run)))


def test_a_loop_that_is_lost_everywhere_is_ended_to_the_same_score():
    trial = tasks.open("lorenz-closed").trial(5)
    whole, short = (tasks.attempt(network(), trial, score_only=one) for one in (False, True))
    assert short.score == whole.score > 0.3
    assert len(whole.outputs) == 10 * trial.free_run
    assert short.outputs is None
    assert whole.reason == ""


def test_kuramoto_sivashinsky_agrees_with_scipy_and_is_of_fourth_order():
    begun = tasks.kuramoto_sivashinsky(train=300, test=950).trial(1).inputs[250]
    k = 2 * np.pi * np.fft.rfftfreq(64, 1 / 64) / LENGTH

    def slope(_, u):
        return np.fft.irfft((k**2 - k**4) * np.fft.rfft(u) - 0.5j * k * np.fft.rfft(u * u), 64)

    times = np.arange(1, 21) * SAMPLING
    exact = solve_ivp(slope, (0, 5), begun * SCALE, "LSODA", times, rtol=1e-10, atol=1e-11).y.T / SCALE
    errors = [np.abs(following(begun[None], 20, substeps)[0] - exact).max() for substeps in (1, 2, 4)]
    assert errors[1] < 1e-4
    assert errors[1] / errors[2] > 8  # 16 for order 4
    assert errors[0] > errors[1]


def test_kuramoto_sivashinsky_parts_at_its_lyapunov_exponent():
    state = tasks.kuramoto_sivashinsky(train=300, test=950).trial(1).inputs[250]
    apart, growth = 1e-7 * np.random.default_rng(0).normal(size=64), []
    for _ in range(150):
        pair = following(np.stack([state, state + apart]), 20)[:, -1]
        state, apart = pair[0], pair[1] - pair[0]
        growth.append(np.log(np.linalg.norm(apart) / 1e-6))
        apart *= 1e-6 / np.linalg.norm(apart)
    exponent = np.mean(growth[20:]) / (20 * SAMPLING)
    assert exponent * SAMPLING * LYAPUNOV_TIME == pytest.approx(1.0, abs=0.25)


def test_kuramoto_sivashinsky_is_forecast_with_its_own_settings():
    task = tasks.kuramoto_sivashinsky(train=3000, test=1000)
    result = esn(task, trials=1, units=200)
    assert (result.settings.sr, result.settings.bias) == (0.5, 0.5)
    assert result.score.mean > 1.2 * result.persistence.mean > 0
    assert task.n_inputs == task.n_outputs == 64


def test_a_closed_file_is_scored_in_rows_or_lyapunov_times():
    series = tasks.mackey_glass().trial(2).inputs
    rows, times = (tasks.open(series, closed=True, **more) for more in ({}, {"lyapunov_time": 150.0}))
    assert (rows.score_name, times.score_name) == (
        "valid time (rows, higher is better)",
        "valid time (Lyapunov times, higher is better)",
    )
    assert rows.better == "higher"
    assert rows.digest != times.digest != tasks.open(series).digest
    trial, other = rows.trial(0, "whole"), times.trial(0, "whole")
    assert trial.free_run == (len(trial.inputs) - trial.train_steps) // 2
    assert trial.starts[0] == trial.train_steps
    assert trial.starts[-1] + trial.free_run == len(trial.inputs)
    np.testing.assert_array_equal(trial.targets[:-1], trial.inputs[1:])
    tried = tasks.attempt(network(), trial)
    assert tried.score == pytest.approx(150.0 * tasks.attempt(network(), other).score)
    assert tried.score > 3 * trial.persistence_score()
    assert rows.understood("whole")["closed"] == {"runs": 10, "steps": trial.free_run}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"closed": True, "horizon": 2}, "in a closed loop the outputs are the next inputs"),
        ({"closed": True, "inputs": ["1"], "target": ["2"]}, "in a closed loop the outputs are the next inputs"),
        ({"lyapunov_time": 5.0, "target": ["1"]}, "say closed=True, too"),
        ({"closed": True, "lyapunov_time": 0.0, "target": ["1"]}, "a number of rows above 0; got 0"),
    ],
)
def test_closed_files_are_refused_where_they_make_no_loop(options, words):
    table = np.random.default_rng(0).normal(size=(400, 2))
    with pytest.raises(StatescapeError, match=words):
        tasks.open(table, **{"target": ["1", "2"], **options})


def test_closed_loops_that_do_not_fit_are_refused():
    with pytest.raises(StatescapeError, match="a test of 1104 steps or more"):
        tasks.lorenz(closed_loop=True)
    with pytest.raises(StatescapeError, match="a horizon of 1"):
        tasks.lorenz(horizon=2, test=2000, closed_loop=True)
    with pytest.raises(StatescapeError, match="a test of 930 steps or more"):
        tasks.kuramoto_sivashinsky(test=900)


def test_a_search_holds_a_valid_time_negative_so_that_lower_is_better():
    """The wiring that forecasts for longer has the lower loss, by the logarithm of the ratio of the two times."""
    conditions = Conditions(tasks.open("lorenz-closed"), "wiring", "search", Hyperparameters(input_scaling=0.1))
    good, hopeless = scr(40), Topology(np.diag(np.full(40, 0.5)))
    found = score([good, hopeless], conditions, [(1, 0), (1, 1)], Serial())
    assert (found < 0).all()
    assert (losses(found)[0] < losses(found)[1]).all()
    np.testing.assert_allclose(losses(found)[0] - losses(found)[1], np.log(shown(found)[1] / shown(found)[0]))
    assert shown(found).min() >= LEAST_TIME
    own = EchoStateNetwork(W=good.weights(0.9), Win=np.zeros((40, 3)), bias=0.1, ridge=1e-8)
    assert tasks.attempt(own, tasks.open("lorenz-closed").trial(0)).score >= 0
    np.testing.assert_array_equal(losses(np.array([0.5, np.inf, 0.0])), np.log([0.5, np.inf, 1e-12]))
