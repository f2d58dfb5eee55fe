"""Systems without input, to be forecast from their own past: Mackey-Glass, Lorenz, Henon, superimposed oscillators.

Mackey-Glass: a delay equation whose attractor is mildly chaotic at a delay of 17 and wilder at 30.

    dx/dt = 0.2 x(t - tau) / (1 + x(t - tau)^10) - 0.1 x(t)

Mackey and Glass, Science 197 (1977). Sampled once per time unit and squashed as tanh(x - 1) (Jaeger, GMD report 148,
2001). Integrated by Runge-Kutta of order 4 in steps of 0.1; the delayed value between two steps comes from the cubic
Hermite polynomial through them, which keeps the order.

Two classic attractors, forecast one step ahead: the Lorenz flow and the Henon map.

    Lorenz   dx/dt = 10 (y - x),  dy/dt = x (28 - z) - y,  dz/dt = x y - 8/3 z
    Henon    x(t+1) = 1 - 1.4 x(t)^2 + 0.3 x(t-1)

Lorenz, J. Atmos. Sci. 20 (1963); Henon, Commun. Math. Phys. 50 (1976). Lorenz is integrated by Runge-Kutta of order 4
in steps of 0.005 and sampled every 0.02 (as Pathak et al., Phys. Rev. Lett. 120, 2018), each coordinate brought to a
deviation of about one by fixed numbers, so that nothing of the test part enters.

Multiple superimposed oscillators: a sum of sines with no common period, to be continued from a short piece.

    y(t) = sum_i sin(a_i t),   a = 0.2, 0.311, 0.42, 0.51, 0.63, 0.74, 0.85, 0.97

Jaeger and Haas, Science 304 (2004); the eight frequencies as in Koryakin, Lohmann and Butz, Neural Networks 36 (2012).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numba import njit

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.task import Part, Seed, Trial

STEPS_PER_UNIT = 10
SETTLING_TIME = 1000  # of Mackey-Glass: time units dropped in front
FREE_RUNS = 50
SETTLING = 2000  # of Lorenz and Henon: samples dropped in front
LORENZ_SAMPLING = 0.02
LORENZ_SUBSTEPS = 4
LORENZ_CENTRE = np.array([0.0, 0.0, 23.5])
LORENZ_SCALE = np.array([7.9, 9.0, 8.6])
FREQUENCIES = np.array([0.2, 0.311, 0.42, 0.51, 0.63, 0.74, 0.85, 0.97])


@dataclass(frozen=True)
class MackeyGlass:
    """Forecast of the Mackey-Glass series, direct or in a closed loop.

    Direct: the readout is trained for `horizon` steps ahead. Closed loop: it is trained for one step ahead, then left
    alone with its own outputs; the score is the NRMSE of the value after `horizon` free steps, over 50 starts
    ("NRMSE84", Jaeger and Haas, Science 304, 2004). A trial starts from a constant history drawn from U(0.6, 1.4).

    Attributes:
        name: e.g. "mackey-glass-17", "mackey-glass-30-84", "mackey-glass-17-84-closed".
        tau: delay in time units.
        horizon: steps ahead.
        closed_loop: whether the horizon is reached by feeding outputs back.
        train: training steps, warmup among them.
        test: test steps.
        warmup: first training steps that are not used.
    """

    name: str
    tau: int
    horizon: int
    closed_loop: bool
    train: int = 3000
    test: int = 1000
    warmup: int = 200
    n_inputs: int = 1
    n_outputs: int = 1
    score_name: str = "NRMSE"

    def trial(self, seed: Seed, part: Part = "search") -> Trial:  # noqa: ARG002 - endless series have no parts
        """A series from a fresh constant history, after 1,000 time units of settling."""
        rng = np.random.default_rng(seed)
        steps = self.train + self.test
        series = mackey_glass_series(self.tau, SETTLING_TIME + steps + self.horizon, rng.uniform(0.6, 1.4))
        x = np.tanh(series[SETTLING_TIME:] - 1.0)[:, None]
        if not self.closed_loop:
            return Trial(x[:steps], x[self.horizon : self.horizon + steps], self.train, self.warmup, self.horizon)
        starts = np.linspace(self.train, steps - self.horizon, FREE_RUNS).astype(int)
        return Trial(
            x[:steps],
            x[1 : steps + 1],
            self.train,
            self.warmup,
            free_run=self.horizon,
            starts=tuple(int(start) for start in starts),
        )


def mackey_glass(
    tau: int = 17,
    horizon: int = 1,
    closed_loop: bool = False,
    train: int = 3000,
    test: int = 1000,
    warmup: int = 200,
) -> MackeyGlass:
    """The forecast of a Mackey-Glass series; usual are tau 17 and 30, horizons 1 and 84.

    Raises:
        StatescapeError: where tau or horizon is below 1, or a closed loop leaves no test.
    """
    if tau < 1 or horizon < 1:
        raise StatescapeError(f"Mackey-Glass needs a delay and a horizon of at least 1; got {tau} and {horizon}.")
    if closed_loop and test < horizon + FREE_RUNS:
        raise StatescapeError(f"A closed loop over {horizon} steps needs a test of {horizon + FREE_RUNS} or more.")
    name = f"mackey-glass-{tau}" + (f"-{horizon}" if horizon > 1 else "") + ("-closed" if closed_loop else "")
    return MackeyGlass(name, tau, horizon, closed_loop, train, test, warmup)


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


@dataclass(frozen=True)
class Lorenz:
    """All three coordinates of the Lorenz flow, `horizon` samples of 0.02 ahead.

    Attributes:
        horizon: samples ahead.
        train: training steps, warmup among them.
        test: test steps.
        warmup: first training steps that are not used.
    """

    name: str = "lorenz"
    horizon: int = 1
    train: int = 3000
    test: int = 1000
    warmup: int = 200
    n_inputs: int = 3
    n_outputs: int = 3
    score_name: str = "NRMSE"

    def trial(self, seed: Seed, part: Part = "search") -> Trial:  # noqa: ARG002 - endless series have no parts
        """A series from a fresh starting point near the attractor, after 40 time units of settling."""
        rng = np.random.default_rng(seed)
        steps = self.train + self.test
        x, y, z = rng.uniform(-10.0, 10.0, 3) + LORENZ_CENTRE
        series = lorenz_series(x, y, z, SETTLING + steps + self.horizon)
        points = (series[SETTLING:] - LORENZ_CENTRE) / LORENZ_SCALE
        return Trial(points[:steps], points[self.horizon :], self.train, self.warmup, self.horizon)


@dataclass(frozen=True)
class Henon:
    """The Henon map one step ahead: two values suffice, so what counts is the nonlinearity.

    Attributes:
        train: training steps, warmup among them.
        test: test steps.
        warmup: first training steps that are not used.
    """

    name: str = "henon"
    train: int = 2000
    test: int = 1000
    warmup: int = 200
    n_inputs: int = 1
    n_outputs: int = 1
    score_name: str = "NRMSE"

    def trial(self, seed: Seed, part: Part = "search") -> Trial:  # noqa: ARG002 - endless series have no parts
        """A series from a fresh starting point inside the basin, after 2,000 steps of settling."""
        rng = np.random.default_rng(seed)
        steps = self.train + self.test
        x = henon_series(rng.uniform(-0.1, 0.1), rng.uniform(-0.1, 0.1), SETTLING + steps + 1)[SETTLING:, None]
        return Trial(x[:steps], x[1:], self.train, self.warmup)


def lorenz(horizon: int = 1, train: int = 3000, test: int = 1000, warmup: int = 200) -> Lorenz:
    """The forecast of the Lorenz flow (Lorenz 1963)."""
    return Lorenz(horizon=horizon, train=train, test=test, warmup=warmup)


def henon(train: int = 2000, test: int = 1000, warmup: int = 200) -> Henon:
    """The forecast of the Henon map (Henon 1976)."""
    return Henon(train=train, test=test, warmup=warmup)


@njit(cache=True)  # type: ignore[untyped-decorator]
def _lorenz_slope(x: float, y: float, z: float) -> tuple[float, float, float]:
    return 10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z


@njit(cache=True)  # type: ignore[untyped-decorator]
def lorenz_series(x: float, y: float, z: float, samples: int) -> Float[np.ndarray, "samples 3"]:
    """The flow from the point (x, y, z), sampled every 0.02."""
    series = np.empty((samples, 3))
    step = LORENZ_SAMPLING / LORENZ_SUBSTEPS
    half = 0.5 * step
    for n in range(samples):
        for _ in range(LORENZ_SUBSTEPS):
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


@dataclass(frozen=True)
class SuperimposedOscillators:
    """The sum of eight sines from a random time on; the input is y / 4, which keeps it within (-2, 2).

    Attributes:
        name: "mso8", one step ahead, or "mso8-closed": left alone after training and scored on all `test` steps.
        closed_loop: whether the network continues the sum on its own.
        train: training steps, warmup among them; 400 with a warmup of 100 is usual.
        test: test steps; 300 is usual.
        warmup: first training steps that are not used.
    """

    name: str
    closed_loop: bool
    train: int = 400
    test: int = 300
    warmup: int = 100
    n_inputs: int = 1
    n_outputs: int = 1
    score_name: str = "NRMSE"

    def trial(self, seed: Seed, part: Part = "search") -> Trial:  # noqa: ARG002 - endless series have no parts
        """A piece that starts at a random time."""
        start = np.random.default_rng(seed).uniform(0.0, 1e4)
        steps = self.train + self.test
        times = start + np.arange(steps + 1)
        y = np.sin(times[:, None] * FREQUENCIES).sum(axis=1)[:, None] / 4.0
        free_run = self.test if self.closed_loop else 0
        starts = (self.train,) if self.closed_loop else ()
        return Trial(y[:-1], y[1:], self.train, self.warmup, free_run=free_run, starts=starts, whole_run=True)


def mso8(closed_loop: bool = False, train: int = 400, test: int = 300, warmup: int = 100) -> SuperimposedOscillators:
    """Eight superimposed oscillators (Koryakin et al. 2012)."""
    name = "mso8-closed" if closed_loop else "mso8"
    return SuperimposedOscillators(name, closed_loop, train, test, warmup)
