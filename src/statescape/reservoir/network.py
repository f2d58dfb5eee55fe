"""The echo state network: a fixed recurrent matrix, driven by a series, read by one trained linear map.

    x(t) = (1 - lr) x(t-1) + lr f(W x(t-1) + W_in u(t) + b + W_fb y(t-1)),   y(t) = W_out x(t) + c

Jaeger, GMD report 148 (2001); leak: Jaeger et al., Neural Networks 20 (2007). Names and defaults are as in ReservoirPy.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from statescape.errors import StatescapeError
from statescape.reservoir.archive import matrix_arrays, matrix_from, read_npz, write_npz
from statescape.reservoir.dynamics import Dynamics
from statescape.reservoir.initialisers import WeightsLike, checked_share
from statescape.reservoir.kernels.reference import Activation
from statescape.reservoir.radius import Matrix
from statescape.reservoir.readout import Readout
from statescape.reservoir.real import real_array
from statescape.reservoir.series import SeriesLike, as_labels, as_series, as_targets, is_many, shifted
from statescape.reservoir.topology import Topology
from statescape.reservoir.training import RidgeTraining, checked_ridges
from statescape.reservoir.weights import onto_units, per_unit, recurrent, scale_inputs
from statescape.wording import brief

ACTIVATIONS = ("tanh", "identity")
POOLINGS = ("none", "last", "mean")
DTYPES = ("float64", "float32")
# What random numbers are drawn for; the place of a name is part of its seed.
STREAMS = ("W", "Win", "bias", "Wfb", "noise")
# Settings that a file keeps as JSON.
_FACTS = ("units", "activation", "pooling", "dtype", "noise_rc", "feedback", "classes", "ridge", "fit_bias")
# Steps that are simulated before their sums are taken, so that the states are still in the cache.
BLOCK = 320


class EchoStateNetwork:
    """An echo state network.

    A fitted network is not changed by `run`, `states` or `generate`: they start where training ended (`reset=True`: at
    rest), so that a test series continues the training series and can be run again.

    Attributes:
        units: number of units.
        W: recurrent weights that run.
        Win: input weights, drawn when the width of the input is known; None before.
        Wfb: feedback weights, or None.
        bias: bias of every unit.
        readout: the trained map; None before `fit`.
        ridge: the ridge in use: after `fit` over a grid, the chosen one.
    """

    def __init__(
        self,
        units: int | None = None,
        *,
        lr: WeightsLike = 1.0,
        sr: float | None = None,
        input_scaling: WeightsLike | None = None,
        rc_connectivity: float = 0.1,
        input_connectivity: float = 0.1,
        ridge: float | Sequence[float] | Float[np.ndarray, " ridges"] = 0.0,
        W: Topology | WeightsLike | None = None,
        Win: WeightsLike | None = None,
        bias: WeightsLike = 0.0,
        feedback: bool = False,
        fb_scaling: float = 1.0,
        fb_connectivity: float = 0.1,
        Wfb: WeightsLike | None = None,
        activation: str | Activation = "tanh",
        noise_rc: float = 0.0,
        pooling: str = "none",
        fit_bias: bool = True,
        dtype: str = "float64",
        seed: int | None = None,
    ) -> None:
        """Draw or take over the recurrent weights; input and feedback weights follow when their widths are known.

        Args:
            units: number of units; by default those of W, or 100.
            lr: leak rate in (0, 1], one or one for each unit.
            sr: spectral radius. None means 1 for a drawn W and for a topology that rescales, and no scaling for a given
                matrix; a given matrix is scaled where `sr` is given (ReservoirPy would ignore it).
            input_scaling: factor of the input weights, one or one for each input. None: 1.
            rc_connectivity: share of drawn recurrent weights, 0 to 1.
            input_connectivity: share of drawn input weights, 0 to 1.
            ridge: penalty on the readout weights; of several, the best on a validation part is chosen.
            W: recurrent weights: array, sparse matrix, `Topology`, or initialiser called as those of ReservoirPy. None:
                N(0, 1).
            Win: input weights: array or initialiser. None: those of the topology, else -1 and 1 with equal probability.
            bias: one for all units, one for each, or an initialiser.
            feedback: whether the last output is fed back through `Wfb`; in training that is the last target.
            fb_scaling: factor of the feedback weights.
            fb_connectivity: share of drawn feedback weights, 0 to 1.
            Wfb: feedback weights: array or initialiser; given, `feedback` is on. None: -1 and 1 with equal probability.
            activation: "tanh", "identity" for linear units, or any function of an array, element by element (NumPy's
                speed, not that of the compiled two).
            noise_rc: standard deviation of the noise added to every state.
            pooling: what is read: every state, or of each series the "last" or the "mean" one, as for classification.
            fit_bias: whether the readout has an intercept, which is not penalised.
            dtype: of the simulation; the readout is solved in float64 always.
            seed: of all drawn weights and the noise.

        Raises:
            StatescapeError: for values out of range, matrices of the wrong shape, NaN or infinite weights.
        """
        self._parameters = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        if not callable(activation):
            _check_choice("activation", activation, ACTIVATIONS)
        _check_choice("pooling", pooling, POOLINGS)
        _check_choice("dtype", dtype, DTYPES)
        self.feedback = feedback or Wfb is not None
        if self.feedback and pooling != "none":
            raise StatescapeError("Feedback needs an output at every step; it cannot be combined with pooling.")
        if not noise_rc >= 0:
            raise StatescapeError(f"noise_rc is a standard deviation from 0 on; got {noise_rc}.")
        self._ridges = checked_ridges(ridge)
        self.ridge = float(self._ridges[0]) if len(self._ridges) == 1 else None
        if seed is not None and seed < 0:
            raise StatescapeError(f"A seed is a whole number from 0 on; got {seed}.")
        self._entropy = np.random.SeedSequence(seed).entropy
        self.classes: tuple[int, ...] = ()
        self.activation, self.pooling, self.dtype = activation, pooling, dtype
        self.noise_rc, self.fit_bias = float(noise_rc), bool(fit_bias)
        self.input_connectivity = checked_share(input_connectivity, "input_connectivity")
        self.fb_connectivity = checked_share(fb_connectivity, "fb_connectivity")
        self.input_scaling, self.fb_scaling = input_scaling, float(fb_scaling)
        self.W: Matrix = recurrent(units, W, sr, checked_share(rc_connectivity, "rc_connectivity"), self._stream("W"))
        self.units = int(self.W.shape[0])
        self.lr = per_unit(lr, self.units, "lr")
        if not ((self.lr > 0) & (self.lr <= 1)).all():
            raise StatescapeError("lr is a leak rate in (0, 1], one for all units or one for each of them.")
        given = bias(self.units, 1, seed=self._stream("bias")) if callable(bias) else bias
        self.bias = per_unit(given, self.units, "bias")
        self._given_Win = W.W_in if Win is None and isinstance(W, Topology) else Win
        if self._given_Win is not None and not callable(self._given_Win):
            self._given_Win = real_array(self._given_Win, "Win")
        self._given_Wfb = Wfb
        self.Win: Float[np.ndarray, "units inputs"] | None = None
        self.Wfb: Float[np.ndarray, "units outputs"] | None = None
        self.readout: Readout | None = None
        own = activation if callable(activation) else None
        self._dynamics = Dynamics(self.W, self.bias, self.lr, activation == "identity", own, self.noise_rc, dtype)
        self._state = np.zeros(self.units)
        self._last_output = np.zeros(0)
        if self._given_Win is not None and not callable(self._given_Win):
            self._prepare_inputs(int(np.shape(self._given_Win)[-1]) if np.ndim(self._given_Win) > 1 else 1)

    # Settings

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 - scikit-learn's signature
        """The arguments it was made with, as scikit-learn's `clone` and searches ask for them."""
        return dict(self._parameters)

    def set_params(self, **parameters: Any) -> EchoStateNetwork:
        """Change arguments; weights are drawn again, and what was trained is forgotten.

        Raises:
            StatescapeError: for an unknown argument, or a value out of range.
        """
        unknown = [name for name in parameters if name not in self._parameters]
        if unknown:
            raise StatescapeError(
                f"An EchoStateNetwork has no parameter {unknown[0]!r}. It has: {', '.join(self._parameters)}."
            )
        # Made apart first: one that is refused leaves this network as it was.
        vars(self).update(vars(type(self)(**{**self._parameters, **parameters})))
        return self

    def clone(self) -> EchoStateNetwork:
        """An untrained network of the same arguments; without a seed its weights are drawn anew."""
        return type(self)(**self._parameters)

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self)).parameters
        told = [
            f"{name}={_brief(value)}"
            for name, value in self._parameters.items()
            if not (np.isscalar(value) or value is None) or value != defaults[name].default
        ]
        state = f"{self.units} units, {'trained' if self.readout is not None else 'not trained'}"
        return brief(f"EchoStateNetwork({', '.join(told)}): {state}")

    # Weights

    def _stream(self, name: str) -> np.random.Generator:
        """The random numbers of one purpose, always the same."""
        return np.random.default_rng(np.random.SeedSequence(self._entropy, spawn_key=(STREAMS.index(name),)))

    def _prepare_inputs(self, n_inputs: int) -> Float[np.ndarray, "units inputs"]:
        """Input weights for inputs of this width, drawn at the first call."""
        if self.Win is not None:
            if self.Win.shape[1] != n_inputs:
                raise StatescapeError(f"This network reads {self.Win.shape[1]} inputs; the series has {n_inputs}.")
            return self.Win
        weights = self._onto_units("Win", self._given_Win, n_inputs, self.input_connectivity)
        if self.input_scaling is not None:
            weights = scale_inputs(weights, self.input_scaling)
        self.Win = weights
        return weights

    def _prepare_feedback(self, n_outputs: int) -> Float[np.ndarray, "units outputs"]:
        """Feedback weights for outputs of this width, drawn at the first call."""
        if self.Wfb is None:
            self.Wfb = self._onto_units("Wfb", self._given_Wfb, n_outputs, self.fb_connectivity) * self.fb_scaling
        if self.Wfb.shape[1] != n_outputs:
            raise StatescapeError(f"This network feeds back {self.Wfb.shape[1]} outputs; the targets have {n_outputs}.")
        return self.Wfb

    def _onto_units(
        self, name: str, given: Any, columns: int, connectivity: float
    ) -> Float[np.ndarray, "units columns"]:
        return onto_units(name, given, self.units, columns, connectivity, self._stream(name))

    @property
    def topology(self) -> Topology:
        """The wiring that runs, with the input weights where they are known."""
        return Topology(self.W, self.Win, radius="free")

    # Training

    def fit(self, X: SeriesLike, Y: SeriesLike, warmup: int = 0, *, validation: float = 0.25) -> EchoStateNetwork:
        """Train the readout, every series from rest.

        Args:
            X: input, `[steps, inputs]` or `[steps]`, or several of them.
            Y: targets, one row for every step; where states are pooled, one class (an integer) for every series.
            warmup: first steps of every series that are not used for training.
            validation: where `ridge` is a grid, the last share of the steps (of the series) on which it is chosen; the
                readout is then solved again on all of them.

        Returns:
            The network itself.

        Raises:
            StatescapeError: for series that are too short, not finite or of differing shapes, and where the network
                diverges.
        """
        series = as_series(X, "X")
        if self.pooling == "none":
            targets = as_targets(Y, series)
        else:
            table, self.classes = as_labels(Y, len(series))
            targets = list(table[:, None])
        shortest = min(len(one) for one in series)
        if warmup < 0 or shortest <= warmup:
            raise StatescapeError(
                f"A series of {shortest} steps leaves nothing to train on after {warmup} steps of warmup; shorten it."
            )
        outputs = targets[0].shape[1]
        training = RidgeTraining(self._ridges, self.units, outputs, validation, intercept=self.fit_bias)
        for states, wanted in self._training_states(series, targets, warmup):
            training.add(states, wanted)
        self.ridge, self.readout = training.solve()
        return self

    def _training_states(
        self,
        series: list[Float[np.ndarray, "_ inputs"]],
        targets: list[Float[np.ndarray, "_ outputs"]],
        warmup: int,
    ) -> Iterator[tuple[Float[np.ndarray, "steps units"], Float[np.ndarray, "steps outputs"]]]:
        """States and what the readout shall say, block by block; the state after the last step is kept."""
        rng = self._stream("noise")
        W_in = self._prepare_inputs(series[0].shape[1])
        if self.feedback:
            W_in = np.hstack([W_in, self._prepare_feedback(targets[0].shape[1])])
        for one, target in zip(series, targets, strict=True):
            simulation = self._dynamics.at_rest(W_in)
            inputs = np.hstack([one, shifted(target)]) if self.feedback else one
            kept = []
            for first in range(0, len(inputs), BLOCK):
                states = self._dynamics.advance(simulation, inputs[first : first + BLOCK], rng)
                if not np.isfinite(states).all():
                    raise StatescapeError("The network has diverged on X; lower sr or the input scaling.")
                used = slice(max(warmup - first, 0), None)
                if self.pooling == "none":
                    yield states[used], target[first : first + BLOCK][used]
                else:
                    kept.append(states[used])
            if self.pooling != "none":
                yield _pool(self.pooling, np.concatenate(kept))[None], target
            self._state = simulation.x[0].astype(np.float64)
            self._last_output = target[-1].copy()

    # Running

    def states(self, X: SeriesLike, *, reset: bool | None = None) -> Any:
        """States after every step; a fitted network with feedback runs on its own outputs.

        Args:
            X: input, `[steps, inputs]` or `[steps]`, or several of them.
            reset: whether to start at rest rather than where training ended. None: several series start at rest, as
                pooled ones do; one series goes on where training ended.

        Returns:
            `[steps, units]`, or a list of them.
        """
        many = is_many(X)
        at_rest = (many or self.pooling != "none") if reset is None else reset
        results = [self._run_one(one, at_rest) for one in as_series(X, "X")]
        return results if many else results[0]

    def run(self, X: SeriesLike, *, reset: bool | None = None) -> Any:
        """Outputs at every step; where states are pooled, one row of outputs for every series.

        Args:
            X: input, `[steps, inputs]` or `[steps]`, or several of them.
            reset: as for `states`.

        Returns:
            `[steps, outputs]`, or a list of them; pooled, `[series, classes]`. A network that diverges gives outputs
            that are not finite.

        Raises:
            StatescapeError: where the network is not fitted or X has another width.
        """
        readout = self._fitted()
        states = self.states(X, reset=reset)
        with np.errstate(all="ignore"):
            if self.pooling == "none":
                return [readout(one) for one in states] if isinstance(states, list) else readout(states)
            rows = [_pool(self.pooling, one) for one in (states if isinstance(states, list) else [states])]
            pooled: Float[np.ndarray, "series classes"] = readout(np.stack(rows))
            return pooled

    predict = run

    def classify(self, X: SeriesLike) -> Int[np.ndarray, " series"]:
        """The class of every series; for networks that pool their states.

        Raises:
            StatescapeError: where the network does not pool or is not fitted.
        """
        if self.pooling == "none":
            raise StatescapeError('Only networks with pooling="last" or "mean" classify; this one answers every step.')
        classes: Int[np.ndarray, " series"] = np.asarray(self.classes, dtype=np.int64)[np.argmax(self.run(X), axis=1)]
        return classes

    def generate(self, n: int, context: SeriesLike | None = None) -> Float[np.ndarray, "n outputs"]:
        """Continue the series: every output is the input of the next step.

        Args:
            n: how many values.
            context: known values, run from rest before the loop is closed; by default the training series, whose last
                known value is its last target.

        Returns:
            The n values that follow the last known one.

        Raises:
            StatescapeError: where the network is not fitted, or its outputs are not as wide as its inputs.
        """
        readout = self._fitted()
        if self.pooling != "none":
            raise StatescapeError("A network that pools its states has no output at every step to run on.")
        if n < 1:
            raise StatescapeError(f"generate needs at least one step; got {n}.")
        loop = self._prepare_inputs(len(readout.intercept))
        if self.Wfb is not None:  # the value before a step is its input and its feedback at once
            loop = loop + self.Wfb
        rng = self._stream("noise")
        if context is None:
            closed = self._dynamics.closed_loop(readout, loop, np.zeros((n, 0)), self._state, self._last_output, rng)
            return self._outputs(closed)
        known = as_series(context, "context")
        if len(known) != 1 or known[0].shape[1] != loop.shape[1]:
            raise StatescapeError(
                f"The context is one series of the {loop.shape[1]} values that the network continues."
            )
        simulation = self._dynamics.at_rest(loop)
        state = self._dynamics.advance(simulation, known[0], rng)[-1].astype(np.float64)
        value = self._outputs(state[None])
        closed = self._dynamics.closed_loop(readout, loop, np.zeros((n - 1, 0)), state, value[0], rng)
        return np.concatenate([value, self._outputs(closed)])

    def _fitted(self) -> Readout:
        if self.readout is None:
            raise StatescapeError("This network is not trained yet; call fit first.")
        return self.readout

    def _outputs(self, states: Float[np.ndarray, "steps units"]) -> Float[np.ndarray, "steps outputs"]:
        with np.errstate(all="ignore"):
            return self._fitted()(states)

    def _run_one(self, inputs: Float[np.ndarray, "steps inputs"], at_rest: bool) -> Float[np.ndarray, "steps units"]:
        Win = self._prepare_inputs(inputs.shape[1])
        rng = self._stream("noise")
        state = np.zeros(self.units) if at_rest else self._state
        if self.feedback:
            readout = self._fitted()
            before = np.zeros(len(readout.intercept)) if at_rest else self._last_output
            loop = self._prepare_feedback(len(readout.intercept))
            return self._dynamics.closed_loop(readout, loop, inputs, state, before, rng, W_in=Win)
        simulation = self._dynamics.at_rest(Win)
        simulation.x = state[None]
        return self._dynamics.advance(simulation, inputs, rng)

    # Keeping

    def save(self, path: str | Path) -> None:
        """Write weights, readout and settings of a fitted network to an .npz file that holds arrays and JSON only.

        Raises:
            StatescapeError: where the network is not fitted.
        """
        readout = self._fitted()
        if callable(self.activation):
            raise StatescapeError("A network with an activation function of its own cannot be written to a file.")
        arrays: dict[str, np.ndarray] = {
            "lr": self.lr,
            "bias": self.bias,
            "ridges": self._ridges,
            "Win": np.asarray(self.Win),
            "Wout": readout.weights,
            "intercept": readout.intercept,
            "state": self._state,
            "last_output": self._last_output,
        } | matrix_arrays(self.W)
        if self.Wfb is not None:
            arrays["Wfb"] = self.Wfb
        write_npz(path, arrays, {name: getattr(self, name) for name in _FACTS} | {"entropy": str(self._entropy)})

    @classmethod
    def load(cls, path: str | Path) -> EchoStateNetwork:
        """Read what `save` wrote.

        Raises:
            StatescapeError: where the file is missing or is not such a network.
        """
        arrays, facts = read_npz(path, "an echo state network")
        try:
            network = cls(
                W=matrix_from(arrays, int(facts["units"])),
                Win=arrays["Win"],
                Wfb=arrays.get("Wfb"),
                lr=arrays["lr"],
                bias=arrays["bias"],
                ridge=arrays["ridges"],
                activation=facts["activation"],
                pooling=facts["pooling"],
                dtype=facts["dtype"],
                noise_rc=facts["noise_rc"],
                fit_bias=facts.get("fit_bias", True),  # files of 0.1.0 have none without
                seed=int(facts["entropy"]),
            )
            network.readout = Readout(arrays["Wout"], arrays["intercept"])
            network.Wfb = arrays.get("Wfb")
            network._state, network._last_output = arrays["state"], arrays["last_output"]
            network.ridge, network.classes = facts["ridge"], tuple(facts["classes"])
        except (KeyError, TypeError) as error:
            raise StatescapeError(f"{path} is not an echo state network that statescape wrote.") from error
        return network


def _pool(pooling: str, states: Float[np.ndarray, "steps units"]) -> Float[np.ndarray, " units"]:
    """What is read of a whole series."""
    row: Float[np.ndarray, " units"] = states[-1] if pooling == "last" else states.mean(axis=0)
    return row


def _brief(value: Any) -> str:
    shape = getattr(value, "shape", ())
    return f"array[{', '.join(map(str, shape))}]" if shape else brief(repr(value), 40)


def _check_choice(name: str, given: str, choices: tuple[str, ...]) -> None:
    if given not in choices:
        raise StatescapeError(f"{name} is one of {', '.join(choices)}; got {given!r}.")
