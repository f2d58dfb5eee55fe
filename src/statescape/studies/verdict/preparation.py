"""Before the documents are read: the constants of a model, measured on a sample of them.

Rogue dimensions are found on the states of some documents; what agreement construction gives, on isotropic states that
are as long as last states are; and every token gets the decile of its count.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

from statescape.language.passage import following_ids
from statescape.studies.verdict.measures.singling import best_cosine
from statescape.studies.verdict.reference import Reference, Yardstick, measure_yardstick
from statescape.studies.verdict.work import Ids, Source, loaded

SAMPLE_DOCUMENTS = 32
"""Documents, drawn by the seed, on which rogue dimensions are found."""

ISOTROPIC_STATES = 2000
"""Isotropic states behind the agreement that construction gives."""


def prepare(source: Source, documents: dict[int, Ids], seed: int) -> Yardstick:
    """The constants of a model on these documents."""
    from statescape.language.following import follow, norm_centres, predictions
    from statescape.language.lens.workers import one_torch_thread

    model = loaded(source)
    prefix = len(model.tokens.prefix)
    with one_torch_thread():
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
        bare = Yardstick((), (), float("nan"), (0.0, 0.0), False, "", seed)
        cosines = best_cosine(isotropic, Reference(model.embeddings, model.unembedding, bare))
        return measure_yardstick(
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
