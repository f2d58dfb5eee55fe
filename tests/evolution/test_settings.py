"""Settings are declared once: Python, the journal and the command line take the same names and bounds."""

import inspect
import json
import typing
from dataclasses import fields

import pytest

from statescape.errors import StatescapeError
from statescape.evolution import Limits, Settings, evolve
from statescape.evolution.encodings import names
from statescape.evolution.search import STRATEGIES
from statescape.evolution.settings import Hyperparameters, Radius, keywords
from statescape.options import option_of
from statescape.reservoir.topology import RadiusPolicy
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
