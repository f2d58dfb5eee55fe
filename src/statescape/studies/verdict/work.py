"""What a worker does: load a model once, measure its constants, read documents with it, answer with their records.

The constants are measured on a sample, before the documents are read: rogue dimensions on the states of some documents;
what agreement construction gives, on isotropic states that are as long as last states are; the decile of every token
by its count.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Int

from statescape.errors import StatescapeError
from statescape.language.passage import following_ids
from statescape.language.readable import HasRandomWeights
from statescape.runs.bundles import one_blas_thread
from statescape.studies.verdict.measures import measure
from statescape.studies.verdict.measures.last_state import best_cosine
from statescape.studies.verdict.records import Record, record_of
from statescape.studies.verdict.reference import ModelConstants, Reference, measure_constants

if TYPE_CHECKING:
    from statescape.language import ReadableModel

_ONE_AT_A_TIME = threading.Lock()  # where workers are threads: hooks see every pass through a model

Ids = tuple[tuple[int, ...], ...]
"""Ids of the passages of one document."""


@dataclass(frozen=True, eq=False)
class ModelSource:
    """How a worker comes by a model.

    Attributes:
        model: a folder, a hub name, None for the bundled one, or a model in memory (which stays in its process).
        bos: as `load_model` takes it.
        device: as `load_model` takes it.
        random_seed: draw its weights anew with this seed; None leaves it as it was trained.
        flipped: open passages with BOS where the model does not, and without where it does.
    """

    model: Any
    bos: bool | None = None
    device: str | None = None
    random_seed: int | None = None
    flipped: bool = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModelSource) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[Any, ...]:
        """A model in memory is known by being the same object: those of others may have no hash."""
        model = id(self.model) if self.in_memory else self.model
        return model, self.bos, self.device, self.random_seed, self.flipped

    def randomised(self, seed: int) -> ModelSource:
        """The same model with weights drawn anew."""
        return replace(self, random_seed=seed)

    def other_bos(self) -> ModelSource:
        """The same model with the other policy on BOS."""
        return replace(self, flipped=True)

    @property
    def in_memory(self) -> bool:
        """Whether the model is an object of this process."""
        return self.model is not None and not isinstance(self.model, str | os.PathLike)


@dataclass(frozen=True)
class Portion:
    """Documents for one worker.

    Attributes:
        source: of the model.
        constants: its constants.
        documents: number and passages of each.
        positions: most positions read in a document, drawn by the seed; None for all.
        seed: of everything drawn, with the document's number.
    """

    source: ModelSource
    constants: ModelConstants
    documents: tuple[tuple[int, Ids], ...]
    positions: int | None
    seed: int


def work(task: Portion) -> list[tuple[int, Record]]:
    """The record of every document of a task, with its number."""
    from statescape.language.lens.workers import one_torch_thread

    with _ONE_AT_A_TIME, one_torch_thread():
        model, reference = loaded(task.source), _reference(task.source, task.constants)
        return [(number, _read(model, reference, ids, task, number)) for number, ids in task.documents]


@lru_cache(maxsize=4)
def loaded(source: ModelSource) -> ReadableModel:
    """The model of a source, loaded once in this process.

    Raises:
        StatescapeError: where it cannot be read, cannot be drawn anew, or has no BOS to open passages with.
    """
    from statescape.language import load_model

    model: ReadableModel = (
        load_model(source.model) if source.in_memory else load_model(source.model, bos=source.bos, device=source.device)
    )
    if source.random_seed is not None:
        if not isinstance(model, HasRandomWeights):
            raise StatescapeError(f"{model.facts.name} cannot be drawn anew.")
        return model.with_random_weights(source.random_seed)
    if source.flipped:
        flipped: ReadableModel = load_model(model, bos=not model.facts.has_bos)
        return flipped
    return model


@lru_cache(maxsize=4)
def _reference(source: ModelSource, constants: ModelConstants) -> Reference:
    model = loaded(source)
    return Reference(model.embeddings, model.unembedding, constants)


def chosen_positions(ids: Ids, most: int | None, seed: int, number: int) -> list[np.ndarray]:
    """Positions read in each passage of a document: all but the first, or `most` of them drawn by the seed."""
    everywhere = [np.arange(1, len(passage)) for passage in ids]
    count = sum(map(len, everywhere))
    if most is None or count <= most:
        return everywhere
    drawn = np.random.default_rng([seed, number, 0]).choice(count, most, replace=False)
    kept = np.zeros(count, dtype=bool)
    kept[drawn] = True
    parts = np.split(kept, np.cumsum([len(each) for each in everywhere])[:-1])
    return [each[part] for each, part in zip(everywhere, parts, strict=True)]


def _read(model: ReadableModel, reference: Reference, ids: Ids, task: Portion, number: int) -> Record:
    from statescape.language.following import follow

    rng = np.random.default_rng([task.seed, number, 1])
    following = following_ids(ids, len(model.tokens.prefix))
    read = []
    for passage_ids, after, positions in zip(
        ids, following, chosen_positions(ids, task.positions, task.seed, number), strict=True
    ):
        if len(positions):
            passage = follow(model, passage_ids, positions, after)
            read.append((passage, measure(passage, reference, rng)))
    return record_of(read, reference)


SAMPLE_DOCUMENTS = 32
"""Documents, drawn by the seed, on which rogue dimensions are found."""

ISOTROPIC_STATES = 2000
"""Isotropic states behind the agreement that construction gives."""


def prepare(source: ModelSource, documents: dict[int, Ids], seed: int) -> ModelConstants:
    """The constants of a model on these documents, the same whoever works: on one thread, of torch and of BLAS."""
    from statescape.language.following import follow, norm_centres, predictions
    from statescape.language.lens.workers import one_torch_thread

    model = loaded(source)
    prefix = len(model.tokens.prefix)
    with one_torch_thread(), one_blas_thread():
        passages = []
        for ids in drawn(documents, SAMPLE_DOCUMENTS, seed).values():
            first, after = ids[0], following_ids(ids, prefix)[0]
            if len(first) > 1:
                passages.append(follow(model, first, np.arange(1, len(first)), after))
        states = np.concatenate([one.states for one in passages], axis=1)
        typical = float(np.median(np.linalg.norm(states[-1], axis=1)))
        width = states.shape[2]
        isotropic = np.random.default_rng([seed, 3]).standard_normal((ISOTROPIC_STATES, width))
        isotropic *= typical / np.linalg.norm(isotropic, axis=1, keepdims=True)
        isotropic = isotropic.astype(np.float32)
        chosen = predictions(model, isotropic)
        bare = ModelConstants((), (), float("nan"), (0.0, 0.0), False, "", seed)
        cosines = best_cosine(isotropic, Reference(model.embeddings, model.unembedding, bare))
        return measure_constants(
            model.embeddings,
            states.reshape(-1, width),
            counts=_counts(documents, prefix, len(model.embeddings)),
            path_length=len(states),
            agreement=float((chosen == cosines).mean()),
            norm_centres=norm_centres(model, states[-1, 0]),
            seed=seed,
        )


def drawn(documents: dict[int, Ids], most: int, seed: int) -> dict[int, Ids]:
    """At most so many of the documents, drawn by the seed."""
    numbers = np.array(list(documents))
    if len(numbers) > most:
        numbers = np.sort(np.random.default_rng([seed, 2]).choice(numbers, most, replace=False))
    return {int(number): documents[int(number)] for number in numbers}


def _counts(documents: dict[int, Ids], prefix: int, vocabulary: int) -> Int[np.ndarray, " vocabulary"]:
    """How often each token stands in the corpus, prefixes left out."""
    counts = np.zeros(vocabulary, dtype=np.int64)
    for passages in documents.values():
        for ids in passages:
            counts += np.bincount(ids[prefix:], minlength=vocabulary)
    return counts
