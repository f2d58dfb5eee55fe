"""H3: does the path go, block by block, from the embedding of the token read to that of the token predicted?

Of two states of a path the later should have the larger cosine with the predicted embedding and the smaller with the
current one (both centred on the mean embedding). The share of pairs for which this holds is 1 for a straight way, 1/4
to 1/2 for states in random order. Two states that stand still (a block that adds nothing) are no step either way: the
pair does not count. Two nulls: the states in random order; and the blocks' updates in random order, between the same
first and last state, which asks whether the *order of the blocks* matters at all.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from statescape.geometry import cosine
from statescape.language.passage import Passage
from statescape.studies.verdict.measures.targets import Targets
from statescape.studies.verdict.reference import Reference

STILL = 1e-12
"""Two cosines that differ by no more differ by rounding."""


def measure_travel(
    passage: Passage, reference: Reference, targets: Targets, rng: np.random.Generator
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Order along the path, where the two cosines cross, and whose work it is."""
    states = reference.prepare(passage.states, "centred")
    rows = {
        role: reference.prepare(reference.rows(targets[role]), "centred")
        for role in ("predicted", "current", "same_decile")
    }
    to_current = cosine(states, rows["current"])
    to_predicted = cosine(states, rows["predicted"])
    differ = targets["predicted"] != targets["current"]

    def where_they_differ(values: np.ndarray) -> np.ndarray:
        return np.where(differ, values, np.nan)

    places = rng.permuted(np.tile(np.arange(len(states))[:, None], (1, len(differ))), axis=0)
    shuffled = _shuffled_blocks(states, rng)
    nearer = to_predicted > to_current
    crossed = nearer[-1] & differ
    values = {
        "H3": where_they_differ(ordered(to_predicted, to_current)),
        "travel.shuffled_states": where_they_differ(
            ordered(np.take_along_axis(to_predicted, places, axis=0), np.take_along_axis(to_current, places, axis=0))
        ),
        "travel.shuffled_blocks": where_they_differ(
            ordered(cosine(shuffled, rows["predicted"]), cosine(shuffled, rows["current"]))
        ),
        "travel.same_decile": where_they_differ(ordered(cosine(states, rows["same_decile"]), to_current)),
        "travel.arrives": where_they_differ(nearer[-1].astype(float)),
        "travel.leaves_only": where_they_differ(_share_of_pairs(to_current, falling=True)),
        "travel.approaches_only": where_they_differ(_share_of_pairs(to_predicted, falling=False)),
        # The first state from which the predicted stays nearer, as a share of the blocks.
        "travel.crossing": np.where(crossed, _first_for_good(nearer) / max(len(states) - 1, 1), np.nan),
    }
    values |= _whose_work(passage, reference, targets)
    profiles = {"cosine.predicted": where_they_differ(to_predicted), "cosine.current": where_they_differ(to_current)}
    return values, profiles


def ordered(
    to_predicted: Float[np.ndarray, "states positions"], to_current: Float[np.ndarray, "states positions"]
) -> Float[np.ndarray, " positions"]:
    """Share of the pairs that move in the order of the claim; 0 where the last is not nearer to the predicted."""
    held, pairs = np.zeros((2, to_predicted.shape[1]))
    for gap in range(1, len(to_predicted)):
        nearer = to_predicted[gap:] - to_predicted[:-gap]
        further = to_current[:-gap] - to_current[gap:]
        held += ((nearer > STILL) & (further > STILL)).sum(axis=0)
        pairs += ((np.abs(nearer) > STILL) | (np.abs(further) > STILL)).sum(axis=0)
    return np.asarray(np.where(to_predicted[-1] > to_current[-1], held / np.maximum(pairs, 1), 0.0))


def _share_of_pairs(values: Float[np.ndarray, "states positions"], *, falling: bool) -> np.ndarray:
    held, pairs = np.zeros((2, values.shape[1]))
    for gap in range(1, len(values)):
        moved = (values[:-gap] - values[gap:]) if falling else (values[gap:] - values[:-gap])
        held += (moved > STILL).sum(axis=0)
        pairs += (np.abs(moved) > STILL).sum(axis=0)
    return np.asarray(held / np.maximum(pairs, 1))


def _first_for_good(holds: np.ndarray) -> np.ndarray:
    """Index of the first state from which a condition holds to the end (that of the end, where it holds nowhere)."""
    broken = np.where(~holds, np.arange(1, len(holds) + 1)[:, None], 0).max(axis=0)
    return np.asarray(np.minimum(broken, len(holds) - 1))


def _shuffled_blocks(
    states: Float[np.ndarray, "states positions d_model"], rng: np.random.Generator
) -> Float[np.ndarray, "states positions d_model"]:
    """Paths between the same ends by the same steps, in an order drawn anew for every position."""
    steps = np.diff(states, axis=0)
    order = rng.permuted(np.tile(np.arange(len(steps))[:, None], (1, states.shape[1])), axis=0)
    moved = np.take_along_axis(steps, order[:, :, None], axis=0)
    return np.concatenate([states[:1], states[0] + np.cumsum(moved, axis=0)])


def _whose_work(passage: Passage, reference: Reference, targets: Targets) -> dict[str, np.ndarray]:
    """What attention and MLP, all blocks together, did of the way and of the predicted token's logit.

    The way is the projection on ``w = e - s_0``: a step v goes ``v.w / |w|^2`` of it.
    """
    values: dict[str, np.ndarray] = {}
    if passage.attention is not None and passage.mlp is not None:
        way = reference.rows(targets["predicted"]) - passage.states[0]
        length = np.maximum(np.square(way).sum(axis=1), 1e-300)
        for name, side in (("attention", passage.attention), ("mlp", passage.mlp)):
            values[f"way.{name}"] = np.einsum("bpd,pd->p", np.asarray(side, dtype=np.float64), way) / length
    if passage.attention_logit is not None and passage.mlp_logit is not None:
        values["logit.attention"] = passage.attention_logit.sum(axis=0)
        values["logit.mlp"] = passage.mlp_logit.sum(axis=0)
    return values
