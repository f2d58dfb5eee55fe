"""Tasks whose series are drawn without end: forecasts, filters, and loops closed with a network's own outputs.

A task is what draws its series from random numbers, how much of it trains and tests, and, for a closed loop, from where
and for how long the network is left alone. A closed loop is scored by the NRMSE of its values, or, of a chaotic
system, by how long the forecast is valid (`valid_time`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from jaxtyping import Float

from statescape.reservoir.tasks.task import Part, Seed, Trial
from statescape.reservoir.tasks.valid_time import IN_LYAPUNOV_TIMES
from statescape.wording import Noun

Series: TypeAlias = tuple[Float[np.ndarray, "steps inputs"], Float[np.ndarray, "steps outputs"]]
# Inputs and targets of so many steps, out of random numbers.
Draw: TypeAlias = Callable[[np.random.Generator, int], Series]
# The series that follow some values, so many steps each, by a finer solver than the one that draws.
Finer: TypeAlias = Callable[[Float[np.ndarray, "starts outputs"], int], Float[np.ndarray, "starts steps outputs"]]

# For how many steps two solvers agree on the runs of a series, by a digest of it: a search meets its trials again and
# again, and the finer solver takes longer than a training.
_AGREEMENT: dict[bytes, tuple[int, ...]] = {}
MOST_KEPT = 4096


@dataclass(frozen=True)
class ClosedLoop(Noun):
    """From where and for how long a network runs on its own outputs.

    Attributes:
        steps: of every run.
        starts: number of runs, begun at even distances over the test part.
        every: whether all steps of a run are scored or only the last.
        lyapunov_time: steps in one Lyapunov time, where runs are scored by how long they are valid; 0: by the NRMSE.
        finer: a finer solver, beyond whose agreement nothing counts; None where there is none.
    """

    steps: int
    starts: int
    every: bool = True
    lyapunov_time: float = 0.0
    finer: Finer | None = None

    def fields(self, train: int, total: int) -> dict[str, Any]:
        """What it adds to a trial of so many training steps and steps in all."""
        begun = np.linspace(train, total - self.steps, self.starts).astype(int)
        return {
            "free_run": self.steps,
            "starts": tuple(int(start) for start in begun),
            "whole_run": self.every,
            "time_unit": self.lyapunov_time,
        }

    def capped(self, trial: Trial) -> Trial:
        """The trial with every run scored up to where two solvers part."""
        if self.finer is None:
            return trial
        series = hashlib.blake2b(repr((self.steps, trial.starts)).encode() + trial.inputs.tobytes()).digest()
        if series not in _AGREEMENT:
            if len(_AGREEMENT) >= MOST_KEPT:
                _AGREEMENT.clear()
            other = self.finer(trial.inputs[np.asarray(trial.starts)], self.steps)
            _AGREEMENT[series] = tuple(trial.valid_steps(other).tolist())
        return replace(trial, known=_AGREEMENT[series])


@dataclass(frozen=True)
class GeneratedTask(Noun):
    """A series drawn afresh for every trial.

    Attributes:
        name: as `tasks.open` knows it.
        draw: inputs and targets of so many steps, from random numbers; it travels to workers by its name.
        train: training steps, warmup among them.
        test: test steps.
        warmup: first training steps that are not used.
        n_inputs: width of the input.
        n_outputs: width of the output.
        horizon: steps ahead; 0 where no earlier target is known.
        symbols: where the targets are symbols, all of them.
        loop: how the network is left alone; None where it is driven throughout.
        score_name: what the score is; of a valid time it is found out.
        network: settings that usual networks do badly without, by the names that those of `esn` have.
    """

    name: str
    draw: Draw
    train: int
    test: int
    warmup: int
    n_inputs: int = 1
    n_outputs: int = 1
    horizon: int = 1
    symbols: tuple[float, ...] = ()
    loop: ClosedLoop | None = None
    score_name: str = "NRMSE"
    network: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if self.better == "higher":
            object.__setattr__(self, "score_name", IN_LYAPUNOV_TIMES)

    @property
    def better(self) -> Literal["lower", "higher"]:
        """Which scores are better."""
        return "higher" if self.loop is not None and self.loop.lyapunov_time else "lower"

    def trial(self, seed: Seed, part: Part = "search") -> Trial:  # noqa: ARG002 - endless series have no parts
        """A fresh series: same seed, same series, bit for bit."""
        steps = self.train + self.test
        inputs, targets = self.draw(np.random.default_rng(seed), steps)
        if self.loop is None:
            return Trial(inputs, targets, self.train, self.warmup, self.horizon, self.symbols)
        loop = self.loop.fields(self.train, steps)
        return self.loop.capped(Trial(inputs, targets, self.train, self.warmup, **loop))
