"""Generated series obey their equations, repeat with their seed, and never reach a network diverged."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from statescape.errors import StatescapeError
from statescape.reservoir import tasks
from statescape.reservoir.tasks.autonomous import henon_series, lorenz_series, mackey_glass_series
from statescape.reservoir.tasks.driven import narma_series
from tests.material import material


def _series(task, seed=3):
    """The drawn input u and the target y(t+1) of a NARMA trial."""
    trial = task.trial(seed)
    return trial.inputs[:, 0] / 2 + 0.5, trial.targets[:, 0]


@pytest.mark.parametrize(
    ("task", "order", "step"),
    [
        (tasks.narma10(), 10, lambda y, s, uu: 0.3 * y + 0.05 * y * s + 1.5 * uu + 0.1),
        (tasks.narma20(), 20, lambda y, s, uu: np.tanh(0.3 * y + 0.05 * y * s + 1.5 * uu + 0.01)),
        (tasks.narma30(), 30, lambda y, s, uu: 0.2 * y + 0.04 * y * s + 1.5 * uu + 0.001),
        (tasks.narma30(quadratic=0.004), 30, lambda y, s, uu: 0.2 * y + 0.004 * y * s + 1.5 * uu + 0.001),
    ],
)
def test_narma_obeys_its_equation_at_every_step(task, order, step):
    u, target = _series(task)
    # target[t] = y(t+1), so y(t) = target[t-1] and the oldest of `order` values is y(t-order+1) = target[t-order].
    for t in range(order, len(u)):
        y, total = target[t - 1], target[t - order : t].sum()
        assert target[t] == pytest.approx(step(y, total, u[t] * u[t - order + 1]), abs=1e-12)


def test_narma_by_hand():
    u = np.full(12, 0.5)
    y = narma_series(u, 10, 0.3, 0.05, 0.1, False)
    assert (y[:10] == 0).all()  # y(10) is the first with u(9) and u(0)
    assert y[10] == pytest.approx(1.5 * 0.25 + 0.1)
    assert y[11] == pytest.approx(0.3 * y[10] + 0.05 * y[10] ** 2 + 0.475)
    assert y[12] == pytest.approx(0.3 * y[11] + 0.05 * y[11] * (y[10] + y[11]) + 0.475)


def test_narma_input_reaches_the_network_off_centre():
    inputs = tasks.narma10().trial(0).inputs
    assert -1 <= inputs.min() < inputs.max() <= 0


def test_diverged_narma_is_drawn_again():
    # 200,000 steps of NARMA10 diverge about every other time; what a trial gives never has.
    task = tasks.narma10(train=100_000, test=100_000)
    u = [np.random.default_rng(seed).uniform(0, 0.5, 200_200) for seed in range(8)]
    diverged = [seed for seed in range(8) if not narma_series(u[seed], 10, 0.3, 0.05, 0.1, False).max() < 2]
    assert diverged, "no seed of these diverges: the test asks nothing"
    for seed in diverged:
        assert np.abs(task.trial(seed).targets).max() < 2


@pytest.mark.parametrize("name", [name for name in tasks.names() if not name.startswith("cogscale:")])
def test_a_seed_fixes_a_trial_and_another_seed_changes_it(name):
    task = tasks.open(name)
    one, again, other = task.trial(5), task.trial(np.random.SeedSequence(5)), task.trial(6)
    if not isinstance(one, tasks.Trial):
        return
    assert one.inputs.tobytes() == again.inputs.tobytes()
    assert one.targets.tobytes() == again.targets.tobytes()
    assert not np.array_equal(one.inputs, other.inputs)
    assert one.inputs.shape[1] == task.n_inputs
    assert one.targets.shape[1] == task.n_outputs


@pytest.mark.parametrize("tau", [17, 30])
def test_mackey_glass_agrees_with_a_much_finer_independent_integration(tau):
    """Method of steps: within one delay the delayed value is known, so the equation is an ordinary one."""
    ours = mackey_glass_series(tau, 3 * tau, 1.2)
    pieces = [lambda _: 1.2]
    value = 1.2
    for stretch in range(3):
        past = pieces[-1]

        def slope(t, x, past=past):
            delayed = past(t - tau)
            return 0.2 * delayed / (1 + delayed**10) - 0.1 * x

        solved = solve_ivp(
            slope, (stretch * tau, (stretch + 1) * tau), [value], rtol=1e-11, atol=1e-12, dense_output=True
        )
        value = solved.y[0, -1]
        pieces.append(lambda t, solved=solved: solved.sol(t)[0])
        times = np.arange(stretch * tau + 1, (stretch + 1) * tau + 1)
        np.testing.assert_allclose(ours[times - 1], solved.sol(times)[0], rtol=0, atol=1e-6)


def test_mackey_glass_is_of_fourth_order():
    exact = mackey_glass_series(17, 60, 1.2, 160)
    errors = [np.abs(mackey_glass_series(17, 60, 1.2, n) - exact).max() for n in (5, 10)]
    assert errors[0] / errors[1] > 12  # 16 for order 4; a linear delay would give 4


def test_mackey_glass_looks_like_the_shared_series():
    theirs = np.loadtxt(material("series/mackey_glass_tau17.csv"), delimiter=",", skiprows=1)[:, 1]
    ours = tasks.mackey_glass(train=9000, test=1000).trial(1).inputs[:, 0]
    assert ours.mean() == pytest.approx(theirs.mean(), abs=0.01)
    assert ours.std() == pytest.approx(theirs.std(), abs=0.005)
    assert (ours.min(), ours.max()) == pytest.approx((theirs.min(), theirs.max()), abs=0.02)
    for lag in (1, 5, 10, 25, 50):  # at 84 quarters of the shared file differ by 0.15 among themselves
        own, other = (np.corrcoef(x[:-lag], x[lag:])[0, 1] for x in (ours, theirs))
        assert own == pytest.approx(other, abs=0.02)


def test_mackey_glass_horizon_is_counted_in_steps():
    one, far = tasks.mackey_glass().trial(4), tasks.mackey_glass(horizon=84).trial(4)
    assert np.array_equal(one.targets[:-1], one.inputs[1:])
    assert np.array_equal(far.targets[:-84], far.inputs[84:])


def test_closed_loop_scores_the_value_after_the_free_steps():
    trial = tasks.mackey_glass(horizon=84, closed_loop=True).trial(4)
    start = np.asarray(trial.starts)
    assert np.array_equal(trial.targets[:-1], trial.inputs[1:])  # trained one step ahead
    inside = start[start + 84 < len(trial.inputs)]
    assert np.array_equal(trial.test_targets[: len(inside)], trial.inputs[inside + 84])
    assert trial.score(trial.test_targets) == 0
    whole = tasks.mso8(closed_loop=True).trial(0)
    assert np.array_equal(whole.test_targets, whole.targets[400:])


def test_lorenz_agrees_with_scipy():
    def flow(_, p):
        return [10 * (p[1] - p[0]), p[0] * (28 - p[2]) - p[1], p[0] * p[1] - 8 / 3 * p[2]]

    ours = lorenz_series(1.0, 2.0, 20.0, 100)
    exact = solve_ivp(flow, (0, 2), [1.0, 2.0, 20.0], t_eval=np.arange(1, 101) * 0.02, rtol=1e-11, atol=1e-12).y.T
    np.testing.assert_allclose(ours, exact, atol=1e-3)


def test_henon_obeys_its_equation():
    x = henon_series(0.05, -0.03, 500)
    np.testing.assert_allclose(x[2:], 1 - 1.4 * x[1:-1] ** 2 + 0.3 * x[:-2], atol=1e-14)
    assert x[0] == pytest.approx(1 - 1.4 * 0.03**2 + 0.3 * 0.05)


def test_mso_is_the_sum_of_its_sines():
    y = tasks.mso8().trial(0).inputs[:, 0] * 4
    frequencies = [0.2, 0.311, 0.42, 0.51, 0.63, 0.74, 0.85, 0.97]
    t = np.arange(len(y))
    waves = np.column_stack([f(a * t) for a in frequencies for f in (np.sin, np.cos)])
    weights = np.linalg.lstsq(waves, y, rcond=None)[0]
    np.testing.assert_allclose(waves @ weights, y, atol=1e-9)
    np.testing.assert_allclose(np.hypot(weights[::2], weights[1::2]), 1, atol=1e-9)  # every sine at amplitude one


def test_channel_echoes_the_message_by_its_equation():
    trial = tasks.channel(signal_to_noise=300.0, train=300, test=200).trial(2)
    sent = trial.targets[:, 0]  # d(n-2) at step n
    u = (trial.inputs[:, 0] - 0.5) * 6
    for n in range(10, 480):
        d = lambda m: sent[m + 2]  # noqa: E731
        q = (
            0.08 * d(n + 2) - 0.12 * d(n + 1) + d(n) + 0.18 * d(n - 1) - 0.1 * d(n - 2)
            + 0.091 * d(n - 3) - 0.05 * d(n - 4) + 0.04 * d(n - 5) + 0.03 * d(n - 6) + 0.01 * d(n - 7)
        )  # fmt: skip
        assert u[n] == pytest.approx(q + 0.036 * q**2 - 0.011 * q**3, abs=1e-9)


def test_channel_noise_has_the_power_it_names():
    quiet, loud = (tasks.channel(signal_to_noise=snr).trial(2).inputs for snr in (300.0, 12.0))
    ratio = 10 * np.log10(quiet.var() / (loud - quiet).var())
    assert ratio == pytest.approx(12.0, abs=0.2)


def test_symbols_are_scored_by_the_nearest():
    trial = tasks.channel(train=300, test=200).trial(2)
    assert trial.score(trial.test_targets + 0.9) == 0
    wrong = trial.test_targets.copy()
    wrong[:50] = np.nan
    assert trial.score(wrong) == 0.25


def test_nrmse_is_one_for_the_mean_and_infinite_for_what_diverged():
    target = np.random.default_rng(0).normal(size=(100, 2))
    assert tasks.nrmse(np.broadcast_to(target.mean(axis=0), target.shape), target) == pytest.approx(1)
    assert tasks.nrmse(target + target.std(axis=0) / 2, target) == pytest.approx(0.5)
    assert tasks.nrmse(np.full_like(target, np.nan), target) == np.inf
    assert tasks.nrmse(np.full_like(target, 1e200), target) == np.inf


def test_persistence_says_the_newest_known_target():
    trial = tasks.mackey_glass(horizon=84).trial(0)
    test = slice(trial.train_steps, None)
    assert trial.persistence_score() == pytest.approx(tasks.nrmse(trial.inputs[test], trial.targets[test]))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: tasks.open("narma1"), "There is no task 'narma1'. Did you mean narma10? Known are: narma10, "),
        (lambda: tasks.open("japanese_vowels"), "give the folder that holds them"),
        (lambda: tasks.narma30(quadratic=0.4), "0.04 or 0.004, not 0.4"),
        (lambda: tasks.mackey_glass(tau=0), "delay and a horizon of at least 1"),
        (lambda: tasks.mackey_glass(horizon=84, closed_loop=True, test=50), "needs a test of 134 or more"),
        (lambda: tasks.channel(float("nan")), "in decibels"),
        (lambda: tasks.memory("best"), "method as 'exact' or 'noisy' or 'estimated'; got 'best'"),
        (lambda: tasks.narma10(train=100, warmup=200).trial(0), "shorten the warmup"),
    ],
)
def test_refusals_say_what_to_do(make, words):
    with pytest.raises(StatescapeError, match=words.replace("?", r"\?").replace(".", r"\.")):
        make()
