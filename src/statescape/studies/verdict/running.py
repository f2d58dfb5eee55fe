"""Ask the questions of one or more models over a corpus.

For each model: cut the documents into passages, count tokens, measure the constants on a sample, read every document,
then the same model with random weights and with the other policy on BOS on a part of the documents, and decide. Every
record goes into a journal as soon as it is known, so that an interrupted run goes on where it was.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from statescape.errors import StatescapeError
from statescape.language.corpus import Corpus, corpus_of
from statescape.language.passage import LONGEST
from statescape.language.readable import HasTwins
from statescape.runs import AnyExecutor, Executor, Journal, Processes, Serial, working
from statescape.runs.workforce import usable_cores
from statescape.studies.verdict import records
from statescape.studies.verdict.decision import Decision, decide
from statescape.studies.verdict.reference import ModelConstants
from statescape.studies.verdict.result import OTHER_BOS, RANDOM_WEIGHTS, Extreme, ModelVerdict, Verdicts
from statescape.studies.verdict.sources import ModelSource, beside, done_by, loaded, on_gpu
from statescape.studies.verdict.summary import CorpusSummary, summarise
from statescape.studies.verdict.work import (
    SAMPLE_DOCUMENTS,
    Ids,
    Portion,
    Sampled,
    drawn,
    portions,
    prepare,
    sample,
    share_of_positions,
    work,
)
from statescape.wording import say

if TYPE_CHECKING:
    from statescape.language import ReadableModel

NULL_DOCUMENTS = 50
"""Documents, drawn by the seed, that are read again with random weights and with the other policy on BOS."""

FEW_POSITIONS = 8000
"""A corpus of fewer positions is read in this process: it would be done before workers have started."""

ROUND = 4
"""Tasks of each worker in a round, so that a long one lets the others wait for a part of it only."""

FAULTS_SHOWN = 20

Progress = Callable[[str, int, int], None]
"""Called with what is read, documents done and documents in all."""


@dataclass(frozen=True)
class _Asked:
    """What all models of a run are asked alike.

    Attributes:
        corpus: the documents.
        bos: policy on BOS, as `load_model` takes it.
        positions: most positions in a document; None for all.
        seed: of everything drawn.
        null_documents: how many are read again with random weights and the other policy on BOS; 0: none.
    """

    corpus: Corpus
    bos: bool | None
    positions: int | None
    seed: int
    null_documents: int


def verdict(
    corpus: Corpus | str | Path | Sequence[str],
    models: Sequence[Any] = (None,),
    *,
    files: Sequence[str] = (),
    bos: bool | None = None,
    device: str | None = None,
    dtype: str | None = None,
    positions: int | None = None,
    seed: int = 0,
    null_documents: int = NULL_DOCUMENTS,
    executor: AnyExecutor = None,
    workers: int | None = None,
    run: str | Path | None = None,
    progress: Progress | None = None,
) -> Verdicts:
    """The questions, answered for every model over a corpus.

    Args:
        corpus: the documents: a list of texts, a file, or what `read_corpus` gives.
        models: folders, hub names, None for the bundled one, or loaded models; each once.
        files: names of the corpus's files, for the outputs.
        bos: whether a BOS token opens every passage; None leaves it to the tokenizer.
        device: where models run, as `load_model` takes it.
        dtype: in what numbers they run, as `load_model` takes it.
        positions: most positions read in a document, drawn by the seed; None for all but the first.
        seed: of everything drawn.
        null_documents: documents read again with random weights and with the other BOS policy.
        executor: who reads: any executor of Python (`concurrent.futures`), which stays open, or "serial", "processes"
            or "dask"; None as `workers` says. A model that is in memory is read in this process. Results do not depend
            on it.
        workers: how many read at once, in processes, or for models of real size in threads of this one; None for all
            cores, or for this process alone where models run on a GPU or the corpus is small.
        run: file of a run that keeps what is done; one that is there goes on. None keeps nothing.
        progress: told what is going on.

    Raises:
        StatescapeError: a model that cannot be read, named twice; no document with a position to read; a run that was
            asked something else.
    """
    corpus = corpus_of(corpus)
    if positions is not None and positions < 1:
        raise StatescapeError(f"At least one position must be read in a document; got {positions}.")
    asked = _Asked(corpus, bos, positions, seed, null_documents)
    sources = [ModelSource(model, bos, device, dtype) for model in models]
    names = [loaded(source).facts.name for source in sources]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise StatescapeError(f"{twice} is named twice; name each model once, in folders of different names.")
    settings = {
        "corpus": corpus.digest,
        "files": list(files),
        "models": names,
        "bos": bos,
        "dtype": dtype,
        "positions": positions,
        "seed": seed,
        "null_documents": null_documents,
    }
    report = progress if progress is not None else (lambda _what, _done, _all: None)
    temporary = tempfile.TemporaryDirectory() if run is None else nullcontext()
    with (
        temporary as folder,
        records.opened(Path(folder) / "verdict.run" if folder else run or "", settings) as journal,
    ):
        answers = [
            _Reading(journal, asked, source, name, executor, workers, report).answers()
            for source, name in zip(sources, names, strict=True)
        ]
        decisions = decide({name: answer.summary.documents for name, answer in zip(names, answers, strict=True)}, seed)
        journal.finish()
    return Verdicts(
        models=tuple(_with(answer, name, decisions) for name, answer in zip(names, answers, strict=True)),
        files=tuple(files),
        n_documents=len(corpus.documents),
        faults=len(corpus.faults),
        first_faults=tuple((fault.place, fault.reason) for fault in corpus.faults[:FAULTS_SHOWN]),
        empty=corpus.empty,
        duplicates=corpus.duplicates,
        complete=corpus.complete,
        positions=positions,
        seed=seed,
    )


@dataclass(frozen=True, eq=False)
class _Answers:
    """What one model's documents say, before all models are decided together."""

    model: ReadableModel
    summary: CorpusSummary
    readings: dict[str, CorpusSummary]
    constants: ModelConstants
    too_short: int
    split: int
    extremes: dict[str, tuple[Extreme, Extreme]]
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Reading:
    """One model over one corpus."""

    journal: Journal
    asked: _Asked
    source: ModelSource
    name: str
    executor: AnyExecutor
    workers: int | None
    progress: Progress

    def answers(self) -> _Answers:
        """Read everything and add it up."""
        from statescape.language.following import fingerprint

        model, seed = loaded(self.source), self.asked.seed
        weights = fingerprint(model)
        if self.journal.remember(f"weights:{self.name}", lambda: weights) != weights:
            raise StatescapeError(f"{self.name} has other weights than when {self.journal.path} was begun.")
        documents = self._passages(model)
        readings, notes = {}, []
        part = drawn(documents, self.asked.null_documents, seed)
        with self._working(documents) as executor:  # whose workers load the model once for all readings
            summary, constants = self._read(executor, self.source, "as it is", documents)
            for reading, source in (
                (RANDOM_WEIGHTS, self.source.randomised(seed)),
                (OTHER_BOS, self.source.other_bos()),
            ):
                if not part:
                    continue
                try:
                    model_read = loaded(source)
                    read = part if reading == RANDOM_WEIGHTS else self._passages(model_read, list(part))
                except StatescapeError as refusal:
                    how = "random weights" if reading == RANDOM_WEIGHTS else "the other policy on BOS"
                    notes.append(f"Not read with {how}: {refusal}")
                    continue
                # The other policy on BOS changes texts, not the vocabulary.
                known = constants if reading == OTHER_BOS else None
                readings[reading] = self._read(executor, source, reading, read, known)[0]
        return _Answers(
            model=model,
            summary=summary,
            readings=readings,
            constants=constants,
            too_short=len(self.asked.corpus.documents) - len(documents),
            split=sum(len(ids) > 1 for ids in documents.values()),
            extremes=self._extremes(list(documents), summary),
            notes=tuple(notes),
        )

    def _passages(self, model: ReadableModel, numbers: Sequence[int] | None = None) -> dict[int, Ids]:
        """Ids of every document that has a position beyond the first, by its number."""
        texts = self.asked.corpus.documents
        ids = {number: model.tokens.pieces(texts[number].text, LONGEST) for number in (numbers or range(len(texts)))}
        found = {number: passages for number, passages in ids.items() if any(len(one) > 1 for one in passages)}
        if not found:
            raise StatescapeError(
                f"No document has a second token for {self.name} to be read at (the first is an attention sink and "
                "left out); give longer documents."
            )
        return found

    def _read(
        self,
        executor: Executor,
        source: ModelSource,
        reading: str,
        documents: dict[int, Ids],
        known: ModelConstants | None = None,
    ) -> tuple[CorpusSummary, ModelConstants]:
        """The records of all documents, computed where the journal lacks them.

        Args:
            executor: who reads, where it is not few.
            source: of the model.
            reading: what it is called in the journal.
            documents: what is read.
            known: constants of another reading of the same weights.
        """
        key = f"yardstick:{self.name}:{reading}"
        done = records.done(self.journal, self.name, reading)
        left = {number: ids for number, ids in documents.items() if number not in done}
        what = self.name if reading == "as it is" else f"{self.name}, {reading}"
        count = len(documents) - len(left)
        executor = Serial() if isinstance(executor, Processes) and self._few(left) else executor
        sampled: list[Sampled] = []

        def measured() -> dict[str, Any]:
            sampled.extend(self._sample(executor, source, documents, what))
            return prepare(source, documents, sampled, self.asked.seed, known).as_json()

        constants = self.journal.remember(key, measured, ModelConstants)
        with self.journal.understood(key):
            if len(constants.decile_of) != len(loaded(source).embeddings):
                raise StatescapeError("its deciles are those of another vocabulary")
        self.progress(what, count, len(documents))
        followed = {one.number: one.passages for one in sampled if one.passages}
        tasks = portions(left, source, constants, self.asked.positions, self.asked.seed, followed)
        for round_ in _rounds(tasks, executor):
            for read in done_by(executor, work, round_):
                records.keep(self.journal, self.name, reading, read)
                count += len(read)
            self.progress(what, count, len(documents))
        return summarise(records.kept(self.journal, self.name, reading), self.asked.seed), constants

    def _sample(self, executor: Executor, source: ModelSource, documents: dict[int, Ids], what: str) -> list[Sampled]:
        """Some of the documents, drawn by the seed, at the positions asked: what the constants are measured on."""
        part = drawn(documents, SAMPLE_DOCUMENTS, self.asked.seed)
        what, found = say("{model}, measuring chance", model=what), list[Sampled]()
        self.progress(what, 0, len(part))
        tasks = portions(part, source, None, self.asked.positions, self.asked.seed)
        for round_ in _rounds(tasks, executor):
            for read in done_by(executor, sample, round_):
                found += read
            self.progress(what, len(found), len(part))
        return found

    def _working(self, documents: dict[int, Ids]) -> AbstractContextManager[Executor]:
        """Who reads: threads where passes are long, processes where Python's part of them is; here on a GPU."""
        model = loaded(self.source)
        if self.executor is None and self.workers != 1 and not on_gpu(model) and isinstance(model, HasTwins):
            workers = usable_cores() if self.workers is None else self.workers
            if share_of_positions(model.facts) < 1 and workers > 1:
                return beside(workers)
        elsewhere = self.workers is None and on_gpu(model)
        here = self.source.in_memory or (self.executor is None and (self._few(documents) or elsewhere))
        return nullcontext(Serial()) if here else working(self.executor, self.workers)

    def _few(self, documents: dict[int, Ids]) -> bool:
        """Whether it is sooner done here than by processes that have to start."""
        count = sum(len(ids) for passages in documents.values() for ids in passages)
        return self.executor is None and count < FEW_POSITIONS

    def _extremes(self, numbers: list[int], summary: CorpusSummary) -> dict[str, tuple[Extreme, Extreme]]:
        found = {}
        for name, values in summary.documents.items():
            if np.isfinite(values).any():
                ends = int(np.nanargmin(values)), int(np.nanargmax(values))
                low, high = (self._extreme(numbers[end], float(values[end])) for end in ends)
                found[name] = (low, high)
        return found

    def _extreme(self, number: int, value: float) -> Extreme:
        document = self.asked.corpus.documents[number]
        return Extreme(document.place, document.text.strip()[:60], value)


def _rounds(tasks: list[Portion], executor: Executor) -> Iterator[list[Portion]]:
    """Tasks that are given out together, after which what is done is kept and told."""
    together = ROUND * executor.workers
    return (tasks[start : start + together] for start in range(0, len(tasks), together))


def _with(answer: _Answers, name: str, decisions: list[Decision]) -> ModelVerdict:
    return ModelVerdict(
        facts=answer.model.facts,
        decisions=tuple(decision for decision in decisions if decision.model == name),
        summary=answer.summary,
        readings=answer.readings,
        constants=answer.constants,
        too_short=answer.too_short,
        split=answer.split,
        extremes=answer.extremes,
        notes=answer.notes,
    )
