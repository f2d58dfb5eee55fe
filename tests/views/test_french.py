"""A French page holds no English: neither a text that nobody translated, nor words that stand in it all the same."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from statescape import views
from statescape.analysis.candidate import read_candidate
from statescape.analysis.evolution import read_evolution, read_run
from statescape.evolution import evolve
from statescape.language.readable import opening_in_words
from statescape.runs import Serial
from statescape.wording import speaking
from statescape.wording.catalogue import catalogue
from tests.evolved import FILE, INPUT, TARGET
from tests.views.language.synthetic import path_of

ENGLISH = re.compile(
    r"\b(the|of|and|with|its|is|are|was|were|which|that|than|by|from|to|not|how|all|each|at|edges?|seed|seeds|"
    r"generations|trainings|trials|weights?|wiring|search|mean|candidates?|children|controls?|draws?|unit|units|"
    r"states?|blocks?|random wirings|error)\b",
    re.IGNORECASE,
)
NAMES = re.compile(
    r"data-[a-z-]+|W_in|[a-z]+(?:-[a-z]+)+|« ?(?:matrix|wiring|mask|weights)[^»]*»|KL\(final \|\| lens\)|block_\d+"
)
"""What is written alike in both: names of code and of levels."""
SHOWN = {"text", "name", "hovertemplate", "ticktext", "customdata", "title", "panels"}
"""Settings of a figure that are read by somebody."""
SET = {"font", "side", "bdata", "textfont", "textposition"}
PLANS = ("plan", "plan-candidate")
GIVEN = (FILE, INPUT, TARGET, "made by hand", "␣to")
"""Names that are not ours."""
LEVELS = {"matrix", "wiring", "signs", "mask", "weights", "plan", "single"}


def texts_of(page: Path) -> list[str]:
    """Every text of a page: of its markup, of what it names, and of its packed figures."""
    text = page.read_text(encoding="utf-8")
    markup = re.sub(r"<(script|style)[ >].*?</\1>", " ", text.split("<body")[1], flags=re.DOTALL)
    found = re.findall(r">([^<]+)<", markup) + re.findall(r'(?:aria-label|title|alt|placeholder)="([^"]*)"', markup)
    packed = re.search(r'id="figures">(H4sI[A-Za-z0-9+/=]+)<', text)
    if packed:
        for figure in json.loads(gzip.decompress(base64.b64decode(packed[1])))["figures"]:
            found += drawn_texts([figure["data"], figure["wide"], figure["narrow"], figure["narrowData"]])
    return [html.unescape(one) for one in found]


def drawn_texts(part: Any, said: bool = False) -> list[str]:
    """The texts among the settings of a figure, as Plotly reads them."""
    if isinstance(part, dict):
        inside = ((value, said or key in SHOWN) for key, value in part.items() if key not in SET)
        return [text for value, shown in inside for text in drawn_texts(value, shown)]
    if isinstance(part, list):
        return [text for value in part for text in drawn_texts(value, said)]
    return [part] if said and isinstance(part, str) else []


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Texts that were said and have no French."""
    found: set[str] = set()

    class Heard(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            if key not in self:
                found.add(key)
            return super().get(key, default)

    entries = Heard(catalogue("fr"))
    monkeypatch.setattr("statescape.wording.saying.catalogue", lambda language: entries if language == "fr" else {})
    return found


def planned(folder: Path) -> Path:
    """The file of a run over plans."""
    run = folder / "plan.run"
    settings = {"units": 12, "generations": 2, "encoding": "modules", "level": "matrix", "trials": 2, "seal_trials": 30}
    evolve("narma10", run=run, executor=Serial(), compare=False, tune=False, seed=1, **settings)
    return run


@pytest.mark.parametrize(
    "kind", ["evolution", "temporary", "candidate", "path", *(pytest.param(k, marks=pytest.mark.slow) for k in PLANS)]
)
def test_a_french_page_holds_no_english(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, missing: set[str]
) -> None:
    run = (lambda: planned(tmp_path)) if "plan" in kind else (lambda: request.getfixturevalue("evolved_run"))
    things: dict[str, Callable[[], Any]] = {
        "evolution": lambda: read_run(run()),
        "temporary": lambda: read_evolution(replace(read_run(run()).evolution, run="")),
        "candidate": lambda: read_candidate(run(), 3),
        "path": path_of,
        "plan": lambda: read_run(run()),
        "plan-candidate": lambda: read_candidate(run()),
    }
    thing = things[kind]()  # read before French is spoken: what a noun keeps is numbers
    with speaking("fr"):
        page = views.report(thing, tmp_path / f"{kind}.html")
    assert missing - {"NRMSE", "scipy"} == set()
    for text in texts_of(page):
        for name in GIVEN:
            text = text.replace(name, "")
        left = set(ENGLISH.findall(NAMES.sub("", text))) - LEVELS
        assert left == set(), text


@pytest.mark.parametrize(
    ("facts", "french"),
    [
        ("<|endoftext|> added by the tokenizer", "<|endoftext|> ajouté par le tokeniseur"),
        ("none, left out on request", "néant, omis sur demande"),
        ("none", "néant"),
        ("<s> by the chat template", "<s> par le gabarit de conversation"),
        ("none; the chat template", "néant\u202f; le gabarit de conversation"),
        ("made by hand", "made by hand"),
    ],
)
def test_what_opens_a_text_is_said_in_the_language_of_the_page(facts: str, french: str) -> None:
    assert opening_in_words(facts) == facts
    with speaking("fr"):
        assert opening_in_words(facts) == french


def test_numbers_of_a_french_page_are_french(evolved_run: Path, tmp_path: Path) -> None:
    reading = read_run(evolved_run)
    with speaking("fr"):
        text = " ".join(texts_of(views.report(reading, tmp_path / "fr.html")))
    own = reading.evolution.seals["wiring"].interval.mean
    assert f"{own:.4f}".replace(".", ",") in text
    assert f"{own:.4f}" not in text


@pytest.mark.slow
def test_the_page_of_a_run_is_english_where_nobody_asks_otherwise(evolved_run: Path, tmp_path: Path) -> None:
    reading = read_run(evolved_run)
    first = views.report(reading, tmp_path / "first.html").read_bytes()
    with speaking("fr"):
        other = views.report(reading, tmp_path / "fr.html").read_bytes()
    assert views.report(reading, tmp_path / "again.html").read_bytes() == first != other
    assert b'<html lang="fr">' in other
