"""What does reducing the search space buy? The ladder of encodings at equal trainings."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from statescape.evolution import Limits, Settings
from statescape.evolution.encodings import by_name, names
from statescape.studies.reservoir.budget import FULL, Budget
from statescape.studies.reservoir.comparison import Ratio, ratios
from statescape.studies.reservoir.evolved import log_error, searched
from statescape.studies.reservoir.picture import Dots, Line, Lines, Mark, StudyFigure
from statescape.studies.reservoir.protocol import Piece, Reading, Results, Table
from statescape.studies.reservoir.words import decided, few_runs, over_runs, percent, percent_between, score_of
from statescape.wording import number, say

LADDER = names()
# The whole space, which every smaller one is compared with.
WHOLE = "real"


class SearchSpace:
    """The ladder of encodings, smallest first."""

    name = "search-space"
    quick = Budget("quick", units=20, runs=5, trainings=1_200, tuning=8)
    full = FULL

    def question(self) -> str:
        """The question."""
        return say("What does reducing the search space buy?")

    def design(self, budget: Budget) -> str:
        """What is done."""
        return say(
            "NARMA10, {units} units, searched at wiring with six encodings, smallest space first: {runs} searches "
            "each, {trainings:,} trainings a search. Errors are those of the champions on {trials} fresh trials; every "
            "encoding is compared with real edges in [-1, 1], paired by the search's seed.",
            **vars(budget),
        )

    def pieces(self, budget: Budget, seed: int) -> Sequence[Piece]:
        """One search for each rung and run."""
        return [
            searched(
                f"{encoding}/{run}",
                Settings(
                    {"name": "narma10"},
                    budget.units,
                    encoding,
                    seed=seed + run,
                    limits=Limits(trainings=budget.trainings),
                ),
                budget,
            )
            for run in range(budget.runs)
            for encoding in LADDER
        ]

    def read(self, results: Results, budget: Budget, seed: int) -> Reading:
        """Every rung against the whole space."""
        errors = {
            encoding: [log_error(results[f"{encoding}/{run}"]["sealed"]) for run in range(budget.runs)]
            for encoding in LADDER
        }
        found = ratios({name: (errors[name], errors[WHOLE]) for name in LADDER if name != WHOLE})
        sizes = {name: _numbers(name, budget.units) for name in LADDER}
        rows = [
            (
                name,
                number(sizes[name], ","),
                score_of(errors[name]),
                percent_between(found[name]) if name in found else "",
                decided(found[name]) if name in found else say("reference"),
            )
            for name in LADDER
        ]
        marks = tuple(Mark(name, one.change, *one.ends, one.as_shares, one.shown) for name, one in found.items())
        return Reading(
            (*self._answer(found, errors, sizes, budget), *few_runs(budget)),
            Table(
                (
                    say("encoding"),
                    say("numbers to find"),
                    say("NRMSE"),
                    say("against real edges (95%)"),
                    say("decided"),
                ),
                tuple(rows),
            ),
            StudyFigure(
                say(
                    "The champions of smaller search spaces against those of real edges, and the best of each "
                    "generation on the way (geometric mean over runs). {over}",
                    over=over_runs(budget, seed),
                ),
                (
                    Dots(say("champions, against real edges"), say("change of the error"), marks, 0.0, percent=True),
                    Lines(say("on the way"), say("trainings"), "NRMSE", tuple(_curves(results, budget)), log_x=True),
                ),
            ),
            {name: one.as_json() for name, one in found.items()} | {"numbers": sizes},
            say("One task, one size, one length of search: the smaller the space, the earlier its search is done."),
        )

    def _answer(
        self, found: dict[str, Ratio], errors: dict[str, list[float]], sizes: dict[str, int], budget: Budget
    ) -> tuple[str, ...]:
        best = min(errors, key=lambda name: float(np.mean(errors[name])))
        lower = [name for name, one in found.items() if one.shown and one.change < 0]
        higher = [name for name, one in found.items() if one.shown and one.change > 0]
        values = {"trainings": budget.trainings, "size": sizes[WHOLE]}
        if lower:
            winner = min(lower, key=lambda name: found[name].change)
            first = say(
                "It buys {change} of the error: with {trainings:,} trainings, {name} ({few:,} numbers) ends lower than "
                "real edges ({size:,} numbers).",
                change=percent(found[winner].change),
                name=winner,
                few=sizes[winner],
                **values,
            )
        elif higher:
            worst = max(higher, key=lambda name: found[name].change)
            first = say(
                "Nothing: with {trainings:,} trainings no smaller space ends lower than real edges ({size:,} numbers), "
                "and {name} ends {change} higher.",
                name=worst,
                change=percent(found[worst].change),
                **values,
            )
        else:
            first = say(
                "Not decided: with {trainings:,} trainings no encoding is shown to differ from real edges.", **values
            )
        return first, say(
            "The lowest mean error is that of {name}: {error:.3f}.",
            name=best,
            error=math.exp(float(np.mean(errors[best]))),
        )


def _numbers(encoding: str, units: int) -> int:
    """How many numbers a genome of this encoding has."""
    return sum(math.prod(shape) for shape in by_name(encoding, units).shapes.values())


def _curves(results: Results, budget: Budget) -> list[Line]:
    """Geometric mean over runs of the best of each generation."""
    lines = []
    for encoding in LADDER:
        runs = [np.array(results[f"{encoding}/{run}"]["curve"]) for run in range(budget.runs)]
        length = min(len(run) for run in runs)
        errors = np.stack([np.clip(run[:length, 1], 1e-12, 1e12) for run in runs])
        places = np.mean([run[:length, 0] for run in runs], axis=0)
        lines.append(Line(encoding, tuple(places.tolist()), tuple(np.exp(np.log(errors).mean(axis=0)).tolist())))
    return lines
