"""Passages of states that have nothing to do with the tokens."""

import numpy as np

from statescape.language.passage import Passage
from statescape.studies.verdict.measures.last_state import best_cosine
from statescape.studies.verdict.reference import ModelConstants, Reference, measure_constants

VOCABULARY, WIDTH, STATES = 200, 32, 5


def embeddings(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((VOCABULARY, WIDTH)) * np.exp(-np.arange(WIDTH) / 12)
    return (rows * rng.uniform(0.5, 2.0, (VOCABULARY, 1)) + 0.3).astype(np.float32)


def reference(seed: int = 0) -> Reference:
    rows, rng = embeddings(seed), np.random.default_rng(seed + 1)
    isotropic = rng.standard_normal((2000, WIDTH)).astype(np.float32)
    bare = Reference(rows, None, ModelConstants((), (), float("nan"), (0.0, 0.0), False, "", 0))
    agreement = float((best_cosine(isotropic, bare) == (isotropic @ rows.T).argmax(axis=1)).mean())
    constants = measure_constants(
        rows,
        isotropic,
        counts=np.ones(VOCABULARY, dtype=np.int64),
        path_length=STATES,
        agreement=agreement,
        normed_agreement=agreement,
        norm_centres=False,
        seed=0,
    )
    return Reference(rows, None, constants)


def passage(rows: np.ndarray, states: np.ndarray, rng: np.random.Generator) -> Passage:
    """The states of random tokens under a tied head without a norm: each predicts the best token of its last state."""
    positions = states.shape[1]
    logits = states @ rows.T
    predicted = logits[-1].argmax(axis=1)
    shifted = logits - logits.max(axis=2, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=2, keepdims=True))
    of_predicted = np.take_along_axis(log_p, predicted[None, :, None], axis=2)
    return Passage(
        positions=np.arange(1, positions + 1),
        current_ids=rng.integers(0, len(rows), positions),
        next_ids=rng.integers(0, len(rows), positions),
        states=states,
        normed=states[-1],
        predicted_ids=predicted,
        second_ids=np.argsort(logits[-1], axis=1)[:, -2],
        first_ids=logits.argmax(axis=2),
        rank=(log_p > of_predicted).sum(axis=2),
        log_probability=of_predicted[:, :, 0].astype(np.float32),
        entropy=(-np.exp(log_p) * log_p).sum(axis=2).astype(np.float32),
        kl_to_final=(np.exp(log_p[-1:]) * (log_p[-1:] - log_p)).sum(axis=2).astype(np.float32),
    )


def isotropic(rng: np.random.Generator, positions: int) -> np.ndarray:
    return (5 * rng.standard_normal((STATES, positions, WIDTH))).astype(np.float32)
