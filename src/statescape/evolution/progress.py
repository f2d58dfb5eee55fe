"""What a callback is told while a run works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from statescape.evolution import ledger
from statescape.evolution.settings import Limits


@dataclass(frozen=True)
class Progress:
    """What a callback is told after every generation.

    Attributes:
        arm: which search.
        summary: the generation.
        limits: when the arm ends.
    """

    arm: str
    summary: ledger.Summary
    limits: Limits

    @property
    def trainings_per_second(self) -> float:
        """Networks trained and tested each second so far."""
        return self.summary.trainings / max(self.summary.seconds, 1e-9)

    @property
    def seconds_left(self) -> float:
        """How long the arm will go on, from its limits and its speed so far."""
        line, limits = self.summary, self.limits
        left = []
        if limits.generations:
            left.append((limits.generations / (line.number + 1) - 1) * line.seconds)
        if limits.trainings:
            left.append((limits.trainings / line.trainings - 1) * line.seconds)
        if limits.seconds:
            left.append(limits.seconds - line.seconds)
        return max(min(left, default=float("nan")), 0.0)


Callback: TypeAlias = Callable[[Progress], bool | None]
Say: TypeAlias = Callable[[str], None]
