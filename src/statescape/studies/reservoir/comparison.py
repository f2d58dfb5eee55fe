"""What the studies have in common: champions compared run by run, as numbers, cells, marks and sentences.

Log ratios are paired by the search's seed, tested by Student's t over runs, and corrected by Holm over all comparisons
of the study. A study says which pairs it compares and what its answer is; how a comparison is shown is said here, once.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from statescape.statistics import MeanInterval, holm, student_mean
from statescape.studies.reservoir.budget import Budget
from statescape.studies.reservoir.picture import Cells, Dots, Lines, Mark, StudyFigure
from statescape.studies.reservoir.protocol import Reading, Results, StudyTable
from statescape.studies.reservoir.searching import log_error
from statescape.wording import Answers, number

ALPHA = 0.05
# Below so many runs an answer is a look, not a result.
FEW = 10

common = Answers("studies", "common")
_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True)
class Ratio:
    """How two ways compare, run by run.

    Attributes:
        interval: mean log ratio of the errors; below 0 the first is better.
        points: of the runs.
        p: two-sided.
        p_holm: corrected over the comparisons of the study.
    """

    interval: MeanInterval
    points: tuple[float, ...]
    p: float
    p_holm: float

    @property
    def shown(self) -> bool:
        """Whether a difference is shown."""
        return self.p_holm < ALPHA

    @property
    def lower(self) -> bool:
        """Whether the first is shown to have the lower error."""
        return self.shown and self.change < 0

    @property
    def higher(self) -> bool:
        """Whether the first is shown to have the higher error."""
        return self.shown and self.change > 0

    @property
    def change(self) -> float:
        """Change of the error, as a share: -0.1 is a tenth less."""
        return math.expm1(self.interval.mean)

    @property
    def ends(self) -> tuple[float, float]:
        """Of the 95% interval, as shares."""
        return share(self.interval.low), share(self.interval.high)

    @property
    def in_words(self) -> str:
        """The change with its interval."""
        return between(self.change, *self.ends)

    @property
    def decided(self) -> str:
        """Whether a difference is shown, and in which direction."""
        p = common("p_tiny") if self.p_holm < 0.001 else common("p", p=self.p_holm)
        return common("lower" if self.lower else "higher" if self.shown else "not_shown", p=p)

    def mark(self, label: str) -> Mark:
        """A line of a dot plot."""
        return Mark(label, self.change, *self.ends, tuple(map(share, self.points)), self.shown)

    def as_json(self) -> dict[str, object]:
        """Plain JSON."""
        return {
            "change": self.change,
            "ci95": list(self.ends),
            "n": self.interval.n,
            "p": self.p,
            "p_holm": self.p_holm,
            "runs": [share(point) for point in self.points],
        }


def champion_errors(results: Results, ways: Iterable[str], budget: Budget) -> dict[str, list[float]]:
    """Log errors of the champions of every way to search, run by run, on the trials that its search never saw."""
    return {way: [log_error(results[f"{way}/{run}"]["sealed"]) for run in range(budget.runs)] for way in ways}


def ratios(pairs: Mapping[str, tuple[Sequence[float], Sequence[float]]]) -> dict[str, Ratio]:
    """Compare pairs of ways.

    Args:
        pairs: by name, the log errors of the runs of the first and of the second way, in the same order.
    """
    return compared({name: np.subtract(first, second) for name, (first, second) in pairs.items()})


def compared(differences: Mapping[_Key, np.ndarray]) -> dict[_Key, Ratio]:
    """Test mean differences of logarithms against 0, all together."""
    found = {name: student_mean(np.asarray(values, dtype=np.float64)) for name, values in differences.items()}
    corrected = holm([one.p for one in found.values()])
    return {
        name: Ratio(one.interval, tuple(float(value) for value in differences[name]), one.p, p)
        for (name, one), p in zip(found.items(), corrected, strict=True)
    }


def as_json(found: Mapping[str, Ratio]) -> dict[str, Any]:
    """Every comparison as plain JSON."""
    return {name: one.as_json() for name, one in found.items()}


def changes(title: str, marks: Iterable[Mark], reference: float = 0.0) -> Dots:
    """A panel of changes of the error."""
    return Dots(title, common("change"), tuple(marks), reference, percent=True)


def reading(
    answers: Answers,
    budget: Budget,
    seed: int,
    answer: Iterable[str],
    rows: Iterable[Sequence[str]],
    panels: Iterable[Dots | Lines | Cells],
    numbers: Mapping[str, Any],
    **values: Any,
) -> Reading:
    """The reading of a study: its answer, and beside it what the study's section of the templates always holds.

    Args:
        answers: the section of the study.
        budget: what it cost.
        seed: the first of its seeds.
        answer: its sentences.
        rows: of the table, whose heads are ``columns``.
        panels: of the figure.
        numbers: for machines.
        **values: what ``caption`` and ``reach`` take.
    """
    last = seed + budget.runs - 1
    values |= {"over": common("over_runs", n=budget.runs, first=seed, last=last), "first": seed, "last": last}
    few = () if budget.runs >= FEW else (common("few_runs", runs=budget.runs),)
    return Reading(
        (*answer, *few),
        StudyTable(answers.each("columns"), tuple(map(tuple, rows))),
        StudyFigure(answers("caption", **values), tuple(panels)),
        dict(numbers),
        answers("reach", **values),
    )


def share(log_ratio: float) -> float:
    """A log ratio as a change of the error; infinite stays infinite."""
    return math.expm1(log_ratio) if log_ratio < 700 else math.inf


def percent(part: float) -> str:
    """A share without its sign."""
    return number(abs(part), ".1%" if abs(part) < 0.0995 else ".0%")


def signed(change: float) -> str:
    """A change with its sign."""
    if not math.isfinite(change):
        return "+∞" if change > 0 else "−∞"
    return ("−" if change < 0 else "+") + percent(change)


def between(change: float, low: float, high: float) -> str:
    """A change with its interval."""
    return common("between", change=signed(change), low=signed(low), high=signed(high))


def score_of(logs: Sequence[float]) -> str:
    """The geometric mean error of some runs."""
    return number(math.exp(float(np.mean(logs))), ".3f")
