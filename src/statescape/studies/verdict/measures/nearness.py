"""H1 and H2: how far the last state is from an embedding, and how much it points along it.

``|s_L - e| / |e|``, and the cosine minus what the best token of an isotropic direction has on average (design: the
predicted token was chosen for its product with the state). Embeddings of other tokens, and of the token predicted at
another position, say what the same numbers are where the claim says nothing.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from statescape.geometry import cosine
from statescape.language.passage import Passage
from statescape.studies.verdict.measures.targets import Targets
from statescape.studies.verdict.reference import VARIANTS, Reference

HEADLINE_VARIANTS = VARIANTS[:3]


def measure_nearness(
    passage: Passage, reference: Reference, targets: Targets
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Distances and cosines of the last state."""
    last = np.asarray(passage.states[-1], dtype=np.float64)
    values = _distances(last, passage, reference, targets)
    best = dict(zip(VARIANTS, reference.yardstick.best_of_isotropic, strict=True))

    for source, points in (("", last), ("normed.", passage.normed)):
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
        values["cosine.normed.unembedding"] = cosine(np.asarray(passage.normed, np.float64), rows)

    for role, ids in targets.items():
        excess = [
            cosine(reference.prepare(last, variant), reference.prepare(reference.rows(ids), variant)) - best[variant]
            for variant in HEADLINE_VARIANTS
        ]
        values["H2" if role == "predicted" else f"excess.{role}"] = np.min(excess, axis=0)
        if role == "predicted":
            # Of several that are the smallest alike (no rogue dimension: as raw) the first is said to have decided.
            values |= {
                f"smallest.{name}": (np.argmin(excess, axis=0) == place).astype(float)
                for place, name in enumerate(HEADLINE_VARIANTS)
            }
    return values, {}


def _distances(
    last: Float[np.ndarray, "positions d_model"], passage: Passage, reference: Reference, targets: Targets
) -> dict[str, np.ndarray]:
    def distance(points: np.ndarray, rows: np.ndarray) -> np.ndarray:
        lengths = np.linalg.norm(rows, axis=1)
        return np.asarray(np.linalg.norm(points - rows, axis=1) / np.where(lengths > 0, lengths, np.nan))

    rows = reference.rows(targets["predicted"])
    lengths, norms = np.linalg.norm(rows, axis=1), np.linalg.norm(last, axis=1)
    ratio = norms / np.where(lengths > 0, lengths, np.nan)
    chance = reference.yardstick.best_of_isotropic[0]
    return {
        "H1": distance(last, rows),
        "distance.isotropic": np.sqrt(np.maximum(ratio**2 + 1.0 - 2.0 * ratio * chance, 0.0)),
        **{
            f"distance.{role}": distance(last, reference.rows(ids))
            for role, ids in targets.items()
            if role != "predicted"
        },
        "distance.normed": distance(np.asarray(passage.normed, dtype=np.float64), rows),
        # At the best length the state could have: the sine of its angle to the embedding.
        "distance.best_length": np.sqrt(np.maximum(1.0 - np.maximum(cosine(last, rows), 0.0) ** 2, 0.0)),
        "distance.vector": distance(
            last / np.maximum(norms, 1e-300)[:, None], rows / np.maximum(lengths, 1e-300)[:, None]
        ),
        "distance.dimension": distance(reference.prepare(last, "dimension"), reference.prepare(rows, "dimension")),
    }
