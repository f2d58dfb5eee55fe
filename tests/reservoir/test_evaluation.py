"""The inner loop of a search gives the scores of whole networks, and infinity with a reason where there is none."""

import warnings

import numpy as np
import pytest

from statescape.errors import StatescapeError
from statescape.reservoir import EchoStateNetwork, dlr, erdos_renyi, evaluate
from statescape.reservoir.tasks import channel, mackey_glass, narma10


@pytest.fixture(scope="module")
def trials():
    return [narma10(train=600, test=200).trial(seed) for seed in range(10)]


@pytest.fixture(scope="module")
def input_weights():
    return [np.random.default_rng(seed).choice([-0.1, 0.1], (50, 1)) for seed in range(10)]


W = erdos_renyi(50, 0.1, seed=1).weights(0.9)


def test_scores_are_those_of_networks_trained_one_by_one(trials, input_weights):
    settings = {"lr": 0.8, "bias": 0.1, "ridge": 1e-4}
    found = evaluate(W, trials, input_weights, **settings)
    assert found.reasons == ("",) * 10
    for score, trial, weights in zip(found.scores, trials, input_weights, strict=True):
        esn = EchoStateNetwork(W=W, Win=weights, **settings)
        esn.fit(trial.train_inputs, trial.train_targets, warmup=trial.warmup)
        assert score == pytest.approx(trial.score(esn.run(trial.test_inputs)), rel=1e-6)


def test_company_does_not_change_a_score(trials, input_weights):
    together = evaluate(W, trials, input_weights, ridge=1e-6).scores
    for index in (0, 7, 9):
        alone = evaluate(W, trials[index : index + 1], input_weights[index : index + 1], ridge=1e-6).scores
        assert alone[0] == together[index]
    backwards = evaluate(W.toarray(), trials[::-1], input_weights[::-1], ridge=1e-6).scores
    assert np.array_equal(backwards[::-1], together)


def test_a_wiring_each_scores_as_alone(trials, input_weights):
    """Sparse, dense, broken and repeated ones side by side."""
    sparse = [erdos_renyi(50, density, seed=2).weights(0.9) for density in (0.02, 0.1, 0.7)]
    broken = np.full((50, 50), np.nan)
    each = [*sparse, sparse[0], broken, sparse[1].toarray(), *sparse, sparse[0]]
    found = evaluate(each, trials, input_weights, ridge=1e-6, bias=0.1)
    for index, one in enumerate(each):
        alone = evaluate(one, trials[index : index + 1], input_weights[index], ridge=1e-6, bias=0.1)
        assert (alone.scores[0], alone.reasons[0]) == (found.scores[index], found.reasons[index])
    assert found.reasons[4] == "W holds NaN or infinite weights"
    with pytest.raises(StatescapeError, match="2 matrices W for 10 trials; give one, or one for each"):
        evaluate(sparse[:2], trials, input_weights, ridge=1e-6)


def test_trials_of_different_lengths_and_tasks_run_in_one_call(trials, input_weights):
    mixed = [trials[0], channel(train=500, test=300).trial(0), trials[1], narma10(train=400, test=100).trial(5)]
    scores = evaluate(W, mixed, input_weights[:4], ridge=1e-4).scores
    for index, trial in enumerate(mixed):
        assert evaluate(W, [trial], input_weights[index], ridge=1e-4).scores[0] == scores[index]


def test_a_delay_line_and_a_dense_matrix_are_evaluated_too(trials, input_weights):
    line = dlr(50).weights(0.9)
    dense = np.random.default_rng(0).normal(size=(50, 50)) * 0.1
    for weights in (line, dense, dense.astype(np.float32)):
        assert (evaluate(weights, trials, input_weights, ridge=1e-6).scores < 1).all()
    in_float32 = evaluate(W, trials, input_weights, ridge=1e-4, dtype="float32").scores
    assert in_float32 == pytest.approx(evaluate(W, trials, input_weights, ridge=1e-4).scores, rel=0.01)


def test_what_diverges_scores_infinity_with_a_reason_and_without_a_warning(trials, input_weights):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        explosive = evaluate(W * 9, trials, input_weights, ridge=1e-6, linear=True)
        broken = evaluate(W * np.nan, trials, input_weights, ridge=1e-6)
        # Grows by 1.6 a step: finite in 600 training steps of which few are used, infinite in testing.
        long = narma10(train=220, test=2000).trial(0)
        late = evaluate(np.eye(50) * 1.6, [long], input_weights[0], ridge=1e-6, linear=True)
    assert np.isinf(explosive.scores).all()
    assert set(explosive.reasons) == {"the states diverged in training"}
    assert np.isinf(broken.scores).all()
    assert set(broken.reasons) == {"W holds NaN or infinite weights"}
    assert np.isinf(late.scores).all()
    assert late.reasons == ("the states diverged in testing",)


@pytest.mark.parametrize("units", [1, 2, 9])
def test_small_and_silent_networks_have_a_score(trials, units):
    scores = evaluate(np.zeros((units, units)), trials[:3], np.ones((units, 1)), ridge=1e-6).scores
    assert np.isfinite(scores).all()


def test_refusals(trials, input_weights):
    with pytest.raises(StatescapeError, match="at least one trial"):
        evaluate(W, [], [], ridge=1e-6)
    with pytest.raises(StatescapeError, match="3 matrices W_in for 10 trials"):
        evaluate(W, trials, input_weights[:3], ridge=1e-6)
    with pytest.raises(StatescapeError, match=r"W_in must have shape \(50, 1\)"):
        evaluate(W, trials, np.ones((49, 1)), ridge=1e-6)
    with pytest.raises(StatescapeError, match="W must be square"):
        evaluate(np.ones((50, 49)), trials, input_weights, ridge=1e-6)
    with pytest.raises(StatescapeError, match="closed loop"):
        evaluate(W, [mackey_glass(horizon=84, closed_loop=True).trial(0)], input_weights[:1], ridge=1e-6)
