"""All that is told and drawn of one run, measured once: the page, the figures and the numbers are made from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from statescape.analysis.evolution_conclusion import concluded
from statescape.analysis.evolution_races import Races, races
from statescape.analysis.evolution_search import Curve, OperatorWorth, Stage, curve, operators, stages
from statescape.analysis.wiring import WiringOrder, wiring_order
from statescape.errors import UnfinishedError
from statescape.evolution import Evolution, Hyperparameters, resume
from statescape.evolution.conditions import Conditions, Level, draw
from statescape.evolution.controls import control
from statescape.evolution.history import Ancestor, progress_of, read_history
from statescape.evolution.parts import inputs_of
from statescape.evolution.scoring import network_of
from statescape.evolution.scoring import running as running_on
from statescape.evolution.seals import trial_seed
from statescape.reservoir import EchoStateNetwork, Topology, spectral_radius
from statescape.reservoir.tasks import AnyTrial, Attempt, Task, attempt
from statescape.streams import Stream
from statescape.wording import LANGUAGES, Noun, speaking

# Wirings drawn beside the champion.
BESIDE = ("SCR", "erdos-renyi", "rewired")


@dataclass(frozen=True, eq=False)
class ChampionAtWork:
    """The champion on one trial of its own seal: the network as it ran there, what it said and should have said.

    Attributes:
        level: what the trial redrew.
        hyper: tuned for the seal.
        network: the trained network.
        trial: its data.
        attempt: what it said and its score.
    """

    level: Level
    hyper: Hyperparameters
    network: EchoStateNetwork
    trial: AnyTrial
    attempt: Attempt


@dataclass(frozen=True, eq=False)
class EvolutionReading(Noun):
    """The numbers of a run.

    Attributes:
        evolution: its result.
        curve: errors by generation; None where the run left no file to read them from.
        operators: what each was worth.
        races: what children needed on the pool; None where there is no file, or all trials were redrawn.
        noise: standard deviation of one trial around a record, in log score.
        line: from a random start to the champion; empty where there is no file.
        stages: the best wirings on the way; empty where there is no file.
        wirings: the champion and what is drawn beside it, one draw each.
        order: the champion's measures beside their nulls.
        work: the champion on one sealed trial.
    """

    evolution: Evolution
    curve: Curve | None
    operators: tuple[OperatorWorth, ...]
    races: Races | None
    noise: float
    line: tuple[Ancestor, ...]
    stages: tuple[Stage, ...]
    wirings: tuple[Topology, ...]
    order: WiringOrder
    work: ChampionAtWork

    @property
    def conclusion(self) -> tuple[str, ...]:
        """What the run says, sentence by sentence, in the language that is spoken."""
        return concluded(self.evolution)

    def as_json(self) -> dict[str, Any]:
        """The keys of the machine-readable output: those of the evolution, what the pictures add, the conclusion."""
        return {
            **self.evolution.as_json(),
            "order": {
                one.name: {"value": one.value, "rewired95": [one.low, one.high], "draws": len(one.nulls)}
                for one in self.order.measures
            },
            "races": None if self.races is None else self.races.as_json(),
            "operators": {one.name: {"made": one.made, "survived": one.survived} for one in self.operators},
            "line": [
                {
                    "candidate": one.birth.number,
                    "generation": one.birth.generation,
                    "operator": one.birth.operator,
                    "parents": list(one.birth.parents),
                    "change": one.change,
                    "trials": one.record.n,
                    "mean": one.record.mean,
                }
                for one in self.line
            ],
            "conclusion": " ".join(self.conclusion),
        }


def read_evolution(evolution: Evolution) -> EvolutionReading:
    """Measure what is to be told of a run that is over."""
    written = read_history(evolution.run, evolution.settings.strategy) if evolution.run else None
    return EvolutionReading(
        evolution,
        None if written is None else curve(evolution, written),
        operators(evolution.history),
        None if written is None else races(written),
        0.0 if written is None else written.noise,
        () if written is None else written.line(evolution.best.candidate.number),
        () if written is None else stages(evolution, written),
        wirings(evolution),
        wiring_order(evolution.best.topology, evolution.settings.seed),
        champion_at_work(evolution),
    )


def read_run(run: str | Path, *, task: Task | None = None) -> EvolutionReading:
    """The same from the file of a run.

    Args:
        run: its file.
        task: needed where the run's task was an object.

    Raises:
        StatescapeError: where the run cannot be read, or is not finished.
    """
    progress = progress_of(run)
    if not progress.finished:
        with speaking(LANGUAGES[0]):  # as all refusals are
            words = progress.words
        raise UnfinishedError(f"{run} is not finished ({words}); resume it, or show its best so far.")
    return read_evolution(resume(run, task=task))


def wirings(evolution: Evolution) -> tuple[Topology, ...]:
    """The champion, a simple cycle, a random wiring of its density, and itself rewired."""
    champion, seed = evolution.best.topology, evolution.settings.seed
    bare = Topology(champion.W, name="champion")
    seeds = [Stream.BESIDE.below(seed, place) for place in range(len(BESIDE))]
    n_inputs = evolution.task.n_inputs
    return (
        bare,
        *(control(name, bare, "wiring", n_inputs, one).draws[0] for name, one in zip(BESIDE, seeds, strict=True)),
    )


def running(topology: Topology, sr: float) -> np.ndarray:
    """The matrix of a wiring at a spectral radius, as an array."""
    W = topology.weights(sr)
    return W if isinstance(W, np.ndarray) else W.toarray()


def own_radius(topology: Topology) -> float | None:
    """The spectral radius that a wiring has of its own, as plans have; None of one that is scaled to a given one."""
    return None if topology.radius == "rescale" else spectral_radius(topology.weights())


def champion_at_work(evolution: Evolution) -> ChampionAtWork:
    """Train and test the champion on the first trial of the seal at the search's own level.

    Same seed, same hyper-parameters, same draws: its score here is the first of those that the seal averaged.
    """
    level, settings = evolution.settings.level, evolution.settings
    hyper = evolution.seals[level].champion.hyper
    conditions = Conditions(evolution.task, level, "seal", hyper)
    drawn = draw(conditions, settings.units, trial_seed(settings.seed, level, 0))
    topology = evolution.best.topology
    if topology.W_in is None:
        topology = replace(topology, W_in=inputs_of(settings, evolution.task))
    (runs,) = running_on(topology, [drawn], conditions)
    assert runs is not None  # it was sealed
    network = network_of(runs, drawn.data, hyper)
    with np.errstate(all="ignore"):
        return ChampionAtWork(level, hyper, network, drawn.data, attempt(network, drawn.data))
