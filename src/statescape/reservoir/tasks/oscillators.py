"""Multiple superimposed oscillators: a sum of sines with no common period, to be continued from a short piece.

    y(t) = sum_i sin(a_i t),   a = 0.2, 0.311, 0.42, 0.51, 0.63, 0.74, 0.85, 0.97

Jaeger and Haas, Science 304 (2004); the eight frequencies as in Koryakin, Lohmann and Butz, Neural Networks 36 (2012).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from statescape.reservoir.tasks.task import Part, Seed, Trial

FREQUENCIES = np.array([0.2, 0.311, 0.42, 0.51, 0.63, 0.74, 0.85, 0.97])


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
