"""What a run was asked for: all that its result depends on, as plain JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, cast, get_args

from statescape.errors import StatescapeError
from statescape.evolution.conditions import Hyperparameters, Level
from statescape.evolution.encodings import Encoding, by_name
from statescape.evolution.seals import LEAST_TRIALS
from statescape.evolution.search import Arm, arm_by_name
from statescape.evolution.search.arms import operators_of, with_offspring
from statescape.evolution.space import SearchSpace
from statescape.reservoir.topology import RadiusPolicy
from statescape.runs.plain import typed

OBJECTIVES = (("error",), ("error", "edges"))
SEARCH_LEVELS = ("matrix", "wiring", "mask")
DEFAULT_GENERATIONS = 1000
# Beyond these a generation would not fit into a large machine's memory.
MOST_UNITS, MOST_TRIALS = 20_000, 100_000


@dataclass(frozen=True)
class Limits:
    """When a search ends: at the first of these that is reached.

    Attributes:
        generations: number of generations; 1000 where nothing is limited.
        trainings: networks trained and tested.
        seconds: of searching; the only limit that makes results depend on the machine.
        stagnation: generations in which the best candidate stays the same.

    Raises:
        StatescapeError: for a limit that is not above 0.
    """

    generations: int | None = None
    trainings: int | None = None
    seconds: float | None = None
    stagnation: int | None = None

    def __post_init__(self) -> None:
        given = [value for value in asdict(self).values() if value is not None]
        if any(not 0 < value < math.inf for value in given):
            raise StatescapeError("Generations, trainings, seconds and stagnation are limits above 0.")
        if not given:
            object.__setattr__(self, "generations", DEFAULT_GENERATIONS)

    def reached(self, generations: int, trainings: int, seconds: float, same: int) -> bool:
        """Whether a search that has come so far is over."""
        now = {"generations": generations, "trainings": trainings, "seconds": seconds, "stagnation": same}
        return any(limit is not None and now[name] >= limit for name, limit in asdict(self).items())


@dataclass(frozen=True)
class Settings:
    """The settings of a run.

    Attributes:
        task: where its task comes from (`source.py`).
        units: of every network.
        encoding: how genomes become W.
        level: what a trial of the search redraws: "matrix", "wiring" or "mask".
        radius: "rescale", "free" or "gene".
        evolve_inputs: whether W_in evolves; at *matrix* only.
        density: of random starts; None for one edge a unit.
        arm: how it searches.
        seed: of everything random.
        trials: for each generation.
        adapt: whether operators are used as often as they succeed.
        hyper: hyper-parameters of the search.
        limits: when the search ends.
        compare: whether random search, hill climber and tuning of hyper-parameters get as many trainings.
        tune: whether champion and controls are tuned before they are sealed.
        seal_trials: for every seal.
        objectives: "error" alone, or "error" and "edges": as little error as possible for every number of edges.
        operators: names of those that make the children of `arm`; None for all that apply. Rivals keep theirs.
        offspring: of `arm` in a generation, with half as many survivors; None for the arm's own 8. Many feed many
            workers; as many trainings come further with few.

    Raises:
        StatescapeError: for names that are unknown, numbers out of range, and choices that exclude each other.
    """

    task: Mapping[str, Any]
    units: int = 100
    encoding: str = "ternary"
    level: Level = "wiring"
    radius: RadiusPolicy = "rescale"
    evolve_inputs: bool = False
    density: float | None = None
    arm: str = "genetic"
    seed: int = 0
    trials: int = 4
    adapt: bool = True
    hyper: Hyperparameters = field(default_factory=Hyperparameters)
    limits: Limits = field(default_factory=Limits)
    compare: bool = True
    tune: bool = True
    seal_trials: int = LEAST_TRIALS
    objectives: tuple[str, ...] = ("error",)
    operators: tuple[str, ...] | None = None
    offspring: int | None = None

    def __post_init__(self) -> None:
        most = max(self.units / MOST_UNITS, max(self.trials, self.seal_trials, self.offspring or 0) / MOST_TRIALS)
        if most > 1:
            raise StatescapeError(
                f"A search takes up to {MOST_UNITS:,} units and {MOST_TRIALS:,} trials, trials of a seal and offspring."
            )
        encoding, arm = self.encoding_of(), self.arm_of(self.arm)
        if self.level not in SEARCH_LEVELS:
            raise StatescapeError(f"A search runs at the level {', '.join(SEARCH_LEVELS)}; got {self.level!r}.")
        if self.radius not in get_args(RadiusPolicy):
            raise StatescapeError(f"The radius is {', '.join(get_args(RadiusPolicy))}; got {self.radius!r}.")
        if self.evolve_inputs and self.level != "matrix":
            raise StatescapeError(
                f"W_in can evolve only at the level matrix: at {self.level} every trial redraws it; leave "
                "--evolve-inputs out or add --level matrix."
            )
        operators_of(arm, SearchSpace(encoding, 1, self.radius, self.evolve_inputs), self.operators)
        if self.objectives not in OBJECTIVES:
            known = " or ".join(",".join(names) for names in OBJECTIVES)
            raise StatescapeError(f"The objectives are {known}; got {','.join(self.objectives) or 'none'}.")
        if self.seed < 0:
            raise StatescapeError(f"A seed is a whole number from 0 on; got {self.seed}.")
        if self.trials < 1:
            raise StatescapeError(f"A generation needs at least one trial; got {self.trials}.")
        if self.seal_trials < LEAST_TRIALS:
            raise StatescapeError(f"A seal needs at least {LEAST_TRIALS} trials; got {self.seal_trials}.")

    def encoding_of(self) -> Encoding:
        """How genomes become W.

        Raises:
            StatescapeError: for an unknown name, units or a density out of range.
        """
        return by_name(self.encoding, self.units, self.density)

    def arm_of(self, name: str) -> Arm:
        """How the arm of this name searches here: rivals keep their own numbers of offspring.

        Raises:
            StatescapeError: for an unknown name, or an arm without offspring.
        """
        return with_offspring(arm_by_name(name), self.offspring if name == self.arm else None)

    def as_json(self) -> dict[str, Any]:
        """All of it, as plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Settings:
        """What `as_json` gave.

        Raises:
            StatescapeError: for anything else, and as for settings that are made.
        """
        try:
            return cast("Settings", typed(cls, {**_LATER, **data}))
        except TypeError as error:
            raise StatescapeError(f"These are no settings of a run: {error}.") from error


# What runs lack that were begun before there was a choice.
_LATER: Mapping[str, Any] = {"objectives": ["error"], "operators": None, "offspring": None}
