"""Paths made by hand, with the structure that real ones have, of any number of blocks and with any vocabulary."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from statescape.language import LensReadout, ModelFacts, StatePath, Steps

SYLLABLES = [first + second for first in "bdfgklmnprstvw" for second in "aeiou"]

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\u202egnitirw\u202c",
    "\x00\x07\x1b[31m",
    "$x^2$ \\frac{1}{2}",
    "%{x} %{customdata}",
    "<a href='javascript:alert(1)'>link</a>",
    "&lt;b&gt;",
    "<0xE2>",
    " " * 200,
    "שלום",
    "]]><!--",
    "\ud800",
    "",
    "\n",
    "'\"`${alert(1)}",
)


@dataclass(frozen=True)
class Origin:
    """What a trace answers, from arrays."""

    of: StatePath

    def lens(self, *, top: int = 10) -> LensReadout:
        rng = np.random.default_rng(11)
        path, states, positions = self.of, len(self.of.states), len(self.of.tokens)
        ids = np.argsort(-path.log_probabilities, axis=1)[:, None, :top].repeat(positions, axis=1)
        logs = np.take_along_axis(path.log_probabilities[:, None, :].repeat(positions, axis=1), ids, axis=2)
        return LensReadout(
            tokens=path.tokens,
            vocabulary=path.vocabulary,
            target_ids=np.full(positions, path.predicted_id),
            top_ids=ids,
            top_log_probabilities=logs.astype(np.float32),
            rank=np.zeros((states, positions), dtype=np.int64),
            log_probability=logs[:, :, 0],
            entropy=rng.uniform(0, 5, (states, positions)),
            kl_to_final=np.linspace(6, 0, states)[:, None] * rng.uniform(0.5, 1, positions),
        )

    def with_random_weights(self, seed: int) -> Origin:
        return Origin(path_of(self.of.n_blocks, tokens=self.of.tokens, origin=False, seed=seed + 100))

    def path(self, position: int = -1) -> StatePath:
        assert position in (-1, self.of.position)
        return self.of


def path_of(
    n_blocks: int = 6,
    d: int = 48,
    vocabulary: int = 600,
    *,
    tokens: tuple[str, ...] = ("Once", " upon", " a", " time"),
    first_tokens: tuple[str, ...] = (),
    rogue: bool = True,
    steps: bool = True,
    origin: bool = True,
    seed: int = 0,
) -> StatePath:
    """A path that starts at one embedding and ends along another, with two rogue dimensions and a growing norm."""
    rng = np.random.default_rng(seed)
    spread = np.linspace(1.6, 0.4, d)
    embeddings = (rng.standard_normal((vocabulary, d)) * spread + 0.3 * rng.standard_normal(d)).astype(np.float32) * 0.1
    words = [*first_tokens, *(" " + "".join(rng.choice(SYLLABLES, rng.integers(1, 4))) for _ in range(vocabulary))]
    ids = tuple(int(i) for i in rng.integers(0, vocabulary, len(tokens)))
    for token, word in zip(ids, tokens, strict=True):
        words[token] = word
    t = np.linspace(0, 1, n_blocks + 1)[:, None]
    current, target = embeddings[ids[-1]], embeddings[0]
    attention = rng.standard_normal((n_blocks, d)) * 0.15 + target * 3 / n_blocks
    mlp = rng.standard_normal((n_blocks, d)) * 0.2 + target * 4 / n_blocks
    if rogue:
        mlp[:, 7] += 6 / n_blocks
        mlp[:, 31] -= 4 / n_blocks
    states = current + np.vstack([np.zeros(d), (attention + mlp).cumsum(axis=0)])
    normed = states / np.linalg.norm(states, axis=1, keepdims=True) * 3
    logits = normed @ embeddings.T.astype(np.float64) * (1 + 8 * t)
    logits -= logits.max(axis=1, keepdims=True)
    log_probabilities = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    predicted = embeddings[log_probabilities[-1].argmax()]
    path = StatePath(
        model=ModelFacts("made by hand", n_blocks, d, vocabulary, tied=True),
        text="".join(tokens),
        tokens=tokens,
        token_ids=ids,
        position=len(tokens) - 1,
        vocabulary=tuple(words[:vocabulary]),
        states=states.astype(np.float32),
        normed_states=normed.astype(np.float32),
        embeddings=embeddings,
        unembedding=None,
        log_probabilities=log_probabilities.astype(np.float32),
        rogue_dimensions=(7, 31) if rogue else (),
        steps=Steps(attention, mlp, attention @ predicted, mlp @ predicted) if steps else None,
    )
    return replace(path, origin=Origin(path)) if origin else path
