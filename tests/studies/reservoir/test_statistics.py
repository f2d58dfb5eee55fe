"""The statistics of the studies against formulas, SciPy and simulated worlds."""

import numpy as np
import pytest
from scipy import stats

from statescape.errors import StatescapeError
from statescape.statistics import marginal_means, student_mean, variance_components
from statescape.studies.reservoir.comparison import compared, ratios
from statescape.studies.reservoir.topology_gains import (
    SEARCHED,
    WAYS,
    Cell,
    Gain,
    chosen_by_others,
    gains_of,
    verdict_of,
    verdicts_of,
)
from statescape.studies.reservoir.topology_matters import TASKS, _by_task, _left_out


def test_student_as_scipy():
    values = np.random.default_rng(1).normal(0.3, 1.0, 9)
    found, theirs = student_mean(values), stats.ttest_1samp(values, 0.0)
    interval = theirs.confidence_interval(0.95)
    assert found.p == pytest.approx(theirs.pvalue)
    assert (found.interval.low, found.interval.high) == pytest.approx((interval.low, interval.high))


def test_one_run_shows_nothing():
    assert student_mean(np.array([-3.0])).p == 1.0
    with pytest.raises(StatescapeError, match="at least one run"):
        student_mean(np.array([np.inf]))


def test_a_ratio_is_that_of_geometric_means():
    first, second = np.log([0.2, 0.3, 0.4]).tolist(), np.log([0.4, 0.6, 0.8]).tolist()
    one = ratios({"half": (first, second)})["half"]
    assert one.change == pytest.approx(-0.5)
    assert one.mark("half").points == pytest.approx((-0.5, -0.5, -0.5))


def test_components_of_a_known_world():
    rng = np.random.default_rng(2)
    found = [
        variance_components(
            rng.normal(0, 2, (8, 1, 1)) + rng.normal(0, 0.5, (1, 6, 1)) + rng.normal(0, 1, (8, 6, 5)), ("a", "b", "c")
        )
        for _ in range(300)
    ]
    means = {name: np.mean([one[name] for one in found]) for name in ("a", "b", "c", "rest")}
    assert means["a"] == pytest.approx(4.0, rel=0.15)
    assert means["b"] == pytest.approx(0.25, rel=0.2)
    assert means["c"] < 0.02
    assert means["rest"] == pytest.approx(1.0, rel=0.05)


def test_mixed_effects_of_a_balanced_design_are_those_of_run_means():
    rng = np.random.default_rng(3)
    values = rng.normal(0, 0.1, (3, 12)) + rng.normal(0, 0.3, 12) + np.array([[0.2], [0.0], [-0.1]])
    mean, low, high = marginal_means(values)
    plain = student_mean(values.mean(axis=0)).interval
    assert (mean, low, high) == pytest.approx((plain.mean, plain.low, plain.high), rel=1e-3)


def test_choosing_by_the_other_runs_flatters_nobody():
    rng = np.random.default_rng(4)
    means = [chosen_by_others({name: rng.normal(size=6) for name in "abcde"}, "abcde").mean() for _ in range(600)]
    assert abs(np.mean(means)) < 3 * np.std(means) / np.sqrt(len(means))


@pytest.mark.parametrize(
    ("field", "evolved", "verdict"),
    [
        ((0.2, 0.1, 0.3), (0.0, -0.5, 0.5), "matters"),
        ((0.0, -0.01, 0.01), (0.01, -0.02, 0.04), "matters little"),
        ((0.0, -0.01, 0.01), (0.05, 0.0, 0.1), "undecided"),
    ],
)
def test_verdicts_follow_the_margin(field, evolved, verdict):
    beyond = Gain(9.0, 9.0, 9.0, mixed=False)  # evolved against the field is no part of the claim
    assert verdict_of([Gain(*field, mixed=False), Gain(*evolved, mixed=False), beyond]) == verdict


def test_an_answer_that_hangs_on_one_task_says_on_which():
    here = {"matrix": "matters", "wiring": "matters", "mask": "matters"}
    alike = dict.fromkeys(TASKS, here)
    assert _left_out(here, alike) == "Leaving out any one task changes none of this."
    lorenz = {**here, "wiring": "undecided", "mask": "undecided"}
    assert _left_out(here, {**alike, "lorenz": lorenz}) == (
        "It depends on single tasks: without lorenz it is undecided at wiring and mask."
    )


def test_a_gain_on_one_task_is_not_said_of_the_others():
    rng = np.random.default_rng(5)
    cells = {
        (task, level): Cell(
            {way: rng.normal(0.5 if (task, level) == ("lorenz", "mask") else 0.0, 0.05, 12) for way in WAYS}, "SCR"
        )
        for task in TASKS
        for level in SEARCHED
    }
    for cell in cells.values():
        for gain in cell.gains.values():
            gain -= gain.mean() if gain.mean() < 0.3 else 0.0
    tested = compared(
        {f"{task}/{level}/{way}": -cell.gains[way] for (task, level), cell in cells.items() for way in WAYS}
    )
    said = "Task by task a gain over random wirings is shown on no task at matrix; no task at wiring; lorenz at mask."
    assert _by_task(TASKS, tested) == said
    verdicts = verdicts_of(gains_of(cells, TASKS))
    assert verdicts == {"matrix": "matters little", "wiring": "matters little", "mask": "matters"}
    assert verdicts_of(gains_of(cells, [task for task in TASKS if task != "lorenz"]))["mask"] == "matters little"
