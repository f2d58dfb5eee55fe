"""What a run found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from statescape import plugins
from statescape.evolution.conditions import Level
from statescape.evolution.scoring import shown
from statescape.evolution.seals import Seal, better_plan
from statescape.evolution.search.final import Final, FrontPoint
from statescape.evolution.search.generation import GenerationSummary
from statescape.evolution.search.population import Candidate, Record
from statescape.evolution.settings import Hyperparameters, Settings
from statescape.files import finite
from statescape.reservoir import EchoStateNetwork, Topology, is_acyclic
from statescape.reservoir.tasks import FileTask, SequenceTask, Task, better_of
from statescape.statistics import MeanInterval, mean_interval
from statescape.wording import Noun, brief, number

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Champion(Noun):
    """A candidate and the wiring it is.

    Attributes:
        candidate: with genome, parents, operator and record.
        topology: W, W_in where it is fixed or evolved, radius policy.
        hyper: the hyper-parameters that it was searched under.
    """

    candidate: Candidate
    topology: Topology
    hyper: Hyperparameters

    @property
    def selection_score(self) -> Record:
        """What the search chose it by: `mean` score over `n` trials. It flatters; the seals say what it is worth."""
        return self.candidate.record

    def network(
        self,
        *,
        seed: int | None = None,
        pooling: Literal["none", "last", "mean"] = "none",
        ridge: float | Sequence[float] | None = None,
    ) -> EchoStateNetwork:
        """An untrained network with this wiring and these hyper-parameters; call its `fit`.

        Args:
            seed: of the input weights, where they do not belong to the wiring.
            pooling: "mean" or "last" for tasks that ask for one class a series.
            ridge: one, or several to choose from, as `trial.ridges` of sequences; None: that of the hyper-parameters.
        """
        hyper = self.hyper
        own = self.topology.plan is not None  # radius, leak and scaling of W and W_in are those of the modules
        return EchoStateNetwork(
            W=self.topology,
            sr=None if own else hyper.sr,
            lr=hyper.lr,
            bias=hyper.bias,
            ridge=hyper.ridge if ridge is None else ridge,
            input_scaling=None if own else hyper.input_scaling,
            input_connectivity=1.0,
            pooling=pooling,
            seed=seed,
        )

    def __repr__(self) -> str:
        one, record = self.candidate, self.selection_score
        return brief(
            f"Champion {one.number} of generation {one.generation}: {self.topology.edges:,} edges of "
            f"{self.topology.units} units, selection score {record.mean:.4g} (n = {record.n})"
        )


@dataclass(frozen=True, eq=False)
class Found:
    """What one strategy found.

    Attributes:
        strategy: its name.
        champion: the winner of its final.
        final: the race, and honest scores.
        history: its generations.
        survivors: of its last generation, best first.
        trainings: of its search.
        seconds: of its search.
    """

    strategy: str
    champion: Champion
    final: Final
    history: tuple[GenerationSummary, ...]
    survivors: tuple[Candidate, ...]
    trainings: int
    seconds: float

    @property
    def topology(self) -> Topology:
        """The winner's wiring."""
        return self.champion.topology


@dataclass(frozen=True, eq=False)
class Evolution(Noun):
    """The result of a run.

    Attributes:
        run: file of its journal; empty for a temporary one.
        settings: what was asked for.
        task: what was to be learnt.
        found: what the search found.
        rivals: what strategies of the same budget found.
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
    def conclusion(self) -> str:
        """What the seals say, in sentences."""
        return str(plugins.conclusion(self))

    def to_dataframe(self) -> pd.DataFrame:
        """The champion and its controls under every seal, one row for each level and name.

        Columns: ``level``, ``name``, ``mean`` score (lower is better; of valid times higher), ``ci_low``, ``ci_high``
        (95%), ``best_of_k``, ``k`` draws, ``ratio`` (champion over control, paired by trial; below 1 the champion is
        better), ``p_holm``, ``beaten``.
        """
        import pandas as pd

        rows: list[dict[str, Any]] = []
        for level, seal in self.seals.items():
            own = seal.interval
            rows.append({"level": level, "name": "champion", "mean": own.mean, "ci_low": own.low, "ci_high": own.high})
            rows += [
                {
                    "level": level,
                    "name": name,
                    "mean": one.control.mean,
                    "ci_low": one.interval.low,
                    "ci_high": one.interval.high,
                    "best_of_k": one.control.best_of_k,
                    "k": one.control.k,
                    "ratio": one.ratio,
                    "p_holm": one.p_holm,
                    "beaten": one.beaten,
                }
                for name, one in seal.controls.items()
            ]
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        settings, own = self.settings, self.seals.get(self.settings.level)
        sealed = "" if own is None else f", sealed {self.task.score_name} {number(own.interval.mean, '.4g')}"
        return brief(
            f"Evolution on {self.task.name}: {settings.encoding}, {settings.units} units, level {settings.level}, seed "
            f"{settings.seed}; {len(self.history)} generations, {self.found.trainings:,} trainings{sealed}"
        )

    @property
    def history(self) -> tuple[GenerationSummary, ...]:
        """The generations of the search."""
        return self.found.history

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user should know of the data, such as gaps in its dates, a sentence each."""
        return tuple(getattr(self.task, "notes", ()))

    @property
    def nilpotent(self) -> bool:
        """Whether the champion has no cycle, so that radius does not mean to it what it means to others."""
        return is_acyclic(self.best.topology.W)

    @property
    def rescored(self) -> MeanInterval:
        """Mean score of the champion on fresh trials of the search's part, under the search's conditions."""
        return mean_interval(shown(np.array(self.found.final.rescored)), self.settings.seed)

    @property
    def sealed(self) -> MeanInterval:
        """Mean score on trials of the part that the search never read, all else equal."""
        return mean_interval(shown(np.array(self.found.final.sealed)), self.settings.seed)

    @property
    def winners_curse(self) -> float:
        """Selection score minus sealed score: negative where the champion looked better than it is.

        Where higher scores are better it is positive then.
        """
        return self.best.candidate.record.mean - self.sealed.mean

    def as_json(self) -> dict[str, Any]:
        """Machine-readable, without the conclusion, which `analysis` draws."""
        from statescape import __version__

        record, settings = self.best.candidate.record, self.settings

        def mean(interval: MeanInterval) -> dict[str, Any]:
            ends = [interval.low, interval.high]
            return {"mean": interval.mean, "ci95": ends, "n": interval.n, "interval": interval.method}

        found = {
            "version": __version__,
            "run": self.run,
            "task": self.task.name,
            "score_name": self.task.score_name,
            "better": better_of(self.task),
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
                "selection_score": {"mean": record.mean, "n": record.n},
                "rescored": mean(self.rescored),
                "sealed": mean(self.sealed),
                "candidate": self.best.candidate.number,
                "operator": self.best.candidate.operator,
                **self._plan(),
            },
            "seals": {level: seal.as_json() for level, seal in self.seals.items()},
            "objectives": list(settings.objectives),
            "front": [{**asdict(point), "score": abs(point.score)} for point in self.front],
            "winners_curse": self.winners_curse,
            "rivals": {name: {"trainings": one.trainings, "seconds": one.seconds} for name, one in self.rivals.items()},
        }
        return cast("dict[str, Any]", finite(found))

    def _plan(self) -> dict[str, Any]:
        """The champion's plan, what is flagged of it, and whether it is better; nothing of a wiring."""
        plan = self.best.topology.plan
        if plan is None:
            return {}
        return {"plan": plan.as_json(), "flags": list(plan.flags), "better_plan": better_plan(self.seals)}

    def _data(self) -> dict[str, Any] | None:
        """How a table was understood: what the search reads of it, and which windows the seals have to leave out."""
        if isinstance(self.task, SequenceTask):
            return self.task.understood("search")
        if not isinstance(self.task, FileTask):
            return None
        return {**self.task.understood("search"), "sealed_windows": self.task.understood("seal")["windows"]}


def _radius(champion: Champion) -> float:
    """Spectral radius of the matrix that runs."""
    from statescape.reservoir import spectral_radius

    return spectral_radius(champion.topology.weights(champion.hyper.sr))
