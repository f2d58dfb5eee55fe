"""The embedding of a token: what the model adds to the residual stream for that token, without position.

Measured at the entrance of the first block. Where positions are added, they are what remains when the token's embedding
is replaced by zeros; where a token's contribution is a multiple of its row in the embedding matrix (GPT-2: 1, Gemma:
the square root of d), the matrix itself is used.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.geometry import Multiple, Rows
from statescape.language.model.anatomy import Anatomy

# How closely measured contributions must agree, relative to their own size, by the dtype the model runs in.
_AGREE = {torch.float64: 1e-5, torch.float32: 1e-5, torch.bfloat16: 2e-2, torch.float16: 3e-3}
_CHUNK = 4096
_LEAST_SHARED = 20_000_000  # numbers of a matrix of which a copy would matter


@torch.inference_mode()
def token_embeddings(anatomy: Anatomy) -> Float[Rows, "vocabulary d_model"]:
    """The embedding of every token of the vocabulary, in float32; of a large one no second copy is made.

    Raises:
        StatescapeError: if token and position do not simply add up at the entrance of the first block.
    """
    matrix: torch.Tensor = anatomy.network.get_input_embeddings().weight.detach()
    position = position_at_start(anatomy)
    probe = torch.linspace(0, len(matrix) - 1, min(64, len(matrix))).long()
    measured = anatomy.entering(probe[:, None])[:, 0] - position
    factor = _multiple_of(matrix[probe].float(), measured, _AGREE[anatomy.network.dtype])
    if factor is not None:
        rows = matrix.float().cpu().numpy()
        if factor == 1.0:
            return rows
        return Multiple(rows, factor) if rows.size >= _LEAST_SHARED else Multiple(rows, factor)[:]
    starts = range(0, len(matrix), _CHUNK)
    ids = [torch.arange(start, min(start + _CHUNK, len(matrix))) for start in starts]
    return torch.cat([anatomy.entering(part[:, None])[:, 0] - position for part in ids]).cpu().numpy()


@torch.inference_mode()
def position_at_start(anatomy: Anatomy) -> Float[torch.Tensor, " d_model"]:
    """What is added at position 0 whatever the token; zeros for a model without added positions.

    Raises:
        StatescapeError: if token and position do not simply add up at the entrance of the first block.
    """
    one, other = torch.tensor([[1] * 4, [anatomy.vocabulary - 1] * 4])
    streams = anatomy.entering(torch.stack([one, other]))
    tolerance = _AGREE[anatomy.network.dtype] * float(streams.abs().max())
    if float((streams - streams[:, :1]).abs().max()) <= tolerance:
        return torch.zeros_like(streams[0, 0])
    without_token = anatomy.entering(one[None], torch.zeros_like)[0]
    doubled = anatomy.entering(one[None], lambda embedded: 2 * embedded)[0]
    tokens = streams - without_token
    adds_up = (tokens - tokens[:, :1]).abs().max() <= tolerance and (
        doubled - without_token - 2 * tokens[0]
    ).abs().max() <= 2 * tolerance
    if not adds_up:
        raise StatescapeError(
            f"{type(anatomy.network).__name__} does not add positions to token embeddings, so its tokens have no "
            "embedding of their own to compare states with."
        )
    return without_token[0]


def _multiple_of(
    rows: Float[torch.Tensor, "tokens width"], measured: Float[torch.Tensor, "tokens d_model"], agree: float
) -> float | None:
    """The factor a with measured = a * rows, if there is one."""
    if rows.shape != measured.shape:
        return None
    factor = float((rows * measured).sum() / rows.square().sum().clamp_min(1e-30))
    if abs(factor - 1.0) <= agree:
        factor = 1.0
    misses = (measured - factor * rows).abs().max() > agree * measured.abs().max()
    return None if misses else factor


def multiples(rows: np.ndarray, embeddings: Rows) -> bool:
    """Whether embeddings are the rows of W_U times one factor; compared without a copy of them."""
    if np.shares_memory(rows, embeddings.matrix if isinstance(embeddings, Multiple) else embeddings):
        return True
    factor = float(np.vdot(rows, embeddings)) / max(float(np.vdot(rows, rows)), 1e-30)
    allowed = 1e-5 * max(float(embeddings.max()), -float(embeddings.min()))
    return all(
        bool(np.abs(embeddings[start : start + _CHUNK] - factor * rows[start : start + _CHUNK]).max() <= allowed)
        for start in range(0, len(rows), _CHUNK)
    )
