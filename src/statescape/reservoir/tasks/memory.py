"""Memory capacity as a task: how well the present state tells i.i.d. input of the past; the score is 1 - MC/N.

Three readings (the formulas are in `statescape.reservoir.measures.memory`): "exact" for linear units, the same for all
controllable wirings and therefore no way to rank them; "noisy", which does rank them; "estimated", from states of the
network as it is, nonlinear units and all. Jaeger, GMD report 152 (2001).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.task import MemoryTrial, Part, Seed

METHODS = ("exact", "noisy", "estimated")


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
