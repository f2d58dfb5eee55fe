"""What single rows of a run hold: how a candidate came to be, and a search between two generations."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, cast

from statescape.errors import StatescapeError
from statescape.evolution.search.population import Pool, Population, Record
from statescape.evolution.search.rates import OperatorRates
from statescape.runs.plain import parsed, typed


@dataclass(frozen=True)
class Birth:
    """How a candidate came to be.

    Attributes:
        number: its number.
        generation: in which it was born.
        operator: what made it.
        parents: numbers of its parents; none for a random one.
    """

    number: int
    generation: int
    operator: str
    parents: tuple[int, ...]

    def __post_init__(self) -> None:
        if any(not 0 <= parent < self.number for parent in self.parents):
            raise StatescapeError(f"candidate {self.number} is no younger than its parents")


@dataclass(frozen=True)
class State:
    """A search between two generations, without its genomes; what is not named here is as in `Population`.

    Attributes:
        members: number, trials, total and raw of every survivor, best first.
        credit: rates of the operators, by the name that they have in runs.
    """

    generation: int
    members: tuple[tuple[int, int, float, float], ...]
    credit: OperatorRates
    born: int
    trainings: int
    noise: float
    best_since: int
    pool: Pool | None

    def __post_init__(self) -> None:
        if self.pool is not None and len(self.pool.scores) != len(self.members):
            raise StatescapeError("its pool does not fit its survivors")
        if not self.members or min(self.generation, self.born, self.trainings, self.noise, self.best_since) < 0:
            raise StatescapeError("it has no survivors, or counts below 0")

    @cached_property
    def records(self) -> dict[int, Record]:
        """The record of every survivor, best first."""
        return {number: Record(n, total, raw) for number, n, total, raw in self.members}


def numbers_of(text: str) -> tuple[int, ...]:
    """Whole numbers, as for parents."""
    return cast("tuple[int, ...]", typed(tuple[int, ...], parsed(text)))


def operators_of(text: str) -> dict[str, tuple[int, int]]:
    """Children made and survived, by operator."""
    return cast("dict[str, tuple[int, int]]", typed(dict[str, tuple[int, int]], parsed(text)))


def or_infinite(value: float | None) -> float:
    """SQLite keeps no NaN: what is not a number there was none."""
    return math.inf if value is None else value


def state_of(text: str) -> State:
    """A state; 0.1.0 had no pools."""
    found = parsed(text)
    return cast("State", typed(State, {"pool": None, **found} if isinstance(found, dict) else found))


def kept_of(population: Population) -> dict[str, Any]:
    """The state of a population, as plain JSON."""
    members = tuple((one.number, one.record.n, one.record.total, one.record.raw) for one in population.members)
    rest = {name: value for name, value in vars(population).items() if name not in ("members", "rates")}
    return asdict(State(members=members, credit=population.rates, **rest))


def mean_of(kept: object) -> float:
    """The mean score of what was kept of a seal; infinite where a trial diverged."""
    rows = typed(tuple[tuple[float, ...], ...], typed(dict, kept)["scores"])
    values = [abs(value) for row in rows for value in row]
    return math.fsum(values) / len(values)
