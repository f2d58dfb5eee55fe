"""Trials of echo state networks: independent, paired with their baseline, and fair about divergence."""

import dataclasses
import inspect

import numpy as np
import pandas as pd
import pytest

import statescape as ss
from statescape.errors import StatescapeError
from statescape.options import told
from statescape.reservoir import EchoStateNetwork, tasks
from statescape.studies.esn_trials import esn, with_warmup
from statescape.studies.network_settings import NetworkSettings


def test_a_score_can_be_had_by_hand():
    """The readout of one trial, solved here from the states by least squares with the ridge that was used."""
    result = esn(tasks.narma10(), NetworkSettings(units=30, ridge=1e-6), 1, 7)
    trial, network = result.trial, result.network
    fresh = EchoStateNetwork(W=network.W, Win=network.Win, bias=network.bias, lr=network.lr)
    states = fresh.states(trial.inputs, reset=True)
    used = slice(trial.warmup, trial.train_steps)
    X = states[used] - states[used].mean(axis=0)
    y = trial.targets[used] - trial.targets[used].mean(axis=0)
    weights = np.linalg.solve(X.T @ X + 1e-6 * np.eye(30), X.T @ y)
    said = (states[trial.train_steps :] - states[used].mean(axis=0)) @ weights + trial.targets[used].mean(axis=0)
    error = np.sqrt(np.mean((said - trial.test_targets) ** 2) / trial.test_targets.var())
    assert result.scores[0] == pytest.approx(error, rel=1e-6)


def test_persistence_is_measured_on_the_same_trials():
    few, many = (esn(tasks.mackey_glass(), NetworkSettings(units=10, ridge=1e-6), n, 0) for n in (1, 3))
    assert few.persistence.mean == few.trial.persistence_score()
    assert many.scores[0] == few.scores[0]
    assert many.persistence.n == 3


def test_the_closed_loop_is_fed_its_own_outputs():
    """By hand: drive to the start, then every output is the next input."""
    task = tasks.mso8(closed_loop=True)
    result = esn(task, NetworkSettings(units=50, ridge=1e-8, sr=0.8), 1, 1)
    trial, network = result.trial, result.network
    state = network.states(trial.inputs[:401], reset=True)[-1]
    W, w_in = network.topology.to_dense(), network.Win[:, 0]
    said = []
    for _ in range(30):
        said.append(float(network.readout(state[None])[0, 0]))
        state = np.tanh(W @ state + w_in * said[-1] + network.bias)
    np.testing.assert_allclose(result.attempt.outputs[:30, 0], said, rtol=1e-6, atol=1e-9)
    assert len(result.attempt.outputs) == 300


def test_mackey_glass_84_in_a_closed_loop_beats_persistence():
    task = tasks.mackey_glass(horizon=84, closed_loop=True, train=2000, test=500)
    result = esn(task, NetworkSettings(units=100, input_scaling=0.5, ridge=1e-8), 2, 0)
    assert result.score.mean < 0.5 < 1.4 < result.persistence.mean
    assert len(result.attempt.outputs) == 50


def test_linear_units_that_diverge_score_infinity_without_a_warning(recwarn):
    result = esn(tasks.narma10(), NetworkSettings(sr=2.0, activation="identity"), 2, 0)
    assert (result.scores == np.inf).all()
    assert result.score.mean == np.inf
    assert "diverged" in result.reason
    assert not list(recwarn)


def test_memory_reads_the_leaky_units_as_linear():
    settings = NetworkSettings(units=8, topology="SCR", sr=0.5, lr=0.5, input_connectivity=0.1)
    result = esn(tasks.memory("exact"), settings, 1, 0)
    leaky = 0.5 * np.eye(8) + 0.5 * result.network.topology.to_dense()
    expected = 8 - 1 + np.linalg.det(leaky) ** 2
    assert result.scores[0] == pytest.approx(1 - expected / 8, abs=1e-9)


def test_no_input_reaches_a_memory_that_has_none():
    result = esn(tasks.memory("noisy"), NetworkSettings(units=10, input_scaling=0.0), 1, 0)
    assert result.scores[0] == 1.0


def test_warmup_is_changed_where_there_is_one():
    assert with_warmup(tasks.narma10(), 50).trial(0).warmup == 50
    for task in (tasks.memory("exact"), _without_warmup()):
        with pytest.raises(StatescapeError, match="has no warmup"):
            with_warmup(task, 5)
    with pytest.raises(StatescapeError, match="0 or more"):
        with_warmup(tasks.narma10(), -1)


def _without_warmup():
    empty = np.zeros(0, dtype=np.int64)
    return tasks.JapaneseVowels((), empty, (), empty)


def test_settings_are_refused_where_they_are_made():
    with pytest.raises(StatescapeError, match="There is no topology 'ring'"):
        NetworkSettings(topology="ring")
    with pytest.raises(StatescapeError, match="at least one trial"):
        esn(tasks.narma10(), NetworkSettings(), 0, 0)
    assert dataclasses.replace(NetworkSettings(), topology="scr").topology == "scr"


WAVES = np.column_stack([np.sin(np.arange(400) / 5), np.cos(np.arange(400) / 7)])
FEW = {"units": 10, "trials": 1}


def test_data_is_opened_with_the_options_of_a_task():
    named = esn(WAVES, target="2", inputs=["1", "2"], horizon=3, split=0.6, warmup=7, **FEW)
    opened = esn(tasks.open(WAVES, target="2", inputs=["1", "2"], horizon=3, split=0.6, warmup=7), **FEW)
    assert named.scores == opened.scores
    assert (named.task.horizon, named.task.input_names, named.trial.warmup) == (3, ("1", "2"), 7)
    assert esn(WAVES, NetworkSettings(units=10), 1, target="2").task.target_names == ("2",)
    with pytest.raises(StatescapeError, match=r"several columns of numbers; name the target \(target=...\): 1, 2"):
        esn(WAVES)
    with pytest.raises(StatescapeError, match=r"horizon=\.\.\. is for files and arrays; narma10 fixes its own"):
        esn("narma10", horizon=3)


def test_the_warmup_of_a_named_task_is_changed_too():
    assert esn("narma10", warmup=33, **FEW).trial.warmup == 33
    with pytest.raises(StatescapeError, match="has no warmup"):
        esn("memory-exact", warmup=3, **FEW)


def test_help_spells_out_settings_and_options_each_with_its_words():
    taken = inspect.signature(esn).parameters
    assert list(taken)[:4] == ["task", "settings", "trials", "seed"]
    assert set(NetworkSettings.__dataclass_fields__) < set(taken)
    assert set(inspect.signature(tasks.open).parameters) - {"unknown"} < set(taken)
    assert (taken["units"].default, taken["topology"].default, taken["target"].default) == (100, "erdos-renyi", None)
    assert set(told(esn)) == set(taken)
    assert told(esn)["sr"] == told(NetworkSettings)["sr"] == "spectral radius W is scaled to."
    assert told(esn)["sequence"] == told(tasks.open)["sequence"]
    assert max(map(len, esn.__doc__.splitlines())) <= 120


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"units": "20"}, "esn takes units as a whole number; got '20' (str)."),
        ({"targets": "x"}, "esn takes no 'targets' (did you mean target?). A network is set by: units, "),
        (
            {"settings": ss.Settings(units=20)},
            "esn takes settings as a NetworkSettings or None; got Settings(units=20) (Settings). "
            "Make one: statescape.studies.NetworkSettings(units=...).",
        ),
    ],
)
def test_wrong_settings_are_refused_with_what_is_taken(given, words):
    with pytest.raises(StatescapeError) as refusal:
        ss.esn("narma10", **given)
    assert str(refusal.value).startswith(words)


def test_one_trial_has_no_interval():
    assert "(1 trial), 20 units" in repr(esn("narma10", units=20, trials=1))
    assert "n = 2), 20 units" in repr(esn("narma10", units=20, trials=2))


def test_notes_on_the_data_are_warnings_of_the_result():
    frame = pd.DataFrame({"wave": WAVES[:, 0]}, index=pd.date_range("2020", periods=400)).drop(index="2020-03-01")
    told_of_it = "the index has 1 gap among 398 steps, first before row 60 (from 0) (2 times the usual step)"
    result = esn(frame, **FEW)
    assert result.warnings == (told_of_it,)
    assert repr(result).endswith("; see .warnings")
    assert f"note: {told_of_it}" in result._repr_html_()
    sound = esn(frame.reset_index(drop=True), **FEW)
    assert sound.warnings == ()
    assert "note:" not in sound._repr_html_()
    assert "warnings" not in repr(sound)
