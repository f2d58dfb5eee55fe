"""How much a vector that was added to the stream raised the predicted token's logit.

With the final norm held at its own scale at s_L, decoding is linear up to the soft cap: for a vector x of the stream

    logit(x) = a (w_v - mean_u w_u) . (gain * P x) / sigma(s_L),     P x = x or x - mean(x)

(direct logit attribution; Elhage et al. 2021; the mean over the vocabulary leaves out what raises all tokens alike).
Gain, centring and scale are measured on the model's own norm, not read from its class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.language.readable import Added, ReadableModel


@dataclass(frozen=True, eq=False)
class FixedNorm:
    """The final norm at the scale it has at one state: x -> slope * (x - mean(x) if centred), plus an offset.

    Attributes:
        slope: gain over scale, one number for every coordinate.
        centred: whether the norm takes the mean out (LayerNorm) or not (RMSNorm).
        offset: the norm's bias.
    """

    slope: Float[np.ndarray, " d_model"]
    centred: bool
    offset: Float[np.ndarray, " d_model"]

    def linear(self, vectors: Float[np.ndarray, "vectors d_model"]) -> Float[np.ndarray, "vectors d_model"]:
        """What becomes of vectors of the stream, without the offset."""
        mean = vectors.mean(axis=1, keepdims=True) if self.centred else 0.0
        return np.asarray(self.slope * (vectors - mean))


def fixed_norm(model: ReadableModel, last_state: Float[np.ndarray, " d_model"]) -> FixedNorm | None:
    """Measure the final norm at ``last_state``; None where it is no gain, scale, centring and bias."""
    state = last_state.astype(np.float64)
    pattern = np.where(np.arange(len(state)) % 2 == 0, 1.0, -1.0)
    asked = np.stack([np.zeros_like(state), pattern, state, state + state.std()]).astype(np.float32)
    with np.errstate(all="ignore"):  # a norm may have no answer to zeros
        answers = np.asarray(model.normalise(asked), dtype=np.float64)
    if answers.shape != asked.shape:
        return None
    offset, of_pattern, of_state, of_moved = answers
    agree = 16 * model.facts.eps * np.abs(of_state).max()
    centred = bool(np.abs(of_moved - of_state).max() <= agree)
    if centred:
        pattern, state = pattern - pattern.mean(), state - state.mean()
    gain = (of_pattern - offset) / pattern
    product = gain * state
    slope = gain * float((of_state - offset) @ product / max(float(product @ product), 1e-300))
    holds = np.abs(offset + slope * state - of_state).max() <= agree  # False for NaN as well
    return FixedNorm(slope, centred, offset) if holds else None


def logit_shares(
    norm: FixedNorm, row: Float[np.ndarray, " d_model"], vectors: Float[np.ndarray, "vectors d_model"]
) -> Float[np.ndarray, " vectors"]:
    """Direct effect of each vector on a logit whose row of W_U, less the mean row, times the scale, is ``row``."""
    return np.asarray(norm.linear(vectors.astype(np.float64)) @ row)


def logit_shares_at(
    model: ReadableModel,
    last: Float[np.ndarray, "positions d_model"],
    normed: Float[np.ndarray, "positions d_model"],
    rows: list[Float[np.ndarray, " d_model"]],
    added: Added,
) -> tuple[Float[np.ndarray, "blocks positions"], Float[np.ndarray, "blocks positions"]] | None:
    """Direct effects of attention and MLP at many positions together, each on the logit of its row.

    The norm is measured at one state; at another it differs by its scale only, which is read off ``normed``. None where
    it does not.
    """
    norm = fixed_norm(model, last[0])
    if norm is None:
        return None
    unscaled = norm.linear(last.astype(np.float64))
    target = normed.astype(np.float64) - norm.offset
    factor = (unscaled * target).sum(1) / np.maximum(np.square(unscaled).sum(1), 1e-300)
    if np.abs(unscaled * factor[:, None] - target).max() > 64 * model.facts.eps * np.abs(target).max():
        return None
    weights = np.stack(rows) * factor[:, None]

    def products(vectors: Float[np.ndarray, "blocks positions d_model"]) -> Float[np.ndarray, "blocks positions"]:
        linear = norm.linear(vectors.reshape(-1, vectors.shape[-1]).astype(np.float64)).reshape(vectors.shape)
        return np.asarray(np.einsum("bpd,pd->bp", linear, weights))

    return products(added.attention), products(added.mlp)
