"""The state update, compiled: `x(t) = (1 - lr) x(t-1) + lr f(W x(t-1) + W_in u(t) + b) + noise(t)`.

Two vector axes for two uses. A *batch* puts eight networks of one W side by side, the state of a unit one vector, and
reads each weight once for all of them. A network *alone* puts eight of its units side by side. Every kernel adds the
same terms in the same order (bias, inputs, weights by column), so a network's states do not depend, to the last bit, on
the kernel that ran it or on its neighbours in the batch.

Arrays are flat where `lanes` loads from them; the comment behind each argument is its shape before flattening.
"""

from __future__ import annotations

from typing import Any

from numba import njit

from statescape.reservoir.kernels.compilation import kernel
from statescape.reservoir.kernels.lanes import WIDTH, gather, load, multiply_add, store, store_transposed
from statescape.reservoir.kernels.tanh import tanh

Array = Any
# Units that `alone_dense` takes at a time.
TILE = 4 * WIDTH


@njit  # type: ignore[untyped-decorator]
def _drive(W_in: Array, bias: Array, inputs: Array, row: int, step: int, features: int) -> Any:
    """Bias and inputs of one unit of a batch."""
    z = load(bias, row * WIDTH)
    for feature in range(features):
        u = load(inputs, (step * features + feature) * WIDTH)
        z = multiply_add(load(W_in, (row * features + feature) * WIDTH), u, z)
    return z


@njit  # type: ignore[untyped-decorator]
def _settle(z: Any, old: Array, new: Array, lr: Array, linear: bool, row: int) -> None:
    """`new = (1 - lr) old + lr f(z)` for one unit of a batch."""
    if not linear:
        z = tanh(z)
    rate = load(lr, row * WIDTH)
    store(new, row * WIDTH, multiply_add(load(old, row * WIDTH), 1 - rate, z * rate))


@njit  # type: ignore[untyped-decorator]
def _record(x: Array, noise: Array, step: int, steps: int, networks: int, units: int, out: Array) -> None:
    """Add the noise and write the states of a batch, network by network."""
    if noise.shape[0] > 0:
        for network in range(networks):
            for row in range(units):
                x[row * WIDTH + network] += noise[network, step, row]
    whole = units - units % WIDTH
    for row in range(0, whole, WIDTH):
        store_transposed(x, row * WIDTH, out, step * units + row, steps * units, networks)
    for network in range(networks):
        for row in range(whole, units):
            out[(network * steps + step) * units + row] = x[row * WIDTH + network]


@kernel
def batch_sparse(
    starts: Array,  # [units + 1]
    indices: Array,  # [weights]
    weights: Array,  # [weights]
    W_in: Array,  # [units, features, WIDTH]
    bias: Array,  # [units, WIDTH]
    lr: Array,  # [units, WIDTH]
    inputs: Array,  # [steps, features, WIDTH]
    noise: Array,  # [networks, steps, units] or empty
    linear: bool,
    x: Array,  # [units, WIDTH], the state, changed in place
    spare: Array,  # [units, WIDTH]
    out: Array,  # [networks, steps, units]
    networks: int,
    steps: int,
) -> None:
    """Up to eight networks of one sparse W."""
    units = lr.size // WIDTH
    features = inputs.size // (steps * WIDTH)
    old, new = x, spare
    for step in range(steps):
        for row in range(units):
            z = _drive(W_in, bias, inputs, row, step, features)
            for k in range(starts[row], starts[row + 1]):
                z = multiply_add(load(old, indices[k] * WIDTH), weights[k], z)
            _settle(z, old, new, lr, linear, row)
        _record(new, noise, step, steps, networks, units, out)
        old, new = new, old
    if steps % 2:
        x[:] = spare


@kernel
def batch_dense(
    W: Array,  # [units, units]
    W_in: Array,  # [units, features, WIDTH]
    bias: Array,  # [units, WIDTH]
    lr: Array,  # [units, WIDTH]
    inputs: Array,  # [steps, features, WIDTH]
    noise: Array,  # [networks, steps, units] or empty
    linear: bool,
    x: Array,  # [units, WIDTH], the state, changed in place
    spare: Array,  # [units, WIDTH]
    out: Array,  # [networks, steps, units]
    networks: int,
    steps: int,
) -> None:
    """Up to eight networks of one dense W; four rows at a time share each load of the state.

    Four sums in flight keep one multiply-add in each cycle going; eight were slower.
    """
    units = lr.size // WIDTH
    features = inputs.size // (steps * WIDTH)
    tiled = units - units % 4
    old, new = x, spare
    for step in range(steps):
        for row in range(0, tiled, 4):
            a = _drive(W_in, bias, inputs, row, step, features)
            b = _drive(W_in, bias, inputs, row + 1, step, features)
            c = _drive(W_in, bias, inputs, row + 2, step, features)
            d = _drive(W_in, bias, inputs, row + 3, step, features)
            for column in range(units):
                state = load(old, column * WIDTH)
                a = multiply_add(state, W[row, column], a)
                b = multiply_add(state, W[row + 1, column], b)
                c = multiply_add(state, W[row + 2, column], c)
                d = multiply_add(state, W[row + 3, column], d)
            _settle(a, old, new, lr, linear, row)
            _settle(b, old, new, lr, linear, row + 1)
            _settle(c, old, new, lr, linear, row + 2)
            _settle(d, old, new, lr, linear, row + 3)
        for row in range(tiled, units):
            a = _drive(W_in, bias, inputs, row, step, features)
            for column in range(units):
                a = multiply_add(load(old, column * WIDTH), W[row, column], a)
            _settle(a, old, new, lr, linear, row)
        _record(new, noise, step, steps, networks, units, out)
        old, new = new, old
    if steps % 2:
        x[:] = spare


@njit  # type: ignore[untyped-decorator]
def _drive_units(W_in: Array, bias: Array, inputs: Array, first: int, padded: int, step: int) -> Any:
    """Bias and inputs of eight units of one network."""
    z = load(bias, first)
    for feature in range(inputs.shape[1]):
        z = multiply_add(load(W_in, feature * padded + first), inputs[step, feature], z)
    return z


@njit  # type: ignore[untyped-decorator]
def _finish_units(
    z: Array, x: Array, lr: Array, linear: bool, noise: Array, order: Array, step: int, out: Array
) -> None:
    """Eight units a vector: leak, noise, and the states in the order of the user."""
    for first in range(0, lr.size, WIDTH):
        value = load(z, first)
        if not linear:
            value = tanh(value)
        rate = load(lr, first)
        store(x, first, multiply_add(load(x, first), 1 - rate, value * rate))
    if noise.shape[0] > 0:
        for row in range(out.shape[1]):
            x[row] += noise[step, order[row]]
    for row in range(out.shape[1]):
        out[step, order[row]] = x[row]


@kernel
def alone_sparse(
    starts: Array,  # [groups + 1], in weights
    indices: Array,  # [weights], positions in x, eight rows interleaved
    weights: Array,  # [weights]
    order: Array,  # [units]
    W_in: Array,  # [features, padded units]
    bias: Array,  # [padded units]
    lr: Array,  # [padded units]
    inputs: Array,  # [steps, features]
    noise: Array,  # [steps, units] or empty
    linear: bool,
    x: Array,  # [padded units + WIDTH], changed in place; the last WIDTH are 0: what padding points to
    z: Array,  # [padded units], scratch
    out: Array,  # [steps, units]
) -> None:
    """One network of a sparse W, in groups of eight rows of similar length."""
    padded = lr.size
    for step in range(out.shape[0]):
        for group in range(starts.size - 1):
            total = _drive_units(W_in, bias, inputs, group * WIDTH, padded, step)
            for k in range(starts[group], starts[group + 1], WIDTH):
                total = multiply_add(gather(x, indices, k), load(weights, k), total)
            store(z, group * WIDTH, total)
        _finish_units(z, x, lr, linear, noise, order, step, out)


@kernel
def alone_dense(
    tiles: Array,  # W transposed in tiles of TILE units, then of WIDTH: [tiles][units, units of the tile]
    order: Array,  # [units]
    W_in: Array,  # [features, padded units]
    bias: Array,  # [padded units]
    lr: Array,  # [padded units]
    inputs: Array,  # [steps, features]
    noise: Array,  # [steps, units] or empty
    linear: bool,
    x: Array,  # [padded units + WIDTH], changed in place
    z: Array,  # [padded units], scratch
    out: Array,  # [steps, units]
) -> None:
    """One network of a dense W; four groups of eight units share each state."""
    units, padded = out.shape[1], lr.size
    tiled = padded - padded % TILE
    for step in range(out.shape[0]):
        for first in range(0, tiled, TILE):
            a = _drive_units(W_in, bias, inputs, first, padded, step)
            b = _drive_units(W_in, bias, inputs, first + WIDTH, padded, step)
            c = _drive_units(W_in, bias, inputs, first + 2 * WIDTH, padded, step)
            d = _drive_units(W_in, bias, inputs, first + 3 * WIDTH, padded, step)
            for column in range(units):
                state = x[column]
                at = first * units + column * TILE
                a = multiply_add(load(tiles, at), state, a)
                b = multiply_add(load(tiles, at + WIDTH), state, b)
                c = multiply_add(load(tiles, at + 2 * WIDTH), state, c)
                d = multiply_add(load(tiles, at + 3 * WIDTH), state, d)
            store(z, first, a)
            store(z, first + WIDTH, b)
            store(z, first + 2 * WIDTH, c)
            store(z, first + 3 * WIDTH, d)
        for first in range(tiled, padded, WIDTH):
            a = _drive_units(W_in, bias, inputs, first, padded, step)
            for column in range(units):
                a = multiply_add(load(tiles, first * units + column * WIDTH), x[column], a)
            store(z, first, a)
        _finish_units(z, x, lr, linear, noise, order, step, out)
