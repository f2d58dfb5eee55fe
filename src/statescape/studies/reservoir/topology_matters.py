"""Does topology matter, once everything is tuned alike? Level by level, task by task, with runs as the unit.

The numbers and the rule are those of `topology_gains`; here is what is asked, run and said.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from statescape.evolution import Limits, Settings
from statescape.evolution.conditions import Level
from statescape.studies.reservoir.budget import Budget
from statescape.studies.reservoir.comparison import Ratio, compared, share
from statescape.studies.reservoir.evolved import searched
from statescape.studies.reservoir.picture import Dots, Mark, StudyFigure
from statescape.studies.reservoir.protocol import Piece, Reading, Results, Table
from statescape.studies.reservoir.topology_gains import (
    FIELD,
    MARGIN,
    SEARCHED,
    SPARSE,
    WAYS,
    Cell,
    Gain,
    cell_of,
    gains_of,
    verdicts_of,
)
from statescape.studies.reservoir.words import few_runs, percent, percent_between, signed
from statescape.wording import listed, phrase, say

TASKS = ("narma10", "mackey-glass-17-84", "lorenz")
DENSITY = 0.2
KEPT = {
    "matrix": phrase("one W with one W_in"),
    "wiring": phrase("W, whatever W_in"),
    "mask": phrase("only which units are connected"),
}


class TopologyMatters:
    """The levels matrix, wiring, mask times three tasks, at equal tuning, under seal."""

    name = "does-topology-matter"
    quick = Budget("quick", units=20, runs=3, trainings=800, tuning=6, draws=3)
    full = Budget("full", units=50, runs=12, trainings=20_000)

    def question(self) -> str:
        """The question."""
        return say("Does topology matter once everything is tuned?")

    def design(self, budget: Budget) -> str:
        """What is done."""
        return say(
            "{tasks}; {units} units, ternary edges, searched at matrix, wiring and mask: {runs} searches in each of "
            "the nine cells, {trainings:,} trainings a search. Champions, five wirings of the field ({field}) and two "
            "kinds of random ones (as sparse as the champion, and {dense} dense) are tuned alike ({tuning} "
            "hyper-parameters) and sealed at the level of the search on {trials} fresh trials. In every run the best "
            "of the field, and the better of the random ones, are those that were best in the other runs. Topology "
            "matters where one of them, evolved or of the field, gains {margin} or more over random wirings: declared "
            "before the data were seen.",
            tasks=listed(TASKS),
            field=", ".join(FIELD),
            dense=percent(DENSITY),
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
                controls=(*FIELD, SPARSE),
                dense=DENSITY,
                tune=True,
            )
            for run in range(budget.runs)
            for task in TASKS
            for level in SEARCHED
        ]

    def read(self, results: Results, budget: Budget, seed: int) -> Reading:
        """Gains by cell and by level; what Matzner's claim comes to."""
        cells: dict[tuple[str, Level], Cell] = {
            (task, level): cell_of([results[f"{task}/{level}/{run}"]["seals"][level] for run in range(budget.runs)])
            for task in TASKS
            for level in SEARCHED
        }
        tested = compared(
            {f"{task}/{level}/{way}": -cell.gains[way] for (task, level), cell in cells.items() for way in WAYS}
        )
        gains = gains_of(cells, TASKS)
        verdicts = verdicts_of(gains)
        without = {task: verdicts_of(gains_of(cells, [other for other in TASKS if other != task])) for task in TASKS}
        rows: list[tuple[str, ...]] = [
            (
                level,
                task,
                percent_between(tested[f"{task}/{level}/field"]),
                cells[task, level].favourite,
                percent_between(tested[f"{task}/{level}/evolved"]),
                percent_between(tested[f"{task}/{level}/evolved against field"]),
            )
            for level in SEARCHED
            for task in TASKS
        ]
        rows += [
            (
                level,
                say("all tasks"),
                _between(gains[level, "field"]),
                "",
                *(_between(gains[level, way]) for way in WAYS[1:]),
            )
            for level in SEARCHED
        ]
        return Reading(
            (*self._answer(gains, verdicts, without, tested), *few_runs(budget)),
            Table(
                (
                    say("level"),
                    say("task"),
                    say("best of the field against random"),
                    say("which"),
                    say("evolved against random"),
                    say("evolved against the best of the field"),
                ),
                tuple(rows),
            ),
            self._figure(tested, gains, budget, seed),
            {
                "margin": MARGIN,
                "verdicts": verdicts,
                "without": without,
                "levels": {f"{level}/{way}": vars(one) for (level, way), one in gains.items()},
                "cells": {name: one.as_json() for name, one in tested.items()},
            },
            say(
                "{count} tasks, {units} units, one length of search ({trainings:,} trainings): where no gain is shown "
                "a longer search may find one; where one is, it holds for networks of this size on these tasks.",
                count=len(TASKS),
                units=budget.units,
                trainings=budget.trainings,
            ),
        )

    def _answer(
        self,
        gains: Mapping[tuple[Level, str], Gain],
        verdicts: Mapping[Level, str],
        without: Mapping[str, Mapping[Level, str]],
        tested: Mapping[str, Ratio],
    ) -> tuple[str, ...]:
        told = [
            say(
                "at {level} ({kept}) it {verdict}: {field} by the field's wirings, {evolved} by evolved ones",
                level=level,
                kept=say(KEPT[level]),
                verdict=say(_VERDICTS[verdicts[level]]),
                field=_between(gains[level, "field"]),
                evolved=_between(gains[level, "evolved"]),
            )
            for level in SEARCHED
        ]
        little = [level for level in SEARCHED if verdicts[level] == "matters little"]
        much = [level for level in SEARCHED if verdicts[level] == "matters"]
        if much and little:
            claim = say(
                "So the claim that it matters little once all is tuned (Matzner 2022) is refuted at {much} and "
                "confirmed at {little}.",
                much=listed(much),
                little=listed(little),
            )
        elif much:
            claim = say(
                "So the claim that it matters little once all is tuned (Matzner 2022) is refuted at {much}.",
                much=listed(much),
            )
        elif little:
            claim = say(
                "So the claim that it matters little once all is tuned (Matzner 2022) is confirmed at {little}.",
                little=listed(little),
            )
        else:
            claim = say(
                "So the claim that it matters little once all is tuned (Matzner 2022) is neither confirmed nor refuted."
            )
        beyond = [level for level in SEARCHED if gains[level, WAYS[-1]].low > 0]
        return (
            _plainly(gains, verdicts),
            _by_task(tested),
            say("Level by level, with intervals at 97.5%: {told}.", told=say("; ").join(told)),
            claim,
            _left_out(verdicts, without),
            say("Evolution ends below the best of the field at {levels}.", levels=listed(beyond))
            if beyond
            else say("Evolution is not shown to end below the best wiring of the field at any level."),
        )

    def _figure(
        self,
        tested: Mapping[str, Ratio],
        gains: Mapping[tuple[Level, str], Gain],
        budget: Budget,
        seed: int,
    ) -> StudyFigure:
        how = (
            say("mixed effects, tasks fixed and the search's seed random")
            if gains[SEARCHED[0], WAYS[0]].mixed
            else say("Student's t over runs, each averaged over the tasks")
        )
        return StudyFigure(
            say(
                "The best wiring of the field and evolved ones against random wirings, tuned alike and sealed: beyond "
                "the line, {margin} below, topology matters. Dots are runs, bars 95% intervals (Student's t, n = "
                "{n}); over all tasks 97.5%, {how}. Seeds {first} to {last}.",
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
                    tuple(
                        mark
                        for way, template in (
                            ("field", phrase("{task}, field")),
                            ("evolved", phrase("{task}, evolved")),
                        )
                        for mark in (
                            *(
                                Mark(say(template, task=task), one.change, *one.ends, one.as_shares)
                                for task, one in ((task, tested[f"{task}/{level}/{way}"]) for task in TASKS)
                            ),
                            _mark(say(template, task=say("all tasks")), gains[level, way]),
                        )
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
_SHORT = {
    "matters": phrase("yes at {levels}"),
    "matters little": phrase("hardly at {levels}"),
    "undecided": phrase("undecided at {levels}"),
}
_THROUGHOUT = {
    "matters": phrase("yes, at every level"),
    "matters little": phrase("hardly, at any level"),
    "undecided": phrase("undecided at every level"),
}


def _plainly(gains: Mapping[tuple[Level, str], Gain], verdicts: Mapping[Level, str]) -> str:
    """The answer for who reads one sentence: yes, no or undecided where, how much, against what."""
    places = {
        verdict: listed([level for level in SEARCHED if verdicts[level] == verdict])
        for verdict in _SHORT
        if verdict in verdicts.values()
    }
    if len(places) == 1:
        (verdict,) = places
        heads = [say(_THROUGHOUT[verdict])]
    else:
        heads = [say(_SHORT[verdict], levels=levels) for verdict, levels in places.items()]
    sizes = {
        way: listed([say("{change} at {level}", change=signed(share(-gains[level, way].mean)), level=level)
                     for level in SEARCHED])
        for way in WAYS[:2]
    }  # fmt: skip
    head = say("; ").join(heads)
    return say(
        "{head}: beside random wirings tuned alike, evolved wirings change the error by {evolved}, the best wiring of "
        "the field by {field}.",
        head=head[0].upper() + head[1:],
        evolved=sizes["evolved"],
        field=sizes["field"],
    )


def _left_out(verdicts: Mapping[Level, str], without: Mapping[str, Mapping[Level, str]]) -> str:
    """Which answers are those of one task: they change when it is left out."""
    told = []
    for task, others in without.items():
        for verdict in _VERDICTS:
            levels = [level for level in SEARCHED if others[level] == verdict != verdicts[level]]
            if levels:
                told.append(
                    say(
                        "without {task} it {verdict} at {levels}",
                        task=task,
                        verdict=say(_VERDICTS[verdict]),
                        levels=listed(levels),
                    )
                )
    if not told:
        return say("Leaving out any one task changes none of this.")
    return say("It hangs on single tasks: {told}.", told=say("; ").join(told))


def _by_task(tested: Mapping[str, Ratio]) -> str:
    """On which tasks by themselves there is a gain, which a mean over tasks does not tell."""
    places = []
    for level in SEARCHED:
        gaining = [
            task
            for task in TASKS
            if any(one.shown and one.change < 0 for one in (tested[f"{task}/{level}/{way}"] for way in WAYS[:2]))
        ]
        where = listed(gaining) if gaining else say("no task")
        places.append(say("{tasks} at {level}", tasks=where, level=level))
    return say("Task by task a gain over random wirings is shown on {told}.", told=say("; ").join(places))


def _mark(label: str, one: Gain) -> Mark:
    strong = bool(one.low > -math.log1p(-MARGIN))
    return Mark(label, share(-one.mean), share(-one.high), share(-one.low), strong=strong)


def _between(one: Gain) -> str:
    return say(
        "{change} ({low} to {high})",
        change=signed(share(-one.mean)),
        low=signed(share(-one.high)),
        high=signed(share(-one.low)),
    )
