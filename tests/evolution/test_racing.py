"""Races on a pool of common trials: who is scored on what, who is dropped, and what the pool's own bias is."""

import json
import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from statescape.analysis.evolution_races import races
from statescape.evolution import evolve, resume
from statescape.evolution.conditions import Conditions
from statescape.evolution.encodings import by_name
from statescape.evolution.history import read_history
from statescape.evolution.scoring import score
from statescape.evolution.search import Search, Strategy, strategy_by_name
from statescape.evolution.search.racing import FIRST, HOPE, REDRAWN, hopeless
from statescape.evolution.settings import Hyperparameters
from statescape.evolution.space import SearchSpace
from statescape.reservoir import tasks
from statescape.runs import Processes, Serial

SPACE = SearchSpace(by_name("ternary", 8))
TRIALS = 8


def noisy(batch, noise: float = 0.05) -> np.ndarray:
    """Edges from 12 on are worth nothing; every trial is difficult in its own way, and finds every wiring otherwise."""
    scores = np.empty((len(batch.topologies), len(batch.seeds)))
    for row, (topology, candidate) in enumerate(zip(batch.topologies, batch.candidates, strict=True)):
        for column, seed in enumerate(batch.seeds):
            trial = np.random.default_rng(seed).normal(0, 0.1)
            own = np.random.default_rng((*seed, candidate.number)).normal(0, noise)
            scores[row, column] = math.exp(0.1 * abs(topology.edges - 12) + trial + own)
    return scores


def luck(batch) -> np.ndarray:
    """All wirings are worth the same, and every score is noise."""
    one = [[(*seed, candidate.number) for seed in batch.seeds] for candidate in batch.candidates]
    return np.exp([[np.random.default_rng(seed).normal(0, 0.1) for seed in row] for row in one])


def played(search: Search, count: int, scored=noisy) -> tuple[list, list]:
    """So many generations, and all batches that were asked for."""
    done, asked = [], []
    while len(done) < count:
        batch = search.ask()
        asked.append((search.population.generation, batch))
        told = search.tell(scored(batch))
        if told is not None:
            done.append(told)
    return done, asked


def genetic(**settings) -> Search:
    return Search(SPACE, strategy_by_name("genetic"), 3, trials=TRIALS, **settings)


@pytest.fixture(scope="module")
def game() -> tuple[list, list]:
    return played(genetic(), 40)


def sizes(game) -> list[int]:
    """Trials of the pool that every generation found, but for the first."""
    return [len(generation.population.pool.trials) for generation in game[0]]


def test_a_child_meets_one_two_four_or_all_trials_of_the_pool_and_most_are_dropped_early(game) -> None:
    ends: Counter = Counter()
    for size, generation in zip(sizes(game), game[0][1:], strict=False):
        born = {child.number for child in generation.born}
        met = Counter(number for number, place, _ in generation.scores if number in born and place < size)
        assert set(met) == born
        assert set(met.values()) <= {1, 2, 4, size}
        ends.update(met.values())
    assert ends[1] > ends[2] > 0


def test_survivors_are_scored_on_new_trials_of_the_pool_and_on_nothing_else(game) -> None:
    for size, generation in zip(sizes(game), game[0][1:], strict=False):
        old = {number for number, _, _ in generation.scores} - {child.number for child in generation.born}
        assert {place for number, place, _ in generation.scores if number in old} <= {size}
        assert len(generation.seeds) == size + any(place == size for _, place, _ in generation.scores)


def test_one_slot_at_a_time_is_redrawn_the_oldest_first_and_for_a_share_of_the_trainings(game) -> None:
    pools = [generation.population.pool for generation in game[0]]
    for before, after in pairwise(pools):
        kept = after.trials[: len(before.trials)]
        changed = [slot for slot, trial in enumerate(before.trials) if kept[slot] != trial]
        grown = len(after.trials) - len(before.trials)
        assert len(changed) + grown == after.drawn - before.drawn <= 1
        assert all(before.trials[slot] == min(before.trials) for slot in changed)
    last = game[0][-1].population
    assert last.pool.redrawn == last.pool.drawn - FIRST
    assert 0.5 * REDRAWN < (last.pool.drawn - FIRST) * len(last.members) / last.trainings < 1.5 * REDRAWN


def test_the_pool_grows_where_noise_is_more_than_there_is_to_be_gained() -> None:
    """Without noise four trials say what eight would; where all is noise, a comparison takes what it may."""
    clear = played(genetic(), 40, lambda batch: noisy(batch, 0.0))[0][-1].population
    assert len(clear.pool.trials) == FIRST
    assert len(played(genetic(), 60, luck)[0][-1].population.pool.trials) == TRIALS


def test_a_batch_has_the_size_that_the_strategy_says(game) -> None:
    firsts = dict(reversed(game[1]))
    assert {len(batch.candidates) for number, batch in firsts.items() if number} == {16}
    assert len(firsts[0].candidates) == 16
    assert {len(batch.seeds) for number, batch in firsts.items() if number} == {1}


def test_who_survives_is_no_worse_on_the_pool_than_whose_place_it_took(game) -> None:
    for before, after in pairwise(game[0]):
        pool = before.population.pool
        held = dict(zip([one.number for one in before.population.members], pool.scores, strict=True))
        here: dict[int, dict[int, float]] = {}
        for number, place, one in after.scores:
            here.setdefault(number, {})[place] = one
        for child in after.born:
            if child.number in {one.number for one in after.population.members} and child.parents[0] in held:
                own = [here[child.number][slot] for slot in range(len(pool.trials))]
                assert np.log(own).mean() <= np.log(held[child.parents[0]]).mean()


def test_survivors_stand_in_the_order_of_the_pool(game) -> None:
    for generation in game[0]:
        means = np.log(generation.population.pool.scores).mean(axis=1)
        assert (np.diff(means) >= 0).all()
        assert generation.best == pytest.approx(np.mean(generation.population.pool.scores[0]))


def test_the_search_finds_the_worth_under_noise(game) -> None:
    best = game[0][-1].population.best
    assert abs(SPACE.topology(best.genome).edges - 12) <= 1


def test_what_a_candidate_remembers_is_what_it_scored(game) -> None:
    scored: dict[int, list[float]] = {}
    for generation in game[0]:
        for number, _, one in generation.scores:
            scored.setdefault(number, []).append(one)
    for member in game[0][-1].population.members:
        assert member.record.n == len(scored[member.number])
        assert member.record.raw == pytest.approx(sum(scored[member.number]))


def test_the_pool_flatters_by_what_was_luck_and_by_nothing_where_there_is_none() -> None:
    """All wirings are worth the same, so that whatever is won on the pool is noise; then without noise at all."""
    lucky = played(genetic(), 60, luck)[0][-1].population
    assert 0.02 < lucky.pool.bias < 0.1  # a mean over 8 trials has an error of 0.035, over 4 of 0.05
    even = played(genetic(), 60, lambda batch: np.ones((len(batch.candidates), len(batch.seeds))))[0][-1].population
    assert even.pool.bias == 0.0


@pytest.mark.parametrize(
    ("behind", "noise", "expected"),
    [
        ([0.2], 1.0, False),
        ([0.3], 1.0, True),
        ([-5.0], 1.0, False),
        ([np.inf], 1.0, True),
        ([-np.inf], 1.0, False),
        ([np.inf, -np.inf], 1.0, True),
        ([0.1, 0.1], 0.0, True),
        ([0.0, 0.0], 0.0, False),
        ([0.1, 0.3], 1.0, True),  # 0.2 behind, a quarter of an error of sqrt((2 + 0.02) / 3 / 2) = 0.58 is 0.145
        ([0.1, 0.15], 1.0, False),
    ],
)
@pytest.mark.filterwarnings("error::RuntimeWarning")  # nor does NumPy say anything in the middle of a search
def test_hope_is_a_quarter_of_a_standard_error(behind, noise, expected) -> None:
    assert HOPE == 0.25
    assert hopeless(np.array(behind), noise) is expected


def test_one_lineage_without_crossover_is_a_climber() -> None:
    done, _ = played(Search(SPACE, strategy_by_name("hill-climber"), 1, trials=TRIALS), 30)
    assert {len(generation.population.members) for generation in done} == {1}
    assert {len(child.parents) for generation in done[1:] for child in generation.born} == {1}
    for before, after in pairwise(done):
        parent = before.population.best.number
        assert {child.parents for child in after.born} <= {(parent,), ()}
        assert after.population.best.number == parent or after.population.best.parents in ((parent,), ())


def test_random_search_races_against_its_worst() -> None:
    done, _ = played(Search(SPACE, strategy_by_name("random-search"), 1, trials=TRIALS), 6)
    assert {child.operator for generation in done for child in generation.born} == {"random"}
    assert all(len(generation.scores) < 0.75 * TRIALS * len(generation.born) for generation in done[1:])


def test_where_nothing_is_random_one_trial_is_the_pool_and_it_stays() -> None:
    search = Search(SPACE, strategy_by_name("genetic"), 1, trials=TRIALS, deterministic=True)
    done, _ = played(search, 10, lambda batch: noisy(batch, 0.0))
    assert {generation.population.pool.trials for generation in done} == {(0,)}
    assert all(len(generation.scores) == len(generation.born) for generation in done)
    assert math.isnan(done[-1].population.pool.bias)


def test_lineages_are_halved_after_twice_as_many_generations_each_time() -> None:
    eight = Strategy("wide", 8, 16, racing=True, halving=10)
    assert [eight.lineages(number) for number in (0, 9, 10, 29, 30, 69, 70, 10**6)] == [8, 8, 4, 4, 2, 2, 1, 1]
    assert {Strategy("wide", 8, 16, racing=True).lineages(number) for number in (0, 10**6)} == {8}
    search = Search(SPACE, Strategy("wide", 8, 16, racing=True, halving=2), 1, trials=4)
    left = [generation.population for generation in played(search, 12)[0]]
    assert [len(population.members) for population in left] == [8, 8, 4, 4, 4, 4, 2, 2, 2, 2, 2, 2]


def test_a_strategy_of_ones_own_races_where_it_says_so() -> None:
    wide = played(Search(SPACE, Strategy("wide", 6, 12, racing=True), 1, trials=4), 4)[0][-1]
    assert len(wide.population.pool.trials) == 4
    assert played(Search(SPACE, Strategy("wide", 6, 12), 1, trials=4), 2)[0][-1].population.pool is None


RUN = {"units": 8, "level": "wiring", "seed": 3, "generations": 12, "compare": False, "tune": False}


def facts(result) -> str:
    data = result.as_json()
    return json.dumps({name: data[name] for name in data if name not in ("run", "seconds")}, sort_keys=True)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple:
    file = tmp_path_factory.mktemp("raced") / "one.run"
    return evolve("memory-noisy", run=file, executor=Serial(), **RUN), file


def test_scores_that_are_kept_on_the_pool_are_those_that_the_survivors_have_there(whole) -> None:
    """What is never scored again may not drift from what scoring it again would give."""
    task, space = tasks.open("memory-noisy"), SearchSpace(by_name("ternary", 8))
    conditions = Conditions(task, "wiring", "search", Hyperparameters())
    search = Search(space, strategy_by_name("genetic"), 3, trials=4)
    done, _ = played(search, 12, lambda batch: score(batch.topologies, conditions, batch.seeds, Serial()))
    population = done[-1].population
    assert population.pool.redrawn > 0
    topologies = [space.topology(one.genome) for one in population.members]
    seeds = [(3, 0, 6, trial) for trial in population.pool.trials]
    np.testing.assert_array_equal(score(topologies, conditions, seeds, Serial()), population.pool.scores)


@pytest.mark.parametrize("stop", [0, 5])
def test_a_race_that_is_interrupted_goes_on_to_the_same_result(whole, tmp_path, stop) -> None:
    def interrupt(progress) -> None:
        if progress.summary.number == stop:
            raise KeyboardInterrupt

    file = tmp_path / "stopped.run"
    with pytest.raises(KeyboardInterrupt):
        evolve("memory-noisy", run=file, executor=Serial(), callbacks=[interrupt], **RUN)
    assert facts(resume(file, executor=Serial())) == facts(whole[0])


def test_workers_race_to_the_same_result(whole) -> None:
    with Processes(3) as executor:
        assert facts(evolve("memory-noisy", executor=executor, **RUN)) == facts(whole[0])


def test_a_run_says_whether_it_races_and_one_that_redraws_has_no_pool(whole, tmp_path) -> None:
    assert whole[0].as_json()["settings"]["racing"] is True
    file = tmp_path / "redrawn.run"
    short = {**RUN, "generations": 2}
    redrawn = evolve("memory-noisy", run=file, executor=Serial(), racing=False, **short)
    assert redrawn.as_json()["settings"]["racing"] is False
    assert len(redrawn.found.survivors) == 4
    assert len(read_history(file).births) == 4 + 8
    assert races(read_history(file)) is None


def test_the_report_says_what_the_races_cost(whole) -> None:
    result, file = whole
    past = read_history(file)
    found = races(past)
    assert found.pool.tolist() == [len(moment.pool.trials) for moment in past.moments]
    assert sum(found.met.values()) == 11 * 16
    assert found.start + found.dropped + found.finished + found.redrawn == result.found.trainings
    assert found.start == 16 * 2 + 4 * (FIRST - 2)
    assert found.finished >= 4 * found.met[4] > 0
    assert found.mean == pytest.approx((found.dropped + found.finished) / (11 * 16))
    assert found.lineages.tolist()[0] == 4
    assert (np.diff(found.lineages) <= 0).all() or "random" in {birth.operator for birth in past.births.values()}
    assert found.redraws == past.moments[-1].pool.redrawn > 0
    data = json.loads(json.dumps(found.as_json()))
    assert sum(data["trainings"].values()) == result.found.trainings
