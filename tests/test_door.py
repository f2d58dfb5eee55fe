"""What a researcher tries in Python without reading the docs, and what nouns say of themselves."""

import html
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from dataclasses import fields, is_dataclass

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import statescape as ss
from statescape import plugins
from statescape.evolution import evolve
from statescape.language import FitProgress, FitSettings, FittedLens, JacobianLens, LogitLens, TunedLens, contrast
from statescape.language.corpus import corpus_of
from statescape.reservoir import Plan
from statescape.runs import Serial
from statescape.wording import Answers

TEXT = "Once upon a time, there was a little"
LONGEST = 200


@pytest.fixture(scope="module")
def model():
    return ss.load_model()


@pytest.fixture(scope="module")
def trace(model):
    return model.trace(TEXT)


@pytest.fixture(scope="module")
def evolution():
    settings = {"units": 10, "generations": 3, "compare": False, "tune": False, "seed": 1}
    return evolve("narma10", **settings, executor=Serial())


@pytest.fixture(scope="module")
def verdicts(model):
    return ss.verdict(["The dog ran to the park.", "Once upon a time there was a cat."], [model], workers=1)


def fitted() -> FittedLens:
    lens = TunedLens(tuple(range(6)), np.eye(64)[None].repeat(6, axis=0), np.zeros((6, 64)))
    return FittedLens(lens, np.ones(6), np.zeros(6), 3, 100, 2000)


def test_a_text_is_traced_in_one_call(trace):
    path = ss.trace(TEXT)[-1]
    assert np.array_equal(path.states, trace.path(-1).states)
    assert ss.lens(TEXT, top=2).top_ids.shape == (7, len(trace), 2)


def test_positions_of_a_trace_are_counted_as_in_a_list(trace):
    assert len(trace) == len(trace.tokens) == 10
    assert trace[-1].position == trace[9].position == 9
    assert [path.position for path in trace] == list(range(10))


def test_a_path_tells_the_numbers_that_the_command_line_prints(trace):
    path = trace[-1]
    assert path.predicted == (path.predicted_id, " girl", pytest.approx(0.517, abs=5e-4))
    table = path.to_dataframe()
    assert list(table["state"]) == list(range(7))
    assert table["norm"].to_numpy() == pytest.approx(np.linalg.norm(path.states, axis=1), rel=1e-6)
    assert table["cosine_to_predicted"].to_numpy() == pytest.approx(path.cosine())
    logits = trace.model.decode(path.states)
    assert list(table["rank_of_predicted"]) == [int((row > row[path.predicted_id]).sum()) for row in logits]
    assert list(table["top_1"])[-1] == " girl"
    added = table[["attention_logit", "mlp_logit"]].to_numpy()
    assert np.isnan(added[0]).all()
    assert np.array_equal(added[1:, 0], path.steps.attention_logit)
    assert path.conclusion.startswith("The last state is not the embedding of ‘␣girl’")
    with pytest.raises(ss.StatescapeError, match=r"'predicted', 'current', 'second', 'mean'; got 'next'"):
        path.cosine("next")


def test_a_path_made_from_arrays_tells_them_too():
    rng = np.random.default_rng(0)
    path = ss.StatePath.from_arrays(rng.normal(size=(3, 8)), rng.normal(size=(20, 8)))
    assert len(path.to_dataframe()) == len(path) == 3
    assert path.conclusion


def test_a_corpus_may_be_a_list_of_texts(verdicts):
    assert verdicts.n_documents == 2
    assert list(verdicts.to_dataframe()["name"]) == [
        decision.question.name for decision in verdicts.models[0].decisions
    ]
    assert verdicts.conclusion.startswith("H1 ")


def test_an_evolution_tells_its_seals_and_its_champion_runs(evolution):
    table = evolution.to_dataframe()
    assert set(table["level"]) == set(evolution.seals)
    wiring = table[(table["level"] == "wiring") & (table["name"] == "SCR")].iloc[0]
    assert wiring["ratio"] == evolution.seals["wiring"].controls["SCR"].ratio
    assert evolution.conclusion.startswith("At its own level, wiring,")
    assert evolution.best.selection_score.n > 0
    trial = ss.tasks.narma10().trial(seed=1)
    network = evolution.best.network(seed=0).fit(trial.train_inputs, trial.train_targets, warmup=trial.warmup)
    assert 0 < trial.score(network.run(trial.test_inputs)) < 1.2
    assert network.units == 10


def test_a_slice_of_a_trace_is_as_many_paths(trace):
    assert [path.position for path in trace[1:3]] == [1, 2]
    assert [path.position for path in trace[-2:]] == [8, 9]
    assert isinstance(trace[:0], tuple)
    assert trace[np.int64(3)].position == 3


@pytest.mark.parametrize("position", ["a", 1.0, None, np.array([1, 2]), slice("a", None), slice(None, None, 0)])
def test_what_is_no_position_is_refused_in_one_sentence(trace, position):
    whole = r"A slice of positions goes .* whole numbers" if isinstance(position, slice) else "is a whole number; got"
    with pytest.raises(ss.StatescapeError, match=whole):
        trace[position]
    if not isinstance(position, slice):
        with pytest.raises(ss.StatescapeError, match="whole number; got"):
            ss.Trace.path(trace, position)


def test_every_room_that_the_door_names_is_there():
    rooms = re.search(r"Rooms: (.*?)\n\"*$", f"{ss.__doc__}\n", re.DOTALL)[1].split("`")[1::2]
    asked = ", ".join(f"ss.{room}.__name__" for room in rooms)
    said = subprocess.check_output([sys.executable, "-c", f"import statescape as ss; print({asked})"], text=True)
    assert [name.rpartition(".")[2] for name in said.split()] == rooms
    assert set(rooms) <= set(dir(ss))


def test_networks_are_tried_in_one_call():
    found = ss.esn("narma10", trials=3, units=20, ridge=1e-6)
    assert found.to_dataframe()["score"].mean() == pytest.approx(found.score.mean)
    series = np.sin(np.arange(600) / 3.0)
    assert ss.esn(series, trials=2, units=20).score.mean < 0.2
    with pytest.raises(ss.StatescapeError, match=r"takes no 'unit' \(did you mean units\?\). A network is set by: un"):
        ss.esn("narma10", unit=3)


@pytest.fixture(scope="module")
def nouns(model, trace, evolution, verdicts):
    return [
        model,
        trace,
        trace[-1],
        trace[-1].steps,
        trace.lens(),
        model.facts,
        model.tokens,
        LogitLens(),
        fitted().lens,
        JacobianLens((0, 1), np.eye(64)[None].repeat(2, axis=0)),
        fitted(),
        FitSettings(),
        FitProgress(1, 400, 3.2),
        evolution,
        evolution.best,
        verdicts,
        corpus_of(["a text"]),
        ss.EchoStateNetwork(units=10, seed=1),
        ss.esn("narma10", trials=2, units=10, ridge=1e-6),
        ss.Topology(sparse.random(300, 300, 0.1, random_state=1), name="sparse\nmatrix"),
        ss.Settings({"name": "narma10"}, units=10, encoding="ternary"),
        ss.Path(np.zeros((90, 8)), np.zeros((30, 8)), labels=tuple(map(str, range(90)))),
        Plan.single(20),
        contrast(model, "The cat ran.", "The dog ran."),
        model.follow(TEXT, 2),
    ]


def test_a_noun_calls_itself_in_one_short_line(nouns, trace):
    for noun in nouns:
        said = repr(noun)
        assert said.startswith(type(noun).__name__)
        assert len(said) <= LONGEST
        assert said.isprintable()
    assert repr(trace[-1]) == f"StatePath of {TEXT!r}: 7 states of conteur, position 9, ends at ' girl' 51.7%"


def _public() -> list[type]:
    """Every class that any room names in its `__all__`."""
    found = [getattr(ss, name) for name in ss.__all__]
    for info in pkgutil.walk_packages(ss.__path__, "statescape."):
        if info.ispkg and info.name != "statescape.cli":
            room = importlib.import_module(info.name)
            found += [
                getattr(room, name) for name in (*getattr(room, "__all__", ()), *ss.__all__) if hasattr(room, name)
            ]
    kept = dict.fromkeys(one for one in found if isinstance(one, type))
    return [one for one in kept if (is_dataclass(one) and one is not Answers) or one is ss.EchoStateNetwork]


def test_every_public_noun_has_a_short_line_and_a_cell():
    """Also where its fields hold arrays of any size, texts that misbehave and long lists."""
    nouns = [one for one in _public() if not getattr(one, "_is_protocol", False)]
    assert len(nouns) > 80
    matrix, values = sparse.eye(500, format="csr"), {f"key {i}": i for i in range(200)}
    for kind in nouns:
        assert hasattr(kind, "_repr_html_"), kind
        assert inspect.unwrap(kind.__repr__).__code__.co_filename != "<string>", f"{kind}: dataclass wrote its repr"
    for content in (np.zeros((900, 900)), matrix, "a\nb\x1b[31m" * 90, values, list(range(10**5)), (np.eye(40),) * 3):
        for kind in (one for one in nouns if "_named_fields" in one.__repr__.__qualname__):
            noun = object.__new__(kind)
            for one in fields(kind):
                object.__setattr__(noun, one.name, content)
            assert len(repr(noun)) <= LONGEST, kind
            assert repr(noun).isprintable(), kind


def test_a_cell_shows_name_table_sentence_and_figure(trace, evolution, verdicts):
    for noun in (trace[-1], evolution, verdicts):
        shown = noun._repr_html_()
        assert repr(noun).split(":")[0] in html.unescape(shown)
        assert noun.conclusion[:40] in html.unescape(shown)
        assert "<table" in shown
        assert shown.count("<img") == 1
        assert len(shown) < 300_000
    for noun in (trace, trace.lens(), corpus_of(["<b>a</b> text"]), fitted()):
        assert "<table" in noun._repr_html_()
        assert "<b>a" not in noun._repr_html_()
    for noun in (ss.EchoStateNetwork(units=10, seed=1), ss.reservoir.scr(10), evolution.best, Plan.single(20)):
        assert noun._repr_html_().count("<img") == 1
    assert html.escape(repr(trace.model)) in trace.model._repr_html_()
    assert list(fitted().to_dataframe().iloc[-1]) == [5, 1, 0]


def test_a_cell_escapes_what_a_vocabulary_says():
    rng = np.random.default_rng(0)
    words = ["</td><script>alert(1)</script>", "\x1b[31m", *(f"w{i}" for i in range(18))]
    path = ss.StatePath.from_arrays(
        rng.normal(size=(3, 8)), rng.normal(size=(20, 8)), vocabulary=words, token_ids=[0, 1]
    )
    shown = path._repr_html_()
    assert "<script" not in shown
    assert "\x1b" not in shown + repr(path)


def test_what_no_room_speaks_of_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(ss.StatescapeError, match="There is no report of a dict"):
        ss.views.report({}, tmp_path / "page.html")
    assert not plugins.conclusion.speaks_of(pd.DataFrame())


@pytest.mark.parametrize("name", ["seals", "wirings"])
def test_figures_of_an_evolution_by_name(evolution, name):
    assert getattr(ss.views, name)(evolution).to_dict()["data"]


def test_levels_beside_each_other(evolution):
    figure = ss.views.levels([evolution, evolution])
    assert [note.text for note in figure.layout.annotations[:4]] == list(evolution.seals)
    with pytest.raises(ss.StatescapeError, match="at least one run"):
        ss.views.levels([])


def test_figure_of_a_verdict_by_name(verdicts):
    assert ss.views.verdict(verdicts).to_dict()["data"]
