"""What a notebook holds (paths, verdicts, studies, the run each of them comes from), and what it says of the claim."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from statescape.analysis.path import PathReading
from statescape.studies.reservoir import StudyResult
from statescape.studies.verdict import ModelVerdict, Verdicts
from statescape.wording import Answers, Noun, brief

if TYPE_CHECKING:
    from statescape.language import Patching
    from statescape.language.contrasting import Contrast

SHOWN_DIGITS = 12
CLAIM = ("H1", "H3")
"""The two parts that the claim states in so many words: where the path ends, and how it gets there."""

answers = Answers("verdict", "notebook")


@dataclass(frozen=True)
class Entry(Noun):
    """Where the numbers of a section come from.

    Attributes:
        section: its name.
        file: of the run; empty where the numbers are computed when the page is written.
        settings: what the run was asked, by name.
        seconds: of work; NaN where the run was done before and keeps no time.
        digest: SHA-256 of its numbers.
    """

    section: str
    file: str
    settings: dict[str, str | int]
    seconds: float
    digest: str


@dataclass(frozen=True, eq=False)
class Interventions(Noun):
    """Two texts that end otherwise, compared and patched, by the model that leads.

    Attributes:
        contrast: from which state on they lead to different places.
        patching: which states of the first, put into the second, bring its answer back; or why that was not asked.
    """

    contrast: Contrast
    patching: Patching | str


@dataclass(frozen=True, eq=False)
class Notebook(Noun):
    """All that a page of the notebook shows.

    Attributes:
        readings: of every text, model by model.
        interventions: what changes when states are changed.
        verdicts: of every model over the corpus.
        studies: of the reservoir wing, in the order of the page.
        entries: where the numbers come from, in the order of the page.
        seed: of everything drawn.
        budget: of every study, as it was asked for.
    """

    readings: tuple[PathReading, ...]
    interventions: Interventions
    verdicts: Verdicts
    studies: tuple[StudyResult, ...]
    entries: tuple[Entry, ...]
    seed: int
    budget: str

    def __repr__(self) -> str:
        studies = ", ".join(study.name for study in self.studies)
        return brief(
            f"Notebook of {len(self.readings)} paths, budget {self.budget}, seed {self.seed}; studies: {studies}"
        )

    def entry(self, section: str) -> Entry:
        """Where the numbers of a section come from."""
        return next(entry for entry in self.entries if entry.section == section)


def digest_of(numbers: Any) -> str:
    """SHA-256 of plain data, the first digits: the same numbers have the same."""
    text = json.dumps(numbers, sort_keys=True, default=float)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:SHOWN_DIGITS]


def claim_in_words(one: ModelVerdict) -> str:
    """Whether the claim as it was written holds for a model."""
    words = {decision.verdict for decision in one.decisions if decision.question.name in CLAIM}
    return answers(next(word for word in ("refuted", "undecided", "supported") if word in words), model=one.facts.name)


def clauses_in_words(one: ModelVerdict) -> str:
    """All answers in one sentence."""
    clauses = [answers(f"{decision.question.name}.{decision.verdict}") for decision in one.decisions]
    return answers("clauses", documents=one.summary.n_documents, clauses=answers("and_then").join(clauses))


def orthogonal_in_words(reading: PathReading) -> str:
    """How much of the last state lies along the predicted embedding, and how much across."""
    state = np.asarray(reading.path.states[-1], dtype=np.float64)
    embedding = np.asarray(reading.path.embeddings[reading.path.predicted_id], dtype=np.float64)
    along = float(state @ embedding)
    share = along**2 / float((state @ state) * (embedding @ embedding))
    return answers("orthogonal", times=along / float(embedding @ embedding), across=1.0 - share)
