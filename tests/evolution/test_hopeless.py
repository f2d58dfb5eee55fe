"""Candidates that diverge, fall apart or have radius 0 live and die inside a population, never as an exception."""

import numpy as np
import pytest

from statescape.evolution.conditions import Conditions
from statescape.evolution.encodings import by_name as encoding
from statescape.evolution.genome import Genome
from statescape.evolution.scoring import score
from statescape.evolution.search import Search, strategy_by_name
from statescape.evolution.search.final import race
from statescape.evolution.settings import Hyperparameters
from statescape.evolution.space import SearchSpace
from statescape.reservoir import Topology, tasks
from statescape.runs import Serial

UNITS = 8


def _chain() -> np.ndarray:
    return np.diag(np.ones(UNITS - 1), -1)


def _cycle() -> np.ndarray:
    return np.roll(np.eye(UNITS), 1, axis=0)


HOPELESS = {
    "no edge at all": np.zeros((UNITS, UNITS)),
    "a chain, of radius 0": _chain(),
    "two parts that never meet": np.kron(np.eye(2), np.roll(np.eye(4), 1, axis=0)),
    "one loop and nothing else": np.diag([1.0] + [0.0] * (UNITS - 1)),
    "every edge": np.ones((UNITS, UNITS)),
    "edges that nearly cancel": np.kron(np.ones((UNITS // 2, UNITS // 2)), np.array([[1.0, -1.0], [1.0, -1.0]])),
}
TASKS = ["narma10", "memory-noisy", "memory-exact", "mso8-closed", "channel", "cogscale:simple_copy:small"]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("level", ["wiring", "signs", "mask"])
def test_each_has_a_score_beside_an_ordinary_one(task, level):
    conditions = Conditions(tasks.open(task), level, "search", Hyperparameters())
    topologies = [Topology(W) for W in (*HOPELESS.values(), _cycle())]
    scores = score(topologies, conditions, [(1, 0), (1, 1)], Serial())
    assert scores.shape == (len(topologies), 2)
    assert not np.isnan(scores).any()
    assert (scores >= 0).all()
    assert np.isfinite(scores[-1]).all()


@pytest.mark.parametrize("task", ["narma10", "memory-noisy", "mso8-closed"])
def test_what_diverges_scores_infinity_and_hurts_nobody_else(task):
    """A free radius far above 1: linear memory explodes, tanh units survive."""
    conditions = Conditions(tasks.open(task), "wiring", "search", Hyperparameters())
    wild, tame = Topology(50.0 * _cycle(), radius="free"), Topology(_cycle())
    alone = score([tame], conditions, [(1, 0)], Serial())
    scores = score([wild, tame, wild], conditions, [(1, 0)], Serial())
    np.testing.assert_array_equal(scores[1], alone[0])
    assert not np.isnan(scores).any()
    if task == "memory-noisy":
        assert np.isinf(scores[[0, 2]]).all()


@pytest.mark.parametrize(("sparse", "racing"), [(False, True), (False, False), (True, False)])
def test_a_population_full_of_them_is_searched_and_raced(sparse, racing):
    space = SearchSpace(encoding("ternary", UNITS, None), radius="gene")
    (name,) = space.encoding.shapes
    start = [
        Genome({name: np.sign(W) * np.ones(space.encoding.shapes[name])}, None, radius)
        for W in HOPELESS.values()
        for radius in (0.1, 1.5)
    ]
    conditions = Conditions(tasks.open("memory-noisy"), "wiring", "search", Hyperparameters())
    strategy = strategy_by_name("genetic", racing=racing)
    search = Search(space, strategy, 3, trials=2, start=start, sparse=sparse)
    generations = 0
    while generations < 4:
        batch = search.ask()
        generations += search.tell(score(batch.topologies, conditions, batch.seeds, Serial())) is not None
    assert np.isfinite(search.population.best.record.difference)
    final = race(search.population.members, space, conditions, (3, 0), Serial())
    assert np.isfinite(final.rescored).all()


@pytest.mark.parametrize("racing", [True, False])
def test_where_everyone_diverges_the_search_goes_on(racing):
    space = SearchSpace(encoding("ternary", UNITS, 0.5), radius="free")
    conditions = Conditions(tasks.open("memory-noisy"), "wiring", "search", Hyperparameters())
    strategy = strategy_by_name("mutation-only", racing=racing)
    search = Search(space, strategy, 3, trials=2)
    generations = 0
    while generations < 2:
        batch = search.ask()
        scores = np.full((len(batch.topologies), len(batch.seeds)), np.inf)
        generations += search.tell(scores) is not None
    assert len(search.population.members) == strategy.survivors
    race(search.population.members, space, conditions, (3, 0), Serial())
