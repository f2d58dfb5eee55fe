"""NARMA: a nonlinear moving average that asks for memory and for the product of inputs that lie far apart.

    order 10   y(t+1) = 0.3 y(t) + 0.05 y(t) sum_{i=0..9} y(t-i) + 1.5 u(t-9) u(t) + 0.1
    order 20   y(t+1) = tanh(0.3 y(t) + 0.05 y(t) sum_{i=0..19} y(t-i) + 1.5 u(t-19) u(t) + 0.01)
    order 30   y(t+1) = 0.2 y(t) + c y(t) sum_{i=0..29} y(t-i) + 1.5 u(t-29) u(t) + 0.001,   c = 0.04 or 0.004

with u ~ U[0, 0.5] i.i.d. Order 10: Atiya and Parlos, IEEE Trans. Neural Networks 11 (2000). Order 20: Rodan and Tino,
IEEE Trans. Neural Networks 22 (2011), without the constant some papers add outside tanh, which holds y at 1.14 with a
deviation of 0.009. Order 30: Schrauwen et al., Neurocomputing 71 (2008); both values of c are in use, so both are here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numba import njit

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.task import Part, Seed, Trial

# A series beyond this has left the basin of the equation; what it does next is no benchmark.
DIVERGED = 2.0
SETTLING = 200  # steps dropped in front, so that y(0) = 0 leaves no trace


@dataclass(frozen=True)
class Narma:
    """NARMA of one order. The network reads u' = 2 (u - 0.5), which is off-centre on purpose.

    A symmetric input into tanh units without bias is an odd function of its past and cannot form u(t-9) u(t): such a
    network sticks at an NRMSE of 0.37. The target at the step of input u(t) is y(t+1).

    Attributes:
        name: "narma10", "narma20", "narma30" or "narma30-0.004".
        order: number of past values in the sum.
        linear: factor of y(t).
        quadratic: factor of y(t) times the sum.
        constant: what is added at every step.
        squashed: whether tanh is taken of the whole.
        train: training steps, warmup among them.
        test: test steps.
        warmup: first training steps that are not used.
    """

    name: str
    order: int
    linear: float
    quadratic: float
    constant: float
    squashed: bool
    train: int = 2000
    test: int = 1000
    warmup: int = 200
    n_inputs: int = 1
    n_outputs: int = 1
    score_name: str = "NRMSE"

    def trial(self, seed: Seed, part: Part = "search") -> Trial:  # noqa: ARG002 - endless series have no parts
        """A fresh series; those that diverge are drawn again from the same stream of random numbers."""
        rng = np.random.default_rng(seed)
        steps = SETTLING + self.train + self.test
        for _ in range(1000):
            u = rng.uniform(0.0, 0.5, steps)
            y = narma_series(u, self.order, self.linear, self.quadratic, self.constant, self.squashed)
            if np.abs(y).max() < DIVERGED:
                inputs, targets = 2.0 * (u - 0.5), y[1:]
                return Trial(inputs[SETTLING:, None], targets[SETTLING:, None], self.train, self.warmup)
        raise StatescapeError(f"{self.name} diverged 1,000 times at {steps} steps; ask for a shorter series.")


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


def narma10(train: int = 2000, test: int = 1000, warmup: int = 200) -> Narma:
    """NARMA of order 10 (Atiya and Parlos 2000). A tuned network of 100 units reaches an NRMSE of about 0.3."""
    return Narma("narma10", 10, 0.3, 0.05, 0.1, squashed=False, train=train, test=test, warmup=warmup)


def narma20(train: int = 2000, test: int = 1000, warmup: int = 200) -> Narma:
    """NARMA of order 20, bounded by tanh (Rodan and Tino 2011)."""
    return Narma("narma20", 20, 0.3, 0.05, 0.01, squashed=True, train=train, test=test, warmup=warmup)


def narma30(train: int = 2000, test: int = 1000, warmup: int = 200, quadratic: float = 0.04) -> Narma:
    """NARMA of order 30 (Schrauwen et al. 2008), `quadratic` 0.04 as printed there, or the milder 0.004.

    Raises:
        StatescapeError: for any other quadratic term.
    """
    if quadratic not in (0.04, 0.004):
        raise StatescapeError(f"NARMA30 is defined with 0.04 or 0.004, not {quadratic}.")
    name = "narma30" if quadratic == 0.04 else "narma30-0.004"
    return Narma(name, 30, 0.2, quadratic, 0.001, squashed=False, train=train, test=test, warmup=warmup)
