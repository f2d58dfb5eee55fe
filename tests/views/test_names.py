"""A page that is shared tells nobody where its reader keeps models, texts, series and runs."""

from __future__ import annotations

import base64
import gzip
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import statescape as ss
from statescape import views
from statescape.analysis.candidate import read_candidate
from statescape.analysis.evolution import read_run
from statescape.cli.verdict_table import corpus_line
from statescape.language.corpus import read_corpus
from statescape.studies.verdict import verdict
from tests.evolved import evolved
from tests.kept import kept
from tests.language.families import FAMILIES, TEXT, build, word_tokenizer
from tests.studies.verdict import scripted

HOME = "home-of-somebody"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(HOME)
    build(FAMILIES[0]).save_pretrained(folder / "my-model")
    word_tokenizer().save_pretrained(folder / "my-model")
    return folder


def held(page: Path) -> str:
    """All text of a page, that of its packed figures and spheres too."""
    text = page.read_text(encoding="utf-8")
    packed = re.findall(r"(?<![A-Za-z0-9+/])H4sI[A-Za-z0-9+/=]{40,}", text)  # not four letters within a picture
    return text + "".join(gzip.decompress(base64.b64decode(one)).decode("latin-1") for one in packed)


def test_a_model_is_named_by_its_folder(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = ss.load_model(home / "my-model")
    assert model.facts.name == "my-model"
    path = model.trace(TEXT).path(-1)
    for page in (views.report(path, tmp_path / "path.html"), views.sphere_page(path, tmp_path / "sphere.html")):
        assert "my-model" in held(page) or "sphere" in page.name
        assert HOME not in held(page)
    monkeypatch.chdir(home / "my-model")
    assert ss.load_model(".").facts.name == "my-model"
    (home / "linked").symlink_to(home / "my-model")
    assert ss.load_model(str(home / "linked")).facts.name == "linked"


def test_a_corpus_is_named_by_its_files(home: Path, tmp_path: Path) -> None:
    file = home / "texts.jsonl"
    file.write_text("".join(f'{{"text": "{one.text}"}}\n' for one in scripted.corpus(3).documents) + "{spoilt\n")
    corpus = read_corpus([str(file)])
    found = verdict(corpus, [scripted.straight()], files=[str(file)], null_documents=0, workers=1)
    whole = held(views.report(found, tmp_path / "verdict.html"))
    assert "texts.jsonl, line 1" in whole
    assert "texts.jsonl, line 4" in whole
    assert HOME not in whole
    assert HOME not in corpus_line(found)
    assert corpus_line(found).startswith("texts.jsonl: ")
    assert found.as_json()["corpus"]["files"] == [str(file)]  # data for machines


@pytest.mark.slow
def test_a_run_and_its_series_are_named_by_their_files(home: Path, tmp_path: Path) -> None:
    run = evolved(home)
    reading = read_run(run)
    for page in (
        views.report(reading, tmp_path / "evolution.html"),
        views.report(read_candidate(run, 3), tmp_path / "candidate.html"),
    ):
        assert HOME not in held(page)


@pytest.mark.slow
def test_a_notebook_names_its_runs_by_their_files(home: Path, tmp_path: Path) -> None:
    notebook = kept(home / "runs")
    study: Any = notebook.studies[0]
    named = replace(notebook, entries=tuple(replace(one, file=str(home / "a.run")) for one in notebook.entries))
    for page in (views.report(named, tmp_path / "n.html"), views.report(study, tmp_path / "s.html")):
        assert HOME not in held(page)
    assert "a.run" in held(tmp_path / "n.html")
