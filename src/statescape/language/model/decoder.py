"""From a state to logits: final norm, unembedding, and what the model's head does after it.

    decode(s) = transform(final_norm(s) W_U^T + b),   transform(z) = z, a z, or c tanh(a z / c)

The norm is the model's own code. The head is taken apart only where measuring shows it to be of this form, so that it
can be streamed over blocks of the vocabulary; otherwise the model's own head code runs on a few rows at a time. Either
way `contract` holds it to the exactness contract: on a probe text decode(s_L) equals the model's logits everywhere.
A model in arrays brings its own decode, which is taken whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import nn

from statescape.errors import StatescapeError
from statescape.language.model.anatomy import Anatomy
from statescape.language.readable import ReadableModel

# Largest |decode(s_L) - logits| over the standard deviation of the logits. In half precision the model rounds its own
# logits to 8 (bfloat16) or 11 (float16) bits, and logits reach ten times their deviation.
ERROR_BOUNDS = {torch.float64: 1e-4, torch.float32: 1e-4, torch.bfloat16: 8e-2, torch.float16: 1e-2}

_ROWS = 4096  # of a vocabulary that are copied at a time


@runtime_checkable
class Decoder(Protocol):
    """Reads states in the vocabulary."""

    @property
    def device(self) -> torch.device:
        """Where it reads."""

    @property
    def streams(self) -> bool:
        """Whether logits come in small blocks of the vocabulary, or all at once."""

    def normalise(self, states: Float[torch.Tensor, "rows d_model"]) -> Float[torch.Tensor, "rows head_width"]:
        """final_norm(s): what the head reads."""

    def logit_blocks(
        self, normed: Float[torch.Tensor, "rows head_width"], size: int
    ) -> Iterator[tuple[int, Float[torch.Tensor, "rows block"]]]:
        """Logits for block after block of the vocabulary, with the id each starts at; the caller may use them up."""

    def logits_of(
        self, normed: Float[torch.Tensor, "rows head_width"], ids: Int[torch.Tensor, " rows"]
    ) -> Float[torch.Tensor, " rows"]:
        """The logit of one token for each row."""

    def centred_row(self, token: int) -> Float[np.ndarray, " d_model"] | None:
        """The token's row of W_U less the mean row, times the head's scale; None where the head is no product."""

    def differentiable(self, states: Float[torch.Tensor, "rows d_model"]) -> Float[torch.Tensor, "rows vocabulary"]:
        """Logits of a few states over the whole vocabulary, through which gradients pass.

        Raises:
            StatescapeError: where torch cannot follow the model's code.
        """


@runtime_checkable
class HasDecoder(Protocol):
    """A model that decodes in torch: lenses are streamed, and can be fitted."""

    @property
    def decoder(self) -> Decoder:
        """From states to logits."""


@dataclass(frozen=True, eq=False)
class LinearHead:
    """A head that is a matrix product with one elementwise function behind it.

    Attributes:
        weight: W_U, one row for every token.
        bias: one number for every token, or None.
        scale: a.
        cap: c; None where there is no soft cap.
    """

    weight: Float[torch.Tensor, "vocabulary head_width"]
    bias: Float[torch.Tensor, " vocabulary"] | None
    scale: float
    cap: float | None

    def blocks(
        self, normed: Float[torch.Tensor, "rows head_width"], size: int
    ) -> Iterator[tuple[int, Float[torch.Tensor, "rows block"]]]:
        """Logits block by block. Every block lies in one buffer, which the next overwrites."""
        scaled = normed if self.scale == 1.0 else normed * self.scale
        buffer = normed.new_empty(len(normed) * min(size, len(self.weight)))
        for start in range(0, len(self.weight), size):
            rows = self.weight[start : start + size]
            block = buffer[: len(normed) * len(rows)].view(len(normed), len(rows))
            product(scaled, rows, block)
            yield start, self._finish(block, slice(start, start + size))

    def logits_of(
        self, normed: Float[torch.Tensor, "rows head_width"], ids: Int[torch.Tensor, " rows"]
    ) -> Float[torch.Tensor, " rows"]:
        """The logit of one token for each row."""
        return self._finish((normed * self.scale * self.weight[ids].float()).sum(1), ids)

    def _finish(self, products: torch.Tensor, ids: slice | torch.Tensor) -> torch.Tensor:
        """What follows the product, in place."""
        if self.bias is not None:
            products += self.bias[ids].float() * self.scale
        if self.cap is not None:
            products.div_(self.cap).tanh_().mul_(self.cap)
        return products


def product(
    left: Float[torch.Tensor, "rows width"],
    right: Float[torch.Tensor, "tokens width"],
    out: Float[torch.Tensor, "rows tokens"],
) -> None:
    """Left right^T in float32; on a GPU weights of half precision stay so, and their products are added in float32.

    What the head of such a model reads has its precision already, so that nothing is lost by rounding it to it.
    """
    if right.dtype in (torch.bfloat16, torch.float16) and right.is_cuda:
        out.copy_(torch.mm(left.to(right.dtype), right.T, out_dtype=torch.float32))
    else:
        torch.mm(left, right.float().T, out=out)


@dataclass(frozen=True, eq=False)
class ModelDecoder:
    """The reader that ships: the model's own norm, and its head taken apart where that is exact.

    Attributes:
        anatomy: the model with its blocks and head.
        linear: the head as a product; None where only the model's own code can run it.
    """

    anatomy: Anatomy
    linear: LinearHead | None

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        device: torch.device = self.anatomy.network.device
        return device

    @property
    def streams(self) -> bool:
        """Whether logits come in small blocks of the vocabulary, or all at once."""
        return self.linear is not None

    def normalise(self, states: Float[torch.Tensor, "rows d_model"]) -> Float[torch.Tensor, "rows head_width"]:
        """final_norm(s), by the model's own code."""
        return self.anatomy.head_input(states)

    def logit_blocks(
        self, normed: Float[torch.Tensor, "rows head_width"], size: int
    ) -> Iterator[tuple[int, Float[torch.Tensor, "rows block"]]]:
        """Logits block by block; one block with the whole vocabulary where the head cannot be taken apart."""
        if self.linear is not None:
            yield from self.linear.blocks(normed, size)
        else:
            yield 0, self.anatomy.logits(normed)

    def logits_of(
        self, normed: Float[torch.Tensor, "rows head_width"], ids: Int[torch.Tensor, " rows"]
    ) -> Float[torch.Tensor, " rows"]:
        """The logit of one token for each row."""
        if self.linear is not None:
            return self.linear.logits_of(normed, ids)
        return self.anatomy.logits(normed).gather(1, ids[:, None])[:, 0]

    def centred_row(self, token: int) -> Float[np.ndarray, " d_model"] | None:
        """The token's row of W_U less the mean row, times the head's scale; None where the head is no product."""
        if self.linear is None:
            return None
        return np.asarray(self.linear.scale * (self.linear.weight[token].double().cpu().numpy() - self._mean_row))

    def differentiable(self, states: Float[torch.Tensor, "rows d_model"]) -> Float[torch.Tensor, "rows vocabulary"]:
        """Logits by the model's own code, through which gradients pass to the states and to nothing else."""
        return self.anatomy.decoded(states)

    @cached_property
    def _mean_row(self) -> Float[np.ndarray, " d_model"]:
        rows: torch.Tensor = self.anatomy.head.weight  # type: ignore[assignment]
        # Block by block: in float64 at once, all rows would be copied.
        blocks = (rows.detach()[start : start + _ROWS] for start in range(0, len(rows), _ROWS))
        sums = [block.sum(dim=0, dtype=torch.float64) for block in blocks]
        return np.asarray((torch.stack(sums).sum(dim=0) / len(rows)).cpu().numpy())


@dataclass(frozen=True, eq=False)
class ArrayDecoder:
    """The reader of a model that decodes in arrays: all logits of a state at once.

    Attributes:
        model: the model, whose `decode` takes states as they are.
        streams: logits never come in blocks.
    """

    model: ReadableModel
    streams: bool = False

    @property
    def device(self) -> torch.device:
        """Arrays are on the processor."""
        return torch.device("cpu")

    def normalise(self, states: Float[torch.Tensor, "rows d_model"]) -> Float[torch.Tensor, "rows d_model"]:
        """The states themselves: the final norm is part of what follows."""
        return states

    def logit_blocks(
        self, normed: Float[torch.Tensor, "rows d_model"], size: int
    ) -> Iterator[tuple[int, Float[torch.Tensor, "rows vocabulary"]]]:
        """One block with the whole vocabulary."""
        del size
        yield 0, self._decoded(normed)

    def logits_of(
        self, normed: Float[torch.Tensor, "rows d_model"], ids: Int[torch.Tensor, " rows"]
    ) -> Float[torch.Tensor, " rows"]:
        """The logit of one token for each row."""
        return self._decoded(normed).gather(1, ids[:, None])[:, 0]

    def centred_row(self, token: int) -> None:
        """None: what the head is made of is not known."""
        del token

    def differentiable(self, states: Float[torch.Tensor, "rows d_model"]) -> Float[torch.Tensor, "rows vocabulary"]:
        """Refused.

        Raises:
            StatescapeError: since gradients do not pass through arrays.
        """
        del states
        raise StatescapeError(
            f"{self.model.facts.name} decodes in arrays, through which no gradient passes; give it a `decoder` to fit "
            "a lens."
        )

    def _decoded(self, states: torch.Tensor) -> torch.Tensor:
        return torch.tensor(np.asarray(self.model.decode(states.numpy()), dtype=np.float32))


def decoder_of(model: ReadableModel) -> Decoder:
    """The model's own decoder in torch, or one that asks its `decode`."""
    return model.decoder if isinstance(model, HasDecoder) else ArrayDecoder(model)


@torch.inference_mode()
def decode(
    decoder: Decoder, states: Float[torch.Tensor, "rows d_model"], size: int = 4096
) -> Float[torch.Tensor, "rows vocabulary"]:
    """Logits of a few states over the whole vocabulary."""
    return torch.cat([block.clone() for _, block in decoder.logit_blocks(decoder.normalise(states), size)], dim=1)


@torch.inference_mode()
def make_decoder(anatomy: Anatomy) -> ModelDecoder:
    """Take the head apart if its parts, measured, give what the model's own code gives."""
    head = anatomy.head
    if type(head) is not nn.Linear:
        return decoder_with(anatomy, None)
    scale, cap, fits = _transform(anatomy, head.out_features)
    return decoder_with(anatomy, (scale, cap) if fits else None)


def decoder_with(anatomy: Anatomy, transform: Sequence[Any] | None) -> ModelDecoder:
    """The decoder whose head is known to be a product, scaled and capped by these; or, with None, to be none."""
    if transform is None:
        return ModelDecoder(anatomy, None)
    head: Any = anatomy.head
    bias = None if head.bias is None else head.bias.detach()
    return ModelDecoder(anatomy, LinearHead(head.weight.detach(), bias, *transform))


def _transform(anatomy: Anatomy, vocabulary: int) -> tuple[float, float | None, bool]:
    """Scale, cap, and whether they are all that the model does to its head's answer.

    The head's answer is replaced by numbers of our choice: small ones show the scale, huge ones the cap.
    """
    small, huge = 2.0**-12, 2.0**14 if anatomy.network.dtype == torch.float16 else 2.0**40
    of_small, of_huge = anatomy.after_head(torch.tensor([[small], [huge]]).expand(2, vocabulary)).mean(1).tolist()
    scale = of_small / small
    cap = None if abs(of_huge - scale * huge) <= 0.01 * abs(scale * huge) else of_huge
    trial = 8 * torch.randn(2, vocabulary, generator=torch.Generator().manual_seed(0))
    expected = trial * scale if cap is None else cap * torch.tanh(trial * scale / cap)
    measured = anatomy.after_head(trial).cpu()
    # The model rounds its answer once, and once what the scale was measured by.
    allowed = max(
        ERROR_BOUNDS.get(anatomy.network.dtype, 0.0) / 10 * expected.std(), 2 * anatomy.eps * expected.abs().max()
    )
    return scale, cap, bool((measured - expected).abs().max() <= allowed)
