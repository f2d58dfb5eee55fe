"""The weights of an echo state network, from whatever the user gave for them or from chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.reservoir.initialisers import WeightsLike, draw_matrix, from_user
from statescape.reservoir.radius import Matrix, rescale
from statescape.reservoir.real import real_array
from statescape.reservoir.topology import Topology, as_matrix

DEFAULT_UNITS = 100


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


def onto_units(
    name: str, given: WeightsLike | None, units: int, columns: int, connectivity: float, rng: np.random.Generator
) -> Float[np.ndarray, "units columns"]:
    """Weights from inputs or outputs onto the units: the given ones, or -1 and 1 with equal probability."""
    if given is not None:
        return from_user(given, name, units, columns, connectivity, rng)
    drawn: Float[np.ndarray, "units columns"] = draw_matrix(units, columns, connectivity, "ternary", rng).toarray()
    return drawn


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
