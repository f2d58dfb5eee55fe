"""How much a vector that was added to the stream raised the predicted token's logit.

With the final norm held at its own scale at s_L, decoding is linear up to the soft cap: for a vector x of the stream

    logit(x) = a (w_v - mean_u w_u) . (gain * P x) / sigma(s_L),     P x = x or x - mean(x)

(direct logit attribution; Elhage et al. 2021; the mean over the vocabulary leaves out what raises all tokens alike).
Gain, centring and scale are measured on the model's own norm, not read from its class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from statescape.language.decoder import ModelDecoder


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


def fixed_norm(decoder: ModelDecoder, last_state: Float[np.ndarray, " d_model"]) -> FixedNorm | None:
    """Measure the final norm at ``last_state``; None where it is no gain, scale, centring and bias."""
    state = last_state.astype(np.float64)
    pattern = np.where(np.arange(len(state)) % 2 == 0, 1.0, -1.0)
    asked = np.stack([np.zeros_like(state), pattern, state, state + state.std()]).astype(np.float32)
    answers = decoder.normalise(torch.from_numpy(asked)).double().cpu().numpy()
    if answers.shape != asked.shape:
        return None
    offset, of_pattern, of_state, of_moved = answers
    agree = 16 * decoder.anatomy.eps * np.abs(of_state).max()
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
