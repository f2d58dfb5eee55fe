"""Mackey-Glass: a delay equation whose attractor is mildly chaotic at a delay of 17 and wilder at 30.

    dx/dt = 0.2 x(t - tau) / (1 + x(t - tau)^10) - 0.1 x(t)

Mackey and Glass, Science 197 (1977). Sampled once per time unit and squashed as tanh(x - 1) (Jaeger, GMD report 148,
2001). Integrated by Runge-Kutta of order 4 in steps of 0.1; the delayed value between two steps comes from the cubic
Hermite polynomial through them, which keeps the order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numba import njit

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.task import Part, Seed, Trial

STEPS_PER_UNIT = 10
SETTLING = 1000  # time units dropped in front
FREE_RUNS = 50


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
        series = mackey_glass_series(self.tau, SETTLING + steps + self.horizon, rng.uniform(0.6, 1.4))
        x = np.tanh(series[SETTLING:] - 1.0)[:, None]
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
