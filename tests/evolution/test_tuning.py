"""What a single reservoir is allowed, that plans are held against: as much as they."""

import numpy as np
import pytest

from statescape.evolution import tuning
from statescape.evolution.conditions import Conditions
from statescape.evolution.plans import CONNECTIVITY, INPUT_SCALING, LR, SR
from statescape.evolution.settings import Hyperparameters
from statescape.evolution.tuning import RIDGE, length_for, single_plan, trainings_of, tune_single
from statescape.reservoir.tasks import narma10
from statescape.runs import Serial

GIVEN = Hyperparameters(sr=0.7, ridge=1e-7)


@pytest.fixture
def tried(monkeypatch):
    """The list that a single reservoir of 20 units is chosen from."""
    found = {}

    def first(known, *_):
        found["list"] = known
        return known[0]

    monkeypatch.setattr(tuning, "_halved", first)
    chosen = tune_single(20, Conditions(narma10(), "weights", "search", GIVEN), (1, 2), Serial(), 500)
    return [(topologies[0].plan, hyper) for topologies, hyper in found["list"]], chosen


def test_a_single_reservoir_is_drawn_from_the_bounds_of_modules(tried):
    """All over them, by factors where these evolve by factors: a narrower list would be a weak rival."""
    plans = [plan for plan, _ in tried[0][1:]]
    assert len(plans) == 499
    assert all(plan.units == 20 and len(plan.modules) == 1 for plan in plans)
    own = {name: np.array([getattr(plan.modules[0], name) for plan in plans]) for name in vars(plans[0].modules[0])}
    leaky = own["lr"][own["lr"] < 1]
    assert 0.4 < len(leaky) / len(plans) < 0.6
    for values, (low, high), factors in (
        (own["sr"], SR, False),
        (leaky, LR, True),
        (own["input_scaling"], INPUT_SCALING, True),
        (own["connectivity"], CONNECTIVITY, True),
        (np.array([hyper.ridge for _, hyper in tried[0][1:]]), RIDGE, True),
    ):
        places = (np.log(values / low) / np.log(high / low)) if factors else (values - low) / (high - low)
        assert 0 <= places.min() < 0.05
        assert 0.95 < places.max() <= 1
        assert places.mean() == pytest.approx(0.5, abs=0.06)


def test_the_given_reservoir_heads_the_list(tried):
    (plan, hyper), chosen = tried[0][0], tried[1]
    assert (plan, hyper) == (single_plan(20, GIVEN), GIVEN) == chosen


@pytest.mark.parametrize("trainings", [100, 1_064, 4_264])
@pytest.mark.parametrize("draws", [1, 4])
def test_a_list_takes_as_many_trainings_as_it_is_given(trainings, draws):
    assert trainings_of(length_for(trainings, draws), draws) == pytest.approx(trainings, rel=0.06, abs=16)
