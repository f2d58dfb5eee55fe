"""Plans evolve as wirings do: same journal, same seals; planted plans survive them, planted draws do not."""

import math
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

import statescape as ss
from statescape.analysis.evolution import own_radius, read_evolution
from statescape.analysis.plan_conclusion import plan_sentences
from statescape.errors import StatescapeError
from statescape.evolution import Hyperparameters, Settings
from statescape.evolution.conditions import Conditions
from statescape.evolution.encodings import by_name
from statescape.evolution.export import export
from statescape.evolution.genome import Genome
from statescape.evolution.operators import for_space
from statescape.evolution.plan_operators import matched
from statescape.evolution.plans import Modules
from statescape.evolution.scoring import score
from statescape.evolution.sealing import Sealing, seal
from statescape.evolution.seals import better_plan
from statescape.evolution.space import SearchSpace
from statescape.reservoir import Module, Plan, Topology, draw_plan
from statescape.runs import Processes, Serial
from statescape.views.evolution.pictures import pictures

ASKED = {"units": 12, "encoding": "plan", "trainings": 60, "compare": False, "seed": 3}


@pytest.fixture(scope="module")
def evolved(tmp_path_factory):
    """A small search over plans, sealed, with its run."""
    run = tmp_path_factory.mktemp("plans") / "plans.run"
    return ss.evolve("narma10", run=run, executor="serial", **ASKED)


def test_random_plans_have_all_units_and_a_way_through() -> None:
    encoding, rng = by_name("modules", 10), np.random.default_rng(0)
    counts = set()
    for _ in range(60):
        genes = encoding.random(rng)
        plan = encoding.plan(genes)
        assert plan.units == 10
        assert encoding.plan(encoding.genes(plan, 7)) == plan
        counts.add(len(plan.modules))
    assert counts == set(range(1, 9))


def test_the_operators_are_those_of_plans_and_a_draw_evolves_only_where_it_stays() -> None:
    space = SearchSpace(Modules(10))
    named = [operator.name for operator in for_space(space)]
    assert named == [
        "add-module", "remove-module", "split-module", "rewire-modules", "retune-module", "module-crossover"
    ]  # fmt: skip
    own = [operator.name for operator in for_space(SearchSpace(Modules(10), own_draw=True))]
    assert own == [*named[:-1], "redraw-weights", named[-1]]
    assert not {"add", "delete", "flip", "perturb", "uniform-crossover"} & set(own)


def test_a_genome_of_no_plan_is_refused() -> None:
    space = SearchSpace(Modules(10))
    genes = space.random(np.random.default_rng(1)).genes
    for name, place, value in (("inputs", slice(None), 0.0), ("modules", (0, 0), 2.5), ("edges", (0, 0), 0.5)):
        changed = {**genes, name: genes[name].copy()}
        changed[name][place] = value
        with pytest.raises(StatescapeError, match=r"no way|tells no plan"):
            space.check(Genome(changed))


def test_crossover_matches_modules_by_what_they_are() -> None:
    modules = (Module(4, 0.2), Module(5, 1.3, 0.1), Module(3, 0.9, 1.0, 1.9, 0.9))
    first = Plan(modules, ((0, 1), (1, 2)), (0,), (2,))
    second = Plan((modules[2], modules[0], modules[1]), ((1, 2), (2, 0)), (1,), (0,))
    assert matched(first, second) == {0: 1, 1: 2, 2: 0}
    space = SearchSpace(Modules(12))
    parents = [Genome(space.encoding.genes(plan, 1)) for plan in (first, second)]
    (crossover,) = (one for one in for_space(space) if one.parents == 2)
    for seed in range(10):
        assert space.encoding.plan(crossover(space, parents, np.random.default_rng(seed)).genes) == first


def test_a_search_over_plans_is_sealed_along_its_ladder(evolved) -> None:
    assert evolved.settings.encoding == "modules"
    assert evolved.settings.level == "weights"
    assert list(evolved.seals) == ["matrix", "weights", "plan", "single"]
    assert list(evolved.seals["single"].controls) == ["untuned"]
    assert {"single"} <= set(evolved.seals["weights"].controls) <= {"redrawn-plan", "single"}
    assert evolved.seals["weights"].champion.k == 1
    said = evolved.as_json()
    assert Plan.from_json(said["best"]["plan"]) == evolved.best.topology.plan
    assert said["best"]["better_plan"] == better_plan(evolved.seals)
    assert "Down the ladder it scores" in evolved.conclusion


def test_what_was_not_tuned_is_not_called_tuned_and_no_plan_has_no_other(evolved) -> None:
    plan, seals = evolved.best.topology.plan, evolved.seals
    tuned, plain = (" ".join(plan_sentences(plan, "weights", seals, tune)) for tune in (True, False))
    assert plain == tuned.replace("tuned ", "")
    assert "one reservoir in its place" in plain
    alone = {name: one for name, one in seals["weights"].controls.items() if name != "redrawn-plan"}
    said = " ".join(plan_sentences(plan, "weights", {**seals, "weights": replace(seals["weights"], controls=alone)}))
    assert "There is no other plan of its modules" in said
    assert "other edges among its modules" not in said


def test_a_plan_is_drawn_as_it_runs(evolved) -> None:
    topology = evolved.best.topology
    radius = float(np.abs(np.linalg.eigvals(topology.to_dense())).max())
    assert own_radius(topology) == pytest.approx(radius)
    spectra = pictures(read_evolution(evolved))["spectra"]
    assert f"champion has a radius of its own, {radius:.3g}" in spectra.caption


def test_more_workers_find_the_same_plan(evolved) -> None:
    with Processes(2) as two:
        again = ss.evolve("narma10", executor=two, **ASKED)
    assert again.best.candidate.genome == evolved.best.candidate.genome
    for level, own in evolved.seals.items():
        np.testing.assert_array_equal(own.champion.scores, again.seals[level].champion.scores)


def test_an_interrupted_search_goes_on_to_the_same_end(evolved, tmp_path) -> None:
    def stop(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ss.evolve("narma10", run=tmp_path / "cut.run", executor="serial", callbacks=[stop], **ASKED)
    went_on = ss.evolution.resume(tmp_path / "cut.run", executor="serial")
    assert went_on.best.candidate.genome == evolved.best.candidate.genome
    np.testing.assert_array_equal(went_on.seals["plan"].champion.scores, evolved.seals["plan"].champion.scores)


def test_a_champion_is_exported_as_a_plan(evolved, tmp_path) -> None:
    champion = evolved.best
    plan = champion.topology.plan
    for to in ("reservoirpy", "npz", "networkx", "json"):
        export(champion, to, tmp_path / f"champion.{to}")
    assert Topology.from_npz(tmp_path / "champion.npz").plan == plan
    graph = nx.read_graphml(tmp_path / "champion.networkx")
    assert len(graph) == len(plan.modules) + 2
    with np.load(tmp_path / "champion.reservoirpy") as arrays:
        np.testing.assert_array_equal(arrays["lr"], plan.lr)
        np.testing.assert_array_equal(arrays["Win"], champion.topology.W_in)
    assert champion.network().lr.tolist() == plan.lr.tolist()


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"encoding": "modules", "level": "mask"}, "Plans are searched at the level matrix or weights"),
        ({"encoding": "ternary", "level": "weights"}, "take it with the encoding modules"),
        ({"encoding": "modules", "radius": "free"}, "have radii and input weights of their own"),
        (
            {"encoding": "modules", "level": "matrix", "evolve_inputs": True},
            "have radii and input weights of their own",
        ),
    ],
)
def test_settings_that_do_not_fit_plans_are_refused(asked, sentence: str) -> None:
    with pytest.raises(StatescapeError, match=sentence):
        Settings(**asked)


# Eight modules of one unit in line: what enters the first is heard from the last seven steps later.
LINE = Plan(tuple(Module(1, 0.0, 1.0, 1.0, 1.0) for _ in range(8)), tuple((one, one + 1) for one in range(7)))


def sealed(champion: Topology, single: Plan, task: str, levels) -> dict:
    """A champion beside other plans of its modules and a single reservoir."""
    opened = ss.tasks.open(task)
    hyper = Hyperparameters()
    found = {"single": draw_plan(single, seed=0), "untuned": draw_plan(single, seed=0)}
    asked = Sealing(opened, champion, np.zeros((champion.units, 1)), hyper, tuple(found), found, {}, 5, tune=False)
    return seal(asked, Serial(), levels=levels)


def test_a_planted_line_of_modules_survives_on_a_memory_task() -> None:
    seals = sealed(draw_plan(LINE, seed=1), Plan.single(8, sr=0.95, connectivity=0.5), "memory-noisy", None)
    assert better_plan(seals)
    assert seals["plan"].interval.mean > seals["weights"].interval.mean
    assert any("this plan is better" in one for one in plan_sentences(LINE, "weights", seals))


def test_a_planted_lucky_draw_does_not_survive() -> None:
    plan = Plan((Module(8, 0.9, 1.0, 0.3), Module(8, 0.9, 1.0, 0.3)), ((0, 1),), (0, 1))
    task = ss.tasks.open("narma10")
    draws = [draw_plan(plan, seed=seed) for seed in range(40)]
    scores = score(draws, Conditions(task, "matrix", "search", Hyperparameters()), [(1, n) for n in range(4)], Serial())
    lucky = draws[int(np.argmin(scores.mean(axis=1)))]
    seals = sealed(
        lucky, Plan.single(16, sr=0.9, input_scaling=0.3), "narma10", ("matrix", "weights", "plan", "single")
    )
    assert seals["matrix"].controls["redrawn-weights"].ratio < 1.0
    assert not better_plan(seals)
    assert math.isfinite(seals["weights"].interval.mean)


@pytest.mark.slow
def test_a_plan_for_memory_is_found_and_survives() -> None:
    found = ss.evolve("memory-noisy", units=8, encoding="modules", trainings=1500, compare=False, seed=0, workers=2)
    assert better_plan(found.seals)
    assert "this plan is better" in found.conclusion
