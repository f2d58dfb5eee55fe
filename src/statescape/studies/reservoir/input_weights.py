"""Should W_in evolve? Both ways search for as long, and both are sealed at every level."""

from __future__ import annotations

from collections.abc import Sequence

from statescape.evolution import LEVELS, Limits, Settings
from statescape.studies.reservoir.budget import FULL, Budget
from statescape.studies.reservoir.comparison import Ratio, ratios
from statescape.studies.reservoir.evolved import log_error, searched
from statescape.studies.reservoir.picture import Dots, Mark, StudyFigure
from statescape.studies.reservoir.protocol import Piece, Reading, Results, Table
from statescape.studies.reservoir.words import decided, few_runs, over_runs, percent, percent_between, score_of
from statescape.wording import listed, say

WAYS = {"W": False, "W + W_in": True}


class InputWeights:
    """{W, W + W_in} at every seal."""

    name = "input-weights"
    quick = Budget("quick", units=20, runs=5, trainings=1_200, tuning=8)
    full = FULL

    def question(self) -> str:
        """The question."""
        return say("Should W_in evolve?")

    def design(self, budget: Budget) -> str:
        """What is done."""
        return say(
            "NARMA10, {units} units, ternary, searched at matrix, where one W_in stays for the whole search: {runs} "
            "searches that evolve W alone and {runs} that evolve W and W_in, {trainings:,} trainings each. Every "
            "champion is then tuned and sealed at all four levels on {trials} fresh trials; paired by the seed.",
            **vars(budget),
        )

    def pieces(self, budget: Budget, seed: int) -> Sequence[Piece]:
        """Searches of both ways, one pair a run."""
        return [
            searched(
                f"{way}/{run}",
                Settings(
                    {"name": "narma10"},
                    budget.units,
                    level="matrix",
                    evolve_inputs=evolves,
                    seed=seed + run,
                    limits=Limits(trainings=budget.trainings),
                ),
                budget,
                levels=LEVELS,
                tune=True,
            )
            for run in range(budget.runs)
            for way, evolves in WAYS.items()
        ]

    def read(self, results: Results, budget: Budget, seed: int) -> Reading:
        """Ratios at every seal."""
        errors = {
            (way, level): [
                log_error(results[f"{way}/{run}"]["seals"][level]["champion"]["scores"][0])
                for run in range(budget.runs)
            ]
            for way in WAYS
            for level in LEVELS
        }
        found = ratios({level: (errors["W + W_in", level], errors["W", level]) for level in LEVELS})
        rows = tuple(
            (
                level,
                score_of(errors["W", level]),
                score_of(errors["W + W_in", level]),
                percent_between(found[level]),
                decided(found[level]),
            )
            for level in LEVELS
        )
        marks = tuple(Mark(level, one.change, *one.ends, one.as_shares, one.shown) for level, one in found.items())
        return Reading(
            self._answer(found, budget),
            Table(
                (
                    say("seal"),
                    say("W evolves, NRMSE"),
                    say("W and W_in evolve, NRMSE"),
                    say("change of the error (95%)"),
                    say("decided"),
                ),
                rows,
            ),
            StudyFigure(
                say("What evolving W_in as well changes, seal by seal. {over}", over=over_runs(budget, seed)),
                (Dots(say("W and W_in against W alone"), say("change of the error"), marks, 0.0, percent=True),),
            ),
            {level: one.as_json() for level, one in found.items()},
            say("One task, one size, ternary edges; W_in can evolve only where the search keeps it, at matrix."),
        )

    def _answer(self, found: dict[str, Ratio], budget: Budget) -> tuple[str, ...]:
        own = found["matrix"]
        below = [level for level in LEVELS[1:] if found[level].shown and found[level].change < 0]
        if not own.shown:
            first = say(
                "Not decided: where one W_in stays (matrix), evolving it as well changes the error by {change}.",
                change=percent_between(own),
            )
        elif own.change < 0:
            first = say(
                "Yes, for one fixed network: at matrix the error is {change} lower when W_in evolves with W.",
                change=percent(-own.change),
            )
        else:
            first = say(
                "No: even at matrix the error is {change} higher when W_in evolves with W.",
                change=percent(own.change),
            )
        if below:
            second = say("Lower errors are shown where W_in is redrawn, too: at {levels}.", levels=listed(below))
        else:
            second = say("Where W_in is redrawn (wiring, signs, mask) evolving it is not shown to lower the error.")
        return (first, second, *few_runs(budget))
