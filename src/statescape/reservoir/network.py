"""The echo state network: a fixed recurrent matrix, driven by a series, read by one trained linear map.

    x(t) = (1 - lr) x(t-1) + lr f(W x(t-1) + W_in u(t) + b + W_fb y(t-1)),   y(t) = W_out x(t) + c

Jaeger, GMD report 148 (2001); leak: Jaeger et al., Neural Networks 20 (2007). Names and defaults are as in ReservoirPy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from statescape.errors import StatescapeError, require_choice
from statescape.reservoir.archive import read_network, write_network
from statescape.reservoir.arrays import SeriesLike, as_labels, as_series, as_targets, is_many, shifted
from statescape.reservoir.dynamics import Dynamics
from statescape.reservoir.kernels.reference import Activation
from statescape.reservoir.parameters import Parameters
from statescape.reservoir.readout import Readout, RidgeTraining, checked_ridges
from statescape.reservoir.topology import Topology
from statescape.reservoir.weights import Weights, WeightsLike, per_unit
from statescape.wording import Noun, brief

ACTIVATIONS = ("tanh", "identity")
POOLINGS = ("none", "last", "mean")
DTYPES = ("float64", "float32")


class EchoStateNetwork(Parameters, Noun):
    """An echo state network.

    A fitted network is not changed by `run`, `states` or `generate`: they start where training ended (`reset=True`: at
    rest), so that a test series continues the training series and can be run again.

    Attributes:
        units: number of units.
        W: recurrent weights that run.
        bias: bias of every unit.
        read: which units the readout sees; None for all.
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
        read: Sequence[bool] | Bool[np.ndarray, " units"] | None = None,
    ) -> None:
        """Draw or take over the recurrent weights; input and feedback weights follow when their widths are known.

        Args:
            units: number of units; by default those of W, or 100.
            lr: leak rate in (0, 1], one or one for each unit. A W that was drawn for a plan has the plan's instead.
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
            read: which units the readout sees; None for all, or for those that a plan lets it see.

        Raises:
            StatescapeError: for values out of range, matrices of the wrong shape, NaN or infinite weights.
        """
        self._parameters = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        if not callable(activation):
            require_choice("activation", activation, ACTIVATIONS)
        require_choice("pooling", pooling, POOLINGS)
        require_choice("dtype", dtype, DTYPES)
        self.feedback = feedback or Wfb is not None
        if self.feedback and pooling != "none":
            raise StatescapeError("Feedback needs an output at every step; it cannot be combined with pooling.")
        if not noise_rc >= 0:
            raise StatescapeError(f"noise_rc is a standard deviation from 0 on; got {noise_rc}.")
        self._ridges = checked_ridges(ridge)
        self.ridge = float(self._ridges[0]) if len(self._ridges) == 1 else None
        self.classes: tuple[int, ...] = ()
        self.activation, self.pooling, self.dtype = activation, pooling, dtype
        self.noise_rc, self.fit_bias = float(noise_rc), bool(fit_bias)
        self._weights = Weights(
            seed,
            units=units,
            W=W,
            sr=sr,
            rc_connectivity=rc_connectivity,
            bias=bias,
            Win=Win,
            input_scaling=input_scaling,
            input_connectivity=input_connectivity,
            Wfb=Wfb,
            fb_scaling=fb_scaling,
            fb_connectivity=fb_connectivity,
        )
        self.W, self.units, self.bias = self._weights.W, self._weights.units, self._weights.bias
        plan = W.plan if isinstance(W, Topology) else None
        self.lr = per_unit(lr if plan is None else plan.lr, self.units, "lr")
        self.read = _seen(read if plan is None or read is not None else plan.read, self.units)
        if not ((self.lr > 0) & (self.lr <= 1)).all():
            raise StatescapeError("lr is a leak rate in (0, 1], one for all units or one for each of them.")
        self.readout: Readout | None = None
        own = activation if callable(activation) else None
        self._dynamics = Dynamics(self.W, self.bias, self.lr, activation == "identity", own, self.noise_rc, dtype)
        self._state = np.zeros(self.units)
        self._last_output = np.zeros(0)

    def __repr__(self) -> str:
        state = f"{self.units} units, {'trained' if self.readout is not None else 'not trained'}"
        return brief(f"EchoStateNetwork({self._in_words()}): {state}")

    # Weights

    @property
    def Win(self) -> Float[np.ndarray, "units inputs"] | None:  # noqa: N802 - ReservoirPy's name
        """Input weights, drawn when the width of the input is known; None before."""
        return self._weights.Win

    @property
    def Wfb(self) -> Float[np.ndarray, "units outputs"] | None:  # noqa: N802 - ReservoirPy's name
        """Feedback weights, drawn when the width of the output is known; None before, and without feedback."""
        return self._weights.Wfb

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
        training = RidgeTraining(self._ridges, self.units, outputs, validation, intercept=self.fit_bias, read=self.read)
        W_in, rng = self._weights.onto_inputs(series[0].shape[1]), self._weights.stream("noise")
        if self.feedback:
            W_in = np.hstack([W_in, self._weights.onto_outputs(outputs)])
        for one, target in zip(series, targets, strict=True):
            simulation = self._dynamics.at_rest(W_in)
            inputs = np.hstack([one, shifted(target)]) if self.feedback else one
            blocks = self._dynamics.blocks(simulation, inputs, rng, warmup)
            if self.pooling == "none":
                for steps, states in blocks:
                    training.add(states, target[steps])
            else:
                training.add(_pool(self.pooling, np.concatenate([states for _, states in blocks]))[None], target)
            self._state, self._last_output = simulation.x[0].astype(np.float64), target[-1].copy()
        self.ridge, self.readout = training.solve()
        return self

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

    def states_side_by_side(
        self, X: Float[np.ndarray, "series steps inputs"]
    ) -> Iterator[Float[np.ndarray, "_ steps units"]]:
        """States of series of equal length, each from rest, worked on together: several times as fast as one by one.

        Args:
            X: the series.

        Yields:
            The states of some series at a time, in their order; a block is valid until the next is asked for.

        Raises:
            StatescapeError: for a network with feedback.
        """
        if self.feedback:
            raise StatescapeError("A network with feedback runs one series at a time; ask for its states.")
        W_in = self._weights.onto_inputs(X.shape[2])
        if callable(self.activation) or self.noise_rc:
            yield from (self._run_one(one, at_rest=True)[None] for one in X)
        else:
            yield from self._dynamics.blocks_of_series(W_in, X)

    def run(self, X: SeriesLike, *, reset: bool | None = None) -> Any:
        """Outputs at every step; where states are pooled, one row of outputs for every series.

        Args:
            X: input, `[steps, inputs]` or `[steps]`, or several of them.
            reset: whether to start at rest rather than where training ended. None: only several series do.

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
        loop = self._weights.onto_inputs(len(readout.intercept))
        if self.Wfb is not None:  # the value before a step is its input and its feedback at once
            loop = loop + self.Wfb
        rng = self._weights.stream("noise")
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

    @property
    def runs_side_by_side(self) -> bool:
        """Whether series can be worked on together: without feedback, pooling, noise and functions of the user."""
        return not (self.feedback or self.noise_rc or callable(self.activation) or self.pooling != "none")

    def continuations(
        self,
        X: Float[np.ndarray, "steps outputs"],
        starts: Sequence[int],
        n: int,
        enough: Callable[[Float[np.ndarray, "starts _ outputs"]], bool] | None = None,
    ) -> Float[np.ndarray, "starts _ outputs"]:
        """`generate` from several places of a series that follows the training one: every loop begins on its way.

        Args:
            X: the series.
            starts: the last known row before each loop is closed.
            n: how many values each.
            enough: asked now and then with the values so far; where it says True the loops end early. None: never.

        Raises:
            StatescapeError: as `generate`, for a start that is none of the rows, and a network whose series cannot run
                side by side.
        """
        readout = self._fitted()
        if not self.runs_side_by_side:
            raise StatescapeError("Continuations take a network without feedback, noise and pooling; generate each.")
        if not len(starts) or min(starts) < 0 or max(starts) >= len(X):
            raise StatescapeError(f"Starts are rows of the series, 0 to {len(X) - 1}; got {list(starts)}.")
        loop = self._weights.onto_inputs(len(readout.intercept))
        begun = self._run_one(X[: max(starts) + 1], at_rest=False)[list(starts)].astype(np.float64)
        said = np.empty((len(starts), n, len(readout.intercept)))
        with np.errstate(all="ignore"):
            for steps, states in self._dynamics.closed_loops(readout, loop, begun, n):
                for place, one in enumerate(states):
                    said[place, steps] = readout(one)
                if enough is not None and enough(said[:, : steps.stop]):
                    return said[:, : steps.stop]
        return said

    def _fitted(self) -> Readout:
        if self.readout is None:
            raise StatescapeError("This network is not trained yet; call fit first.")
        return self.readout

    def _outputs(self, states: Float[np.ndarray, "steps units"]) -> Float[np.ndarray, "steps outputs"]:
        with np.errstate(all="ignore"):
            return self._fitted()(states)

    def _run_one(self, inputs: Float[np.ndarray, "steps inputs"], at_rest: bool) -> Float[np.ndarray, "steps units"]:
        Win = self._weights.onto_inputs(inputs.shape[1])
        rng = self._weights.stream("noise")
        state = np.zeros(self.units) if at_rest else self._state
        if self.feedback:
            readout = self._fitted()
            before = np.zeros(len(readout.intercept)) if at_rest else self._last_output
            loop = self._weights.onto_outputs(len(readout.intercept))
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
        self._fitted()
        if callable(self.activation):
            raise StatescapeError("A network with an activation function of its own cannot be written to a file.")
        write_network(path, self)

    @classmethod
    def load(cls, path: str | Path) -> EchoStateNetwork:
        """Read what `save` wrote.

        Raises:
            StatescapeError: where the file is missing or is not such a network.
        """
        return read_network(path, cls)  # type: ignore[no-any-return]


def _pool(pooling: str, states: Float[np.ndarray, "steps units"]) -> Float[np.ndarray, " units"]:
    """What is read of a whole series."""
    row: Float[np.ndarray, " units"] = states[-1] if pooling == "last" else states.mean(axis=0)
    return row


def _seen(read: Sequence[bool] | Bool[np.ndarray, " units"] | None, units: int) -> Bool[np.ndarray, " units"] | None:
    """Which units the readout sees, None for all.

    Raises:
        StatescapeError: where there is not one truth value for each unit, or it sees none.
    """
    if read is None:
        return None
    seen = np.asarray(read)
    if seen.shape != (units,) or seen.dtype != bool or not seen.any():
        raise StatescapeError(
            f"read says of each of the {units} units whether the readout sees it, and it sees one at least."
        )
    return None if seen.all() else seen
