"""H6: is the token whose embedding has the largest cosine with the last state the one that the model predicts?

One product of all last states with all embeddings serves raw, centred and without rogue dimensions alike, since each
differs from it by terms that are cheap: ``(s - mu).(e - mu) = s.e - s.mu - e.mu + mu.mu``. Compared are also the
readings that the notebook put side by side: s/|s| (the product), the norm without gain and bias, and ``final_norm(s)``;
the real decode agrees always, by the contract that a model is loaded under.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from statescape.language.passage import Passage
from statescape.studies.verdict.questions import MOST_AGREEMENT_BY_CONSTRUCTION
from statescape.studies.verdict.reference import Reference

AT_ONCE = 8_000_000
"""Products held at a time."""


def measure_singling(passage: Passage, reference: Reference) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Agreement of each reading with the prediction, and the margin of the cosine."""
    size = max(1, AT_ONCE // len(reference.embeddings))
    parts = [
        _agreements(
            passage.states[-1][start : start + size],
            passage.normed[start : start + size],
            passage.predicted_ids[start : start + size],
            reference,
        )
        for start in range(0, len(passage.predicted_ids), size)
    ]
    values = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    chance = reference.yardstick.agreement_of_isotropic
    values["agree.isotropic"] = np.full(len(passage.predicted_ids), chance)
    asked = chance <= MOST_AGREEMENT_BY_CONSTRUCTION
    agreement = values["agree.cosine"]
    values["H6"] = (agreement - chance) / (1.0 - chance) if asked else np.full_like(agreement, np.nan)
    return values, {}


def best_cosine(points: Float[np.ndarray, "rows d_model"], reference: Reference) -> Int[np.ndarray, " rows"]:
    """The token whose embedding has the largest cosine with each row."""
    size = max(1, AT_ONCE // len(reference.embeddings))
    scale = _inverse(reference.lengths["raw"])
    return np.concatenate(
        [
            ((points[start : start + size] @ reference.embeddings.T) * scale).argmax(axis=1)
            for start in range(0, len(points), size)
        ]
    )


def _agreements(
    last: Float[np.ndarray, "rows d_model"],
    normed: Float[np.ndarray, "rows d_model"],
    predicted: Int[np.ndarray, " rows"],
    reference: Reference,
) -> dict[str, np.ndarray]:
    embeddings = reference.embeddings
    scales = {name: _inverse(lengths) for name, lengths in reference.lengths.items()}
    products = last @ embeddings.T
    values = {"agree.product": _agrees(products, predicted)}

    cosines = products * scales["raw"] * _inverse(np.linalg.norm(last, axis=1))[:, None]
    values["agree.cosine"] = _agrees(cosines, predicted)
    rows = np.arange(len(predicted))
    chosen = cosines[rows, predicted].copy()
    cosines[rows, predicted] = -np.inf
    values["margin.cosine"] = chosen - cosines.max(axis=1)

    mean = reference.mean.astype(np.float32)
    # s.mu and mu.mu are the same for every token; they shift numerators, which are then scaled token by token.
    centred = products - (embeddings @ mean) - ((last @ mean) - mean @ mean)[:, None]
    values["agree.centred"] = _agrees(centred * scales["centred"], predicted)
    rogue = list(reference.yardstick.rogue)
    kept = products - last[:, rogue] @ embeddings[:, rogue].T if rogue else products
    values["agree.without_rogue"] = _agrees(kept * scales["without_rogue"], predicted)

    values["agree.normed_cosine"] = _agrees((normed @ embeddings.T) * scales["raw"], predicted)
    read_by = embeddings if reference.unembedding is None else reference.unembedding
    plain = last - last.mean(axis=1, keepdims=True) if reference.yardstick.norm_centres else last
    values["agree.plain_norm"] = _agrees(plain @ read_by.T, predicted)
    if reference.unembedding is not None:
        lengths = np.linalg.norm(reference.unembedding, axis=1)
        values["agree.unembedding"] = _agrees((last @ reference.unembedding.T) * _inverse(lengths), predicted)
    return values


def _agrees(scores: Float[np.ndarray, "rows vocabulary"], predicted: Int[np.ndarray, " rows"]) -> np.ndarray:
    return np.asarray((scores.argmax(axis=1) == predicted).astype(np.float64))


def _inverse(lengths: np.ndarray) -> np.ndarray:
    """1 / length; 0 for a vector of length 0, which no state points along."""
    with np.errstate(divide="ignore"):
        return np.where(lengths > 0, 1.0 / lengths, 0.0).astype(np.float32)
