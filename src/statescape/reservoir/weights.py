"""The weights of an echo state network, from whatever the user gave for them or from chance."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import scipy.sparse
from jaxtyping import Float

from statescape.arguments import require_seed
from statescape.errors import StatescapeError
from statescape.reservoir.arrays import real_array
from statescape.reservoir.radius import Matrix, rescale
from statescape.reservoir.topology import Topology, as_matrix

# What a user may give for weights: an array, nested lists, a sparse matrix, or an initialiser as in `from_user`.
WeightsLike: TypeAlias = Any
DEFAULT_UNITS = 100
# What random numbers are drawn for; the place of a name is part of its seed.
STREAMS = ("W", "Win", "bias", "Wfb", "noise")


class Weights:
    """All weights of a network: W and the bias at once, W_in and W_fb when the widths of input and output are known.

    Args:
        seed: of all that is drawn; None for chance.
        units: number of units; None for those of `W`, or 100.
        W: recurrent weights or where they come from.
        sr: spectral radius; None leaves a given matrix as it is.
        rc_connectivity: share of drawn recurrent weights.
        bias: one for all units, one for each, or an initialiser.
        Win: input weights, an initialiser, or None for those of the topology, else -1 and 1 with equal probability.
        input_scaling: factor of the input weights, one or one for each input; None: 1.
        input_connectivity: share of drawn input weights.
        Wfb: feedback weights, an initialiser, or None for -1 and 1 with equal probability.
        fb_scaling: factor of the feedback weights.
        fb_connectivity: share of drawn feedback weights.

    Raises:
        StatescapeError: for values out of range, matrices of the wrong shape, NaN or infinite weights.
    """

    def __init__(
        self,
        seed: int | None,
        *,
        units: int | None,
        W: Topology | WeightsLike | None,
        sr: float | None,
        rc_connectivity: float,
        bias: WeightsLike,
        Win: WeightsLike | None,
        input_scaling: WeightsLike | None,
        input_connectivity: float,
        Wfb: WeightsLike | None,
        fb_scaling: float,
        fb_connectivity: float,
    ) -> None:
        if seed is not None:
            require_seed(seed)
        self.entropy = np.random.SeedSequence(seed).entropy
        self._shares = {
            "Win": checked_share(input_connectivity, "input_connectivity"),
            "Wfb": checked_share(fb_connectivity, "fb_connectivity"),
        }
        self._input_scaling, self._fb_scaling = input_scaling, float(fb_scaling)
        self.W: Matrix = recurrent(units, W, sr, checked_share(rc_connectivity, "rc_connectivity"), self.stream("W"))
        self.units = int(self.W.shape[0])
        given = bias(self.units, 1, seed=self.stream("bias")) if callable(bias) else bias
        self.bias = per_unit(given, self.units, "bias")
        self._given_Win = W.W_in if Win is None and isinstance(W, Topology) else Win
        self._given_Wfb = Wfb
        self.Win: Float[np.ndarray, "units inputs"] | None = None
        self.Wfb: Float[np.ndarray, "units outputs"] | None = None
        if self._given_Win is not None and not callable(self._given_Win):
            self._given_Win = real_array(self._given_Win, "Win")
            self.onto_inputs(int(np.shape(self._given_Win)[-1]) if np.ndim(self._given_Win) > 1 else 1)

    def stream(self, name: str) -> np.random.Generator:
        """The random numbers of one purpose, always the same."""
        return np.random.default_rng(np.random.SeedSequence(self.entropy, spawn_key=(STREAMS.index(name),)))

    def onto_inputs(self, n_inputs: int) -> Float[np.ndarray, "units inputs"]:
        """Input weights for inputs of this width, drawn at the first call.

        Raises:
            StatescapeError: where the network reads another number of inputs.
        """
        if self.Win is None:
            weights = self._onto_units("Win", self._given_Win, n_inputs)
            self.Win = weights if self._input_scaling is None else scale_inputs(weights, self._input_scaling)
        if self.Win.shape[1] != n_inputs:
            raise StatescapeError(f"This network reads {self.Win.shape[1]} inputs; the series has {n_inputs}.")
        return self.Win

    def onto_outputs(self, n_outputs: int) -> Float[np.ndarray, "units outputs"]:
        """Feedback weights for outputs of this width, drawn at the first call.

        Raises:
            StatescapeError: where the network feeds back another number of outputs.
        """
        if self.Wfb is None:
            self.Wfb = self._onto_units("Wfb", self._given_Wfb, n_outputs) * self._fb_scaling
        if self.Wfb.shape[1] != n_outputs:
            raise StatescapeError(f"This network feeds back {self.Wfb.shape[1]} outputs; the targets have {n_outputs}.")
        return self.Wfb

    def _onto_units(self, name: str, given: Any, columns: int) -> Float[np.ndarray, "units columns"]:
        if given is not None:
            return from_user(given, name, self.units, columns, self._shares[name], self.stream(name))
        drawn: Float[np.ndarray, "units columns"] = draw_matrix(
            self.units, columns, self._shares[name], "ternary", self.stream(name)
        ).toarray()
        return drawn


def recurrent(
    units: int | None,
    given: Topology | WeightsLike | None,
    sr: float | None,
    connectivity: float,
    rng: np.random.Generator,
) -> Matrix:
    """The recurrent weights that run.

    Args:
        units: number of units; None for those of `given`, or 100.
        given: a topology, a matrix, an initialiser, or None for N(0, 1).
        sr: spectral radius; None leaves a given matrix as it is and means 1 for all others.
        connectivity: share of drawn weights.
        rng: where they are drawn from.

    Raises:
        StatescapeError: where `units` is less than 1 or differs from those of `given`.
    """
    if given is None or (callable(given) and not isinstance(given, Topology)):
        units = DEFAULT_UNITS if units is None else units
        if units < 1:
            raise StatescapeError(f"A reservoir needs at least one unit; got units={units}.")
        drawn: Matrix
        if given is None:
            drawn = draw_matrix(units, units, connectivity, "normal", rng)
        else:
            drawn = scipy.sparse.csr_array(from_user(given, "W", units, units, connectivity, rng))
        return rescale(drawn, 1.0 if sr is None else sr).W
    if not isinstance(given, Topology):
        given = Topology(as_matrix(given), radius="free" if sr is None else "rescale")
    if units is not None and units != given.units:
        raise StatescapeError(f"units={units}, but W has {given.units}; leave units out or make them agree.")
    return given.weights(1.0 if sr is None else sr)


def scale_inputs(weights: Float[np.ndarray, "units inputs"], scaling: Any) -> Float[np.ndarray, "units inputs"]:
    """Input weights times one factor, or one for each input.

    Raises:
        StatescapeError: where the factors do not fit or are not finite.
    """
    factors = real_array(scaling, "input_scaling")
    n_inputs = weights.shape[1]
    if factors.ndim > 1 or (factors.ndim == 1 and len(factors) != n_inputs) or not np.isfinite(factors).all():
        raise StatescapeError(
            f"input_scaling is one finite number or one for each of the {n_inputs} inputs; got {factors}."
        )
    scaled: Float[np.ndarray, "units inputs"] = weights * factors
    return scaled


def per_unit(given: WeightsLike, units: int, name: str) -> Float[np.ndarray, " units"]:
    """One number for all units or one for each.

    Raises:
        StatescapeError: where there are neither one nor `units` finite numbers.
    """
    values = real_array(given, name)
    try:
        full: Float[np.ndarray, " units"] = np.broadcast_to(values.reshape(-1), (units,)).copy()
    except ValueError:
        raise StatescapeError(f"{name} is one number for all units or one for each of the {units}.") from None
    if not np.isfinite(full).all():
        raise StatescapeError(f"{name} holds NaN or infinite values; every value must be a finite number.")
    return full


def draw_matrix(
    rows: int, columns: int, connectivity: float, values: str, rng: np.random.Generator
) -> scipy.sparse.csr_array:
    """A random matrix in which exactly the wanted share of entries, rounded, is not zero.

    Args:
        rows: number of rows.
        columns: number of columns.
        connectivity: share of entries that are drawn, 0 to 1.
        values: N(0, 1), U(-1, 1), or -1 and 1 with equal probability.
        rng: where the numbers come from.
    """
    entries = round(connectivity * rows * columns)
    position = np.sort(rng.choice(rows * columns, size=entries, replace=False))
    return scipy.sparse.csr_array(
        (draw_values(entries, values, rng), (position // columns, position % columns)), shape=(rows, columns)
    )


def draw_values(count: int, values: str, rng: np.random.Generator) -> Float[np.ndarray, " count"]:
    """Weights of one of the three usual kinds."""
    if values == "normal":
        return rng.normal(size=count)
    if values == "uniform":
        return rng.uniform(-1.0, 1.0, size=count)
    if values == "ternary":
        return rng.choice([-1.0, 1.0], size=count)
    raise StatescapeError(f'Values are "normal", "uniform" or "ternary"; got {values!r}.')


def checked_share(share: float, name: str) -> float:
    """A share between 0 and 1.

    Raises:
        StatescapeError: where it is not.
    """
    if not 0 <= share <= 1:
        raise StatescapeError(f"{name} is a share between 0 and 1; got {share}.")
    return float(share)


def from_user(
    given: Any, name: str, rows: int, columns: int, connectivity: float, rng: np.random.Generator
) -> Float[np.ndarray, "rows columns"]:
    """What the user gave for a matrix, as a finite array of the wanted shape.

    Args:
        given: an array, a sparse matrix, or an initialiser, called as those of ReservoirPy:
            `given(rows, columns, connectivity=..., seed=generator)`.
        name: what the matrix is called.
        rows: wanted number of rows.
        columns: wanted number of columns.
        connectivity: passed on to an initialiser.
        rng: passed on to an initialiser as `seed`.

    Raises:
        StatescapeError: where the matrix has another shape or is not finite.
    """
    if callable(given):
        given = given(rows, columns, connectivity=connectivity, seed=rng)
    matrix = real_array(given, name)
    if matrix.ndim == 1 and columns == 1:
        matrix = matrix[:, None]
    if matrix.shape != (rows, columns):
        raise StatescapeError(f"{name} must have shape {(rows, columns)}; got {matrix.shape}.")
    if not np.isfinite(matrix).all():
        raise StatescapeError(f"{name} holds NaN or infinite weights; every weight must be a finite number.")
    return matrix
