"""What holds of every echo state network: symmetries, continuations, files, and the sentence for every wrong input."""

import copy
import warnings

import numpy as np
import pytest
import scipy.sparse

from statescape.errors import StatescapeError, StatescapeWarning
from statescape.reservoir import EchoStateNetwork, Topology, dlr, erdos_renyi
from statescape.reservoir.kernels import simulate_reference
from statescape.reservoir.tasks import japanese_vowels, mackey_glass, narma10
from tests.material import material


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (500, 2))
    return X, np.column_stack([np.roll(X[:, 0], 1) * X[:, 1], np.roll(X[:, 1], 2)])


def sine(steps):
    t = np.arange(steps + 1)
    return (0.5 + np.sin(0.3 * t) / 3 + np.sin(0.11 * t) / 5)[:, None]


def test_fit_returns_the_network_and_solves_narma10_as_the_literature_does():
    trial = narma10().trial(0)
    esn = EchoStateNetwork(200, sr=0.9, input_scaling=0.1, input_connectivity=1.0, ridge=1e-8, seed=1)
    assert esn.fit(trial.train_inputs, trial.train_targets, warmup=trial.warmup) is esn
    # Rodan and Tino (2011): NMSE about 0.1 at 200 units, NRMSE 0.2 to 0.35 over settings.
    assert trial.score(esn.run(trial.test_inputs)) < 0.35


def test_permuting_the_units_with_their_weights_changes_nothing(data):
    X, Y = data
    rng = np.random.default_rng(1)
    given = {
        "W": erdos_renyi(40, 0.2, seed=1).weights(0.9).toarray(),
        "Win": rng.normal(size=(40, 2)),
        "Wfb": rng.normal(size=(40, 2)) * 0.1,
        "bias": rng.normal(size=40),
        "lr": rng.uniform(0.2, 1, 40),
    }
    order = rng.permutation(40)
    permuted = {name: value[order] for name, value in given.items()}
    permuted["W"] = given["W"][np.ix_(order, order)]
    outputs = [
        EchoStateNetwork(**weights, ridge=1e-2).fit(X[:400], Y[:400], warmup=50).run(X[400:])
        for weights in (given, permuted)
    ]
    assert np.abs(outputs[0] - outputs[1]).max() < 1e-9
    moved = EchoStateNetwork(**{**permuted, "Win": given["Win"]}, ridge=1e-2).fit(X[:400], Y[:400], warmup=50)
    assert np.abs(moved.run(X[400:]) - outputs[0]).max() > 1e-3  # W_in left behind: another network


def test_the_seed_is_all_that_randomness_hangs_on(data):
    X, Y = data
    runs = [
        EchoStateNetwork(30, ridge=1e-3, noise_rc=0.01, bias=0.1, seed=seed).fit(X, Y, warmup=20).run(X)
        for seed in (7, 7, 8)
    ]
    assert np.array_equal(runs[0], runs[1])
    assert not np.allclose(runs[0], runs[2])


def test_a_run_goes_on_where_training_ended_and_can_be_repeated(data):
    X, Y = data
    esn = EchoStateNetwork(30, ridge=1e-3, lr=0.3, seed=1).fit(X[:300], Y[:300])
    whole = EchoStateNetwork(30, lr=0.3, seed=1).states(X)
    assert np.array_equal(esn.states(X[300:]), whole[300:])
    assert np.array_equal(esn.states(X[300:]), whole[300:])
    assert np.array_equal(esn.states(X, reset=True), whole)
    assert np.array_equal(esn.run(X[300:]), esn.readout(whole[300:]))
    several = esn.states([X[:50], X[50:90]])
    assert np.array_equal(several[0], whole[:50])  # several series start at rest
    assert len(several[1]) == 40


def test_the_warmup_is_not_trained_on(data):
    X, Y = data
    spoiled = Y.copy()
    spoiled[:100] = 1e6
    readouts = [
        EchoStateNetwork(30, ridge=1e-3, seed=1).fit(X, targets, warmup=100).readout for targets in (Y, spoiled)
    ]
    assert np.array_equal(readouts[0].weights, readouts[1].weights)


def test_a_ridge_grid_gives_the_readout_of_the_best_separate_fit(data):
    X, Y = data
    Y = Y + np.random.default_rng(5).normal(size=Y.shape)  # noise, so that a ridge in the middle is best
    grid = np.logspace(-6, 3, 10)
    esn = EchoStateNetwork(80, ridge=grid, seed=1).fit(X, Y, warmup=100, validation=0.25)
    errors = []
    for ridge in grid:
        part = EchoStateNetwork(80, ridge=ridge, seed=1).fit(X[:400], Y[:400], warmup=100)
        errors.append(np.mean((part.run(X[400:]) - Y[400:]) ** 2))
    assert esn.ridge == grid[np.argmin(errors)]
    assert 0 < np.argmin(errors) < 9
    alone = EchoStateNetwork(80, ridge=esn.ridge, seed=1).fit(X, Y, warmup=100)
    assert np.array_equal(esn.readout.weights, alone.readout.weights)


@pytest.mark.parametrize("feedback", [False, True])
def test_generate_is_the_loop_written_by_hand(feedback):
    series = sine(400)
    esn = EchoStateNetwork(50, sr=0.8, input_scaling=0.5, bias=0.3, lr=0.7, ridge=1e-4, feedback=feedback, seed=3)
    esn.fit(series[:-1], series[1:], warmup=50)
    loop = esn.Win + (esn.Wfb if feedback else 0)
    dense = esn.topology.to_dense()

    def by_hand(state, value, n):
        values = []
        for _ in range(n):
            state = simulate_reference(dense, loop, esn.bias, value[None], state, esn.lr)[0]
            value = esn.readout(state[None])[0]
            values.append(value)
        return np.array(values)

    inputs = series[:-1] if not feedback else np.hstack([series[:-1], np.vstack([[0.0], series[1:-1]])])
    W_in = esn.Win if not feedback else np.hstack([esn.Win, esn.Wfb])
    end = simulate_reference(dense, W_in, esn.bias, inputs, np.zeros(50), esn.lr)[-1]
    assert np.abs(esn.generate(60) - by_hand(end, series[-1], 60)).max() < 1e-9
    known = sine(450)[:200]
    after = simulate_reference(dense, loop, esn.bias, known, np.zeros(50), esn.lr)[-1]
    first = esn.readout(after[None])[0]
    expected = np.vstack([first, by_hand(after, first, 29)])
    assert np.abs(esn.generate(30, known) - expected).max() < 1e-9
    assert np.abs(esn.generate(1, known) - expected[:1]).max() < 1e-12


def test_mackey_glass_runs_on_its_own_for_84_steps():
    trial = mackey_glass(horizon=84, closed_loop=True).trial(0)
    esn = EchoStateNetwork(300, sr=1.1, lr=0.5, input_scaling=0.5, bias=0.2, ridge=1e-7, seed=3)
    esn.fit(trial.train_inputs, trial.train_targets, warmup=trial.warmup)
    ahead = trial.targets[trial.train_steps : trial.train_steps + 84]
    assert np.sqrt(np.mean((esn.generate(84) - ahead) ** 2)) / trial.targets.std() < 0.15


def test_noise_is_added_to_the_states_with_the_stated_deviation(data):
    X, _ = data
    quiet, noisy = (EchoStateNetwork(50, W=np.zeros((50, 50)), noise_rc=s, seed=1).states(X) for s in (0.0, 0.05))
    assert np.std(noisy - quiet) == pytest.approx(0.05, rel=0.03)


@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_classes_are_told_by_the_last_or_the_mean_state(pooling):
    trial = japanese_vowels(material("series/japanese_vowels_train.csv").parent).trial(0, "whole")
    esn = EchoStateNetwork(100, sr=0.9, input_scaling=0.3, bias=0.1, ridge=0.1, pooling=pooling, seed=1)
    esn.fit(list(trial.train), trial.train_labels)
    assert trial.score(esn.classify(list(trial.test))) < 0.1
    assert esn.run(trial.test[0]).shape == (1, 9)


def test_a_saved_network_is_the_same_network(data, tmp_path):
    X, Y = data
    for settings in (
        {"sr": 0.9, "feedback": True, "ridge": [1e-4, 1e-2]},
        {"rc_connectivity": 1.0, "dtype": "float32", "noise_rc": 0.01, "input_scaling": [0.2, 3.0]},
        {"W": dlr(30), "sr": 0.5, "activation": "identity", "lr": np.linspace(0.1, 1, 30), "bias": -0.2},
    ):
        esn = EchoStateNetwork(30, seed=4, **settings).fit(X[:400], Y[:400], warmup=50)
        esn.save(tmp_path / "esn.npz")
        loaded = EchoStateNetwork.load(tmp_path / "esn.npz")
        assert np.array_equal(loaded.run(X[400:]), esn.run(X[400:]))
        assert np.array_equal(loaded.generate(20), esn.generate(20))
        assert np.array_equal(loaded.fit(X, Y).readout.weights, esn.fit(X, Y).readout.weights)
    with np.load(tmp_path / "esn.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)
    assert [file.name for file in tmp_path.iterdir()] == ["esn.npz"]


def test_a_classifier_keeps_its_classes(tmp_path):
    rng = np.random.default_rng(0)
    series = [rng.normal(size=(12, 1)) + offset for offset in (0, 3) * 10]
    esn = EchoStateNetwork(20, pooling="mean", input_connectivity=1.0, ridge=1e-2, seed=1).fit(series, [5, -2] * 10)
    esn.save(tmp_path / "esn.npz")
    assert EchoStateNetwork.load(tmp_path / "esn.npz").classify(series).tolist() == [5, -2] * 10


def test_what_sr_means_for_given_matrices():
    W = np.roll(np.eye(10), 1, axis=0) * 3
    assert EchoStateNetwork(W=W).topology.spectral_radius == pytest.approx(3)
    assert EchoStateNetwork(W=W, sr=0.5).topology.spectral_radius == pytest.approx(0.5)
    assert EchoStateNetwork(W=Topology(W), sr=0.5).topology.spectral_radius == pytest.approx(0.5)
    assert EchoStateNetwork(W=Topology(W)).topology.spectral_radius == pytest.approx(1.0)
    assert EchoStateNetwork(W=Topology(W, radius="free"), sr=0.5).topology.spectral_radius == pytest.approx(3)
    assert EchoStateNetwork(W=Topology(W, radius="gene", sr=0.2), sr=0.5).topology.spectral_radius == pytest.approx(0.2)
    assert EchoStateNetwork(10, sr=0.0, seed=1).topology.edges == 0
    assert EchoStateNetwork(10, rc_connectivity=0.0, sr=0.9).topology.edges == 0


@pytest.mark.parametrize("settings", [{}, {"sr": 0.0}, {"rc_connectivity": 0.0}, {"rc_connectivity": 1.0}])
def test_one_unit_is_a_network(settings):
    X = np.linspace(-1, 1, 50)
    esn = EchoStateNetwork(1, input_connectivity=1.0, ridge=1e-6, seed=1, **settings).fit(X, X**3)
    assert esn.run(X).shape == (50, 1)


def test_a_diverging_network_says_so_without_a_storm(data):
    X, Y = data
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        explosive = EchoStateNetwork(W=np.eye(20) * 9, activation="identity", input_connectivity=1.0, seed=1)
        with pytest.raises(StatescapeError, match="has diverged"):
            explosive.fit(X, Y)
        choosing = EchoStateNetwork(W=np.eye(20) * 1.1, activation="identity", ridge=[1e-8, 1.0], seed=1)
        long = choosing.fit(np.tile(X, (6, 1)), np.tile(Y, (6, 1)))  # grows to 1e124: finite, its square is not
        assert long.ridge == 1.0
        slow = EchoStateNetwork(W=np.eye(20) * 3, activation="identity", input_connectivity=1.0, ridge=1.0, seed=1)
        slow.fit(X[:50], Y[:50])
        assert not np.isfinite(slow.run(np.tile(X, (3, 1)))).all()


def refusal(make):
    with pytest.raises(StatescapeError) as refused:
        make()
    message = str(refused.value)
    assert "\n" not in message
    assert message.endswith(".")
    return message


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"W": np.full((3, 3), np.nan)}, "W holds NaN"),
        ({"W": np.ones((2, 3))}, "W must be square"),
        ({"W": "graph"}, "W must be numbers"),
        ({"units": 5, "W": np.eye(3)}, "units=5, but W has 3"),
        ({"units": 0}, "at least one unit"),
        ({"lr": 0.0}, "lr is a leak rate"),
        ({"lr": 1.5}, "lr is a leak rate"),
        ({"units": 4, "lr": np.ones(3)}, "lr is one number for all units or one for each of the 4"),
        ({"bias": np.nan}, "bias holds NaN"),
        ({"sr": -1.0}, "finite number from 0 on"),
        ({"ridge": -1.0}, "ridge is a finite number from 0 on"),
        ({"ridge": []}, "ridge is a finite number from 0 on"),
        ({"rc_connectivity": 1.1}, "rc_connectivity is a share"),
        ({"input_connectivity": -0.1}, "input_connectivity is a share"),
        ({"activation": "relu"}, "activation is one of tanh, identity"),
        ({"pooling": "max"}, "pooling is one of none, last, mean"),
        ({"dtype": "float16"}, "dtype is one of float64, float32"),
        ({"noise_rc": -1.0}, "noise_rc is a standard deviation"),
        ({"seed": -1}, "A seed is a whole number from 0 on"),
        ({"units": 4, "Win": np.ones((3, 1))}, r"Win must have shape \(4, 1\)"),
        ({"units": 2, "Win": np.array([[1.0], [np.inf]])}, "Win holds NaN or infinite"),
    ],
)
def test_wrong_settings_are_refused_where_the_network_is_made(settings, words):
    import re

    assert re.search(words, refusal(lambda: EchoStateNetwork(**settings)))


@pytest.mark.parametrize(
    ("X", "Y", "options", "words"),
    [
        (np.ones(10), np.ones(10), {"warmup": 10}, "nothing to train on after 10 steps of warmup"),
        (np.ones(10), np.ones(9), {}, "X has 10 steps, Y has 9"),
        (np.array([1.0, np.nan]), np.ones(2), {}, "X holds NaN or infinite values, first at step 1"),
        (np.ones(2), np.array([np.inf, 1.0]), {}, "Y holds NaN"),
        ([["a", "b"]], np.ones(2), {}, "X must be numbers"),
        (np.ones((0, 2)), np.ones((0, 1)), {}, "at least one step"),
        (np.ones((2, 2, 2, 2)), np.ones(2), {}, "must have shape"),
        ([np.ones((5, 1)), np.ones((5, 2))], [np.ones(5), np.ones(5)], {}, "same number of columns"),
        (np.ones(10), np.ones(10), {"validation": 1.0}, "validation is a share"),
        (np.ones(10), np.ones(10), {"warmup": -1}, "nothing to train on after -1"),
    ],
)
def test_wrong_series_are_refused_before_training(X, Y, options, words):
    assert words in refusal(lambda: EchoStateNetwork(5, seed=1).fit(X, Y, **options))


def test_other_misuse_is_one_sentence(data, tmp_path):
    X, Y = data
    fresh = EchoStateNetwork(5, seed=1)
    fitted = EchoStateNetwork(5, ridge=1e-3, seed=1).fit(X[:, :1], Y)
    classifier = EchoStateNetwork(5, pooling="last", seed=1)
    assert "call fit first" in refusal(lambda: fresh.run(X))
    assert "call fit first" in refusal(lambda: fresh.generate(5))
    assert "call fit first" in refusal(lambda: fresh.save(tmp_path / "x.npz"))
    assert "reads 1 inputs; the series has 2" in refusal(lambda: fitted.run(X))
    assert "reads 1 inputs; the series has 2" in refusal(lambda: fitted.generate(5))
    assert "Only networks with pooling" in refusal(lambda: fitted.classify(X))
    assert "one class (an integer) for each of the 2 series" in refusal(lambda: classifier.fit([X, X], [0.5, 1.0]))
    assert "one class only" in refusal(lambda: classifier.fit([X, X], [1, 1]))
    assert "cannot be combined with pooling" in refusal(lambda: EchoStateNetwork(5, pooling="last", feedback=True))
    assert "input_scaling is one finite number or one for each of the 2" in refusal(
        lambda: EchoStateNetwork(5, input_scaling=[1.0, 2.0, 3.0], seed=1).states(X)
    )
    assert "There is no file" in refusal(lambda: EchoStateNetwork.load(tmp_path / "none.npz"))
    (tmp_path / "text.npz").write_text("no archive")
    assert "does not hold an echo state network" in refusal(lambda: EchoStateNetwork.load(tmp_path / "text.npz"))
    np.savez(tmp_path / "objects.npz", facts=np.array([{"a": 1}], dtype=object))
    assert "does not hold an echo state network" in refusal(lambda: EchoStateNetwork.load(tmp_path / "objects.npz"))
    erdos_renyi(5, seed=1).to_npz(tmp_path / "topology.npz")
    assert "is not an echo state network" in refusal(lambda: EchoStateNetwork.load(tmp_path / "topology.npz"))


def test_sparse_win_is_a_matrix_too(data):
    Win = np.diag([1.0, 2.0])
    esn = EchoStateNetwork(W=np.zeros((2, 2)), Win=scipy.sparse.csr_array(Win))
    assert np.allclose(esn.states(data[0]), np.tanh(data[0] @ Win), atol=1e-15)


def test_a_readout_that_fits_anything_is_warned_of(recwarn: pytest.WarningsRecorder) -> None:
    """Without a ridge, as many units as training steps leave no error in training whatever the target."""
    draw = np.random.default_rng(0)
    X, Y = draw.normal(size=(60, 1)), draw.normal(size=(60, 1))
    for units, warmup, ridge in ((49, 10, 0.0), (50, 10, 1e-9), (80, 10, (1e-6, 1.0))):
        EchoStateNetwork(units, ridge=ridge, seed=0).fit(X, Y, warmup=warmup)
    assert not [warning for warning in recwarn if issubclass(warning.category, StatescapeWarning)]
    with pytest.warns(StatescapeWarning, match="50 units on 50 training steps without a ridge fits any target") as said:
        EchoStateNetwork(50, seed=0).fit(X, Y, warmup=10)
    assert "\n" not in str(said[0].message)


def test_any_function_may_be_the_activation():
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(300, 2)), rng.normal(size=(300, 1))
    networks = [
        EchoStateNetwork(units=30, sr=0.8, lr=0.7, bias=0.1, ridge=1e-3, feedback=True, activation=function, seed=3)
        for function in ("tanh", np.tanh)
    ]
    compiled, plain = (network.fit(inputs, targets, warmup=20).run(inputs) for network in networks)
    np.testing.assert_allclose(plain, compiled, rtol=0, atol=1e-9)
    relu = EchoStateNetwork(units=30, sr=0.8, activation=lambda z: np.maximum(z, 0.0), seed=3)
    states = relu.states(inputs)
    assert (states >= 0).all()
    assert states.any()


def test_a_readout_without_intercept_is_ridge_through_the_origin(tmp_path):
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(300, 1)), rng.normal(2.0, 1.0, size=(300, 1))
    network = EchoStateNetwork(units=20, ridge=0.5, fit_bias=False, seed=1).fit(inputs, targets, warmup=50)
    X, y = network.states(inputs, reset=True)[50:], targets[50:]
    expected = np.linalg.solve(X.T @ X + 0.5 * np.eye(20), X.T @ y)
    np.testing.assert_allclose(network.readout.weights, expected, rtol=1e-8)
    assert not network.readout.intercept.any()
    network.save(tmp_path / "network.npz")
    again = EchoStateNetwork.load(tmp_path / "network.npz").fit(inputs, targets, warmup=50)
    assert np.array_equal(again.readout.weights, network.readout.weights)
    assert not again.readout.intercept.any()


def test_parameters_as_scikit_learn_asks_for_them():
    W = np.eye(4) * 0.5
    network = EchoStateNetwork(W=W, lr=0.3, ridge=(1e-6, 1e-3), seed=2)
    assert network.get_params()["W"] is W
    assert network.get_params()["lr"] == 0.3
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 1)), rng.normal(size=(200, 1))
    trained = network.fit(X, y)
    again = trained.clone()
    assert again.readout is None
    assert np.array_equal(again.fit(X, y).predict(X), trained.predict(X))
    assert trained.set_params(lr=1.0).lr.tolist() == [1.0] * 4
    assert trained.readout is None
    with pytest.raises(StatescapeError, match="has no parameter 'leak'"):
        network.set_params(leak=0.1)
    with pytest.raises(StatescapeError, match="lr is a leak rate"):
        network.fit(X, y).set_params(lr=5.0)
    assert network.get_params()["lr"] == 1.0
    assert network.readout is not None


def test_a_network_calls_itself_by_what_was_set():
    network = EchoStateNetwork(units=20, lr=0.3, W=np.eye(20), seed=2)
    assert repr(network) == "EchoStateNetwork(units=20, lr=0.3, W=array[20, 20], seed=2): 20 units, not trained"


def test_an_activation_of_ones_own_is_not_written_to_a_file(tmp_path):
    network = EchoStateNetwork(units=5, activation=np.sin, seed=1).fit(np.ones((50, 1)), np.zeros((50, 1)))
    with pytest.raises(StatescapeError, match="activation function of its own"):
        network.save(tmp_path / "network.npz")


@pytest.mark.parametrize(
    "given",
    [
        {"ridge": [1e-6, 1e-3]}, {"ridge": (1, 1e-3)}, {"ridge": np.array([1e-6, 1e-3])}, {"ridge": 1},
        {"read": [True] * 9 + [False]}, {"read": np.arange(10) > 2}, {"read": (True,) * 10},
        {"lr": [0.5] * 10}, {"lr": np.full(10, 0.5)}, {"bias": [0.1] * 10}, {"input_scaling": [1.0, 2.0]},
        {"W": np.eye(10)}, {"W": scipy.sparse.eye(10, format="csr")}, {"Win": np.ones((10, 1))},
        {"activation": np.tanh}, {"sr": np.float64(0.9)}, {"seed": 3},
    ],
    ids=lambda one: next(iter(one)),
)  # fmt: skip
def test_a_network_is_cloned_as_scikit_learn_clones(given: dict) -> None:
    """`sklearn.base.clone` copies the parameters and asks that the constructor keeps the very objects it is given."""
    network = EchoStateNetwork(**({"units": 10} | given))
    parameters = {name: copy.deepcopy(value) for name, value in network.get_params(deep=False).items()}
    again = type(network)(**parameters).get_params(deep=False)
    assert all(again[name] is parameters[name] for name in parameters)
