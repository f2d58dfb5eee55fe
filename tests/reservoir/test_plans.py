"""Plans: one module is the plain network, blocks are modules, the readout sees what it should, bad ones are refused."""

import numpy as np
import pytest

from statescape.errors import StatescapeError
from statescape.reservoir import (
    EchoStateNetwork,
    Module,
    Plan,
    Topology,
    draw_plan,
    evaluate,
    plan_to_reservoirpy,
    planned_network,
    spectral_radius,
)
from statescape.reservoir.kernels import Simulation, pack
from statescape.reservoir.tasks import narma10

MODULES = (Module(12, 1.1, 0.5), Module(9, 0.4, 1.0, 0.7), Module(6, 1.2, 0.3, 0.2, 0.5))
CYCLE = Plan(MODULES, ((0, 1), (1, 2), (2, 0)), (0,), (1, 2))
CHAIN = Plan(MODULES, ((0, 1), (1, 2), (0, 2)), (0, 1), (1, 2))


@pytest.fixture(scope="module")
def series():
    inputs = np.random.default_rng(0).uniform(0, 0.5, (500, 1))
    return inputs, np.roll(inputs, 3, axis=0)


def test_a_plan_of_one_module_is_the_plain_network_bit_for_bit(series) -> None:
    own = planned_network(Plan.single(40, sr=0.8, lr=0.6, input_scaling=0.3, connectivity=0.2), seed=3, ridge=1e-6)
    plain = EchoStateNetwork(
        40, sr=0.8, lr=0.6, input_scaling=0.3, rc_connectivity=0.2, input_connectivity=1.0, seed=3, ridge=1e-6
    )
    outputs = [network.fit(*series, 100).run(series[0]) for network in (own, plain)]
    np.testing.assert_array_equal(*outputs)
    np.testing.assert_array_equal(own.Win, plain.Win)


def test_the_matrix_is_made_of_blocks() -> None:
    topology = draw_plan(CYCLE, 2, seed=1)
    W = topology.to_dense()
    for number, (module, at) in enumerate(zip(CYCLE.modules, CYCLE.slices, strict=True)):
        assert spectral_radius(W[at, at]) == pytest.approx(module.sr)
        assert bool(topology.W_in[at].any()) == (number in CYCLE.inputs)
        for source, other in enumerate(CYCLE.slices):
            if source != number:
                assert bool(W[at, other].any()) == ((source, number) in CYCLE.edges)
    np.testing.assert_array_equal(CYCLE.lr, [0.5] * 12 + [1.0] * 9 + [0.3] * 6)


def test_the_readout_sees_what_the_plan_says(series, tmp_path) -> None:
    network = planned_network(CYCLE, seed=5, ridge=1e-6).fit(*series, 100)
    assert not network.readout.weights[:12].any()
    assert network.readout.weights[12:].all()
    network.save(tmp_path / "network.npz")
    back = EchoStateNetwork.load(tmp_path / "network.npz")
    np.testing.assert_array_equal(back.read, network.read)
    np.testing.assert_array_equal(back.run(series[0]), network.run(series[0]))
    seen = network.states(series[0], reset=True)[100:, 12:]
    design = np.hstack([seen, np.ones((len(seen), 1))])
    penalty = 1e-6 * np.diag([*[1.0] * 15, 0.0])
    solved = np.linalg.solve(design.T @ design + penalty, design.T @ series[1][100:])
    np.testing.assert_allclose(network.readout.weights[12:], solved[:-1], rtol=1e-5)


def test_plans_run_side_by_side_as_they_do_alone() -> None:
    trials = [narma10().trial(seed, "search") for seed in range(2)]
    plans = [CYCLE, CHAIN, Plan.single(27)]
    drawn = [draw_plan(plan, seed=7) for plan in plans for _ in trials]
    asked = [trial for _ in plans for trial in trials]
    rates, read = np.stack([one.plan.lr for one in drawn]), [one.plan.read for one in drawn]
    matrices, inputs = [one.W for one in drawn], [one.W_in for one in drawn]
    together = evaluate(matrices, asked, inputs, ridge=1e-6, lr=rates, read=read, bias=0.1).scores
    for place, one in enumerate(drawn):
        alone = evaluate(
            one.W, [asked[place]], one.W_in, ridge=1e-6, lr=one.plan.lr, read=[one.plan.read], bias=0.1
        ).scores
        np.testing.assert_array_equal(alone, together[place])


def test_networks_of_a_batch_have_leak_rates_of_their_own() -> None:
    rng = np.random.default_rng(2)
    W, W_in, inputs = rng.normal(size=(11, 11)) / 4, rng.normal(size=(3, 11, 2)), rng.normal(size=(3, 9, 2))
    rates, bias = rng.uniform(0.1, 1.0, (3, 11)), np.zeros((3, 11))
    together = Simulation(pack(W), W_in, bias, rates).advance(inputs)
    for one in range(3):
        alone = Simulation(pack(W), W_in[one : one + 1], bias[:1], rates[one]).advance(inputs[one : one + 1])
        np.testing.assert_array_equal(alone[0], together[one])


@pytest.mark.parametrize("plan", [CYCLE, CHAIN, Plan.single(20), Plan(MODULES, ((0, 1),), (0,), (1,))])
def test_reservoirpy_scores_a_plan_alike(plan: Plan) -> None:
    pytest.importorskip("reservoirpy")
    trial = narma10().trial(0, "search")
    topology = draw_plan(plan, seed=4)
    network = EchoStateNetwork(W=topology, bias=0.1, ridge=1e-3)
    network.fit(trial.train_inputs, trial.train_targets, trial.warmup)
    model = plan_to_reservoirpy(topology, bias=0.1, ridge=1e-3)
    model.fit(trial.train_inputs, trial.train_targets, warmup=trial.warmup)
    model.reset()
    theirs = model.run(trial.inputs)[trial.train_steps :]
    assert trial.score(network.run(trial.test_inputs)) == pytest.approx(trial.score(theirs), abs=1e-8)


def test_other_plans_have_as_many_edges_elsewhere() -> None:
    for seed in range(20):
        other = CHAIN.rewired(np.random.default_rng(seed))
        assert len(other.edges) == 3
        assert other.edges != CHAIN.edges
        assert (other.modules, other.inputs, other.outputs) == (CHAIN.modules, CHAIN.inputs, CHAIN.outputs)
    assert Plan.single(5).rewired(np.random.default_rng(0)) is None


def test_a_plan_comes_back_from_json_and_from_its_draw(tmp_path) -> None:
    assert Plan.from_json(CYCLE.as_json()) == CYCLE
    draw_plan(CYCLE, seed=1).to_npz(tmp_path / "plan.npz")
    assert Topology.from_npz(tmp_path / "plan.npz").plan == CYCLE
    graph = CYCLE.to_networkx()
    assert set(graph.successors("input")) == {0}
    assert set(graph.predecessors("readout")) == {1, 2}
    assert graph.nodes[1]["units"] == 9


def test_a_wild_cycle_is_flagged_and_a_tame_one_is_not() -> None:
    wild = Plan((Module(3, 1.1), Module(3, 1.2), Module(3, 0.5)), ((0, 1), (1, 0), (1, 2)))
    assert len(wild.flags) == 1
    assert wild.flags[0].startswith("Modules 0, 1 feed each other in a cycle, each with sr above 1")
    assert CYCLE.flags == ()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Plan((Module(3), Module(3)), (), (0,), (1,)), "no way from the input to the readout"),
        (lambda: Plan((Module(3),), (), (), (0,)), "no way from the input to the readout"),
        (lambda: Module(0), "at least one unit; got units=0"),
        (lambda: Module(3, lr=0.0), "lr lies above 0"),
        (lambda: Module(3, sr=float("nan")), "sr is a finite number"),
        (lambda: Module(3, connectivity=1.5), "connectivity is a share"),
        (lambda: Plan(()), "at least one module"),
        (lambda: Plan((Module(3),), ((0, 1),)), "an edge names 1"),
        (lambda: Plan((Module(3), Module(3)), ((1, 1),)), "feeds itself by its own recurrence"),
        (lambda: Plan.single(3, spectral=1.0), "no hyper-parameter of a module 'spectral'"),
        (lambda: Plan.from_json({"modules": [{"units": 3, "leak": 1}]}), "no hyper-parameter of a module 'leak'"),
        (lambda: Plan.from_json({"modules": [{"units": "x"}]}), "A module has units"),
        (lambda: Plan.from_json({"edges": []}), "A plan is written as modules"),
        (lambda: EchoStateNetwork(3, read=[True]), "read says of each of the 3 units"),
    ],
)
def test_bad_plans_are_refused_in_one_sentence(make, sentence: str) -> None:
    with pytest.raises(StatescapeError) as refusal:
        make()
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)
