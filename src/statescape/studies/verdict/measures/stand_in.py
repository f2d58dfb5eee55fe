"""H7 and H8: can the predicted token's embedding stand for the last state, and from which block on for inner ones?

The embedding is put in the state's place at the state's own norm. What is kept of what the model says is
``1 - KL(p || q) / KL(p || m)``, at least 0, with p what it says untouched, q with the embedding and m on average over
the corpus: 0 is no more than m, which knows nothing of this position, and 1 all. The same for other vectors: the
embedding of a token as frequent as the predicted one, that of the current token, an isotropic direction, and the mean
state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from statescape.language.passage import Passage
from statescape.studies.verdict.measures.last_state import of_same_decile
from statescape.studies.verdict.measures.way import inner_share
from statescape.studies.verdict.reference import Reference

if TYPE_CHECKING:
    from statescape.language.readable import ReadableModel
    from statescape.language.stand_in import StoodIn

KINDS = ("predicted", "same_decile", "current", "isotropic", "mean")
"""What is put in the state's place."""

LAST_STATES = 16
"""Positions of a document, drawn by the seed, at which the last state is replaced."""

INNER_STATES = 1
"""Those of them at which every state is replaced: each needs a pass for each state and kind."""

LEAST_SAID = 1e-3
"""Nats beyond its average that a model must say for anything to be kept of it."""

STANDS = 0.5
"""Share kept from which on an inner state is stood for: the margin of H7."""

ROUNDING = 1e-3
"""By how much more must be kept than with each of the others in the same place."""


def measure_stand_in(
    model: ReadableModel, ids: Sequence[int], passage: Passage, reference: Reference, inner: int, seed: Sequence[int]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """What is kept with each kind in the state's place, at some positions of a passage and NaN at the others.

    Args:
        model: that read it.
        ids: of the whole passage.
        passage: its states.
        reference: embeddings and constants.
        inner: positions at which every state is replaced, 0 or more.
        seed: of the positions and of what is drawn for them.
    """
    from statescape.language.stand_in import stand_in

    constants = reference.constants
    mean_states, average = constants.mean_states_of(passage.states.shape[2]), constants.average_of
    if mean_states is None or average is None:
        return {}, {}
    rng = np.random.default_rng(seed)
    count = len(passage.positions)
    chosen = rng.permutation(count)[:LAST_STATES]
    vectors = _vectors(passage, chosen, reference, mean_states, rng)
    states = passage.states[:, chosen]
    read = ids[: int(passage.positions.max()) + 1]  # as it was followed
    found = stand_in(model, read, passage.positions[chosen], states, vectors, average, inner)
    return _scattered(found, chosen, count)


def _vectors(
    passage: Passage,
    chosen: Int[np.ndarray, " chosen"],
    reference: Reference,
    mean_states: Float[np.ndarray, "states d_model"],
    rng: np.random.Generator,
) -> Float[np.ndarray, "kinds states chosen d_model"]:
    """One vector of each kind for each state, in the order of `KINDS`."""
    predicted = passage.predicted_ids[chosen]
    as_frequent = of_same_decile(predicted, reference.constants.decile_of, rng)
    shape = passage.states[:, chosen].shape
    everywhere = [
        reference.rows(predicted),
        reference.rows(as_frequent),
        reference.rows(passage.current_ids[chosen]),
        rng.standard_normal(shape[1:]),
    ]
    rows = [np.broadcast_to(each, shape) for each in everywhere]
    return np.stack([*rows, np.broadcast_to(mean_states[:, None], shape)])


def _scattered(
    found: StoodIn, chosen: Int[np.ndarray, " chosen"], count: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Values and profiles at all positions of the passage, NaN where nothing was replaced."""

    def everywhere(values: np.ndarray) -> np.ndarray:
        whole = np.full((*values.shape[:-1], count), np.nan)
        whole[..., chosen] = values
        return whole

    kept = everywhere(found.kept(LEAST_SAID))
    rank, probability = everywhere(found.rank), np.exp(everywhere(found.log_probability))
    inner = np.isfinite(kept[0, 0])
    values, profiles = {}, {}
    for kind, name in enumerate(KINDS):
        values["H7" if name == "predicted" else f"kept.{name}"] = kept[kind, -1]
        # Where something else does as well, the state did not matter, and nothing stands for it.
        others = np.delete(kept, kind, axis=0).max(axis=0)
        stands = (kept[kind] > STANDS) & (kept[kind] > others + ROUNDING)
        values["H8" if name == "predicted" else f"stands.{name}"] = np.where(inner, inner_share(stands), np.nan)
        profiles[f"kept.{name}"] = kept[kind]
    values |= {
        "kept.first": np.where(np.isfinite(rank[0, -1]), rank[0, -1] == 0, np.nan),
        "kept.probability": probability[0, -1],
        "kept.probability_untouched": np.exp(everywhere(found.own)),
        "kept.kl": everywhere(found.kl)[0, -1],
        "kept.kl_of_mean": everywhere(found.kl)[KINDS.index("mean"), -1],
        "kept.below": kept[0, -2] if len(kept[0]) > 1 else np.full(count, np.nan),
    }
    profiles |= {"kept.predicted.probability": probability[0], "kept.predicted.log10_rank": np.log10(1 + rank[0])}
    return values, profiles
