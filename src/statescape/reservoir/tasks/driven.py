"""Systems driven by random input, whose output or input of before the network is to tell.

NARMA: a nonlinear moving average that asks for memory and for the product of inputs that lie far apart.

    order 10   y(t+1) = 0.3 y(t) + 0.05 y(t) sum_{i=0..9} y(t-i) + 1.5 u(t-9) u(t) + 0.1
    order 20   y(t+1) = tanh(0.3 y(t) + 0.05 y(t) sum_{i=0..19} y(t-i) + 1.5 u(t-19) u(t) + 0.01)
    order 30   y(t+1) = 0.2 y(t) + c y(t) sum_{i=0..29} y(t-i) + 1.5 u(t-29) u(t) + 0.001,   c = 0.04 or 0.004

with u ~ U[0, 0.5] i.i.d. Order 10: Atiya and Parlos, IEEE Trans. Neural Networks 11 (2000). Order 20: Rodan and Tino,
IEEE Trans. Neural Networks 22 (2011), without the constant some papers add outside tanh, which holds y at 1.14 with a
deviation of 0.009. Order 30: Schrauwen et al., Neurocomputing 71 (2008); both values of c are in use, so both are here.

Nonlinear channel equalisation: which symbol was sent, seen through echoes, distortion and noise.

    q(n) = 0.08 d(n+2) - 0.12 d(n+1) + d(n) + 0.18 d(n-1) - 0.1 d(n-2) + 0.091 d(n-3) - 0.05 d(n-4) + 0.04 d(n-5)
           + 0.03 d(n-6) + 0.01 d(n-7)
    u(n) = q(n) + 0.036 q(n)^2 - 0.011 q(n)^3 + noise,   d in {-3, -1, 1, 3}

The readout says d(n-2). Mathews and Lee (1994), as used by Jaeger and Haas, Science 304 (2004).

Memory capacity: how well the present state tells i.i.d. input of the past; the score is 1 - MC/N.

Three readings (formulas: `statescape.reservoir.measures.capacity`): "exact" for linear units, the same for all
controllable wirings and therefore no way to rank them; "noisy", which does rank them; "estimated", from states of the
network as it is, nonlinear units and all. Jaeger, GMD report 152 (2001).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from jaxtyping import Float
from numba import njit

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.generated import GeneratedTask, Series
from statescape.reservoir.tasks.task import MemoryTrial, Part, Seed
from statescape.wording import phrase

# A series beyond this has left the basin of the equation; what it does next is no benchmark.
DIVERGED = 2.0
SETTLING = 200  # steps dropped in front, so that y(0) = 0 leaves no trace
SYMBOLS = (-3.0, -1.0, 1.0, 3.0)
# From d(n+2) down to d(n-7).
ECHOES = np.array([0.08, -0.12, 1.0, 0.18, -0.1, 0.091, -0.05, 0.04, 0.03, 0.01])
METHODS = ("exact", "noisy", "estimated")


@dataclass(frozen=True)
class Narma:
    """The equation of NARMA of one order, which draws its series.

    The network reads u' = 2 (u - 0.5), which is off-centre on purpose: a symmetric input into tanh units without bias
    is an odd function of its past and cannot form u(t-9) u(t); it sticks at an NRMSE of 0.37. The target at the step of
    input u(t) is y(t+1).

    Attributes:
        order: number of past values in the sum.
        linear: factor of y(t).
        quadratic: factor of y(t) times the sum.
        constant: what is added at every step.
        squashed: whether tanh is taken of the whole.
    """

    order: int
    linear: float
    quadratic: float
    constant: float
    squashed: bool = False

    def __call__(self, rng: np.random.Generator, steps: int) -> Series:
        """A fresh series; those that diverge are drawn again from the same stream of random numbers."""
        whole = SETTLING + steps
        for _ in range(1000):
            u = rng.uniform(0.0, 0.5, whole)
            y = narma_series(u, self.order, self.linear, self.quadratic, self.constant, self.squashed)
            if np.abs(y).max() < DIVERGED:
                inputs, targets = 2.0 * (u - 0.5), y[1:]
                return inputs[SETTLING:, None], targets[SETTLING:, None]
        raise StatescapeError(
            f"NARMA of order {self.order} diverged 1,000 times at {whole} steps; ask for a shorter series."
        )


@njit(cache=True)  # type: ignore[untyped-decorator]
def narma_series(
    u: Float[np.ndarray, " steps"], order: int, linear: float, quadratic: float, constant: float, squashed: bool
) -> Float[np.ndarray, " steps+1"]:
    """The series y(0..steps) with y = 0 up to the first step that has all its past, where the equation begins."""
    y = np.zeros(len(u) + 1)
    for t in range(order - 1, len(u)):
        past = 0.0
        for i in range(order):
            past += y[t - i]
        value = linear * y[t] + quadratic * y[t] * past + 1.5 * u[t - order + 1] * u[t] + constant
        y[t + 1] = np.tanh(value) if squashed else value
        if not abs(y[t + 1]) < 1e6:
            y[t + 1] = np.inf
            break
    return y


def narma10(train: int = 2000, test: int = 1000, warmup: int = 200) -> GeneratedTask:
    """NARMA of order 10 (Atiya and Parlos 2000). A tuned network of 100 units reaches an NRMSE of about 0.3."""
    return GeneratedTask("narma10", Narma(10, 0.3, 0.05, 0.1), train, test, warmup)


def narma20(train: int = 2000, test: int = 1000, warmup: int = 200) -> GeneratedTask:
    """NARMA of order 20, bounded by tanh (Rodan and Tino 2011)."""
    return GeneratedTask("narma20", Narma(20, 0.3, 0.05, 0.01, squashed=True), train, test, warmup)


def narma30(train: int = 2000, test: int = 1000, warmup: int = 200, quadratic: float = 0.04) -> GeneratedTask:
    """NARMA of order 30 (Schrauwen et al. 2008), `quadratic` 0.04 as printed there, or the milder 0.004.

    Raises:
        StatescapeError: for any other quadratic term.
    """
    if quadratic not in (0.04, 0.004):
        raise StatescapeError(f"NARMA30 is defined with 0.04 or 0.004, not {quadratic}.")
    name = "narma30" if quadratic == 0.04 else "narma30-0.004"
    return GeneratedTask(name, Narma(30, 0.2, quadratic, 0.001), train, test, warmup)


def channel(signal_to_noise: float = 20.0, train: int = 5000, test: int = 5000, warmup: int = 200) -> GeneratedTask:
    """Nonlinear channel equalisation (Jaeger and Haas 2004), scored by the share of wrong symbols.

    The input is u / 6 + 0.5: off-centre, because the distortion has an even part (Jaeger and Haas add 30 to u and use
    small input weights to the same end).

    Args:
        signal_to_noise: in decibels; 12 to 32 in the literature.
        train: training steps, warmup among them; the original uses 5,000.
        test: test steps.
        warmup: first training steps that are not used.

    Raises:
        StatescapeError: where the signal-to-noise ratio is not a finite number of decibels.
    """
    if not np.isfinite(signal_to_noise):
        raise StatescapeError(f"The signal-to-noise ratio is in decibels, e.g. 20; got {signal_to_noise}.")
    return GeneratedTask(
        "channel",
        partial(_channel, signal_to_noise),
        train,
        test,
        warmup,
        horizon=0,
        symbols=SYMBOLS,
        score_name=phrase("symbol error rate"),
    )


def _channel(signal_to_noise: float, rng: np.random.Generator, steps: int) -> Series:
    """A fresh message through a fresh noise."""
    message = rng.choice(np.asarray(SYMBOLS), steps + len(ECHOES) - 1)
    # Step n of the valid part has d(n+2) at its newest end, so d(n) lies two before that and d(n-2) four.
    q = np.convolve(message, ECHOES, mode="valid")
    clean = q + 0.036 * q**2 - 0.011 * q**3
    noise = rng.normal(0.0, clean.std() * 10.0 ** (-signal_to_noise / 20.0), steps)
    sent = message[len(ECHOES) - 5 :][:steps]
    return ((clean + noise) / 6.0 + 0.5)[:, None], sent[:, None]


@dataclass(frozen=True)
class MemoryCapacity:
    """Memory capacity of the network itself.

    Attributes:
        name: "memory-exact", "memory-noisy" or "memory-estimated".
        method: which reading.
        noise: share of noise in the states, for "noisy".
        steps: driven steps, for "estimated", warmup not among them.
        warmup: first steps not used, for "estimated".
    """

    name: str
    method: Literal["exact", "noisy", "estimated"]
    noise: float = 1e-4
    steps: int = 5000
    warmup: int = 200
    n_inputs: int = 1
    n_outputs: int = 1
    score_name: str = "1 - MC/N"

    def trial(self, seed: Seed, part: Part = "search") -> MemoryTrial:  # noqa: ARG002 - endless series have no parts
        """Fresh input from U(-1, 1) for "estimated"; the other readings need none."""
        if self.method != "estimated":
            return MemoryTrial(self.method, self.noise)
        inputs = np.random.default_rng(seed).uniform(-1.0, 1.0, (self.warmup + self.steps, 1))
        return MemoryTrial(self.method, inputs=inputs, warmup=self.warmup)


def memory(method: Literal["exact", "noisy", "estimated"] = "noisy", noise: float = 1e-4) -> MemoryCapacity:
    """Memory capacity (Jaeger 2001).

    Raises:
        StatescapeError: for a method that is none of "exact", "noisy", "estimated", or noise that is not positive.
    """
    if method not in METHODS:
        raise StatescapeError(f"Memory capacity is read {', '.join(METHODS)}; not {method!r}.")
    if not noise > 0:
        raise StatescapeError(f"The noise of memory capacity is a positive share, e.g. 1e-4; got {noise}.")
    return MemoryCapacity(f"memory-{method}", method, noise)
