"""H1, H2 and H6, raw and normed: how near the last state is to an embedding, and whether its cosine singles it out.

Nearness is ``|s_L - e| / |e|``, and the cosine minus what the best token of an isotropic direction has on average (the
predicted token was chosen for its product with the state). Embeddings of other tokens, and of the token predicted at
another position, say what the same numbers are where the claim says nothing.

Which token has the largest cosine? One product of all last states with all embeddings serves raw, centred and without
rogue dimensions alike, since each differs from it by terms that are cheap:
``(s - mu).(e - mu) = s.e - s.mu - e.mu + mu.mu``. Compared are also the readings that the notebook put side by side:
s/|s| (the product), the norm without gain and bias, and ``final_norm(s)``; the real decode agrees always, by the
contract that a model is loaded under.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from statescape.geometry import cosine
from statescape.language.passage import Passage
from statescape.studies.verdict.questions import MOST_AGREEMENT_BY_CONSTRUCTION
from statescape.studies.verdict.reference import VARIANTS, Reference, inverse

Targets = dict[str, Int[np.ndarray, " positions"]]
"""Ids by role: predicted, current, second, random_token, same_decile, shuffled."""


def draw_targets(passage: Passage, reference: Reference, rng: np.random.Generator) -> Targets:
    """One token of every role for each position.

    ``random_token`` is any of the vocabulary, ``same_decile`` one of the predicted token's frequency decile,
    ``shuffled`` what is predicted at another position of the passage, drawn by a permutation.
    """
    predicted, size = passage.predicted_ids, len(reference.embeddings)
    return {
        "predicted": predicted,
        "current": passage.current_ids,
        "second": passage.second_ids,
        "random_token": rng.integers(0, size, len(predicted)),
        "same_decile": of_same_decile(predicted, reference.constants.decile_of, rng),
        "shuffled": predicted[rng.permutation(len(predicted))],
    }


def of_same_decile(
    ids: Int[np.ndarray, " positions"], deciles: Int[np.ndarray, " vocabulary"], rng: np.random.Generator
) -> Int[np.ndarray, " positions"]:
    """Another token of the frequency decile of each."""
    drawn = ids.copy()
    for decile in np.unique(deciles[ids]):
        members = np.flatnonzero(deciles == decile)
        here = np.flatnonzero(deciles[ids] == decile)
        chosen = members[rng.integers(0, len(members), len(here))]
        # The token itself is no other token: its neighbour in the decile takes its place.
        clash = chosen == ids[here]
        chosen[clash] = members[(np.searchsorted(members, chosen[clash]) + 1) % len(members)]
        drawn[here] = chosen
    return drawn


HEADLINE_VARIANTS = VARIANTS[:3]


def measure_nearness(
    passage: Passage, reference: Reference, targets: Targets
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Distances and cosines of the last state."""
    last, normed = (np.asarray(one, dtype=np.float64) for one in (passage.states[-1], passage.normed))
    values = _distances(last, reference, targets) | _distances(normed, reference, targets, "normed.")
    values["distance.normed"] = values["H1n"]
    best = dict(zip(VARIANTS, reference.constants.best_of_isotropic, strict=True))

    for source, points in (("", last), ("normed.", normed)):
        for variant in VARIANTS:
            prepared = reference.prepare(points, variant)
            for role in ("predicted", *(("current", "second", "random_token") if not source else ())):
                rows = reference.prepare(reference.rows(targets[role]), variant)
                name = f"cosine.{source}{variant}" + ("" if role == "predicted" else f".{role}")
                values[name] = cosine(prepared, rows)
            values[f"excess.{source}{variant}"] = values[f"cosine.{source}{variant}"] - best[variant]
    values["cosine.mean_embedding"] = cosine(last, reference.mean[None])
    if reference.unembedding is not None:
        rows = np.asarray(reference.unembedding[targets["predicted"]], dtype=np.float64)
        values["cosine.unembedding"] = cosine(last, rows)
        values["cosine.normed.unembedding"] = cosine(normed, rows)

    for source, points, headline in (("", last, "H2"), ("normed.", normed, "H2n")):
        for role, ids in targets.items():
            excess = [
                cosine(reference.prepare(points, variant), reference.prepare(reference.rows(ids), variant))
                - best[variant]
                for variant in HEADLINE_VARIANTS
            ]
            values[headline if role == "predicted" else f"excess.{source}{role}"] = np.min(excess, axis=0)
            if role == "predicted":
                # Of several that are the smallest alike (no rogue dimension: as raw) the first is said to have decided.
                values |= {
                    f"smallest.{source}{name}": (np.argmin(excess, axis=0) == place).astype(float)
                    for place, name in enumerate(HEADLINE_VARIANTS)
                }
    return values, {}


def _distances(
    points: Float[np.ndarray, "positions d_model"], reference: Reference, targets: Targets, source: str = ""
) -> dict[str, np.ndarray]:
    """Distances from embeddings in units of their norm; ``source`` says in the names what the points are."""

    def distance(points: np.ndarray, rows: np.ndarray) -> np.ndarray:
        lengths = np.linalg.norm(rows, axis=1)
        return np.asarray(np.linalg.norm(points - rows, axis=1) / np.where(lengths > 0, lengths, np.nan))

    rows = reference.rows(targets["predicted"])
    lengths, norms = np.linalg.norm(rows, axis=1), np.linalg.norm(points, axis=1)
    ratio = norms / np.where(lengths > 0, lengths, np.nan)
    chance = reference.constants.best_of_isotropic[0]
    units = [one / np.maximum(of, 1e-300)[:, None] for one, of in ((points, norms), (rows, lengths))]
    found = {
        "H1n" if source else "H1": distance(points, rows),
        "distance.isotropic": np.sqrt(np.maximum(ratio**2 + 1.0 - 2.0 * ratio * chance, 0.0)),
        **{
            f"distance.{role}": distance(points, reference.rows(ids))
            for role, ids in targets.items()
            if role != "predicted"
        },
        # At the best length the state could have: the sine of its angle to the embedding.
        "distance.best_length": np.sqrt(np.maximum(1.0 - np.maximum(cosine(points, rows), 0.0) ** 2, 0.0)),
        "distance.vector": distance(*units),
        "distance.dimension": distance(reference.prepare(points, "dimension"), reference.prepare(rows, "dimension")),
    }
    return {name.replace("distance.", f"distance.{source}"): value for name, value in found.items()}


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
    constants = reference.constants
    for headline, agreement, null, chance in (
        ("H6", values["agree.cosine"], "agree.isotropic", constants.agreement_of_isotropic),
        ("H6n", values["agree.normed_cosine"], "agree.normed_isotropic", constants.normed_agreement_of_isotropic),
    ):
        values[null] = np.full_like(agreement, chance)
        asked = chance <= MOST_AGREEMENT_BY_CONSTRUCTION
        values[headline] = (agreement - chance) / (1.0 - chance) if asked else np.full_like(agreement, np.nan)
    return values, {}


def best_cosine(points: Float[np.ndarray, "rows d_model"], reference: Reference) -> Int[np.ndarray, " rows"]:
    """The token whose embedding has the largest cosine with each row."""
    from statescape.language.lens.workers import in_workers

    size = max(1, AT_ONCE // len(reference.embeddings))
    scale = reference.scales["raw"]

    def best(start: int) -> Int[np.ndarray, " rows"]:
        products = points[start : start + size] @ reference.embeddings.T
        return np.asarray(np.multiply(products, scale, out=products).argmax(axis=1))

    return np.concatenate(in_workers(best, range(0, len(points), size)))


def _agreements(
    last: Float[np.ndarray, "rows d_model"],
    normed: Float[np.ndarray, "rows d_model"],
    predicted: Int[np.ndarray, " rows"],
    reference: Reference,
) -> dict[str, np.ndarray]:
    embeddings = reference.embeddings
    scales = reference.scales
    products = last @ embeddings.T
    values = {"agree.product": _agrees(products, predicted)}

    cosines = products * scales["raw"] * inverse(np.linalg.norm(last, axis=1))[:, None]
    values["agree.cosine"] = _agrees(cosines, predicted)
    rows = np.arange(len(predicted))
    chosen = cosines[rows, predicted].copy()
    cosines[rows, predicted] = -np.inf
    values["margin.cosine"] = chosen - cosines.max(axis=1)

    mean = reference.mean.astype(np.float32)
    # s.mu and mu.mu are the same for every token; they shift numerators, which are then scaled token by token.
    centred = products - reference.along_mean - ((last @ mean) - mean @ mean)[:, None]
    values["agree.centred"] = _agrees(centred * scales["centred"], predicted)
    rogue = list(reference.constants.rogue)
    kept = products - last[:, rogue] @ reference.rogue_coordinates.T if rogue else products
    values["agree.without_rogue"] = _agrees(kept * scales["without_rogue"], predicted)

    values["agree.normed_cosine"] = _agrees((normed @ embeddings.T) * scales["raw"], predicted)
    read_by = embeddings if reference.unembedding is None else reference.unembedding
    if reference.constants.norm_centres or read_by is not embeddings:
        plain = last - last.mean(axis=1, keepdims=True) if reference.constants.norm_centres else last
        values["agree.plain_norm"] = _agrees(plain @ read_by.T, predicted)
    else:
        values["agree.plain_norm"] = values["agree.product"]
    if reference.unembedding is not None:
        lengths = np.linalg.norm(reference.unembedding, axis=1)
        values["agree.unembedding"] = _agrees((last @ reference.unembedding.T) * inverse(lengths), predicted)
    return values


def _agrees(scores: Float[np.ndarray, "rows vocabulary"], predicted: Int[np.ndarray, " rows"]) -> np.ndarray:
    return np.asarray((scores.argmax(axis=1) == predicted).astype(np.float64))
