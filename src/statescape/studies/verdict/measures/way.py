"""H3, H4 and H5: the way to the last state: in which order it goes, where it lies, from where on it decodes.

Order: of two states of a path the later should have the larger cosine with the predicted embedding and the smaller with
the current one (both centred on the mean embedding). The share of pairs for which this holds is 1 for a straight way,
1/4 to 1/2 for states in random order. Two states that stand still (a block that adds nothing) are no step either way:
the pair does not count. Two nulls: the states in random order; and the blocks' updates in random order, between the
same first and last state, which asks whether the *order of the blocks* matters at all.

Region: energy inside is ``|P(s - mu)|^2 / |s - mu|^2`` with P the projection on the embeddings' principal subspace.
Principal angles are those between the span of a path's states and that subspace: with Q an orthonormal basis of the
span, the squared cosines are the eigenvalues of ``Q' P Q``.

Decoding: read as if it were the last, does an inner state give the final token, and from which block on?
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from statescape.geometry import Subspace, cosine
from statescape.language.passage import Passage
from statescape.studies.verdict.measures.last_state import Targets
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


def measure_region(passage: Passage, reference: Reference) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Energy outside by state, and the first and last principal angle in degrees."""
    states, width = passage.states, passage.states.shape[2]
    subspace = reference.subspace
    outside = 1.0 - subspace.energy_inside(states.reshape(-1, width)).reshape(states.shape[:2])
    of_current = 1.0 - subspace.energy_inside(reference.rows(passage.current_ids))
    after_blocks = outside[1:].mean(axis=0) if len(outside) > 1 else outside[0]
    first, last = principal_angles_of_paths(states, subspace)
    values = {
        "H4": after_blocks - of_current,
        "outside.states": after_blocks,
        "outside.current": of_current,
        "outside.s_0": outside[0],
        "outside.s_L": outside[-1],
        "outside.embeddings": np.full(len(of_current), reference.outside_of_embeddings),
        "outside.isotropic": np.full(len(of_current), 1.0 - subspace.isotropic_expectation),
        "angle.first": first,
        "angle.last": last,
    }
    return values, {"outside": outside}


def principal_angles_of_paths(
    states: Float[np.ndarray, "states positions d_model"], subspace: Subspace
) -> tuple[Float[np.ndarray, " positions"], Float[np.ndarray, " positions"]]:
    """Smallest and largest principal angle between the span of each path and the subspace, in degrees."""
    span = np.moveaxis(np.asarray(states, dtype=np.float64), 0, 2)  # [positions, d_model, states]
    # A huge state must not drown the directions of the small ones: only directions count.
    lengths = np.linalg.norm(span, axis=1, keepdims=True)
    basis, _ = np.linalg.qr(span / np.where(lengths > 0, lengths, 1.0))
    inside = subspace.basis @ basis
    cosines = np.sqrt(np.clip(np.linalg.eigvalsh(np.swapaxes(inside, 1, 2) @ inside), 0.0, 1.0))
    return np.degrees(np.arccos(cosines[:, -1])), np.degrees(np.arccos(cosines[:, 0]))


def measure_decoding(passage: Passage, targets: Targets) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Share of inner states that decode, and rank, divergence and entropy by state."""
    first = passage.rank == 0
    given = first[0]
    decodes = inner_share(first)
    values = {
        "H5": np.where(given, np.nan, decodes),
        "decodes.with_s_0": decodes,
        "decodes.shuffled": np.where(given, np.nan, inner_share(passage.first_ids == targets["shuffled"])),
        "decodes.given_by_s_0": given.astype(float),
        # The state from which it stays first, as a share of the blocks.
        "decodes.from": _settled(first) / max(passage.n_blocks, 1),
    }
    profiles = {
        "first": first.astype(float),
        "log10_rank": np.log10(1.0 + passage.rank),
        "log_probability": passage.log_probability,
        "kl_to_final": passage.kl_to_final,
        "entropy": passage.entropy,
    }
    return values, profiles


def inner_share(first: Bool[np.ndarray, "states positions"]) -> Float[np.ndarray, " positions"]:
    """Share of the inner states s_1 to s_(L-1) from which on a token is first and stays so; NaN without inner ones.

    The last state counts as deciding for the token, whatever `first` says of it.
    """
    inner = len(first) - 2
    if inner < 1:
        return np.full(first.shape[1], np.nan)
    settled = np.clip(_settled(np.concatenate([first[:-1], np.ones_like(first[:1])])), 1, None)
    return np.asarray((len(first) - 1 - settled) / inner)


def _settled(first: Bool[np.ndarray, "states positions"]) -> np.ndarray:
    """Index of the first state from which a token stays first."""
    return np.asarray(np.where(~first, np.arange(1, len(first) + 1)[:, None], 0).max(axis=0))
