"""Paths whose truth is known because they were built that way."""

import numpy as np
from scipy.special import log_softmax

from statescape.language import ModelFacts, StatePath

WIDTH, VOCABULARY, BLOCKS = 64, 400, 4
PREDICTED, CURRENT = 7, 3


def embeddings(seed: int = 0) -> np.ndarray:
    """Rows of a decaying spectrum: 90% of their variance lies in the first dozen dimensions."""
    generator = np.random.default_rng(seed)
    return generator.standard_normal((VOCABULARY, WIDTH)) * np.exp(-np.arange(WIDTH) / 10) * 3


def build(states: np.ndarray, *, ranks: list[int] | None = None, rogue: tuple[int, ...] = (), rows=None) -> StatePath:
    """A path through ``states``; at state l the prediction has rank ``ranks[l]`` (by default 0 at the last only)."""
    rows = embeddings() if rows is None else rows
    n = len(states)
    ranks = [5] * (n - 1) + [0] if ranks is None else ranks
    logits = np.tile(-np.arange(VOCABULARY, dtype=float) / 50, (n, 1)) - 1
    for row, rank in zip(logits, ranks, strict=True):
        order = [token for token in range(VOCABULARY) if token != PREDICTED]
        order.insert(rank, PREDICTED)
        row[order] = row.copy()
    return StatePath(
        model=ModelFacts("constructed", n - 1, rows.shape[1], len(rows), tied=True),
        text="a b",
        tokens=("a", " b"),
        token_ids=(1, CURRENT),
        position=1,
        vocabulary=tuple(f"w{index}" for index in range(len(rows))),
        states=states,
        normed_states=states,
        embeddings=rows.astype(np.float32),
        unembedding=None,
        log_probabilities=log_softmax(logits, axis=1).astype(np.float32),
        rogue_dimensions=rogue,
    )


def walk_to(last: np.ndarray, rows=None) -> np.ndarray:
    """States from the current token's embedding straight to ``last``."""
    rows = embeddings() if rows is None else rows
    share = np.linspace(0, 1, BLOCKS + 1)[:, None]
    return (1 - share) * rows[CURRENT] + share * last
