"""The Kuramoto-Sivashinsky equation: chaos in space and time, to be continued in a closed loop.

    du/dt = -u du/dx - d2u/dx2 - d4u/dx4,   u(x + 22, t) = u(x, t)

at 64 points, sampled every 0.25 (Pathak et al., Phys. Rev. Lett. 120, 2018). Integrated spectrally by exponential time
differencing of order 4, two steps a sample (Kassam and Trefethen, SIAM J. Sci. Comput. 26, 2005). The largest Lyapunov
exponent at this length is 0.043 (Edson et al., ANZIAM J. 61, 2019): 93 samples are a Lyapunov time. Values are divided
by 1.2, about their deviation.
"""

from __future__ import annotations

from functools import cache, partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numba import njit

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.generated import ClosedLoop, GeneratedTask, Series

LENGTH, POINTS, SAMPLING = 22.0, 64, 0.25
EXPONENT = 0.043
LYAPUNOV_TIME = 1.0 / (EXPONENT * SAMPLING)  # samples
RUNS, RUN_LENGTH = 5, 10  # runs of a closed loop, Lyapunov times each
SETTLING = 2000  # samples dropped in front
SUBSTEPS = 2  # of the solver, in a sample
SCALE = 1.2
# Units that see one point each, off-centre; with the usual dense and centred ones a forecast is lost at once.
NETWORK = {"input_connectivity": 1.0 / POINTS, "rc_connectivity": 0.02, "sr": 0.5, "bias": 0.5}
CONTOUR = 32  # points of the contour integrals that give the coefficients


def kuramoto_sivashinsky(train: int = 6000, test: int = 2000, warmup: int = 200) -> GeneratedTask:
    """All 64 points of the Kuramoto-Sivashinsky equation, continued in a closed loop and scored by its valid time.

    Small networks are lost after a Lyapunov time or less: the literature takes thousands of units.

    Args:
        train: training steps, warmup among them.
        test: test steps; 5 runs of 10 Lyapunov times begin in it.
        warmup: first training steps that are not used.

    Raises:
        StatescapeError: where the runs find no room in the test.
    """
    length = round(RUN_LENGTH * LYAPUNOV_TIME)
    if test < length:
        raise StatescapeError(f"A closed loop of Kuramoto-Sivashinsky takes a test of {length} steps or more.")
    loop = ClosedLoop(length, RUNS, lyapunov_time=LYAPUNOV_TIME, finer=partial(following, substeps=2 * SUBSTEPS))
    return GeneratedTask(
        "kuramoto-sivashinsky-closed", _drawn, train, test, warmup, POINTS, POINTS, loop=loop, network=NETWORK
    )


def following(
    points: Float[np.ndarray, "starts points"], steps: int, substeps: int = SUBSTEPS
) -> Float[np.ndarray, "starts steps points"]:
    """The samples that follow some states (as tasks have them, divided by `SCALE`).

    Args:
        points: the states.
        steps: samples of each.
        substeps: steps of the solver in a sample.
    """
    solver = _solver(substeps)
    return np.stack([_integrated(np.asarray(one * SCALE), steps, substeps, *solver) for one in points]) / SCALE


def _drawn(rng: np.random.Generator, steps: int) -> Series:
    """A series from a few waves of random heights, after 500 time units of settling."""
    x = 2.0 * np.pi * np.arange(POINTS) / POINTS
    waves = np.outer(np.arange(1, 5), x)
    begun = rng.normal(size=4) @ np.cos(waves) + rng.normal(size=4) @ np.sin(waves)
    series = following(begun[None] / SCALE, SETTLING + steps + 1)[0, SETTLING:]
    return series[:steps], series[1:]


class _Solver(NamedTuple):
    """Matrices of the Fourier transform on real and imaginary parts side by side, and the scheme's coefficients."""

    forward: Float[np.ndarray, "waves points"]
    backward: Float[np.ndarray, "points waves"]
    gradient: Float[np.ndarray, " half"]
    whole: Float[np.ndarray, " waves"]
    half: Float[np.ndarray, " waves"]
    slope: Float[np.ndarray, " waves"]
    first: Float[np.ndarray, " waves"]
    middle: Float[np.ndarray, " waves"]
    last: Float[np.ndarray, " waves"]


@cache
def _solver(substeps: int) -> _Solver:
    """The scheme in steps of a sample over `substeps`."""
    h, half = SAMPLING / substeps, POINTS // 2 + 1
    angle = 2.0 * np.pi * np.outer(np.arange(half), np.arange(POINTS)) / POINTS
    weight = np.full(half, 2.0)
    weight[[0, -1]] = 1.0
    forward = np.concatenate([np.cos(angle), -np.sin(angle)])
    backward = np.concatenate([np.cos(angle).T * weight, -np.sin(angle).T * weight], axis=1) / POINTS
    k = 2.0 * np.pi * np.arange(half) / LENGTH
    linear = k**2 - k**4
    gradient = -0.5 * k
    gradient[-1] = 0.0  # the highest wave has no derivative on these points
    circle = np.exp(1j * np.pi * (np.arange(1, CONTOUR + 1) - 0.5) / CONTOUR)
    z = h * linear[:, None] + circle[None]
    integrals = (
        (np.exp(z / 2.0) - 1.0) / z,
        (-4.0 - z + np.exp(z) * (4.0 - 3.0 * z + z**2)) / z**3,
        2.0 * (2.0 + z + np.exp(z) * (z - 2.0)) / z**3,
        (-4.0 - 3.0 * z - z**2 + np.exp(z) * (4.0 - z)) / z**3,
    )
    rows = [np.exp(h * linear), np.exp(h * linear / 2.0), *(h * one.real.mean(axis=1) for one in integrals)]
    return _Solver(forward, np.ascontiguousarray(backward), gradient, *(np.tile(row, 2) for row in rows))


@njit(cache=True)  # type: ignore[untyped-decorator]
def _nonlinear(
    v: Float[np.ndarray, " waves"],
    forward: Float[np.ndarray, "waves points"],
    backward: Float[np.ndarray, "points waves"],
    gradient: Float[np.ndarray, " half"],
) -> Float[np.ndarray, " waves"]:
    """The transform of -u du/dx, which is -1/2 d(u^2)/dx."""
    u = np.dot(backward, v)
    squared = np.dot(forward, u * u)
    half = len(gradient)
    found = np.empty_like(v)
    found[:half] = -gradient * squared[half:]
    found[half:] = gradient * squared[:half]
    return found


@njit(cache=True)  # type: ignore[untyped-decorator]
def _integrated(
    begun: Float[np.ndarray, " points"],
    samples: int,
    substeps: int,
    forward: Float[np.ndarray, "waves points"],
    backward: Float[np.ndarray, "points waves"],
    gradient: Float[np.ndarray, " half"],
    whole: Float[np.ndarray, " waves"],
    half: Float[np.ndarray, " waves"],
    slope: Float[np.ndarray, " waves"],
    first: Float[np.ndarray, " waves"],
    middle: Float[np.ndarray, " waves"],
    last: Float[np.ndarray, " waves"],
) -> Float[np.ndarray, "samples points"]:
    """The samples after a state."""
    series = np.empty((samples, len(begun)))
    v = np.dot(forward, begun)
    for n in range(samples):
        for _ in range(substeps):
            at_start = _nonlinear(v, forward, backward, gradient)
            a = half * v + slope * at_start
            at_a = _nonlinear(a, forward, backward, gradient)
            b = half * v + slope * at_a
            at_b = _nonlinear(b, forward, backward, gradient)
            c = half * a + slope * (2.0 * at_b - at_start)
            at_c = _nonlinear(c, forward, backward, gradient)
            v = whole * v + first * at_start + middle * (at_a + at_b) + last * at_c
        series[n] = np.dot(backward, v)
    return series
