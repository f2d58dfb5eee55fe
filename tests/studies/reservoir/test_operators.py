"""The study of operators on searches whose ends are made up: what is missed is named, and where."""

import numpy as np
import pytest

from statescape.evolution import Settings
from statescape.studies.reservoir.budget import Budget
from statescape.studies.reservoir.operators import LEVELS, STUDY, TASKS

EDGES = {"add", "delete", "rewire", "swap", "flip"}
UNITS = {"duplicate-unit", "remove-unit"}
CROSSOVERS = {f"{kind}-crossover" for kind in ("uniform", "row", "block", "aligned")}
BUDGET = Budget("quick", units=12, runs=6, trainings=200)


def said(effects, noise=0.02):
    """The answer where a way changes the error by a factor, where its task and level are among those of the effect."""
    rng = np.random.default_rng(1)
    results = {}
    for piece in STUDY.pieces(BUDGET, 0):
        task, level, way, _ = piece.key.split("/")
        factor, where = effects.get(way, (1.0, ()))
        change = np.log(factor) if not where or where & {task, level} == where else 0.0
        results[piece.key] = {"sealed": [0.3 * float(np.exp(change + noise * rng.normal()))]}
    return STUDY.read(results, BUDGET, 0)


def test_what_is_missed_earns_its_place():
    found = said({"add": (1.2, set()), "random-search": (1.5, set()), "only-edges": (0.8, set())}, noise=0.002)
    assert found.answer[0] == "Each of these earns its place, since without it the error is higher: add."
    text = " ".join(found.answer)
    assert "Crossover is not shown to matter" in text
    assert "Edits of single edges alone do better: they change the error by −20%" in text
    assert "Random search ends higher than all together: +50%" in text
    assert "Leaving out any one task changes none of this." in text


def test_an_operator_that_hinders_is_named():
    assert "Without flip the error is lower." in said({"flip": (0.8, set())}).answer


def test_crossover_is_judged_by_all_crossovers_together():
    text = " ".join(said({"mutation-only": (1.1, set())}).answer)
    assert "Crossover helps: without it the error changes by +" in text


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_missed_at_one_level_is_said_of_that_level(level):
    found = said({"rewire": (1.2, {level})})
    text = " ".join(found.answer)
    other = next(one for one in LEVELS if one != level)
    assert f"rewire at {level}" in text
    assert f"rewire at {other}" not in text
    assert found.numbers["levels"][level]["rewire"]["change"] == pytest.approx(0.2, abs=0.03)


def test_what_is_missed_on_one_task_hangs_on_it():
    found = said({"swap": (1.3, {TASKS[1]})})
    text = " ".join(found.answer)
    assert f"swap on {TASKS[1]} at matrix" in text
    assert f"without {TASKS[1]}, no operator does" in text


def test_a_cell_lacks_what_it_says():
    """Each way searches with all operators but those that it leaves out."""
    for piece in STUDY.pieces(BUDGET, 0):
        task, level, way, run = piece.key.split("/")
        own = Settings.from_json(piece.spec["settings"])
        assert (own.task, own.level, own.seed) == ({"name": task}, level, int(run))
        assert own.strategy == (way if way in ("mutation-only", "random-search") else "genetic")
        if way == "random-search":
            assert own.operators is None
            continue
        left = EDGES if way == "only-edges" else {*EDGES, *UNITS, *(() if way == "mutation-only" else CROSSOVERS)}
        assert set(own.operators) == left - {way}
