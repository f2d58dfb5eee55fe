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

from dataclasses import dataclass

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

TOKENS = 4096
"""Tokens of one product: few enough that what follows it finds it in the cache."""

ROWS = 256
"""States of one product, where only the best token is asked for."""


def measure_singling(passage: Passage, reference: Reference) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Agreement of each reading with the prediction, and the margin of the cosine."""
    size = AT_ONCE // TOKENS
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

    scale = reference.scales["raw"]

    def best(start: int) -> Int[np.ndarray, " rows"]:
        some = points[start : start + ROWS]
        found = _Highest.none(len(some))
        for token in range(0, len(scale), TOKENS):
            products = some @ reference.embeddings[token : token + TOKENS].T
            found.see(np.multiply(products, scale[token : token + TOKENS], out=products), token)
        return found.tokens

    return np.concatenate(in_workers(best, range(0, len(points), ROWS)))


def _agreements(
    last: Float[np.ndarray, "rows d_model"],
    normed: Float[np.ndarray, "rows d_model"],
    predicted: Int[np.ndarray, " rows"],
    reference: Reference,
) -> dict[str, np.ndarray]:
    plain = last - last.mean(axis=1, keepdims=True) if reference.constants.norm_centres else last
    points = np.concatenate([last, normed, plain] if reference.constants.norm_centres else [last, normed])
    lengths = inverse(np.linalg.norm(last, axis=1))[:, None]
    mean = reference.mean.astype(np.float32)
    # s.mu and mu.mu are the same for every token; they shift numerators, which are then scaled token by token.
    along_mean = ((last @ mean) - mean @ mean)[:, None]
    rogue = list(reference.constants.rogue)
    best: dict[str, _Highest] = {}
    chosen, others = np.zeros_like(last[:, 0]), np.full_like(last[:, 0], -np.inf)
    for start in range(0, len(reference.embeddings), TOKENS):
        block = slice(start, start + TOKENS)
        scales = {name: scale[block] for name, scale in reference.scales.items()}
        products, of_normed, *of_plain = np.split(
            points @ reference.embeddings[block].T, range(len(last), len(points), len(last))
        )
        cosines = products * scales["raw"] * lengths
        kept = products - last[:, rogue] @ reference.rogue_coordinates[block].T if rogue else products
        scores = {
            "agree.product": products,
            "agree.cosine": cosines,
            "agree.centred": (products - reference.along_mean[block] - along_mean) * scales["centred"],
            "agree.without_rogue": kept * scales["without_rogue"],
            "agree.normed_cosine": of_normed * scales["raw"],
            "agree.plain_norm": of_plain[0] if of_plain else products,
        }
        if reference.unembedding is not None:
            by_rows = plain @ reference.unembedding[block].T
            scores["agree.plain_norm"] = by_rows
            by_rows = last @ reference.unembedding[block].T if plain is not last else by_rows
            scores["agree.unembedding"] = by_rows * reference.unembedding_scale[block]
        for name, of_tokens in scores.items():
            best.setdefault(name, _Highest.none(len(last))).see(of_tokens, start)
        inside = np.flatnonzero((predicted >= start) & (predicted < start + cosines.shape[1]))
        chosen[inside] = cosines[inside, predicted[inside] - start]
        cosines[inside, predicted[inside] - start] = -np.inf
        np.maximum(others, cosines.max(axis=1), out=others)
    agreements = {name: (found.tokens == predicted).astype(np.float64) for name, found in best.items()}
    return agreements | {"margin.cosine": chosen - others}


@dataclass(frozen=True, eq=False)
class _Highest:
    """The largest score of every row so far, and its token; of equals the first."""

    scores: Float[np.ndarray, " rows"]
    tokens: Int[np.ndarray, " rows"]

    @classmethod
    def none(cls, rows: int) -> _Highest:
        return cls(np.full(rows, -np.inf), np.zeros(rows, dtype=np.int64))

    def see(self, scores: Float[np.ndarray, "rows tokens"], start: int) -> None:
        """Look at the scores of tokens from ``start`` on."""
        place = scores.argmax(axis=1)
        largest = scores[np.arange(len(scores)), place]
        better = largest > self.scores
        self.scores[better], self.tokens[better] = largest[better], start + place[better]
