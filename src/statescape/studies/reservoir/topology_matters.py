"""Does topology matter, once everything is tuned alike? Level by level, task by task, with runs as the unit.

Matzner (Hyperparameter tuning in echo state networks, GECCO 2022) holds that it matters little. What little means is
declared here, before any data: `MARGIN`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.evolution import Limits, Settings
from statescape.evolution.conditions import Level
from statescape.studies.reservoir.budget import Budget
from statescape.studies.reservoir.comparison import Ratio, compared, share
from statescape.studies.reservoir.evolved import gain_over, log_error, searched
from statescape.studies.reservoir.mixed import LEAST_RUNS, marginal_means
from statescape.studies.reservoir.picture import Dots, Mark, StudyFigure
from statescape.studies.reservoir.study import Piece, Reading, Results, Table
from statescape.studies.reservoir.words import few_runs, percent, percent_between, signed
from statescape.wording import listed, phrase, say

TASKS = ("narma10", "mackey-glass-17-84", "lorenz")
SEARCHED: tuple[Level, ...] = ("matrix", "wiring", "mask")
FIELD = ("SCR", "DLR", "CRJ", "small-world", "erdos-renyi", "rewired")
# A gain matters from so much of the error on: declared before any run of this study.
MARGIN = 0.05

KEPT = {
    "matrix": phrase("one W with one W_in"),
    "wiring": phrase("W, whatever W_in"),
    "mask": phrase("only which units are connected"),
}


@dataclass(frozen=True)
class _Level:
    """What came out at one level: the mean gain over the tasks, in logarithms, and its 95 % interval."""

    mean: float
    low: float
    high: float
    mixed: bool

    @property
    def verdict(self) -> str:
        """Against the margin."""
        bound = -math.log1p(-MARGIN)
        if self.low > bound:
            return "matters"
        return "matters little" if self.high < bound else "undecided"


class TopologyMatters:
    """The levels matrix, wiring, mask times three tasks, at equal tuning, under seal."""

    name = "does-topology-matter"
    quick = Budget("quick", units=20, runs=3, trainings=2_000, tuning=8)
    full = Budget("full", units=50, runs=12, trainings=20_000)

    def question(self) -> str:
        """The question."""
        return say("Does topology matter once everything is tuned?")

    def design(self, budget: Budget) -> str:
        """What is done."""
        return say(
            "{tasks}; {units} units, ternary edges, searched at matrix, wiring and mask: {runs} searches in each of the "
            "nine cells, {trainings:,} trainings a search. Champions and six wirings of the field ({field}) are tuned "
            "alike ({tuning} hyper-parameters) and sealed at the level of the search on {trials} fresh trials. A run's "
            "gain is that over the best of the six, chosen on these very trials, so that it flatters the field. A gain "
            "matters from {margin} of the error on: declared before the data were seen.",
            tasks=listed(TASKS),
            field=", ".join(FIELD),
            margin=percent(MARGIN),
            **vars(budget),
        )

    def pieces(self, budget: Budget, seed: int) -> Sequence[Piece]:
        """One sealed search for each cell and run."""
        return [
            searched(
                f"{task}/{level}/{run}",
                Settings(
                    {"name": task},
                    budget.units,
                    level=level,
                    seed=seed + run,
                    limits=Limits(trainings=budget.trainings),
                ),
                budget,
                levels=(level,),
                controls=FIELD,
                tune=True,
            )
            for run in range(budget.runs)
            for task in TASKS
            for level in SEARCHED
        ]

    def read(self, results: Results, budget: Budget, seed: int) -> Reading:
        """Gains by cell and by level; what Matzner's claim comes to."""
        seals = {
            (task, level): [results[f"{task}/{level}/{run}"]["seals"][level] for run in range(budget.runs)]
            for task in TASKS
            for level in SEARCHED
        }
        gains = {cell: np.array([gain_over(one, _best_of_field(one)) for one in runs]) for cell, runs in seals.items()}
        cells = compared({f"{task}/{level}": -values for (task, level), values in gains.items()})
        levels = {level: _level(np.array([gains[task, level] for task in TASKS])) for level in SEARCHED}
        spread = {
            (task, level): float(np.mean([_spread_of_field(one) for one in runs]))
            for (task, level), runs in seals.items()
        }
        rows = [
            (
                level,
                task,
                percent_between(cells[f"{task}/{level}"]),
                _favourite(seals[task, level]),
                percent(share(spread[task, level])),
            )
            for level in SEARCHED
            for task in TASKS
        ]
        rows += [
            (level, say("all tasks"), _between(one), say(_VERDICTS[one.verdict]), "") for level, one in levels.items()
        ]
        return Reading(
            (*self._answer(levels, spread), *few_runs(budget)),
            Table(
                (
                    say("level"),
                    say("task"),
                    say("champion against the best of the field (95 %)"),
                    say("best of the field"),
                    say("worst of the field above its best"),
                ),
                tuple(rows),
            ),
            self._figure(cells, levels, budget, seed),
            {
                "margin": MARGIN,
                "levels": {level: vars(one) | {"verdict": one.verdict} for level, one in levels.items()},
                "cells": {name: one.as_json() for name, one in cells.items()},
                "spread_of_field": {f"{task}/{level}": value for (task, level), value in spread.items()},
            },
            say(
                "{count} tasks, {units} units, one search of {trainings:,} trainings: where no gain is shown, a longer "
                "search may find one; where one is, it holds for networks of this size on these tasks.",
                count=len(TASKS),
                **vars(budget),
            ),
        )

    def _answer(self, levels: Mapping[Level, _Level], spread: Mapping[tuple[str, Level], float]) -> tuple[str, ...]:
        told = [
            say(
                "at {level} ({kept}) it {verdict}, {change}",
                level=level,
                kept=say(KEPT[level]),
                verdict=say(_VERDICTS[one.verdict]),
                change=_between(one),
            )
            for level, one in levels.items()
        ]
        little = [level for level, one in levels.items() if one.verdict == "matters little"]
        much = [level for level, one in levels.items() if one.verdict == "matters"]
        if much and little:
            claim = say(
                "So Matzner's claim (2022) that it matters little is refuted at {much} and confirmed at {little}.",
                much=listed(much),
                little=listed(little),
            )
        elif much:
            claim = say("So Matzner's claim (2022) that it matters little is refuted at {much}.", much=listed(much))
        elif little:
            claim = say(
                "So Matzner's claim (2022) that it matters little is confirmed at {little}.", little=listed(little)
            )
        else:
            claim = say("So Matzner's claim (2022) that it matters little is neither confirmed nor refuted here.")
        worst = max(spread, key=lambda cell: spread[cell])
        return (
            say("What evolution finds beyond the field's wirings: {told}.", told="; ".join(told)),
            claim,
            say(
                "Among the wirings of the field alone, tuned alike, the worst lies up to {most} above the best ({task}, "
                "{level}).",
                most=percent(share(spread[worst])),
                task=worst[0],
                level=worst[1],
            ),
        )

    def _figure(
        self, cells: Mapping[str, Ratio], levels: Mapping[Level, _Level], budget: Budget, seed: int
    ) -> StudyFigure:
        how = (
            say("mixed effects: cells fixed, the search's seed random")
            if next(iter(levels.values())).mixed
            else say("Student's t over runs, each averaged over the tasks")
        )
        return StudyFigure(
            say(
                "Champions against the best wiring of the field, tuned alike and sealed: left of the line by {margin} "
                "would be topology that matters. Dots are runs, bars 95 % intervals (Student's t, n = {n}); over all "
                "tasks: {how}. Seeds {first} to {last}.",
                margin=percent(MARGIN),
                n=budget.runs,
                how=how,
                first=seed,
                last=seed + budget.runs - 1,
            ),
            tuple(
                Dots(
                    say("{level}: {kept}", level=level, kept=say(KEPT[level])),
                    say("change of the error"),
                    (
                        *(
                            Mark(task, one.change, *one.ends, one.as_shares)
                            for task, one in ((task, cells[f"{task}/{level}"]) for task in TASKS)
                        ),
                        Mark(
                            say("all tasks"),
                            share(-levels[level].mean),
                            share(-levels[level].high),
                            share(-levels[level].low),
                            strong=levels[level].verdict == "matters",
                        ),
                    ),
                    -MARGIN,
                    percent=True,
                )
                for level in SEARCHED
            ),
        )


_VERDICTS = {
    "matters": phrase("matters"),
    "matters little": phrase("matters little"),
    "undecided": phrase("is undecided"),
}


def _level(gains: Float[np.ndarray, "tasks runs"]) -> _Level:
    """The mean gain at a level: mixed effects where there are runs enough, else Student's t."""
    if gains.shape[1] >= LEAST_RUNS:
        return _Level(*marginal_means(gains), mixed=True)
    one = compared({"": gains.mean(axis=0)})[""].interval
    return _Level(one.mean, one.low, one.high, mixed=False)


def _best_of_field(seal: Mapping[str, object]) -> str:
    return min(FIELD, key=lambda name: _error(seal, name))


def _spread_of_field(seal: Mapping[str, object]) -> float:
    errors = [_error(seal, name) for name in FIELD]
    return max(errors) - min(errors)


def _error(seal: Mapping[str, object], name: str) -> float:
    """Mean log error of a control over its draws and trials."""
    return log_error(np.array(seal[name]["scores"]).ravel().tolist())  # type: ignore[index]


def _favourite(runs: Sequence[Mapping[str, object]]) -> str:
    """The wiring of the field that is most often best."""
    best = [_best_of_field(one) for one in runs]
    return max(FIELD, key=best.count)


def _between(one: _Level) -> str:
    return say(
        "{change} ({low} to {high})",
        change=signed(share(-one.mean)),
        low=signed(share(-one.high)),
        high=signed(share(-one.low)),
    )
