"""A champion elsewhere: ReservoirPy and NetworkX reproduce its scores, archives and JSON its matrices."""

import json

import networkx as nx
import numpy as np
import pytest

from statescape.errors import StatescapeError
from statescape.evolution.conditions import Conditions, draw
from statescape.evolution.export import SUFFIXES, export
from statescape.evolution.scoring import score
from statescape.reservoir import Topology, tasks
from statescape.runs import Serial

SEEDS = [(5, 77, trial) for trial in range(3)]
WITHIN = 1e-8


@pytest.fixture(
    scope="module", params=[("ternary", "matrix", False), ("real", "matrix", True), ("ternary", "wiring", False)]
)
def champion(request):
    """A champion of a short search: W_in fixed, W_in evolved, W_in redrawn by every trial."""
    encoding, level, evolve_inputs = request.param
    from statescape.evolution.encodings import by_name as encode
    from statescape.evolution.result import Champion
    from statescape.evolution.search import Search, Strategy
    from statescape.evolution.settings import Hyperparameters
    from statescape.evolution.space import SearchSpace

    W_in = np.where(np.arange(15) % 2 == 0, 1.0, -1.0)[:, None] if level == "matrix" and not evolve_inputs else None
    space = SearchSpace(encode(encoding, 15, None), 1, "rescale", evolve_inputs, W_in)
    hyper = Hyperparameters(sr=0.8, lr=0.7, bias=0.2, ridge=1e-7)
    conditions = Conditions(tasks.open("narma10"), level, "search", hyper)
    search = Search(space, Strategy("genetic", 24, 48), 1, trials=1)
    for _ in range(2):
        batch = search.ask()
        search.tell(score(batch.topologies, conditions, batch.seeds, Serial()))
    best = search.population.best
    return Champion(best, space.topology(best.genome, "champion"), hyper), conditions


def test_reservoirpy_reproduces_its_scores(champion, tmp_path):
    nodes = pytest.importorskip("reservoirpy.nodes")
    found, conditions = champion
    file = tmp_path / "champion.npz"
    export(found, "reservoirpy", file)
    with np.load(file, allow_pickle=False) as arrays:
        kept = dict(arrays)
    theirs = []
    for seed in SEEDS:
        one = draw(conditions, 15, seed)
        trial = one.data
        Win = kept["Win"] if "Win" in kept else found.hyper.input_scaling * one.W_in
        reservoir = nodes.Reservoir(W=kept["W"], Win=Win, bias=kept["bias"], lr=float(kept["lr"]))
        model = reservoir >> nodes.Ridge(ridge=float(kept["ridge"]))
        model.fit(trial.train_inputs, trial.train_targets, warmup=trial.warmup)
        theirs.append(trial.score(model.run(trial.test_inputs)))
    ours = score([found.topology], conditions, SEEDS, Serial())[0]
    assert ("Win" in kept) == (conditions.level == "matrix")
    np.testing.assert_allclose(theirs, ours, rtol=0, atol=WITHIN)


def test_networkx_reproduces_its_scores(champion, tmp_path):
    found, conditions = champion
    file = tmp_path / "champion.graphml"
    export(found, "networkx", file)
    graph = nx.read_graphml(file, node_type=int)
    assert graph.number_of_edges() == found.topology.edges
    assert graph.graph["sr"] == found.hyper.sr
    W_in = None
    if conditions.level == "matrix":
        W_in = np.array([[graph.nodes[unit]["W_in_0"]] for unit in range(15)])
    back = Topology.from_networkx(graph)
    back = Topology(back.W, W_in, radius=found.topology.radius)
    ours = score([found.topology], conditions, SEEDS, Serial())
    np.testing.assert_allclose(score([back], conditions, SEEDS, Serial()), ours, rtol=0, atol=WITHIN)


def test_archive_and_json_hold_the_same_matrices(champion, tmp_path):
    found, conditions = champion
    export(found, "npz", tmp_path / "a.npz")
    export(found, "json", tmp_path / "a.json")
    archived = Topology.from_npz(tmp_path / "a.npz")
    plain = json.loads((tmp_path / "a.json").read_text())
    np.testing.assert_array_equal(archived.to_dense(), found.topology.to_dense())
    np.testing.assert_array_equal(plain["W"], found.topology.to_dense())
    assert (plain["W_in"] is None) == (found.topology.W_in is None)
    ours = score([found.topology], conditions, SEEDS, Serial())
    np.testing.assert_array_equal(score([archived], conditions, SEEDS, Serial()), ours)
    assert plain["hyper"] == vars(found.hyper)


def test_an_unknown_format_is_refused_and_a_file_is_whole_or_not_there(champion, tmp_path):
    with pytest.raises(StatescapeError, match=f"one of {', '.join(SUFFIXES)}; got 'matlab'"):
        export(champion[0], "matlab", tmp_path / "a")
    with pytest.raises(StatescapeError):
        export(champion[0], "json", tmp_path / "missing" / "a.json")
    assert not list(tmp_path.iterdir())


def test_a_default_name_is_that_of_no_other_output(tmp_path):
    assert len(set(SUFFIXES.values())) == len(SUFFIXES)
    assert not {".json", ".html"} & set(SUFFIXES.values())  # what evolve, report and show write beside a run
