"""What is known of a language model without running it again: shape, policy, and how exactly it was read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelFacts:
    """Facts of a loaded model that every output states.

    Attributes:
        name: the name, folder or class it was loaded by.
        n_blocks: number of blocks L; a path has L + 1 states.
        d_model: width of the residual stream.
        vocab_size: rows of the embedding matrix.
        tied: whether embedding and unembedding are one matrix.
        dtype: dtype the model runs in ("float32", "bfloat16", ...).
        bos: what was done about the first token ("<|endoftext|> added by the tokenizer", "none", ...).
        max_logit_error: largest |decode(s_L) - logits| on the probe text, over the spread of the logits.
        error_bound: what the contract allows for this dtype.
        has_bos: whether position 0 of the text is a beginning-of-sequence token.
    """

    name: str
    n_blocks: int
    d_model: int
    vocab_size: int
    tied: bool
    dtype: str = "float32"
    bos: str = "none"
    max_logit_error: float = 0.0
    error_bound: float = 1e-4
    has_bos: bool = False
