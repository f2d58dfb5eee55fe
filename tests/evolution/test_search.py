"""The search as a game of ask and tell: what is compared with what, what may be lost, and what it depends on."""

from dataclasses import asdict

import numpy as np
import pytest

from statescape.errors import StatescapeError
from statescape.evolution.conditions import Conditions
from statescape.evolution.encodings import by_name
from statescape.evolution.genome import Genome
from statescape.evolution.operators import for_space
from statescape.evolution.parts import strategy_of
from statescape.evolution.scoring import score
from statescape.evolution.search import STRATEGIES, Search, Strategy, strategy_by_name
from statescape.evolution.search.final import race
from statescape.evolution.search.population import Candidate, Record, difficulties
from statescape.evolution.search.rates import FLOOR, OperatorRates, shared_out
from statescape.evolution.search.strategies import operators_of
from statescape.evolution.settings import Hyperparameters, Settings
from statescape.evolution.space import SearchSpace
from statescape.reservoir import Topology, scr, tasks
from statescape.runs import Processes, Serial
from statescape.runs.plain import typed

SPACE = SearchSpace(by_name("ternary", 8))


REDRAWN = strategy_by_name("genetic", racing=False)


def edges_of(batch) -> np.ndarray:
    """A score without noise: how far the number of edges is from 12; trials differ in how difficult they are."""
    worth = np.array([1.0 + abs(topology.edges - 12) for topology in batch.topologies])
    return worth[:, None] * 2.0 ** np.array([seed[-1] % 4 for seed in batch.seeds])[None]


def generations(search: Search, count: int) -> list:
    done = []
    while len(done) < count:
        told = search.tell(edges_of(search.ask()))
        if told is not None:
            done.append(told)
    return done


@pytest.mark.parametrize(
    "strategy",
    [strategy_by_name(one.name, racing=racing) for racing in (True, False) for one in STRATEGIES],
    ids=lambda strategy: f"{strategy.name}, {'racing' if strategy.racing else 'redrawn'}",
)
def test_the_best_is_never_lost_where_scores_have_no_noise(strategy) -> None:
    done = generations(Search(SPACE, strategy, 3), 12)
    worth = [min(1.0 + abs(_edges(one) - 12) for one in generation.population.members) for generation in done]
    assert worth == sorted(worth, reverse=True)
    if strategy.name in ("genetic", "mutation-only"):
        assert _edges(done[-1].population.best) == 12
    assert len(done[-1].population.members) == strategy.survivors
    assert done[-1].population.trainings == sum(len(generation.scores) for generation in done)


def test_records_recover_the_worth_of_candidates_from_trials_of_any_difficulty() -> None:
    worth = np.array([0.1, 0.5, -0.3, 0.9])
    records = [Record(), Record(), Record(), Record()]
    for trial in (5.0, -2.0, 0.4):
        losses = (worth + trial)[:, None]
        off = difficulties(losses, records)[0]
        records = [one.with_trial(loss - off, np.exp(loss)) for one, loss in zip(records, losses[:, 0], strict=True)]
    found = np.array([record.difference for record in records])
    np.testing.assert_allclose(found - found[0], worth - worth[0], atol=1e-12)


def test_a_better_population_does_not_spoil_an_old_record() -> None:
    """Newcomers far better than a survivor are no reason to think the survivor worse than it was."""
    old = Record(4, 0.0, 4.0)
    losses = np.array([[0.7], [0.7 - 1.0], [0.7 - 1.5], [0.7 - 2.0]])
    off = difficulties(losses, [old, Record(), Record(), Record()])
    assert losses[0, 0] - off[0] == pytest.approx(0.0)


def test_a_trial_on_which_everybody_diverged_tells_nothing() -> None:
    assert difficulties(np.array([[np.inf], [np.inf]]), [Record(), Record()])[0] == 0.0


def test_a_generation_shares_its_trials_and_the_next_has_others() -> None:
    search = Search(SPACE, REDRAWN, 0, trials=4)
    seen: list[set] = []
    for _ in range(3):
        own = set()
        while True:
            batch = search.ask()
            assert len(set(batch.seeds)) == len(batch.seeds)
            own |= set(batch.seeds)
            if search.tell(edges_of(batch)) is not None:
                break
        assert len(own) == 4
        seen.append(own)
    assert not seen[0] & seen[1]
    assert not seen[1] & seen[2]


def test_survivors_meet_all_trials_and_the_worse_half_of_the_offspring_only_the_first() -> None:
    search = Search(SPACE, Strategy("genetic", 6, 10), 0, trials=4)
    first, second = generations(search, 2)
    met = dict.fromkeys(range(second.population.born), 0)
    for number, _, _ in second.scores:
        met[number] += 1
    assert all(met[member.number] == 4 for member in first.population.members)
    counts = sorted(met[child.number] for child in second.born)
    assert counts == [2] * 5 + [4] * 5


def test_a_batch_stays_until_it_is_told() -> None:
    search = Search(SPACE, Strategy("genetic", 24, 48), 0, trials=4)
    with pytest.raises(StatescapeError, match="Ask before you tell"):
        search.tell(np.zeros((24, 2)))
    batch = search.ask()
    assert search.ask().seeds == batch.seeds
    assert [one.number for one in search.ask().candidates] == [one.number for one in batch.candidates]
    for wrong in (np.zeros((3, 2)), np.full((24, 2), np.nan)):
        with pytest.raises(StatescapeError, match=r"Scores need the shape \(24, 2\)"):
            search.tell(wrong)


EVERY = [operator.name for operator in for_space(SPACE)]


def test_operators_that_nobody_misses_are_used_where_they_are_named() -> None:
    """Races leave them out; a search without races is that of 0.1.0, and has them."""
    usual = ["add", "delete", "rewire", "swap", "flip", "uniform-crossover"]
    spared = ["duplicate-unit", "remove-unit", "row-crossover", "block-crossover", "aligned-crossover"]
    racing, redrawn = (strategy_by_name("genetic", racing=racing) for racing in (True, False))
    assert [one.name for one in operators_of(racing, SPACE)] == usual
    assert {one.name for one in operators_of(redrawn, SPACE)} == {*usual, *spared}
    assert [one.name for one in operators_of(racing, SPACE, spared)] == spared


def test_a_search_does_not_go_on_with_other_operators_than_it_was_begun_with() -> None:
    strategy = strategy_by_name("genetic")
    begun = generations(Search(SPACE, strategy, 5, operators=EVERY), 3)[-1].population
    with pytest.raises(
        StatescapeError, match=r"begun with other operators .*aligned-crossover.*; go on with the version"
    ):
        Search(SPACE, strategy, 5, population=begun)
    assert Search(SPACE, strategy, 5, operators=EVERY, population=begun).population is begun


@pytest.mark.parametrize("racing", [True, False])
def test_a_search_goes_on_from_a_population_as_if_it_had_never_stopped(racing) -> None:
    strategy = strategy_by_name("genetic", racing=racing)
    whole = generations(Search(SPACE, strategy, 5), 6)
    begun = generations(Search(SPACE, strategy, 5), 3)[-1].population
    rest = generations(Search(SPACE, strategy, 5, population=begun), 3)
    for one, other in zip(whole[3:], rest, strict=True):
        assert one.scores == other.scores
        assert [c.genome for c in one.population.members] == [c.genome for c in other.population.members]
        assert one.population.rates == other.population.rates


def test_every_child_says_what_made_it_and_of_whom() -> None:
    done = generations(Search(SPACE, strategy_by_name("genetic"), 1, operators=EVERY), 120)
    known = {child.number: child for generation in done for child in generation.born}
    operators = {child.operator for child in known.values()}
    assert {"add", "delete", "rewire", "swap", "flip", "uniform-crossover", "aligned-crossover"} <= operators
    for child in known.values():
        assert len(child.parents) == (0 if child.operator == "random" else 2 if "crossover" in child.operator else 1)
        assert all(known[parent].generation < child.generation for parent in child.parents)


def test_arms_differ_in_how_they_make_children() -> None:
    def used(name: str) -> set[str]:
        done = generations(Search(SPACE, strategy_by_name(name), 2), 6)
        return {child.operator for generation in done for child in generation.born}

    assert used("random-search") == {"random"}
    assert not {name for name in used("mutation-only") if "crossover" in name}
    assert not {name for name in used("hill-climber") if "crossover" in name}
    with pytest.raises(StatescapeError, match=r"no strategy 'annealing'\. Known are: genetic"):
        strategy_by_name("annealing")


def test_a_search_uses_the_operators_that_are_named_and_no_other() -> None:
    keeping = ("swap", "rewire", "flip")
    search = Search(SPACE, strategy_by_name("genetic"), 4, operators=keeping)
    done = generations(search, 15)
    born = [child for generation in done for child in generation.born]
    assert {child.operator for child in born} - {"random"} == set(keeping)
    assert {_edges(child) for child in born} == {8}  # random starts, and those that replace a failed child, too
    assert set(search.population.rates.names) == set(keeping)
    with pytest.raises(StatescapeError, match="needs at least one operator"):
        Search(SPACE, strategy_by_name("hill-climber"), 0, operators=())
    with pytest.raises(StatescapeError, match="'uniform-crossover' does not apply in this space without crossover"):
        Search(SPACE, strategy_by_name("mutation-only"), 0, operators=("uniform-crossover",))
    assert len(generations(Search(SPACE, strategy_by_name("random-search"), 0, operators=()), 2)) == 2


def test_a_child_that_cannot_be_new_gives_way_to_a_random_one_with_as_many_edges() -> None:
    """Binary and full but for one entry: all moves lead to the same few matrices, and soon none of them is new."""
    space = SearchSpace(by_name("binary", 2, 0.75))
    done = generations(Search(space, strategy_by_name("genetic"), 0, operators=("rewire",)), 3)
    born = [child for generation in done for child in generation.born]
    assert any(child.operator == "random" and child.generation > 0 for child in born)
    assert {_edges(child) for child in born} == {3}


def test_crossovers_together_make_the_share_that_the_strategy_says_and_success_decides_within() -> None:
    operators = for_space(SPACE)
    credit = np.arange(1.0, len(operators) + 1.0)
    rates = shared_out(operators, credit / credit.sum(), 0.25)
    crossovers = np.array([operator.parents == 2 for operator in operators])
    assert rates[crossovers].sum() == pytest.approx(0.25)
    assert rates.sum() == pytest.approx(1.0)
    for kind in (crossovers, ~crossovers):
        np.testing.assert_allclose(rates[kind] / rates[kind].sum(), credit[kind] / credit[kind].sum())
        alone = tuple(operator for operator, chosen in zip(operators, kind, strict=True) if chosen)
        np.testing.assert_array_equal(shared_out(alone, credit[kind], 0.25), credit[kind])
    space = SearchSpace(by_name("ternary", 20))
    done = generations(Search(space, Strategy("genetic", 40, 400, crossover=0.25), 0), 2)
    share = np.mean([len(child.parents) == 2 for child in done[-1].born])
    assert share == pytest.approx(0.25, abs=0.08)  # a copy of a parent is made again, by any operator


def test_a_front_has_many_survivors_and_a_climb_few() -> None:
    assert len(generations(Search(SPACE, strategy_by_name("genetic"), 0, sparse=True), 2)[-1].population.members) == 24
    assert len(generations(Search(SPACE, strategy_by_name("genetic"), 0), 2)[-1].population.members) == 4
    assert not Search(SPACE, strategy_by_name("genetic"), 0, sparse=True).strategy.racing
    for name in ("hill-climber", "random-search"):
        assert Search(SPACE, strategy_by_name(name), 0, sparse=True).strategy == strategy_by_name(name)


@pytest.mark.parametrize(
    ("strategy", "racing", "sizes"),
    [
        ("genetic", False, (50, 100)),
        ("mutation-only", False, (50, 100)),
        ("random-search", False, (8, 100)),
        ("hill-climber", False, (1, 100)),
        ("genetic", True, (4, 100)),
        ("mutation-only", True, (4, 100)),
        ("random-search", True, (8, 100)),
        ("hill-climber", True, (1, 100)),
    ],
)
def test_offspring_that_are_asked_for_are_bred_by_that_strategy_and_rivals_keep_theirs(strategy, racing, sizes) -> None:
    settings = Settings({"name": "narma10"}, strategy=strategy, offspring=100, racing=racing)
    asked = strategy_of(settings, strategy)
    assert (asked.survivors, asked.offspring) == sizes
    others = [strategy_by_name(known.name, racing=racing) for known in STRATEGIES if known.name != strategy]
    assert [strategy_of(settings, known.name) for known in others] == others
    assert Settings.from_json(settings.as_json()) == settings
    before = {name: value for name, value in settings.as_json().items() if name != "offspring"}
    assert Settings.from_json(before).offspring is None  # of a run that was begun before there was a choice


def test_a_generation_needs_offspring() -> None:
    with pytest.raises(StatescapeError, match="offspring must be at least 1; got 0"):
        Settings({"name": "narma10"}, offspring=0)


def test_more_given_genomes_than_survivors_all_have_their_chance() -> None:
    given = [SPACE.random(np.random.default_rng(number)) for number in range(7)]
    first = generations(Search(SPACE, strategy_by_name("genetic"), 0, start=given), 1)[0]
    assert [child.genome for child in first.born] == given
    assert len(first.population.members) == 4


def test_given_genomes_are_in_the_first_generation() -> None:
    genome = SPACE.random(np.random.default_rng(99))
    first = generations(Search(SPACE, strategy_by_name("genetic"), 0, start=[genome]), 1)[0]
    assert first.born[0].genome == genome
    assert first.born[0].operator == "given"
    other = SearchSpace(by_name("ternary", 9)).random(np.random.default_rng(0))
    with pytest.raises(StatescapeError, match="of networks of 9 units does not fit this search, whose networks have"):
        Search(SPACE, strategy_by_name("genetic"), 0, start=[other])


def test_rates_follow_success_above_a_floor_and_fixed_rates_stay() -> None:
    rates, fixed = OperatorRates(("good", "bad"), True), OperatorRates(("good", "bad"), False)
    for _ in range(400):
        news = [("good", 0.1), ("bad", -0.1)]
        rates, fixed = rates.after(news), fixed.after(news)
    assert rates.probabilities == pytest.approx([1 - FLOOR / 2, FLOOR / 2], abs=1e-6)
    assert fixed.probabilities == pytest.approx([0.5, 0.5])
    assert typed(OperatorRates, asdict(rates)) == rates


def test_the_final_finds_the_better_wiring_among_flattered_records() -> None:
    """A random start with a lucky record stands first; the cycle wins the race on noisy memory, W_in redrawn."""
    space = SearchSpace(by_name("ternary", 20))
    cycle = Genome({"W": np.sign(scr(20).to_dense())})
    others = [space.random(np.random.default_rng(number)) for number in (1, 2)]
    lucky = [Candidate(number, 0, (), "random", one, Record(4, -9.0, 0.1)) for number, one in enumerate(others, 1)]
    honest = Candidate(3, 0, (), "given", cycle, Record(4, 0.0, 1.0))
    conditions = Conditions(tasks.open("memory-noisy"), "wiring", "search", Hyperparameters(sr=0.95))
    final = race([*lucky, honest], space, conditions, (0, 0), Serial())
    assert final.champion == 3
    assert len(final.rescored) == len(final.sealed) == 30


def test_scores_do_not_depend_on_company_or_workers() -> None:
    rng = np.random.default_rng(0)
    topologies = [SPACE.topology(SPACE.random(rng)) for _ in range(7)]
    conditions = Conditions(tasks.open("narma10"), "mask", "search", Hyperparameters())
    seeds = [(1, 2, trial) for trial in range(3)]
    whole = score(topologies, conditions, seeds, Serial())
    alone = np.concatenate([score([one], conditions, seeds, Serial()) for one in topologies])
    np.testing.assert_array_equal(whole, alone)
    with Processes(2) as executor:
        np.testing.assert_array_equal(whole, score(topologies, conditions, seeds, executor))


def test_what_diverges_scores_infinity_and_what_is_disconnected_works() -> None:
    wild = SearchSpace(by_name("ternary", 6, 1.0), radius="free", W_in=np.ones((6, 1)))
    dense = wild.topology(wild.random(np.random.default_rng(0)))
    empty = Topology(np.zeros((6, 6)), np.ones((6, 1)))
    chain = Topology(np.diag(np.ones(5), -1), np.ones((6, 1)))
    conditions = Conditions(tasks.open("memory-noisy"), "matrix", "search", Hyperparameters(sr=0.9))
    found = score([dense, empty, chain], conditions, [(0, 0)], Serial())[:, 0]
    assert found[0] == np.inf
    assert found[1] == pytest.approx(1.0)
    assert 0.0 < found[2] < 0.5


def _edges(candidate: Candidate) -> int:
    return int((candidate.genome.genes["W"] != 0).sum())
