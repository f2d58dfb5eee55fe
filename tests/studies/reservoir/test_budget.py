"""Budgets: what minutes are turned into."""

import time
from dataclasses import replace

import pytest

from statescape.errors import StatescapeError
from statescape.runs import Serial
from statescape.studies.reservoir import STUDIES
from statescape.studies.reservoir.budget import LEAST_RUNS, fitted, minutes_of
from statescape.studies.reservoir.protocol import Piece
from statescape.studies.reservoir.running import sized


@pytest.mark.parametrize("text", ["", "0", "-1", "soon", "nan", "inf"])
def test_what_is_no_budget_is_refused(text):
    with pytest.raises(StatescapeError, match="quick, full or a number of minutes"):
        minutes_of(text)


@pytest.mark.parametrize(
    "study",
    [pytest.param(study, marks=pytest.mark.slow if name == "operators" else ()) for name, study in STUDIES.items()],
    ids=list(STUDIES),
)
def test_minutes_hold_what_they_promise(study):
    def cost(budget):
        return sum(piece.trainings for piece in study.pieces(budget, 0))

    sizes = []
    for minutes in (5.0, 20.0, 120.0):
        budget = fitted(minutes, 1_000.0, cost)
        assert cost(budget) <= 60_000 * minutes or budget.runs == LEAST_RUNS
        sizes.append(budget.trainings * budget.runs)
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("study", STUDIES.values(), ids=list(STUDIES))
def test_pieces_have_names_of_their_own(study):
    keys = [piece.key for piece in study.pieces(study.quick, 7)]
    assert len(keys) == len(set(keys))


def test_minutes_are_those_of_the_slowest_task_too():
    """One task takes 25 times as long as the other: 30,000 of both in each run fit, 50,000 do not."""
    seconds = {"slow": 5e-4, "fast": 2e-5}

    def sleep(spec):
        time.sleep(spec["seconds"])
        return {}

    def pieces(budget, _seed):
        return [
            Piece(f"{task}/{run}", sleep, {"seconds": budget.trainings * one}, budget.trainings)
            for run in range(budget.runs)
            for task, one in seconds.items()
        ]

    asked = replace(next(iter(STUDIES.values())), pieces=pieces)
    budget = sized(asked, "2", Serial())
    assert (budget.name, budget.runs, budget.trainings) == ("2 minutes", 5, 30_000)
