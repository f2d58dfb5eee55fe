"""The study of modules on ends that are made up: what counts as solved, and what it changes."""

import numpy as np
import pytest

from statescape.studies.reservoir.budget import Budget
from statescape.studies.reservoir.modules_matter import SEARCHED, SINGLE, SOLVED, of_tasks

BUDGET = Budget("quick", units=12, runs=10, trainings=100)
TASKS = ("henon", "narma10")


def said(errors):
    """The reading of runs that end, by task and way, at these errors; plans rewired at those of plans."""
    rng, results = np.random.default_rng(2), {}
    for run in range(BUDGET.runs):
        for task in TASKS:
            for way in (*SEARCHED, SINGLE):
                error = errors.get((task, way), errors[task]) * float(np.exp(0.02 * rng.normal()))
                plan = {"modules": [1, 1]}
                results[f"{task}/{way}/{run}"] = {"sealed": [error], "redrawn": [], "plan": plan}
    return of_tasks(TASKS).read(results, BUDGET, 0)


def test_a_solved_task_does_not_outweigh_the_others():
    """A hundred times the error of a single reservoir, both solved, is no loss; a tenth less elsewhere is a gain."""
    found = said({"henon": 1e-7, ("henon", "evolved"): 1e-5, "narma10": 0.4, ("narma10", "evolved"): 0.36})
    assert found.numbers["cells"]["henon/single"]["change"] == 0.0
    assert found.numbers["overall"]["single"]["change"] == pytest.approx(np.sqrt(0.9) - 1, abs=0.01)


def test_what_is_not_solved_counts_down_to_where_it_is():
    found = said({"henon": 1e-6, ("henon", "evolved"): 0.1, "narma10": 0.4})
    assert found.numbers["cells"]["henon/single"]["change"] == pytest.approx(0.1 / SOLVED - 1, rel=0.05)


def test_the_design_says_what_is_solved():
    assert "Errors below 0.001 count as 0.001" in of_tasks(TASKS).design(BUDGET)
