"""From arrays as the user has them to the kernels and back: `Simulation` runs networks of one W, or of one each.

A simulation holds its states between calls of `advance`, so a long series can be run in blocks that stay in the cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
from jaxtyping import Float

from statescape.reservoir.kernels import update
from statescape.reservoir.kernels.lanes import WIDTH
from statescape.reservoir.kernels.pack import PackedWeights, padded

# Networks of one W from which on a batch is faster than one after the other (measured at 50 to 300 units).
BATCH_FROM = 4


class Simulation:
    """Networks of one W, or each of its own, with their own input weights and inputs, advanced together.

    Attributes:
        networks: how many.
        units: units of each.
        dtype: of the states.
    """

    def __init__(
        self,
        packed: PackedWeights | Sequence[PackedWeights],
        W_in: Float[np.ndarray, "networks units features"],
        bias: Float[np.ndarray, "networks units"],
        lr: Float[np.ndarray, "*networks units"],
        *,
        linear: bool = False,
    ) -> None:
        """Lay out the input weights beside W; the networks are at rest. Everything is computed in the dtype of W.

        Args:
            packed: W, from `pack`: one for all networks, or one for each, of one dtype.
            W_in: input weights; feedback from targets is an input like others.
            bias: added to the input of every unit.
            lr: leak rate of every unit, the same in all networks or each network's own.
            linear: identity instead of tanh.
        """
        self.networks, self.units = W_in.shape[:2]
        each = [packed] * self.networks if isinstance(packed, PackedWeights) else list(packed)
        self.dtype = each[0].dtype
        self._parts: list[tuple[slice, _Part]] = []
        rates = np.broadcast_to(lr, bias.shape)
        for members in _together(each):
            kind = _Batch if members.stop - members.start > 1 else _Alone
            part = kind(each[members.start], W_in[members], bias[members], rates[members], linear)
            self._parts.append((members, part))

    @property
    def x(self) -> Float[np.ndarray, "networks units"]:
        """The present states."""
        return np.concatenate([part.x for _, part in self._parts])

    @x.setter
    def x(self, states: Float[np.ndarray, "networks units"]) -> None:
        for members, part in self._parts:
            part.x = states[members]

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
            out: where to write the states, contiguous and of the dtype of W; a new array by default.

        Returns:
            The states after every step.

        Raises:
            ValueError: where `out` is not contiguous or of another shape or dtype.
        """
        shape = (self.networks, inputs.shape[1], self.units)
        if out is None:
            out = np.empty(shape, self.dtype)
        elif out.shape != shape or out.dtype != self.dtype or not out.flags.c_contiguous:
            raise ValueError(f"out must be a contiguous {self.dtype} array of shape {shape}.")
        added = np.zeros((0, 0, 0), self.dtype) if noise is None else _owned(noise, self.dtype)
        if inputs.shape[1]:
            for members, part in self._parts:
                part.advance(inputs[members], added[members], out[members])
        return out


def _together(packed: Sequence[PackedWeights]) -> Iterator[slice]:
    """Neighbours that one kernel runs: so many of one W that a batch is faster, up to eight; any other is alone."""
    first = 0
    while first < len(packed):
        last = first + 1
        while last < min(first + WIDTH, len(packed)) and packed[last] is packed[first]:
            last += 1
        if last - first < BATCH_FROM:
            last = first + 1
        yield slice(first, last)
        first = last


def _owned(values: Float[np.ndarray, "*shape"], dtype: np.dtype) -> Float[np.ndarray, "*shape"]:
    """Contiguous, writable and of one dtype: for arrays of another make Numba would compile the kernels again."""
    return np.require(values, dtype, ["C", "A", "W"])


class _Part(Protocol):
    """Networks that one kernel runs."""

    x: Float[np.ndarray, "networks units"]

    def advance(
        self,
        inputs: Float[np.ndarray, "networks steps features"],
        noise: Float[np.ndarray, "networks steps units"],
        out: Float[np.ndarray, "networks steps units"],
    ) -> None:
        """Run on, writing the states to `out`."""


class _Batch:
    """Up to eight networks of one W: networks are the vector axis."""

    def __init__(
        self,
        packed: PackedWeights,
        W_in: Float[np.ndarray, "networks units features"],
        bias: Float[np.ndarray, "networks units"],
        lr: Float[np.ndarray, "networks units"],
        linear: bool,
    ) -> None:
        self._linear, self._networks, self._units = linear, len(W_in), W_in.shape[1]
        self._packed, self._dtype = packed, packed.dtype
        self._W_in, self._bias, self._lr = self._to_lanes(W_in), self._to_lanes(bias), self._to_lanes(lr)
        self._state, self._spare = (np.zeros(self._units * WIDTH, self._dtype) for _ in range(2))

    def _to_lanes(self, values: Float[np.ndarray, "networks ..."]) -> Float[np.ndarray, " flat"]:
        """Networks last, filled up with zeros to whole vectors, flat."""
        lanes = np.zeros((*values.shape[1:], WIDTH), self._dtype)
        lanes[..., : len(values)] = values.transpose(*range(1, values.ndim), 0)
        return lanes.reshape(-1)

    @property
    def x(self) -> Float[np.ndarray, "networks units"]:
        return self._state.reshape(-1, WIDTH)[:, : self._networks].T.copy()

    @x.setter
    def x(self, states: Float[np.ndarray, "networks units"]) -> None:
        self._state[:] = self._to_lanes(states)

    def advance(
        self,
        inputs: Float[np.ndarray, "networks steps features"],
        noise: Float[np.ndarray, "networks steps units"],
        out: Float[np.ndarray, "networks steps units"],
    ) -> None:
        arguments = (
            self._W_in,
            self._bias,
            self._lr,
            self._to_lanes(inputs),
            noise,
            self._linear,
            self._state,
            self._spare,
            out.reshape(-1),
            self._networks,
            inputs.shape[1],
        )
        rows = self._packed.rows
        if rows is None:
            update.batch_dense(self._packed.dense, *arguments)
        else:
            update.batch_sparse(rows.starts, rows.indices, rows.weights, *arguments)


class _Alone:
    """One network: its units are the vector axis."""

    def __init__(
        self,
        packed: PackedWeights,
        W_in: Float[np.ndarray, "one units features"],
        bias: Float[np.ndarray, "one units"],
        lr: Float[np.ndarray, "one units"],
        linear: bool,
    ) -> None:
        self._packed, self._linear = packed, linear
        units, features = W_in.shape[1:]
        self._order = np.arange(units) if packed.groups is None else packed.groups.order
        width = padded(units)
        self._W_in = np.zeros((features, width), packed.dtype)
        self._W_in[:, :units] = W_in[0, self._order].T
        self._bias, self._lr, self._spare = (np.zeros(width, packed.dtype) for _ in range(3))
        self._bias[:units] = bias[0, self._order]
        self._lr[:units] = lr[0, self._order]
        self._state = np.zeros(width + WIDTH, packed.dtype)
        if packed.dense is not None:
            self._tiles = _tiles(packed.dense, width)

    @property
    def x(self) -> Float[np.ndarray, "one units"]:
        states = np.empty((1, self._packed.units), self._packed.dtype)
        states[0, self._order] = self._state[: self._packed.units]
        return states

    @x.setter
    def x(self, states: Float[np.ndarray, "one units"]) -> None:
        self._state[: self._packed.units] = states[0, self._order]

    def advance(
        self,
        inputs: Float[np.ndarray, "one steps features"],
        noise: Float[np.ndarray, "one steps units"],
        out: Float[np.ndarray, "one steps units"],
    ) -> None:
        arguments = (
            self._order,
            self._W_in.reshape(-1),
            self._bias,
            self._lr,
            _owned(inputs[0], self._packed.dtype),
            noise[0] if len(noise) else np.zeros((0, 0), self._packed.dtype),
            self._linear,
            self._state,
            self._spare,
            out[0],
        )
        groups = self._packed.groups
        if groups is None:
            update.alone_dense(self._tiles, *arguments)
        else:
            update.alone_sparse(groups.starts, groups.indices, groups.weights, *arguments)


def _tiles(W: Float[np.ndarray, "units units"], width: int) -> Float[np.ndarray, " flat"]:
    """W transposed, cut into tiles of neighbouring units that are contiguous in memory, as `alone_dense` reads them."""
    columns = np.zeros((len(W), width), W.dtype)
    columns[:, : len(W)] = W.T
    wide = width - width % update.TILE
    cuts = [*range(0, wide, update.TILE), *range(wide, width, WIDTH), width]
    return np.concatenate([columns[:, first:last].reshape(-1) for first, last in pairwise(cuts)])
