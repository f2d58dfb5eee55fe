"""A small notebook for tests: the bundled model, few documents, studies at a budget of seconds."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from statescape.language.corpus import Corpus, read_corpus
from statescape.runs import Serial
from statescape.studies.notebook import Asked, Notebook
from statescape.studies.notebook.asking import notebook
from statescape.studies.reservoir import STUDIES, Budget

TINY = Budget("quick", units=8, runs=2, trainings=120, tuning=2, draws=2)
TEXTS = ("Once upon a time, there was a little", "The dog ran to the <b>park</b> & saw a")
FEW = ("values", "radius")
LANGUAGE_WING = ("question", "space", "normalisation", "vectors", "outside", "decoding")
LANGUAGE_WING += ("interventions", "corpus", "conclusion")


def sections(studies: tuple[str, ...]) -> list[str]:
    """Anchors of the sections of a notebook that asks these studies."""
    return ["answers", *LANGUAGE_WING, *studies, "sum", "runs"]


def few_documents() -> Corpus:
    return read_corpus([str(files("statescape") / "data" / "sample.jsonl")], most=4)


def make_studies_tiny(patch: pytest.MonkeyPatch) -> None:
    for name, study in STUDIES.items():
        patch.setitem(STUDIES, name, replace(study, quick=TINY))


def kept(folder: Path, studies: tuple[str, ...] = FEW) -> Notebook:
    asked = Asked(few_documents(), ("sample.jsonl",), texts=TEXTS, studies=studies, folder=folder)
    with pytest.MonkeyPatch.context() as patch:
        make_studies_tiny(patch)
        return notebook(asked, executor=Serial())
