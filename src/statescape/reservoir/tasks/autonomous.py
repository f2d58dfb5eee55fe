"""Systems without input, to be forecast from their own past: Mackey-Glass, Lorenz, Henon, superimposed oscillators.

Mackey-Glass: a delay equation whose attractor is mildly chaotic at a delay of 17 and wilder at 30.

    dx/dt = 0.2 x(t - tau) / (1 + x(t - tau)^10) - 0.1 x(t)

Mackey and Glass, Science 197 (1977). Sampled once per time unit and squashed as tanh(x - 1) (Jaeger, GMD report 148,
2001). Integrated by Runge-Kutta of order 4 in steps of 0.1; the delayed value between two steps comes from the cubic
Hermite polynomial through them, which keeps the order.

Two classic attractors, the Lorenz flow and the Henon map.

    Lorenz   dx/dt = 10 (y - x),  dy/dt = x (28 - z) - y,  dz/dt = x y - 8/3 z
    Henon    x(t+1) = 1 - 1.4 x(t)^2 + 0.3 x(t-1)

Lorenz, J. Atmos. Sci. 20 (1963); Henon, Commun. Math. Phys. 50 (1976). Lorenz is integrated by Runge-Kutta of order 4
in steps of 0.005 and sampled every 0.02 (as Pathak et al., Phys. Rev. Lett. 120, 2018), each coordinate brought to a
deviation of about one by fixed numbers, so that nothing of the test part enters. Its largest Lyapunov exponent is
0.9056 (Sprott, Chaos and time-series analysis, 2003): 55 samples are a Lyapunov time.

Multiple superimposed oscillators: a sum of sines with no common period, to be continued from a short piece.

    y(t) = sum_i sin(a_i t),   a = 0.2, 0.311, 0.42, 0.51, 0.63, 0.74, 0.85, 0.97

Jaeger and Haas, Science 304 (2004); the eight frequencies as in Koryakin, Lohmann and Butz, Neural Networks 36 (2012).
"""

from __future__ import annotations

from functools import partial

import numpy as np
from jaxtyping import Float
from numba import njit

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.generated import ClosedLoop, GeneratedTask, Series

STEPS_PER_UNIT = 10
SETTLING_TIME = 1000  # of Mackey-Glass: time units dropped in front
FREE_RUNS = 50
SETTLING = 2000  # of Lorenz and Henon: samples dropped in front
LORENZ_SAMPLING = 0.02
LORENZ_SUBSTEPS = 4
LORENZ_EXPONENT = 0.9056
LORENZ_TIME = 1.0 / (LORENZ_EXPONENT * LORENZ_SAMPLING)  # samples in a Lyapunov time
LORENZ_RUNS, LORENZ_LENGTH = 10, 20  # runs of a closed loop, Lyapunov times each
LORENZ_CENTRE = np.array([0.0, 0.0, 23.5])
LORENZ_SCALE = np.array([7.9, 9.0, 8.6])
FREQUENCIES = np.array([0.2, 0.311, 0.42, 0.51, 0.63, 0.74, 0.85, 0.97])


def mackey_glass(
    tau: int = 17,
    horizon: int = 1,
    closed_loop: bool = False,
    train: int = 3000,
    test: int = 1000,
    warmup: int = 200,
) -> GeneratedTask:
    """The forecast of a Mackey-Glass series; usual are tau 17 and 30, horizons 1 and 84.

    A trial starts from a constant history drawn from U(0.6, 1.4).

    Args:
        tau: delay in time units.
        horizon: steps ahead.
        closed_loop: False: the readout is trained for `horizon` steps ahead. True: it is trained for one step ahead,
            then left alone with its own outputs; the score is the NRMSE of the value after `horizon` free steps, over
            50 starts ("NRMSE84", Jaeger and Haas, Science 304, 2004).
        train: training steps, warmup among them.
        test: test steps.
        warmup: first training steps that are not used.

    Raises:
        StatescapeError: where tau or horizon is below 1, or a closed loop leaves no test.
    """
    if tau < 1 or horizon < 1:
        raise StatescapeError(f"Mackey-Glass needs a delay and a horizon of at least 1; got {tau} and {horizon}.")
    if closed_loop and test < horizon + FREE_RUNS:
        raise StatescapeError(f"A closed loop over {horizon} steps needs a test of {horizon + FREE_RUNS} or more.")
    name = f"mackey-glass-{tau}" + (f"-{horizon}" if horizon > 1 else "") + ("-closed" if closed_loop else "")
    ahead, loop = (1, ClosedLoop(horizon, FREE_RUNS, every=False)) if closed_loop else (horizon, None)
    return GeneratedTask(name, partial(_mackey_glass, tau, ahead), train, test, warmup, horizon=ahead, loop=loop)


def lorenz(
    horizon: int = 1, train: int = 3000, test: int = 1000, warmup: int = 200, closed_loop: bool = False
) -> GeneratedTask:
    """All three coordinates of the Lorenz flow, `horizon` samples of 0.02 ahead, or continued in a closed loop.

    Args:
        horizon: samples ahead; 1 in a closed loop.
        train: training steps, warmup among them.
        test: test steps; in a closed loop 10 runs of 20 Lyapunov times begin in it.
        warmup: first training steps that are not used.
        closed_loop: whether the network is left alone and scored by its valid time.

    Raises:
        StatescapeError: where a closed loop leaves no room in the test, or looks further ahead than one step.
    """
    if not closed_loop:
        return GeneratedTask("lorenz", partial(_lorenz, horizon), train, test, warmup, 3, 3, horizon=horizon)
    length = round(LORENZ_LENGTH * LORENZ_TIME)
    if horizon != 1 or test < length:
        raise StatescapeError(f"A closed loop of Lorenz takes a horizon of 1 and a test of {length} steps or more.")
    loop = ClosedLoop(length, LORENZ_RUNS, lyapunov_time=LORENZ_TIME, finer=_finer_lorenz)
    return GeneratedTask("lorenz-closed", partial(_lorenz, 1), train, test, warmup, 3, 3, loop=loop)


def henon(train: int = 2000, test: int = 1000, warmup: int = 200) -> GeneratedTask:
    """The Henon map one step ahead: two values suffice, so what counts is the nonlinearity."""
    return GeneratedTask("henon", _henon, train, test, warmup)


def mso8(closed_loop: bool = False, train: int = 400, test: int = 300, warmup: int = 100) -> GeneratedTask:
    """The sum of eight sines from a random time on; the input is y / 4, which keeps it within (-2, 2).

    Args:
        closed_loop: whether the network is left alone after training and scored on all `test` steps.
        train: training steps, warmup among them; 400 with a warmup of 100 is usual.
        test: test steps; 300 is usual.
        warmup: first training steps that are not used.
    """
    if not closed_loop:
        return GeneratedTask("mso8", _oscillators, train, test, warmup)
    return GeneratedTask("mso8-closed", _oscillators, train, test, warmup, loop=ClosedLoop(test, 1))


def _mackey_glass(tau: int, horizon: int, rng: np.random.Generator, steps: int) -> Series:
    """A series from a fresh constant history, after 1,000 time units of settling."""
    series = mackey_glass_series(tau, SETTLING_TIME + steps + horizon, rng.uniform(0.6, 1.4))
    return _ahead(np.tanh(series[SETTLING_TIME:] - 1.0)[:, None], steps, horizon)


def _lorenz(horizon: int, rng: np.random.Generator, steps: int) -> Series:
    """A series from a fresh starting point near the attractor, after 40 time units of settling."""
    x, y, z = rng.uniform(-10.0, 10.0, 3) + LORENZ_CENTRE
    series = lorenz_series(x, y, z, SETTLING + steps + horizon)
    return _ahead((series[SETTLING:] - LORENZ_CENTRE) / LORENZ_SCALE, steps, horizon)


def _finer_lorenz(points: Float[np.ndarray, "starts 3"], steps: int) -> Float[np.ndarray, "starts steps 3"]:
    """The flow from points of a series, in half the steps."""
    begun = points * LORENZ_SCALE + LORENZ_CENTRE
    series = np.stack([lorenz_series(x, y, z, steps, 2 * LORENZ_SUBSTEPS) for x, y, z in begun])
    return np.asarray((series - LORENZ_CENTRE) / LORENZ_SCALE)


def _henon(rng: np.random.Generator, steps: int) -> Series:
    """A series from a fresh starting point inside the basin, after 2,000 steps of settling."""
    before, start = rng.uniform(-0.1, 0.1), rng.uniform(-0.1, 0.1)
    return _ahead(henon_series(before, start, SETTLING + steps + 1)[SETTLING:, None], steps, 1)


def _oscillators(rng: np.random.Generator, steps: int) -> Series:
    """A piece that starts at a random time."""
    times = rng.uniform(0.0, 1e4) + np.arange(steps + 1)
    return _ahead(np.sin(times[:, None] * FREQUENCIES).sum(axis=1)[:, None] / 4.0, steps, 1)


def _ahead(series: Float[np.ndarray, "samples outputs"], steps: int, horizon: int) -> Series:
    """A series as input, and itself some steps later as target."""
    return series[:steps], series[horizon : horizon + steps]


@njit(cache=True)  # type: ignore[untyped-decorator]
def mackey_glass_series(
    tau: int, samples: int, history: float, steps_per_unit: int = STEPS_PER_UNIT
) -> Float[np.ndarray, " samples"]:
    """X at the times 1, 2, ..., from a constant history before time 0."""
    step, lag, steps = 1.0 / steps_per_unit, tau * steps_per_unit, samples * steps_per_unit
    x, slope = np.empty(steps + 1), np.empty(steps + 1)
    x[0] = history
    for n in range(steps):
        past = n - lag
        if past < 0:
            start = middle = end = history
        else:
            start, end = x[past], x[past + 1]
            middle = 0.5 * (start + end) + step * (slope[past] - slope[past + 1]) / 8.0
        grow_start = 0.2 * start / (1.0 + start**10)
        grow_middle = 0.2 * middle / (1.0 + middle**10)
        grow_end = 0.2 * end / (1.0 + end**10)
        k1 = grow_start - 0.1 * x[n]
        k2 = grow_middle - 0.1 * (x[n] + 0.5 * step * k1)
        k3 = grow_middle - 0.1 * (x[n] + 0.5 * step * k2)
        k4 = grow_end - 0.1 * (x[n] + step * k3)
        x[n + 1] = x[n] + step * (k1 + 2.0 * k2 + 2.0 * k3 + k4) / 6.0
        slope[n] = k1
    return x[steps_per_unit::steps_per_unit].copy()


@njit(cache=True)  # type: ignore[untyped-decorator]
def _lorenz_slope(x: float, y: float, z: float) -> tuple[float, float, float]:
    return 10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z


@njit(cache=True)  # type: ignore[untyped-decorator]
def lorenz_series(
    x: float, y: float, z: float, samples: int, substeps: int = LORENZ_SUBSTEPS
) -> Float[np.ndarray, "samples 3"]:
    """The flow from the point (x, y, z), sampled every 0.02, in so many steps of the solver each."""
    series = np.empty((samples, 3))
    step = LORENZ_SAMPLING / substeps
    half = 0.5 * step
    for n in range(samples):
        for _ in range(substeps):
            ax, ay, az = _lorenz_slope(x, y, z)
            bx, by, bz = _lorenz_slope(x + half * ax, y + half * ay, z + half * az)
            cx, cy, cz = _lorenz_slope(x + half * bx, y + half * by, z + half * bz)
            dx, dy, dz = _lorenz_slope(x + step * cx, y + step * cy, z + step * cz)
            x += step * (ax + 2.0 * bx + 2.0 * cx + dx) / 6.0
            y += step * (ay + 2.0 * by + 2.0 * cy + dy) / 6.0
            z += step * (az + 2.0 * bz + 2.0 * cz + dz) / 6.0
        series[n, 0], series[n, 1], series[n, 2] = x, y, z
    return series


@njit(cache=True)  # type: ignore[untyped-decorator]
def henon_series(before: float, start: float, samples: int) -> Float[np.ndarray, " samples"]:
    """The map from two values; the first sample is the value after them."""
    series = np.empty(samples)
    for n in range(samples):
        before, start = start, 1.0 - 1.4 * start * start + 0.3 * before
        series[n] = start
    return series
