"""Two classic attractors, forecast one step ahead: the Lorenz flow and the Henon map.

    Lorenz   dx/dt = 10 (y - x),  dy/dt = x (28 - z) - y,  dz/dt = x y - 8/3 z
    Henon    x(t+1) = 1 - 1.4 x(t)^2 + 0.3 x(t-1)

Lorenz, J. Atmos. Sci. 20 (1963); Henon, Commun. Math. Phys. 50 (1976). Lorenz is integrated by Runge-Kutta of order 4
in steps of 0.005 and sampled every 0.02 (as Pathak et al., Phys. Rev. Lett. 120, 2018), each coordinate brought to a
deviation of about one by fixed numbers, so that nothing of the test part enters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numba import njit

from statescape.reservoir.tasks.task import Part, Seed, Trial

SETTLING = 2000
LORENZ_SAMPLING = 0.02
LORENZ_SUBSTEPS = 4
LORENZ_CENTRE = np.array([0.0, 0.0, 23.5])
LORENZ_SCALE = np.array([7.9, 9.0, 8.6])


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
