"""Which mutations and crossovers earn their place? Each is left out, and each is left alone."""

from __future__ import annotations

from collections.abc import Sequence

from statescape.evolution import Limits, Settings
from statescape.evolution.operators import for_space
from statescape.evolution.reading import space_of
from statescape.evolution.source import reopen_task
from statescape.studies.reservoir.budget import Budget
from statescape.studies.reservoir.comparison import Ratio, ratios
from statescape.studies.reservoir.evolved import log_error, searched
from statescape.studies.reservoir.picture import Dots, Mark, StudyFigure
from statescape.studies.reservoir.protocol import Piece, Reading, Results, Table
from statescape.studies.reservoir.words import decided, few_runs, over_runs, percent_between, score_of
from statescape.wording import listed, phrase, say

TASK = {"name": "narma10"}
ALL = "all"
# Whole arms beside the operators.
ARMS = {"mutation-only": phrase("mutation only"), "random-search": phrase("random search")}


class Operators:
    """Leave-one-out and only-one arms, mutation-only and random search."""

    name = "operators"
    quick = Budget("quick", units=20, runs=3, trainings=600, tuning=8)
    full = Budget("full", units=50, runs=12, trainings=12_000)

    def question(self) -> str:
        """The question."""
        return say("Which mutations and crossovers earn their place?")

    def design(self, budget: Budget) -> str:
        """What is done."""
        return say(
            "NARMA10, {units} units, ternary edges, searched at wiring: {count} arms with {runs} searches of "
            "{trainings:,} trainings each. One arm has all operators; each other lacks one, or has one alone; beside "
            "them mutation only and random search. Errors are those of the champions on {trials} fresh trials, "
            "compared with the arm of all operators, paired by the search's seed.",
            count=len(self._arms(budget)),
            **vars(budget),
        )

    def pieces(self, budget: Budget, seed: int) -> Sequence[Piece]:
        """One search for each arm and run."""
        return [
            searched(f"{arm}/{run}", self._settings(budget, seed + run, arm), budget)
            for run in range(budget.runs)
            for arm in self._arms(budget)
        ]

    def read(self, results: Results, budget: Budget, seed: int) -> Reading:
        """Every arm against all operators."""
        errors = {
            arm: [log_error(results[f"{arm}/{run}"]["sealed"]) for run in range(budget.runs)]
            for arm in self._arms(budget)
        }
        found = ratios({arm: (errors[arm], errors[ALL]) for arm in errors if arm != ALL})
        names = [operator for operator, _ in _operators(budget)]
        rows = [
            (
                operator,
                say("crossover") if crosses else say("mutation"),
                percent_between(found[f"without {operator}"]),
                decided(found[f"without {operator}"]),
                percent_between(found[f"only {operator}"]),
                decided(found[f"only {operator}"]),
            )
            for operator, crosses in _operators(budget)
        ]
        rows += [(say(words), say("arm"), "", "", percent_between(found[arm]), decided(found[arm]))
                 for arm, words in ARMS.items()]  # fmt: skip
        return Reading(
            (*self._answer(found, names), *few_runs(budget)),
            Table(
                (
                    say("operator"),
                    say("kind"),
                    say("without it (95%)"),
                    say("decided"),
                    say("it alone (95%)"),
                    say("decided"),
                ),
                tuple(rows),
            ),
            StudyFigure(
                say(
                    "The error without each operator and with it alone, against all operators ({error} NRMSE). An "
                    "operator earns its place where the error is higher without it. {over}",
                    error=score_of(errors[ALL]),
                    over=over_runs(budget, seed),
                ),
                (
                    Dots(
                        say("without it"),
                        say("change of the error"),
                        tuple(_mark(name, found[f"without {name}"]) for name in names),
                        0.0,
                        percent=True,
                    ),
                    Dots(
                        say("it alone"),
                        say("change of the error"),
                        (
                            *(_mark(name, found[f"only {name}"]) for name in names),
                            *(_mark(say(words), found[arm]) for arm, words in ARMS.items()),
                        ),
                        0.0,
                        percent=True,
                    ),
                ),
            ),
            {arm: one.as_json() for arm, one in found.items()},
            say(
                "One task, one size, one encoding. Operators stand in for each other, so that one may be left out "
                "without a loss though all together are needed."
            ),
        )

    def _answer(self, found: dict[str, Ratio], names: Sequence[str]) -> tuple[str, ...]:
        earn = [name for name in names if _shown(found[f"without {name}"], worse=True)]
        hinder = [name for name in names if _shown(found[f"without {name}"], worse=False)]
        enough = [name for name in names if not _shown(found[f"only {name}"], worse=True)]
        if earn:
            first = say("{names} earn their place: without them the error is higher.", names=listed(earn))
        else:
            first = say("None by itself: no operator is shown to be missed when it alone is left out.")
        sentences = [first]
        if hinder:
            sentences.append(say("Without {names} the error is lower.", names=listed(hinder)))
        if len(enough) < len(names):
            sentences.append(
                say(
                    "Alone, {count} of {total} operators are shown to do worse than all together.",
                    count=len(names) - len(enough),
                    total=len(names),
                )
            )
        better = [name for name in names if _shown(found[f"only {name}"], worse=False)]
        if better:
            sentences.append(
                say(
                    "Shown to do better alone than all together: {told}.",
                    told=listed([f"{name} {percent_between(found[f'only {name}'])}" for name in better]),
                )
            )
        crossover = found["mutation-only"]
        if _shown(crossover, worse=True):
            sentences.append(say("Crossover helps: mutation only ends higher."))
        elif _shown(crossover, worse=False):
            sentences.append(say("Crossover hinders: mutation only ends lower."))
        else:
            sentences.append(
                say(
                    "Crossover is not shown to matter: mutation only changes {change}.",
                    change=percent_between(crossover),
                )
            )
        random = found["random-search"]
        template = (
            phrase("Random search ends higher than all together: {change}.")
            if _shown(random, worse=True)
            else phrase("Random search is not shown to do worse than all together: {change}.")
        )
        sentences.append(say(template, change=percent_between(random)))
        return tuple(sentences)

    def _arms(self, budget: Budget) -> list[str]:
        names = [operator for operator, _ in _operators(budget)]
        return [ALL, *(f"without {name}" for name in names), *(f"only {name}" for name in names), *ARMS]

    def _settings(self, budget: Budget, seed: int, arm: str) -> Settings:
        names = tuple(operator for operator, _ in _operators(budget))
        kind, _, operator = arm.partition(" ")
        chosen = {
            "without": tuple(name for name in names if name != operator),
            "only": (operator,),
        }.get(kind)
        return Settings(
            TASK,
            budget.units,
            arm=arm if arm in ARMS else "genetic",
            seed=seed,
            limits=Limits(trainings=budget.trainings),
            operators=chosen,
        )


def _operators(budget: Budget) -> list[tuple[str, bool]]:
    """The operators of the space, each with whether it is a crossover."""
    settings = Settings(TASK, budget.units)
    space = space_of(settings, reopen_task(settings.task))
    return [(operator.name, operator.parents > 1) for operator in for_space(space)]


def _shown(ratio: Ratio, *, worse: bool) -> bool:
    return ratio.shown and (ratio.change > 0) == worse


def _mark(label: str, ratio: Ratio) -> Mark:
    return Mark(label, ratio.change, *ratio.ends, ratio.as_shares, ratio.shown)
