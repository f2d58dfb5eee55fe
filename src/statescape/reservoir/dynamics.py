"""How the states of a network follow each other: driven by a series, and in a loop with the network's own outputs.

As y(t-1) = W_out x(t-1) + c, an output that is fed back through `loop` is a change of low rank of W and a change of the
bias; so a closed loop runs in the same kernels as an open one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.reservoir.kernels import PackedWeights, Simulation, pack
from statescape.reservoir.kernels.lanes import WIDTH
from statescape.reservoir.kernels.reference import Activation, PlainSimulation
from statescape.reservoir.radius import Matrix
from statescape.reservoir.readout import Readout
from statescape.reservoir.topology import Topology

# Steps that are simulated before their sums are taken, so that the states are still in the cache.
BLOCK = 320
# The same for series that run side by side: their steps, all together.
SIDE_BY_SIDE = 1600
# Steps of closed loops after which they may be ended.
LOOP_BLOCK = 64


@dataclass(frozen=True, eq=False)
class Dynamics:
    """The update of a network's states.

    Attributes:
        W: recurrent weights that run.
        bias: of every unit.
        lr: leak rate of every unit.
        linear: whether units are linear rather than tanh.
        activation: a function of the user's in place of both; None for the compiled ones.
        noise: standard deviation of the noise added to every state.
        dtype: of the simulation, "float64" or "float32".
    """

    W: Matrix
    bias: Float[np.ndarray, " units"]
    lr: Float[np.ndarray, " units"]
    linear: bool
    activation: Activation | None
    noise: float
    dtype: str

    @property
    def units(self) -> int:
        """Number of units."""
        return len(self.bias)

    @cached_property
    def _packed(self) -> PackedWeights:
        return pack(self.W.astype(self.dtype))

    def at_rest(self, W_in: Float[np.ndarray, "units features"]) -> Simulation | PlainSimulation:
        """A simulation of these input weights, at rest."""
        if self.activation is not None:
            dense = Topology(self.W, radius="free").to_dense()
            return PlainSimulation(dense, W_in, self.bias, self.lr, self.activation)
        return Simulation(self._packed, W_in[None], self.bias[None], self.lr, linear=self.linear)

    def side_by_side(self, W_in: Float[np.ndarray, "units features"], networks: int) -> Simulation:
        """So many copies of the network at rest, each to be driven by a series of its own; for compiled units."""
        weights, bias = (np.repeat(one[None], networks, axis=0) for one in (W_in, self.bias))
        return Simulation(self._packed, weights, bias, self.lr, linear=self.linear)

    def blocks_of_series(
        self, W_in: Float[np.ndarray, "units features"], series: Float[np.ndarray, "series steps features"]
    ) -> Iterator[Float[np.ndarray, "_ steps units"]]:
        """States of series of equal length, each from rest, some series at a time: as many as the cache holds.

        Args:
            W_in: input weights.
            series: what drives the copies; a block of states is valid until the next is asked for.
        """
        together = min(max(SIDE_BY_SIDE // max(series.shape[1], 1) // WIDTH, 1) * WIDTH, len(series))
        simulation, out = None, np.empty((together, series.shape[1], self.units), self.dtype)
        for first in range(0, len(series), together):
            some = np.ascontiguousarray(series[first : first + together])
            if simulation is None or simulation.networks != len(some):
                simulation = self.side_by_side(W_in, len(some))
            simulation.x = np.zeros((len(some), self.units))
            yield simulation.advance(some, out=out[: len(some)])

    def advance(
        self,
        simulation: Simulation | PlainSimulation,
        inputs: Float[np.ndarray, "steps features"],
        rng: np.random.Generator,
    ) -> Float[np.ndarray, "steps units"]:
        """States after each of these inputs; noise, where there is any, is drawn from `rng`."""
        noise = rng.normal(0.0, self.noise, (1, len(inputs), self.units)) if self.noise else None
        states: Float[np.ndarray, "steps units"] = simulation.advance(inputs[None], noise)[0]
        return states

    def blocks(
        self,
        simulation: Simulation | PlainSimulation,
        inputs: Float[np.ndarray, "steps features"],
        rng: np.random.Generator,
        warmup: int,
    ) -> Iterator[tuple[slice, Float[np.ndarray, "_ units"]]]:
        """States after each of these inputs but the first `warmup`, some hundred at a time, with the steps they are of.

        Raises:
            StatescapeError: where they are not finite.
        """
        for first in range(0, len(inputs), BLOCK):
            states = self.advance(simulation, inputs[first : first + BLOCK], rng)
            if not np.isfinite(states).all():
                raise StatescapeError("The network has diverged on X; lower sr or the input scaling.")
            used = max(warmup - first, 0)
            yield slice(min(first + used, first + len(states)), first + len(states)), states[used:]

    def closed_loop(
        self,
        readout: Readout,
        loop: Float[np.ndarray, "units outputs"],
        inputs: Float[np.ndarray, "steps inputs"],
        state: Float[np.ndarray, " units"],
        before: Float[np.ndarray, " outputs"],
        rng: np.random.Generator,
        W_in: Float[np.ndarray, "units inputs"] | None = None,
    ) -> Float[np.ndarray, "steps units"]:
        """States of a network whose last output acts on it through `loop`.

        Args:
            readout: what makes the outputs.
            loop: weights of the last output on every unit.
            inputs: of every step, beside the output; of no columns where there are none.
            state: before the first step.
            before: the output before the first step, which need not be the network's own.
            rng: of the noise.
            W_in: weights of `inputs`; None where these have no columns.
        """
        W_in = np.zeros((self.units, 0)) if W_in is None else W_in
        first = self.at_rest(np.hstack([W_in, loop]))
        first.x = state[None]
        begun = self.advance(first, np.hstack([inputs, before + np.zeros((len(inputs), 1))])[:1], rng)
        if len(inputs) <= 1:
            return begun
        rest = self._closed(readout, loop).at_rest(W_in)
        rest.x = begun[-1:]
        return np.concatenate([begun, self.advance(rest, inputs[1:], rng)])

    def closed_loops(
        self,
        readout: Readout,
        loop: Float[np.ndarray, "units outputs"],
        states: Float[np.ndarray, "starts units"],
        steps: int,
    ) -> Iterator[tuple[slice, Float[np.ndarray, "starts _ units"]]]:
        """States in loops with the network's own outputs, some steps at a time, with the steps they are of.

        Args:
            readout: what makes the outputs.
            loop: weights of the last output on every unit.
            states: the first of every loop.
            steps: of every loop.
        """
        closed = self._closed(readout, loop).side_by_side(np.zeros((self.units, 0)), len(states))
        closed.x = states
        yield slice(0, 1), states[:, None]
        for first in range(1, steps, LOOP_BLOCK):
            stop = min(first + LOOP_BLOCK, steps)
            yield slice(first, stop), closed.advance(np.zeros((len(states), stop - first, 0)))

    def _closed(self, readout: Readout, loop: Float[np.ndarray, "units outputs"]) -> Dynamics:
        """The same units with their own output as part of W and of the bias."""
        closed = Topology(self.W, radius="free").to_dense() + loop @ readout.weights.T
        return replace(self, W=closed, bias=self.bias + loop @ readout.intercept)
