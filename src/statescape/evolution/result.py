"""What a run found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from statescape.evolution.conditions import Hyperparameters, Level
from statescape.evolution.front import FrontPoint
from statescape.evolution.ledger import Summary
from statescape.evolution.seals import Seal
from statescape.evolution.search.candidate import Candidate
from statescape.evolution.search.final import Final
from statescape.evolution.settings import Settings
from statescape.reservoir import Topology, is_acyclic
from statescape.reservoir.tasks import FileTask, Task
from statescape.statistics import MeanInterval, mean_interval


@dataclass(frozen=True, eq=False)
class Champion:
    """A candidate and the wiring it is.

    Attributes:
        candidate: with genome, parents, operator and record.
        topology: W, W_in where it is fixed or evolved, radius policy.
        hyper: the hyper-parameters that it was searched under.
    """

    candidate: Candidate
    topology: Topology
    hyper: Hyperparameters


@dataclass(frozen=True, eq=False)
class Found:
    """What one arm found.

    Attributes:
        arm: its name.
        champion: the winner of its final.
        final: the race, and honest scores.
        history: its generations.
        survivors: of its last generation, best first.
        trainings: of its search.
        seconds: of its search.
    """

    arm: str
    champion: Champion
    final: Final
    history: tuple[Summary, ...]
    survivors: tuple[Candidate, ...]
    trainings: int
    seconds: float

    @property
    def topology(self) -> Topology:
        """The winner's wiring."""
        return self.champion.topology


@dataclass(frozen=True, eq=False)
class Evolution:
    """The result of a run.

    Attributes:
        run: file of its journal; empty for a temporary one.
        settings: what was asked for.
        task: what was to be learnt.
        found: what the search found.
        rivals: what arms of the same budget found.
        seals: at every level.
        seconds: of the whole run, or of its last part where it was resumed.
        front: how little error for how many edges, fewest edges first.
    """

    run: str
    settings: Settings
    task: Task
    found: Found
    rivals: dict[str, Found]
    seals: dict[Level, Seal]
    seconds: float
    front: tuple[FrontPoint, ...] = ()

    @property
    def best(self) -> Champion:
        """The champion."""
        return self.found.champion

    @property
    def history(self) -> tuple[Summary, ...]:
        """The generations of the search."""
        return self.found.history

    @property
    def nilpotent(self) -> bool:
        """Whether the champion has no cycle, so that radius does not mean to it what it means to others."""
        return is_acyclic(self.best.topology.W)

    @property
    def rescored(self) -> MeanInterval:
        """Mean score of the champion on fresh trials of the search's part, under the search's conditions."""
        return mean_interval(np.array(self.found.final.rescored), self.settings.seed)

    @property
    def sealed(self) -> MeanInterval:
        """Mean score on trials of the part that the search never read, all else equal."""
        return mean_interval(np.array(self.found.final.sealed), self.settings.seed)

    @property
    def winners_curse(self) -> float:
        """Selection score minus sealed score: negative where the champion looked better than it is."""
        return self.best.candidate.record.mean - self.sealed.mean

    def as_json(self) -> dict[str, Any]:
        """Machine-readable, without the conclusion, which `studies` draws."""
        from statescape import __version__

        record, settings = self.best.candidate.record, self.settings

        def mean(interval: MeanInterval) -> dict[str, Any]:
            ends = [end if np.isfinite(end) else None for end in (interval.low, interval.high)]
            return {
                "mean": interval.mean if np.isfinite(interval.mean) else None,
                "ci95": ends,
                "n": interval.n,
                "interval": interval.method,
            }

        return {
            "version": __version__,
            "run": self.run,
            "task": self.task.name,
            "score_name": self.task.score_name,
            "data": self._data(),
            "units": settings.units,
            "encoding": settings.encoding,
            "level": settings.level,
            "radius": settings.radius,
            "seed": settings.seed,
            "settings": settings.as_json(),
            "generations": len(self.history),
            "trainings": self.found.trainings,
            "seconds": self.found.seconds,
            "best": {
                "edges": self.best.topology.edges,
                "spectral_radius": _radius(self.best),
                "nilpotent": self.nilpotent,
                "selection_score": {"mean": record.mean if np.isfinite(record.mean) else None, "n": record.n},
                "rescored": mean(self.rescored),
                "sealed": mean(self.sealed),
                "candidate": self.best.candidate.number,
                "operator": self.best.candidate.operator,
            },
            "seals": {level: seal.as_json() for level, seal in self.seals.items()},
            "objectives": list(settings.objectives),
            "front": [asdict(point) for point in self.front],
            "winners_curse": self.winners_curse if np.isfinite(self.winners_curse) else None,
            "rivals": {name: {"trainings": one.trainings, "seconds": one.seconds} for name, one in self.rivals.items()},
        }

    def _data(self) -> dict[str, Any] | None:
        """How a table was understood: what the search reads of it, and which windows the seals have to leave out."""
        if not isinstance(self.task, FileTask):
            return None
        return {**self.task.understood("search"), "sealed_windows": self.task.understood("seal")["windows"]}


def _radius(champion: Champion) -> float:
    """Spectral radius of the matrix that runs."""
    from statescape.reservoir import spectral_radius

    return spectral_radius(champion.topology.weights(champion.hyper.sr))
