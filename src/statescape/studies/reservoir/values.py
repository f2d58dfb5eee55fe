"""Binary, ternary or real edges in [-1, 1]? Three encodings at equally many edges."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from statescape.evolution import Limits, Settings
from statescape.evolution.operators import for_space
from statescape.evolution.reading import space_of
from statescape.evolution.source import reopen_task
from statescape.studies.reservoir.budget import FULL, Budget
from statescape.studies.reservoir.comparison import Ratio, ratios
from statescape.studies.reservoir.evolved import log_error, searched
from statescape.studies.reservoir.picture import Dots, Mark, StudyFigure
from statescape.studies.reservoir.protocol import Piece, Reading, Results, Table
from statescape.studies.reservoir.words import decided, few_runs, over_runs, percent, percent_between, score_of
from statescape.wording import listed, phrase, say

TASK = {"name": "narma10"}
KINDS = {
    "binary": phrase("binary (0 or 1)"),
    "ternary": phrase("ternary (-1, 0 or 1)"),
    "real": phrase("real (-1 to 1)"),
}
# Edges of every wiring, for each unit: none is added or deleted on the way.
EDGES_PER_UNIT = 2


class EdgeValues:
    """Three encodings, equal edges."""

    name = "values"
    quick = Budget("quick", units=20, runs=6, trainings=1_200, tuning=8)
    full = FULL

    def question(self) -> str:
        """The question."""
        return say("Binary, ternary or real edges?")

    def design(self, budget: Budget) -> str:
        """What is done."""
        return say(
            "NARMA10, {units} units, searched at wiring with binary, ternary and real edges: {runs} searches each, "
            "{trainings:,} trainings a search. Every wiring has exactly {edges} edges, at the start and ever after, "
            "since only operators that keep their number are used. Errors are those of the champions on {trials} fresh "
            "trials, paired by the search's seed.",
            edges=EDGES_PER_UNIT * budget.units,
            **vars(budget),
        )

    def pieces(self, budget: Budget, seed: int) -> Sequence[Piece]:
        """One search for each kind and run."""
        return [
            searched(f"{kind}/{run}", _settings(kind, budget, seed + run), budget)
            for run in range(budget.runs)
            for kind in KINDS
        ]

    def read(self, results: Results, budget: Budget, seed: int) -> Reading:
        """Every pair of kinds."""
        errors = {kind: [log_error(results[f"{kind}/{run}"]["sealed"]) for run in range(budget.runs)] for kind in KINDS}
        found = ratios(
            {f"{second}/{first}": (errors[second], errors[first]) for first, second in combinations(KINDS, 2)}
        )
        rows = []
        for name, one in found.items():
            second, first = name.split("/")
            rows.append(
                (
                    say("{second} against {first}", second=second, first=first),
                    f"{score_of(errors[second])} / {score_of(errors[first])}",
                    percent_between(one),
                    decided(one),
                )
            )
        return Reading(
            (self._answer(found), *few_runs(budget)),
            Table((say("edges"), "NRMSE", say("change of the error (95%)"), say("decided")), tuple(rows)),
            StudyFigure(
                say(
                    "Kinds of edges compared, {edges} edges each. {over}",
                    edges=EDGES_PER_UNIT * budget.units,
                    over=over_runs(budget, seed),
                ),
                (
                    Dots(
                        say("one kind of edges against another"),
                        say("change of the error"),
                        tuple(
                            Mark(row[0], one.change, *one.ends, one.as_shares, one.shown)
                            for row, one in zip(rows, found.values(), strict=True)
                        ),
                        0.0,
                        percent=True,
                    ),
                ),
            ),
            {name: one.as_json() for name, one in found.items()},
            say(
                "One task, one number of edges, all scaled to one spectral radius: what is compared is signs and "
                "sizes, not strength."
            ),
        )

    def _answer(self, found: dict[str, Ratio]) -> str:
        signs, sizes, both = found["ternary/binary"], found["real/ternary"], found["real/binary"]
        parts = [
            _effect(signs, phrase("signs lower the error by {change}"), phrase("signs raise it by {change}")),
            _effect(sizes, phrase("sizes beside signs lower it by {change}"), phrase("sizes raise it by {change}")),
            _effect(
                both,
                phrase("real edges end {change} below binary ones"),
                phrase("real edges end {change} above binary ones"),
            ),
        ]
        told = [part for part in parts if part]
        if not told:
            return say("Not decided: at equally many edges no kind of edges is shown to differ from another.")
        return say("At equally many edges, {effects}.", effects=listed(told))


def _effect(ratio: Ratio, lower: str, higher: str) -> str:
    if not ratio.shown:
        return ""
    return say(lower if ratio.change < 0 else higher, change=percent(ratio.change))


def _settings(kind: str, budget: Budget, seed: int) -> Settings:
    settings = Settings(
        TASK,
        budget.units,
        kind,
        density=EDGES_PER_UNIT / budget.units,
        seed=seed,
        limits=Limits(trainings=budget.trainings),
    )
    operators = for_space(space_of(settings, reopen_task(settings.task)))
    keeping = tuple(operator.name for operator in operators if operator.keeps_edges)
    return Settings.from_json({**settings.as_json(), "operators": keeping})
