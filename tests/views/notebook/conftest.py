"""A small notebook of everything: the bundled model, few documents, every study at a budget of seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from statescape.language.corpus import Corpus, read_corpus
from statescape.runs import Serial
from statescape.studies.notebook import Asked, Notebook, keep_notebook
from statescape.studies.reservoir import STUDIES, Budget

SAMPLE = Path(__file__).resolve().parents[3] / "src" / "statescape" / "data" / "sample.jsonl"
TINY = Budget("quick", units=8, runs=2, trainings=120, trials=3, tuning=2, draws=2)
TEXTS = ("Once upon a time, there was a little", "The dog ran to the <b>park</b> & saw a")


def few_documents() -> Corpus:
    return read_corpus([str(SAMPLE)], most=4)


@pytest.fixture(scope="session")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Notebook:
    asked = Asked(few_documents(), ("sample.jsonl",), texts=TEXTS, folder=tmp_path_factory.mktemp("runs"))
    with pytest.MonkeyPatch.context() as patch:
        for study in STUDIES.values():
            patch.setattr(type(study), "quick", TINY)
        return keep_notebook(asked, executor=Serial())
