"""What a worker does: load a model once, measure its constants, read documents with it, answer with their records.

The constants are measured on a sample, before the documents are read: rogue dimensions on the states of some documents;
what agreement construction gives, on isotropic states that are as long as last states are; the decile of every token
by its count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from statescape.blas import one_blas_thread
from statescape.language.passage import Passage, following_ids
from statescape.streams import Stream
from statescape.studies.verdict.measures import Measured, measure
from statescape.studies.verdict.measures.last_state import best_cosine
from statescape.studies.verdict.measures.stand_in import INNER_STATES, measure_stand_in
from statescape.studies.verdict.records import Record, record_of
from statescape.studies.verdict.reference import ModelConstants, Reference, measure_constants
from statescape.studies.verdict.sources import ModelSource, alone, loaded, own

if TYPE_CHECKING:
    from statescape.language import ReadableModel
    from statescape.language.readable import ModelFacts

Ids = tuple[tuple[int, ...], ...]
"""Ids of the passages of one document."""


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


def share_of_positions(facts: ModelFacts) -> float:
    """How many positions take as long as one of a model of `TASK_WEIGHTS`; at most 1."""
    weights = 12 * facts.n_blocks * facts.d_model**2  # as in GPT-2; only to divide by
    return min(1.0, TASK_WEIGHTS / weights)


def portions(
    documents: dict[int, Ids],
    source: ModelSource,
    constants: ModelConstants | None,
    positions: int | None,
    seed: int,
    followed: Mapping[int, tuple[Passage, ...]] = MappingProxyType({}),
) -> list[Portion]:
    """Documents in portions of about a second of work; see `Portion`."""
    most = TASK_POSITIONS * share_of_positions(loaded(source).facts)
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
    with alone(), one_torch_thread():
        model, reference = own(task.source), _reference(task.source, task.constants)
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
    with alone(), one_torch_thread():
        model = own(task.source)
        for number, ids in task.documents:
            if task.positions is None:
                found.append(Sampled(number, np.asarray(model.states(ids[0]))[:, 1:], ()))
            else:
                passages = tuple(_followed(model, ids, task, number))
                found.append(Sampled(number, np.concatenate([one.states for one in passages], axis=1), passages))
    return found


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
    drawn = np.random.default_rng(Stream.POSITIONS.below((seed, number))).choice(count, most, replace=False)
    kept = np.zeros(count, dtype=bool)
    kept[drawn] = True
    parts = np.split(kept, np.cumsum([len(each) for each in everywhere])[:-1])
    return [each[part] for each, part in zip(everywhere, parts, strict=True)]


def _read(model: ReadableModel, reference: Reference, ids: Ids, task: Portion, number: int) -> Record:
    rng = np.random.default_rng(Stream.NULLS.below((task.seed, number)))
    passages = task.followed.get(number) or _followed(model, ids, task, number)
    chosen = chosen_positions(ids, task.positions, task.seed, number)
    read = [each for each, positions in zip(ids, chosen, strict=True) if len(positions)]
    measured = []
    for place, (passage_ids, passage) in enumerate(zip(read, passages, strict=True)):
        found = measure(passage, reference, rng)
        seed, inner = Stream.STAND_INS.below((task.seed, number), place), INNER_STATES if place == 0 else 0
        values, profiles = measure_stand_in(model, passage_ids, passage, reference, inner, seed)
        measured.append((passage, Measured(found.values | values, found.profiles | profiles)))
    return record_of(measured, reference)


def _followed(model: ReadableModel, ids: Ids, task: Portion, number: int) -> Iterator[Passage]:
    """The passages of a document at the positions asked, those without any left out."""
    from statescape.language.following import follow

    following = following_ids(ids, len(model.tokens.prefix))
    chosen = chosen_positions(ids, task.positions, task.seed, number)
    for passage_ids, after, positions in zip(ids, following, chosen, strict=True):
        if len(positions):
            end = int(positions[-1]) + 1  # what follows changes nothing
            yield follow(model, passage_ids[:end], positions, after[:end])


SAMPLE_DOCUMENTS = 32
"""Documents, drawn by the seed, on which rogue dimensions are found."""

ISOTROPIC_STATES = 2000
"""Isotropic states behind the agreement that construction gives."""


ALIKE = 8
"""Isotropic states by which the final norm is asked whether lengths matter to it."""

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
    with alone(), one_blas_thread():
        states = np.concatenate([one.states for one in sampled], axis=1, dtype=np.float32)
        typical = float(np.median(np.linalg.norm(states[-1], axis=1)))
        width = states.shape[2]
        isotropic = np.random.default_rng(Stream.ISOTROPIC.below(seed)).standard_normal((ISOTROPIC_STATES, width))
        isotropic *= typical / np.linalg.norm(isotropic, axis=1, keepdims=True)
        isotropic = isotropic.astype(np.float32)
        bare = ModelConstants((), (), float("nan"), (0.0, 0.0), False, "", seed)
        reference = Reference(model.embeddings, model.unembedding, bare)
        with one_torch_thread():
            normed = np.asarray(model.normalise(isotropic), dtype=np.float32)
            centres = norm_centres(model, states[-1, 0])
            few = states[-1, :: max(1, states.shape[1] // AVERAGED)]
            average = average_said(model, few) if known is None else None
            again = np.asarray(model.normalise(2 * isotropic[:ALIKE]), dtype=np.float32)
        # Where the final norm takes lengths out, states as long as those of another reading say the same.
        if known is not None and np.allclose(again, normed[:ALIKE], rtol=1e-5, atol=1e-5 * np.abs(again).max()):
            agreement, normed_agreement = known.agreement_of_isotropic, known.normed_agreement_of_isotropic
        else:
            chosen = predictions(model, isotropic)
            agreement = float((chosen == best_cosine(isotropic, reference)).mean())
            normed_agreement = float((chosen == best_cosine(normed, reference)).mean())
        return measure_constants(
            model.embeddings,
            states.reshape(-1, width),
            counts=_counts(documents, len(model.tokens.prefix), len(model.embeddings)),
            path_length=len(states),
            agreement=agreement,
            normed_agreement=normed_agreement,
            norm_centres=centres,
            seed=seed,
            known=known,
            average=average,
        )


def drawn(documents: dict[int, Ids], most: int, seed: int) -> dict[int, Ids]:
    """At most so many of the documents, drawn by the seed."""
    numbers = np.array(list(documents))
    if len(numbers) > most:
        numbers = np.sort(np.random.default_rng(Stream.DOCUMENTS.below(seed)).choice(numbers, most, replace=False))
    return {int(number): documents[int(number)] for number in numbers}


def _counts(documents: dict[int, Ids], prefix: int, vocabulary: int) -> Int[np.ndarray, " vocabulary"]:
    """How often each token stands in the corpus, prefixes left out."""
    counts = np.zeros(vocabulary, dtype=np.int64)
    for passages in documents.values():
        for ids in passages:
            counts += np.bincount(ids[prefix:], minlength=vocabulary)
    return counts
