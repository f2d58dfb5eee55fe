"""H5: read as if it were the last, does an inner state give the final token, and from which block on?"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from statescape.language.passage import Passage
from statescape.studies.verdict.measures.targets import Targets


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
