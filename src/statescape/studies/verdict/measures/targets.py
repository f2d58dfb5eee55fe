"""The tokens that a state is compared with: the predicted one, and those it must be told apart from."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

from statescape.language.passage import Passage
from statescape.studies.verdict.reference import Reference

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
        "same_decile": _of_same_decile(predicted, reference.yardstick.decile_of, rng),
        "shuffled": predicted[rng.permutation(len(predicted))],
    }


def _of_same_decile(
    ids: Int[np.ndarray, " positions"], deciles: Int[np.ndarray, " vocabulary"], rng: np.random.Generator
) -> Int[np.ndarray, " positions"]:
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
