"""How much a study may cost: how many runs, how long each searches, how large the networks are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from statescape.errors import StatescapeError, nearest
from statescape.wording import Noun

# What minutes are turned into: the longest search of these that fits, with runs enough for mixed effects.
TRAININGS = (800, 1_200, 2_000, 3_000, 5_000, 8_000, 12_000, 20_000, 30_000, 50_000)
RUNS = 12
LEAST_RUNS = 3
# Below so many minutes networks are small.
SMALL_BELOW = 3.0


@dataclass(frozen=True)
class Budget(Noun):
    """What a study may cost.

    Attributes:
        name: "quick", "full" or "N minutes".
        units: of every network.
        runs: searches in every cell, each with a seed of its own; the unit of all statistics.
        trainings: of every search.
        trials: fresh trials that a champion is sealed on.
        tuning: length of the list of hyper-parameters that all are tuned on.
        draws: of every random wiring that a champion is held against.

    Raises:
        StatescapeError: for numbers that are not above 0.
    """

    name: str
    units: int
    runs: int
    trainings: int
    trials: int = 30
    tuning: int = 32
    draws: int = 12

    def __post_init__(self) -> None:
        if min(self.units, self.runs, self.trainings, self.trials, self.tuning, self.draws) < 1:
            raise StatescapeError(
                "A budget's units, runs, trainings, trials, tuning and draws are whole numbers above 0."
            )


QUICK, WHOLE = "quick", "full"
FULL = Budget(WHOLE, units=50, runs=RUNS, trainings=20_000)


def minutes_of(text: str) -> float | None:
    """The minutes of a budget given as a number; None for "quick" and "full".

    Raises:
        StatescapeError: for anything else.
    """
    if text in (QUICK, WHOLE):
        return None
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0.0 < minutes < float("inf"):
        raise StatescapeError(
            f"A budget is quick, full or a number of minutes above 0; got {text!r}{nearest(text, (QUICK, WHOLE))}."
        )
    return minutes


def fitted(minutes: float, per_second: float, trainings_of: Callable[[Budget], int]) -> Budget:
    """The largest budget that so many minutes allow.

    Args:
        minutes: to be spent.
        per_second: trainings a second of this machine, all workers together, with the units of the budget.
        trainings_of: trainings that a study needs under a budget, all in all.
    """
    name = f"{minutes:g} minutes"
    begin = replace(FULL, tuning=16) if minutes >= SMALL_BELOW else replace(FULL, units=20, runs=5, tuning=8)
    affordable = 60.0 * minutes * per_second
    for trainings in reversed(TRAININGS):
        budget = replace(begin, name=name, trainings=trainings)
        if trainings_of(budget) <= affordable:
            return budget
    runs = begin.runs
    while runs > LEAST_RUNS and trainings_of(replace(begin, runs=runs, trainings=TRAININGS[0])) > affordable:
        runs -= 1
    return replace(begin, name=name, runs=runs, trainings=TRAININGS[0])
