"""Nonlinear channel equalisation: which symbol was sent, seen through echoes, distortion and noise.

    q(n) = 0.08 d(n+2) - 0.12 d(n+1) + d(n) + 0.18 d(n-1) - 0.1 d(n-2) + 0.091 d(n-3) - 0.05 d(n-4) + 0.04 d(n-5)
           + 0.03 d(n-6) + 0.01 d(n-7)
    u(n) = q(n) + 0.036 q(n)^2 - 0.011 q(n)^3 + noise,   d in {-3, -1, 1, 3}

The readout says d(n-2). Mathews and Lee (1994), as used by Jaeger and Haas, Science 304 (2004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.task import Part, Seed, Trial

SYMBOLS = (-3.0, -1.0, 1.0, 3.0)
# From d(n+2) down to d(n-7).
ECHOES = np.array([0.08, -0.12, 1.0, 0.18, -0.1, 0.091, -0.05, 0.04, 0.03, 0.01])


@dataclass(frozen=True)
class Channel:
    """Equalisation at one signal-to-noise ratio, scored by the share of wrong symbols.

    The input is u / 6 + 0.5: off-centre, because the distortion has an even part (Jaeger and Haas add 30 to u and use
    small input weights to the same end).

    Attributes:
        signal_to_noise: in decibels; 12 to 32 in the literature.
        train: training steps, warmup among them; the original uses 5,000.
        test: test steps.
        warmup: first training steps that are not used.
    """

    name: str = "channel"
    signal_to_noise: float = 20.0
    train: int = 5000
    test: int = 5000
    warmup: int = 200
    n_inputs: int = 1
    n_outputs: int = 1
    score_name: str = "symbol error rate"

    def trial(self, seed: Seed, part: Part = "search") -> Trial:  # noqa: ARG002 - endless series have no parts
        """A fresh message through a fresh noise."""
        rng = np.random.default_rng(seed)
        steps = self.train + self.test
        message = rng.choice(np.asarray(SYMBOLS), steps + len(ECHOES) - 1)
        # Step n of the valid part has d(n+2) at its newest end, so d(n) lies two before that and d(n-2) four.
        q = np.convolve(message, ECHOES, mode="valid")
        clean = q + 0.036 * q**2 - 0.011 * q**3
        noise = rng.normal(0.0, clean.std() * 10.0 ** (-self.signal_to_noise / 20.0), steps)
        sent = message[len(ECHOES) - 5 :][:steps]
        inputs = (clean + noise) / 6.0 + 0.5
        return Trial(inputs[:, None], sent[:, None], self.train, self.warmup, horizon=0, symbols=SYMBOLS)


def channel(signal_to_noise: float = 20.0, train: int = 5000, test: int = 5000, warmup: int = 200) -> Channel:
    """Nonlinear channel equalisation (Jaeger and Haas 2004).

    Raises:
        StatescapeError: where the signal-to-noise ratio is not a finite number of decibels.
    """
    if not np.isfinite(signal_to_noise):
        raise StatescapeError(f"The signal-to-noise ratio is in decibels, e.g. 20; got {signal_to_noise}.")
    return Channel(signal_to_noise=signal_to_noise, train=train, test=test, warmup=warmup)
