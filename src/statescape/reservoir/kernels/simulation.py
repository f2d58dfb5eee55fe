"""From arrays in the user's order to the kernels and back: `Simulation` runs one W on one or several inputs, in pieces.

A simulation holds the state between calls of `advance`, so a long series can be run in blocks that stay in the cache.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from statescape.reservoir.kernels import update
from statescape.reservoir.kernels.lanes import WIDTH
from statescape.reservoir.kernels.pack import PackedWeights


class Simulation:
    """Networks that share W, each with its own input weights and input, advanced together.

    Attributes:
        networks: how many.
        x: their present states `[networks, units]`, in the user's order.
    """

    def __init__(
        self,
        packed: PackedWeights,
        W_in: Float[np.ndarray, "networks units features"],
        bias: Float[np.ndarray, "networks units"],
        lr: Float[np.ndarray, " units"],
        *,
        linear: bool = False,
    ) -> None:
        """Lay out the input weights beside W. Everything is computed in the dtype of W.

        Args:
            packed: W, from `pack`.
            W_in: input weights (feedback weights are columns of it too).
            bias: added to the input of every unit.
            lr: leak rate of every unit.
            linear: identity instead of tanh.
        """
        self._packed = packed
        self._dtype = packed.weights.dtype
        self._linear = linear
        self.networks, units, self._features = W_in.shape
        order, dtype = packed.order, self._dtype
        self._alone = self.networks == 1
        if self._alone:
            padded = packed.padded
            self._W_in = np.zeros((self._features, padded), dtype)
            self._W_in[:, :units] = W_in[0, order].T
            self._bias = np.zeros(padded, dtype)
            self._bias[:units] = bias[0, order]
            self._lr = np.ones(padded, dtype)
            self._lr[:units] = lr[order]
            self._states = [np.zeros(padded + WIDTH, dtype)]
            self._scratch = np.zeros(padded, dtype)
            if packed.dense is not None:
                self._columns = np.zeros((units, padded), dtype)
                self._columns[:, :units] = packed.dense.T
        else:
            self._lr = np.ascontiguousarray(lr[order], dtype)
            self._groups = [slice(first, min(first + WIDTH, self.networks)) for first in range(0, self.networks, WIDTH)]
            self._batch_W_in = [self._to_lanes(W_in[group][:, order]) for group in self._groups]
            self._batch_bias = [self._to_lanes(bias[group][:, order]) for group in self._groups]
            self._states = [np.zeros(units * WIDTH, dtype) for _ in self._groups]
            self._scratch = np.zeros(units * WIDTH, dtype)

    def _to_lanes(self, values: Float[np.ndarray, "networks ..."]) -> Float[np.ndarray, " flat"]:
        """Networks last, padded with zeros to whole vectors, flat."""
        lanes = np.zeros((*values.shape[1:], WIDTH), self._dtype)
        lanes[..., : len(values)] = np.moveaxis(values, 0, -1)
        return lanes.reshape(-1)

    @property
    def x(self) -> Float[np.ndarray, "networks units"]:
        """The present states, in the user's order."""
        units, order = self._packed.units, self._packed.order
        states = np.empty((self.networks, units), self._dtype)
        if self._alone:
            states[0, order] = self._states[0][:units]
        else:
            for group, x in zip(self._groups, self._states, strict=True):
                states[group, order] = x.reshape(units, WIDTH)[:, : group.stop - group.start].T
        return states

    @x.setter
    def x(self, states: Float[np.ndarray, "networks units"]) -> None:
        units, order = self._packed.units, self._packed.order
        if self._alone:
            self._states[0][:units] = states[0, order]
        else:
            for group, x in zip(self._groups, self._states, strict=True):
                x.reshape(units, WIDTH)[:, : group.stop - group.start] = states[group][:, order].T

    def advance(
        self,
        inputs: Float[np.ndarray, "networks steps features"],
        noise: Float[np.ndarray, "networks steps units"] | None = None,
        out: Float[np.ndarray, "networks steps units"] | None = None,
    ) -> Float[np.ndarray, "networks steps units"]:
        """Run on from the present states.

        Args:
            inputs: one input series for every network.
            noise: added to the states after each update.
            out: where to write the states; a new array by default.

        Returns:
            The states after every step.
        """
        packed, steps = self._packed, inputs.shape[1]
        if out is None:
            out = np.empty((self.networks, steps, packed.units), self._dtype)
        silence = np.zeros((0, 0, 0), self._dtype) if noise is None else np.ascontiguousarray(noise, self._dtype)
        if self._alone:
            self._advance_alone(np.ascontiguousarray(inputs[0], self._dtype), silence, out[0])
            return out
        for number, group in enumerate(self._groups):
            arguments = (
                packed.order,
                self._batch_W_in[number],
                self._batch_bias[number],
                self._lr,
                self._to_lanes(inputs[group]),
                silence[group],
                self._linear,
                self._states[number],
                self._scratch,
                out[group],
            )
            if packed.dense is not None:
                update.batch_dense(packed.dense, *arguments)
            else:
                update.batch_sparse(packed.starts, packed.indices, packed.weights, *arguments)
        return out

    def _advance_alone(
        self,
        inputs: Float[np.ndarray, "steps features"],
        noise: Float[np.ndarray, "networks steps units"],
        out: Float[np.ndarray, "steps units"],
    ) -> None:
        packed = self._packed
        arguments = (
            packed.order,
            self._W_in.reshape(-1),
            self._bias,
            self._lr,
            inputs,
            noise[0] if len(noise) else noise.reshape(0, 0),
            self._linear,
            self._states[0],
            self._scratch,
            out,
        )
        if packed.dense is not None:
            update.alone_dense(self._columns.reshape(-1), *arguments)
        else:
            update.alone_sparse(packed.group_starts, packed.group_indices, packed.group_weights, *arguments)
