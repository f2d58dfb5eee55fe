"""Settings are declared once: Python, the journal and the command line take the same names and bounds."""

import inspect
import json
import re
import subprocess
import sys
import typing
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from statescape.errors import StatescapeError
from statescape.evolution import Limits, Settings, evolve, resume
from statescape.evolution.encodings import names
from statescape.evolution.search import STRATEGIES
from statescape.evolution.settings import Hyperparameters, Radius, keywords
from statescape.options import option_of, told
from statescape.reservoir import tasks
from statescape.reservoir.topology import RadiusPolicy
from statescape.studies import NetworkSettings
from tests.cli.tree import TREE

OWNERS = (Settings, Limits, Hyperparameters)


def test_every_setting_is_an_option_with_the_same_default_and_bound():
    options = {one.name: one for one in TREE["evolve"].params}
    declared = [(owner, one, option_of(one)) for owner in OWNERS for one in fields(owner) if option_of(one)]
    assert len(declared) == 26
    for _, one, option in declared:
        own = options[one.name]
        default = ",".join(one.default) if isinstance(one.default, tuple) else one.default
        assert (own.default, own.help) == (default, option.help)
        assert getattr(own, "min", getattr(getattr(own, "type", None), "min", None)) == option.least


def test_every_setting_is_a_keyword_of_the_search():
    taken = inspect.signature(evolve).parameters
    assert {one.name for owner in OWNERS for one in fields(owner)} - {"task", "parts"} == set(keywords()) <= set(taken)
    assert taken["units"].default == 100
    assert not any(one.kind is one.VAR_KEYWORD for one in taken.values())


def test_help_has_words_for_all_that_the_search_takes():
    taken = inspect.signature(evolve).parameters
    assert set(told(evolve)) == set(taken)
    assert all(told(evolve).values())
    data = set(inspect.signature(tasks.open).parameters) - {"unknown", "task", "encoding"}
    assert data | {"text_encoding"} <= set(taken)  # an encoding is how wirings are written
    assert told(evolve)["hyper"] == "what is set beside the wiring, in one `Hyperparameters`."
    assert told(evolve)["text_encoding"] == told(tasks.open)["encoding"]


def test_data_is_opened_with_the_options_of_a_task(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=300).cumsum(), "y": rng.normal(size=300)})
    small = {"units": 5, "generations": 1, "compare": False, "tune": False, "executor": "serial"}
    frame.index = pd.date_range("2020", periods=300).delete(7).append(pd.DatetimeIndex(["2021"]))
    run = tmp_path / "a.run"
    result = evolve(frame, target="y", task_options={"horizon": 2}, run=run, **small)
    assert (result.task.target_names, result.task.horizon) == (("y",), 2)
    assert resume(run, task=frame).task.horizon == 2
    assert result.warnings == result.task.notes != ()
    assert f"note: {result.task.notes[0]}" in result._repr_html_()
    with pytest.raises(StatescapeError, match=re.escape("name the target (target=...): x, y.")):
        evolve(frame, **small)
    with pytest.raises(StatescapeError, match=r"There is no setting 'targets'. Did you mean target\?"):
        evolve(frame, targets="y", **small)
    (tmp_path / "latin.csv").write_bytes("größe,x\n".encode("latin-1"))
    with pytest.raises(StatescapeError, match="name its encoding, perhaps text_encoding='latin-1'"):
        evolve(tmp_path / "latin.csv", **small)
    with pytest.raises(StatescapeError, match="has 0 rows of data"):
        evolve(tmp_path / "latin.csv", text_encoding="latin-1", **small)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Settings(units="a"), "Settings takes units as a whole number; got 'a' (str)."),
        (lambda: Settings(units=None), "Settings takes units as a whole number; got None."),
        (lambda: Settings(racing=1), "Settings takes racing as True or False; got 1 (int)."),
        (lambda: Settings(operators="add"), "Settings takes operators as a list"),
        (lambda: Settings(level=np.zeros(2)), "Settings takes level as 'matrix' or "),
        (lambda: Settings(limits=3), "Settings takes limits as a Limits; got 3 (int)."),
        (lambda: Hyperparameters(sr="a"), "Hyperparameters takes sr as a number; got 'a' (str)."),
        (lambda: Limits(seconds="long"), "Limits takes seconds as a number or None; got 'long' (str)."),
        (lambda: Settings(objectives=("edges",)), "The objectives are error or error,edges; got edges."),
        (
            lambda: Settings(objectives=("error", "edge")),
            "The objectives are error or error,edges; got error,edge (did you mean edges?).",
        ),
    ],
)
def test_settings_of_the_wrong_kind_are_refused_where_they_are_made(make, words):
    with pytest.raises(StatescapeError) as refusal:
        make()
    assert str(refusal.value).startswith(words)
    assert "\n" not in str(refusal.value)


def test_settings_made_in_any_way_refuse_a_wrong_kind():
    """In a process of its own, without the checks of the tests and before any door is opened."""
    script = """
import sys
from statescape.errors import StatescapeError
from statescape.evolution.settings import Hyperparameters, Limits, Settings
from statescape.studies.network_settings import NetworkSettings
for make, given in (
    (NetworkSettings, {"units": "20"}), (NetworkSettings, {"topology": None}), (NetworkSettings, {"ridge": [1]}),
    (Settings, {"units": "a"}), (Hyperparameters, {"sr": "a"}), (Limits, {"seconds": "long"}),
):
    try:
        make(**given)
    except StatescapeError as error:
        print(error)
"""
    said = subprocess.check_output([sys.executable, "-c", script], text=True)
    assert said.splitlines() == [
        "NetworkSettings takes units as a whole number; got '20' (str).",
        "NetworkSettings takes topology as a text; got None.",
        "NetworkSettings takes ridge as a number or None; got [1] (list).",
        "Settings takes units as a whole number; got 'a' (str).",
        "Hyperparameters takes sr as a number; got 'a' (str).",
        "Limits takes seconds as a number or None; got 'long' (str).",
    ]


def test_numbers_of_numpy_are_taken_as_those_of_python():
    made = NetworkSettings(units=np.int64(7), sr=1)
    assert (type(made.units), type(made.sr)) == (int, float)
    assert Settings(seed=np.uint8(3)).as_json()["seed"] == 3


def test_the_words_name_every_choice():
    words = {one.name: option_of(one).help for one in fields(Settings) if option_of(one)}
    assert [name for name in names() if name not in words["encoding"]] == []
    assert [one.name for one in STRATEGIES if one.name not in words["strategy"]] == []
    assert typing.get_args(Radius) == typing.get_args(RadiusPolicy)


def test_changes_go_before_what_was_set_and_one_limit_replaces_all():
    settings = Settings(units=50, hyper=Hyperparameters(sr=0.8), limits=Limits(generations=5))
    changed = settings.changed(lr=0.5, seconds=3.0, seed=7)
    assert (changed.units, changed.seed) == (50, 7)
    assert (changed.hyper, changed.limits) == (Hyperparameters(sr=0.8, lr=0.5), Limits(seconds=3.0))
    assert Settings().changed() == Settings()
    assert Settings.from_json(json.loads(json.dumps(changed.as_json()))) == changed


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"unit": 5}, "There is no setting 'unit'. Did you mean units? Known are: units, encoding, "),
        ({"xyz": 5}, "There is no setting 'xyz'. Known are: "),
        ({"seed": -1}, "seed must be at least 0; got -1"),
        ({"trials": 0}, "trials must be at least 1; got 0"),
        ({"sr": -0.1}, "sr must be at least 0; got -0.1"),
        ({"ridge": float("inf")}, "ridge is a finite number; got inf"),
        ({"lr": 0.0}, "lr lies above 0 and up to 1; got 0"),
        ({"stagnation": -3}, "limits above 0"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(changes, words):
    with pytest.raises(StatescapeError) as refusal:
        Settings().changed(**changes)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"settings": {"units": 5}}, "evolve takes settings as a Settings or None; got {'units': 5} (dict)."),
        ({"sr": "high"}, "evolve takes sr as a number; got 'high' (str)."),
        ({"operators": "flip"}, "evolve takes operators as a list"),
        ({"unit": 5}, "There is no setting 'unit'. Did you mean units?"),
    ],
)
def test_the_search_takes_settings_of_the_right_kind(given, words):
    with pytest.raises(StatescapeError) as refusal:
        evolve("narma10", **given)
    assert words in str(refusal.value)
