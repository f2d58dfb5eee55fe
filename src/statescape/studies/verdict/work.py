"""What a worker does: load a model once, measure its constants, read documents with it, answer with their records.

The constants are measured on a sample, before the documents are read: rogue dimensions on the states of some documents;
what agreement construction gives, on isotropic states that are as long as last states are; the decile of every token
by its count.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int

from statescape.errors import StatescapeError
from statescape.language.passage import Passage, following_ids
from statescape.language.readable import HasRandomWeights
from statescape.runs.bundles import one_blas_thread
from statescape.studies.verdict.measures import Measured, measure
from statescape.studies.verdict.measures.last_state import best_cosine
from statescape.studies.verdict.measures.stand_in import INNER_STATES, measure_stand_in
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
        followed: passages of some of the documents, where the model has read them already.
    """

    source: ModelSource
    constants: ModelConstants | None
    documents: tuple[tuple[int, Ids], ...]
    positions: int | None
    seed: int
    followed: Mapping[int, Sequence[Passage]] = field(default_factory=dict)


TASK_POSITIONS = 2000
"""Most positions of one task, and of a model of `TASK_WEIGHTS`: about a second of work."""

TASK_WEIGHTS = 10_000_000
"""Weights in the blocks from which a task is of fewer positions."""


def portions(
    documents: dict[int, Ids],
    source: ModelSource,
    constants: ModelConstants | None,
    positions: int | None,
    seed: int,
    followed: Mapping[int, tuple[Passage, ...]] = MappingProxyType({}),
) -> list[Portion]:
    """Documents in portions of about a second of work; see `Portion`."""
    facts = loaded(source).facts
    weights = 12 * facts.n_blocks * facts.d_model**2  # as in GPT-2; only to divide by
    most = TASK_POSITIONS * min(1.0, TASK_WEIGHTS / weights)
    divided: list[list[tuple[int, Ids]]] = []
    room = 0.0
    for number, ids in documents.items():
        size = sum(map(len, ids))
        if not divided or size > room:
            divided.append([])
            room = most
        divided[-1].append((number, ids))
        room -= size
    return [
        Portion(
            source,
            constants,
            tuple(portion),
            positions,
            seed,
            {number: followed[number] for number, _ in portion if number in followed},
        )
        for portion in divided
    ]


def work(task: Portion) -> list[tuple[int, Record]]:
    """The record of every document of a task, with its number."""
    from statescape.language.lens.workers import one_torch_thread

    assert task.constants is not None  # measured before
    with _ONE_AT_A_TIME, one_torch_thread():
        model, reference = loaded(task.source), _reference(task.source, task.constants)
        return [(number, _read(model, reference, ids, task, number)) for number, ids in task.documents]


@dataclass(frozen=True, eq=False)
class Sampled:
    """What the constants are measured on of one document.

    Attributes:
        number: of the document.
        states: s_0 to s_L at the positions asked, of its first passage where all are.
        passages: the document as it was followed; empty where all positions are asked, which is too much to keep.
    """

    number: int
    states: Float[np.ndarray, "states positions d_model"]
    passages: tuple[Passage, ...]


def sample(task: Portion) -> list[Sampled]:
    """The states of the documents of a task at the positions asked; nothing is decoded but what a record needs."""
    from statescape.language.lens.workers import one_torch_thread

    found = []
    with _ONE_AT_A_TIME, one_torch_thread():
        model = loaded(task.source)
        for number, ids in task.documents:
            if task.positions is None:
                found.append(Sampled(number, np.asarray(model.states(ids[0]))[:, 1:], ()))
            else:
                passages = tuple(_followed(model, ids, task, number))
                found.append(Sampled(number, np.concatenate([one.states for one in passages], axis=1), passages))
    return found


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
    rng = np.random.default_rng([task.seed, number, 1])
    passages = task.followed.get(number) or _followed(model, ids, task, number)
    chosen = chosen_positions(ids, task.positions, task.seed, number)
    read = [own for own, positions in zip(ids, chosen, strict=True) if len(positions)]
    measured = []
    for place, (own, passage) in enumerate(zip(read, passages, strict=True)):
        found = measure(passage, reference, rng)
        values, profiles = measure_stand_in(
            model, own, passage, reference, INNER_STATES if place == 0 else 0, [task.seed, number, 4, place]
        )
        measured.append((passage, Measured(found.values | values, found.profiles | profiles)))
    return record_of(measured, reference)


def _followed(model: ReadableModel, ids: Ids, task: Portion, number: int) -> Iterator[Passage]:
    """The passages of a document at the positions asked, those without any left out."""
    from statescape.language.following import follow

    following = following_ids(ids, len(model.tokens.prefix))
    chosen = chosen_positions(ids, task.positions, task.seed, number)
    for passage_ids, after, positions in zip(ids, following, chosen, strict=True):
        if len(positions):
            yield follow(model, passage_ids, positions, after)


SAMPLE_DOCUMENTS = 32
"""Documents, drawn by the seed, on which rogue dimensions are found."""

ISOTROPIC_STATES = 2000
"""Isotropic states behind the agreement that construction gives."""


AVERAGED = 512
"""Last states, about, behind what a model says on average."""


def prepare(
    source: ModelSource,
    documents: dict[int, Ids],
    sampled: Sequence[Sampled],
    seed: int,
    known: ModelConstants | None = None,
) -> ModelConstants:
    """The constants of a model on these documents, the same whoever works: no sum depends on the number of threads.

    Args:
        source: of the model.
        documents: all documents, for the counts of their tokens.
        sampled: states of some of them.
        seed: of everything drawn.
        known: constants of another reading of the same weights by the same seed, in which nothing stands in for states.
    """
    from statescape.language.following import norm_centres, predictions
    from statescape.language.lens.workers import one_torch_thread
    from statescape.language.stand_in import average_said

    model = loaded(source)
    with _ONE_AT_A_TIME, one_blas_thread():
        states = np.concatenate([one.states for one in sampled], axis=1, dtype=np.float32)
        typical = float(np.median(np.linalg.norm(states[-1], axis=1)))
        width = states.shape[2]
        isotropic = np.random.default_rng([seed, 3]).standard_normal((ISOTROPIC_STATES, width))
        isotropic *= typical / np.linalg.norm(isotropic, axis=1, keepdims=True)
        isotropic = isotropic.astype(np.float32)
        chosen = predictions(model, isotropic)
        bare = ModelConstants((), (), float("nan"), (0.0, 0.0), False, "", seed)
        reference = Reference(model.embeddings, model.unembedding, bare)
        with one_torch_thread():
            normed = np.asarray(model.normalise(isotropic), dtype=np.float32)
            centres = norm_centres(model, states[-1, 0])
            few = states[-1, :: max(1, states.shape[1] // AVERAGED)]
            average = average_said(model, few) if known is None else None
        return measure_constants(
            model.embeddings,
            states.reshape(-1, width),
            counts=_counts(documents, len(model.tokens.prefix), len(model.embeddings)),
            path_length=len(states),
            agreement=float((chosen == best_cosine(isotropic, reference)).mean()),
            normed_agreement=float((chosen == best_cosine(normed, reference)).mean()),
            norm_centres=centres,
            seed=seed,
            known=known,
            average=average,
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
