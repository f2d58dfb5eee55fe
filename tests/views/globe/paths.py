"""Paths with structure, made by hand: clustered embeddings, states that walk towards one token, a lens that follows."""

from __future__ import annotations

import numpy as np

from statescape.language import StatePath
from statescape.language.readable import ModelFacts

HOSTILE = (
    "</script><script>window.harmed = 1</script>",
    '<img src=x onerror="window.harmed = 1">',
    "<!--",
    "]]>",
    "${window.harmed = 1}`\\u0022'\"",
    "",
    " ",
    "\n\n\t",
    "\x00\x07\x1b[31m\x7f",
    "<0xE2>",
    "\ufffd",
    "\u202eright to left\u202c",
    "\u2066\u200f\u200b",
    "w" * 200,
    " שלום",
    "\u0301",
    "\U0001f469\u200d\U0001f680",
    "__proto__",
    "constructor",
    "\ud83d",
    "\u2028\u2029",
)


def story_path(
    n: int = 4096, states: int = 13, d: int = 64, seed: int = 0, vocabulary: tuple[str, ...] | None = None
) -> StatePath:
    """A path of `states` states among `n` tokens of width `d`; the last token of the text is token 1."""
    rng = np.random.default_rng(seed)
    clusters = max(2, min(40, n // 8))
    spread = np.linspace(2.2, 0.25, d)
    centres = rng.normal(size=(clusters, d)) * spread
    embeddings = centres[rng.integers(clusters, size=n)] + rng.normal(size=(n, d)) * np.linspace(1.3, 0.4, d)
    target = n // 3
    start = embeddings[1 % n] * 0.8
    time = np.linspace(0, 1, states)[:, None]
    wander = np.cumsum(rng.normal(size=(states, d)), axis=0) / np.sqrt(states) * spread
    path = (1 - time) ** 1.5 * start + time**1.3 * embeddings[target] * 1.6 + wander * (1 - time) * time * 2.2
    logits = path @ embeddings.T
    logits *= np.linspace(2.0, 3.6, states)[:, None] / logits.std(axis=1, keepdims=True)
    logits[-1, target] = logits[-1].max() + 1.0
    logits -= logits.max(axis=1, keepdims=True)
    log_probabilities = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    if vocabulary is None:
        syllables = [a + b for a in "bcdfghjklmnprstvwz" for b in "aeiou"]
        words = ["".join(rng.choice(syllables, rng.integers(1, 4))) for _ in range(n)]
        vocabulary = tuple((" " if rng.random() < 0.6 else "") + word for word in words)
    tokens = ("Once", " upon", " a", " time", ",", vocabulary[1 % n])
    return StatePath(
        model=ModelFacts("storyteller", states - 1, d, n, True),
        text="".join(tokens),
        tokens=tokens,
        token_ids=(0, 0, 0, 0, 0, 1 % n),
        position=5,
        vocabulary=vocabulary,
        states=path,
        normed_states=path,
        embeddings=embeddings.astype(np.float32),
        unembedding=None,
        log_probabilities=log_probabilities.astype(np.float32),
    )


def hostile_path(n: int = 512) -> StatePath:
    """As `story_path`, with a vocabulary that would harm a careless page; the predicted token is among the harmful."""
    names = [HOSTILE[i % len(HOSTILE)] if i % 3 == 0 else f"token{i}" for i in range(n)]
    names[n // 3] = HOSTILE[0]
    names[1] = HOSTILE[1]
    return story_path(n, states=7, d=32, seed=3, vocabulary=tuple(names))
