"""Two objectives: sorting beside its definition, a search that keeps both ends, and fronts whose scores are fresh."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statescape.errors import StatescapeError
from statescape.evolution import Settings, evolve, resume
from statescape.evolution.conditions import Conditions
from statescape.evolution.encodings import by_name as encoding
from statescape.evolution.history import champion_of
from statescape.evolution.scoring import score
from statescape.evolution.search import Search, strategy_by_name
from statescape.evolution.search.fronts import crowding, in_order, nobody_dominates
from statescape.evolution.space import SearchSpace
from statescape.evolution.tables import Tables
from statescape.reservoir import tasks
from statescape.runs import Serial
from tests.cli.running import assert_refused, in_process

POINTS = st.lists(
    st.tuples(st.one_of(st.sampled_from([0.1, 0.2, 0.5, np.inf]), st.floats(0, 1)), st.integers(0, 6)),
    min_size=1,
    max_size=40,
)


def dominates(one, other) -> bool:
    return one[0] <= other[0] and one[1] <= other[1] and one != other


def arrays(points):
    errors, edges = zip(*points, strict=True)
    return np.array(errors, dtype=float), np.array(edges)


@settings(deadline=None)
@given(POINTS)
def test_the_front_is_what_nobody_dominates(points):
    front = nobody_dominates(*arrays(points))
    alive = [point for point in points if np.isfinite(point[0])]
    expected = {point for point in alive if not any(dominates(other, point) for other in alive)}
    chosen = [point for point, kept in zip(points, front, strict=True) if kept]
    assert set(chosen) == expected
    assert len(chosen) == len(expected)  # each once


@settings(deadline=None)
@given(POINTS)
def test_order_is_front_by_front_and_the_lowest_error_heads_it(points):
    errors, edges = arrays(points)
    order = in_order(errors, edges, np.arange(len(points)))
    assert sorted(order) == list(range(len(points)))
    ordered = [points[place] for place in order]
    for place, point in enumerate(ordered):
        assert not any(dominates(later, point) for later in ordered[place + 1 :] if np.isfinite(later[0]))
        if not np.isfinite(point[0]):
            assert not any(np.isfinite(later[0]) for later in ordered[place:])
    assert ordered[0][0] == min(error for error, _ in points)


def test_crowding_is_the_gap_between_neighbours():
    front = np.array([[0.5, 10.0], [0.1, 40.0], [0.2, 20.0], [0.9, 0.0], [0.2, 20.0]])
    expected = [0.7 / 0.8 + 20 / 40, np.inf, 0.4 / 0.8 + 30 / 40, np.inf, 0.0]
    np.testing.assert_allclose(crowding(front), expected)
    assert np.isinf(crowding(front[:2])).all()


def test_among_equals_the_lonelier_and_then_the_younger_comes_first():
    errors = np.array([1.0, 2.0, 3.0, 3.9, 4.0, 1.0])
    edges = np.array([40, 30, 20, 11, 10, 40])
    order = in_order(errors, edges, np.arange(6))
    assert list(order[:2]) == [0, 4]  # the ends
    assert list(order[2:4]) == [1, 2]  # then the larger gap: 2/3 + 20/30 before 1.9/3 + 19/30
    assert order[-1] == 5  # what is there twice is not lonely
    assert list(in_order(np.full(3, np.inf), np.arange(3), np.arange(3))) == [2, 1, 0]


def _play(search, generations, errors_of):
    for _ in range(generations):
        told = None
        while told is None:
            batch = search.ask()
            told = search.tell(np.array([[errors_of(one) for _ in batch.seeds] for one in batch.topologies]))
        yield told


def test_a_search_for_both_keeps_the_ends_and_fills_the_front():
    """Error falls with every edge up to 12: all from 0 to 12 edges are on the front."""
    space = SearchSpace(encoding("ternary", 8, None))
    search = Search(space, strategy_by_name("genetic"), 1, deterministic=True, sparse=True)
    best, fewest = np.inf, np.inf
    for generation in _play(search, 40, lambda topology: 1.0 / (1.0 + min(topology.edges, 12))):
        members = generation.population.members
        edges = [space.topology(one.genome).edges for one in members]
        assert members[0].record.mean == min(one.record.mean for one in members) <= best
        assert min(edges) <= fewest
        best, fewest = members[0].record.mean, min(edges)
    assert set(edges) == set(range(13))


def test_operators_earn_credit_when_their_children_survive():
    space = SearchSpace(encoding("ternary", 12, 0.5))
    search = Search(space, strategy_by_name("mutation-only"), 2, deterministic=True, sparse=True)
    *_, last = _play(search, 12, lambda topology: 1.0 + 0.001 * topology.edges)  # fewer edges are better in both
    rates = last.population.rates
    quality = dict(zip(rates.names, rates.quality, strict=True))
    assert quality["delete"] > quality["add"]


SMALL = {"units": 8, "seed": 3, "compare": False, "tune": False, "objectives": ("error", "edges")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    file = tmp_path_factory.mktemp("front") / "one.run"
    return evolve("memory-noisy", generations=8, run=file, executor=Serial(), **SMALL), file


def test_the_front_of_a_run_has_fresh_scores_on_common_trials(whole):
    result, file = whole
    assert len(result.front) >= 3
    edges, scores = [one.edges for one in result.front], [one.score for one in result.front]
    assert edges == sorted(set(edges))
    assert scores == sorted(scores, reverse=True)
    conditions = Conditions(tasks.open("memory-noisy"), "wiring", "seal", result.settings.hyper)
    seeds = [(3, 0, 5, trial) for trial in range(30)]
    for point in result.front:
        found = champion_of(file, point.candidate)
        assert found.topology.edges == point.edges
        assert score([found.topology], conditions, seeds, Serial()).mean() == pytest.approx(point.score, rel=1e-12)
    assert result.as_json()["front"] == [
        {"edges": one.edges, "score": one.score, "candidate": one.candidate} for one in result.front
    ]
    assert result.as_json()["objectives"] == ["error", "edges"]


def test_those_that_ever_survived_are_the_candidates_of_the_front(whole):
    result, file = whole
    with Tables.read(file) as kept:
        candidates = kept.ever_survived("genetic")[0]
    numbers = [one.number for one in candidates]
    assert {one.candidate for one in result.front} <= set(numbers)
    assert {one.number for one in result.found.survivors} <= set(numbers)
    assert all(one.record.n > 0 for one in candidates)
    last = {one.number: one.record for one in candidates}
    assert all(last[one.number] == one.record for one in result.found.survivors)


def test_the_champion_is_chosen_by_error(whole):
    result, _ = whole
    finalists = sorted(result.found.survivors, key=lambda one: one.record.difference)
    assert result.best.candidate.number in [one.number for one in finalists[:16]]
    assert result.best.topology.edges > min(one.edges for one in result.front)


@pytest.mark.slow
def test_an_interrupted_search_for_both_goes_on_to_the_same_front(whole, tmp_path):
    def interrupt(progress):
        if progress.summary.number == 3:
            raise KeyboardInterrupt

    file = tmp_path / "stopped.run"
    with pytest.raises(KeyboardInterrupt):
        evolve("memory-noisy", generations=8, run=file, executor=Serial(), callbacks=[interrupt], **SMALL)
    again = resume(file, executor=Serial())
    assert again.settings.objectives == ("error", "edges")
    assert again.front == whole[0].front
    assert resume(file, executor=Serial()).front == again.front  # a finished run is read


def test_objectives_are_error_or_both_and_old_runs_had_one(monkeypatch, capfd, tmp_path):
    for wrong in (("edges",), ("error", "speed"), ()):
        with pytest.raises(StatescapeError, match="The objectives are error or error,edges; got"):
            Settings({"name": "narma10"}, objectives=wrong)
    old = Settings({"name": "narma10"}).as_json()
    del old["objectives"], old["operators"]
    assert Settings.from_json(old).objectives == ("error",)
    assert Settings.from_json(old).operators is None
    named = Settings({"name": "narma10"}, operators=("flip", "add"))
    assert Settings.from_json(json.loads(json.dumps(named.as_json()))) == named
    assert Settings.from_json(json.loads(json.dumps(Settings({}, objectives=("error", "edges")).as_json()))).objectives
    monkeypatch.chdir(tmp_path)
    result = in_process(monkeypatch, capfd, "evolve", "narma10", "--objectives", "error,speed")
    assert_refused(result, "The objectives are error or error,edges; got error,speed")
    assert not list(tmp_path.iterdir())


def test_the_terminal_shows_the_front(whole, monkeypatch, capfd):
    result, file = whole
    shown = in_process(monkeypatch, capfd, "resume", file)
    assert shown.returncode == 0, shown.stderr
    lines = [line.split() for line in shown.stdout.splitlines()]
    for point in result.front:
        assert [f"{point.edges}", f"{point.score:.4f}", f"{point.candidate}"] in lines
    assert "no wiring that was found has fewer edges and a lower error. Scored on the same 30 fresh trials" in (
        " ".join(shown.stdout.split())
    )
