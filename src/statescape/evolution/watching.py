"""A run as it is now, for whoever watches it: what came since the last look, never in the way of who writes it.

The journal is read as other processes may read it, a look at a time; nothing is locked and nothing kept open.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from statescape.evolution.search import GenerationSummary
from statescape.evolution.search.population import Record
from statescape.evolution.settings import Settings
from statescape.evolution.steps import Progress
from statescape.evolution.tables import Tables


@dataclass(frozen=True, eq=False)
class Survivor:
    """One who is alive.

    Attributes:
        number: of the candidate.
        record: its trials.
        edges: how many its wiring has.
    """

    number: int
    record: Record
    edges: int


@dataclass(frozen=True, eq=False)
class Look:
    """What one look at a run saw.

    Attributes:
        settings: what was asked for.
        finished: whether the run is over.
        lines: generations of the run's own search that are later than the look before.
        survivors: of the last generation, best first.
        noise: standard deviation of one trial around a record, in log score.
        W: the best survivor's wiring, as it runs.
        made_by: the operator that made it.
        rivals: generations of the strategies that search beside it, by name.
        steps: what is done after the search, in the order of their names ("final/genetic", "seal/mask/SCR").
        sealed: mean score of every wiring under every seal that is drawn, by level and name.
        started_again: whether there are fewer generations than the look before saw.
    """

    settings: Settings
    finished: bool
    lines: tuple[GenerationSummary, ...]
    survivors: tuple[Survivor, ...]
    noise: float
    W: Float[np.ndarray, "units units"] | None
    made_by: str
    rivals: dict[str, int]
    steps: tuple[str, ...]
    sealed: dict[str, dict[str, float]]
    started_again: bool

    @property
    def progress(self) -> Progress | None:
        """Speed and time left, after the last of the new generations."""
        return Progress(self.settings.strategy, self.lines[-1], self.settings.limits) if self.lines else None


class Watcher:
    """Looks at one run again and again.

    Args:
        run: its file.
    """

    def __init__(self, run: str | Path) -> None:
        self._run, self._last = run, -1
        self._edges: dict[int, int] = {}
        self._drawn: tuple[int, Float[np.ndarray, "units units"], str] | None = None

    def look(self) -> Look:
        """The run as it is now.

        Raises:
            StatescapeError: where it cannot be read, or is no search.
        """
        with Tables.read(self._run) as kept:
            strategy = kept.settings.strategy
            history = kept.history(strategy)
            again = bool(history) and history[-1].number < self._last
            if again:
                self._last, self._drawn = -1, None
                self._edges.clear()
            lines = tuple(line for line in history if line.number > self._last)
            self._last = history[-1].number if history else self._last
            states = kept.states(strategy, last=True)
            numbers = tuple(states[0][2].records) if states else ()
            self._learn(kept, numbers)
            return Look(
                settings=kept.settings,
                finished=kept.journal.finished,
                lines=lines,
                survivors=tuple(
                    Survivor(number, record, self._edges[number])
                    for number, record in (states[0][2].records.items() if states else ())
                ),
                noise=states[0][2].noise if states else 0.0,
                W=None if self._drawn is None else self._drawn[1],
                made_by="" if self._drawn is None else self._drawn[2],
                rivals={name: count for name, count in kept.lengths().items() if name != strategy},
                steps=tuple(kept.steps("final", "over", "seal", "tuned", "front")),
                sealed=kept.sealed(),
                started_again=again,
            )

    def _learn(self, kept: Tables, numbers: Collection[int]) -> None:
        """Edges of the survivors and the wiring of the best, each decoded once."""
        strategy = kept.settings.strategy
        for place, number in enumerate(numbers):
            new = place == 0 and (self._drawn is None or self._drawn[0] != number)
            if not new and number in self._edges:
                continue
            topology = kept.topology(strategy, number)
            self._edges[number] = topology.edges
            if new:
                self._drawn = (number, topology.to_dense(), kept.candidate(strategy, number).operator)
        for gone in set(self._edges) - set(numbers):
            del self._edges[gone]
