"""Where the residual stream of a causal language model runs, found by measuring.

A probe pass with hooks shows which list of modules hands one tensor [positions, d_model] on from member to member: these
are the blocks, what enters the first is s_0, what leaves block l is s_l. Everything else is the model's own code, and
stays so: to decode a state, the model runs with its blocks bypassed and the state in the place of their output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import nn

from statescape.errors import StatescapeError


@dataclass(frozen=True, eq=False)
class Anatomy:
    """A causal language model with its blocks and its head pointed out.

    Attributes:
        network: the Hugging Face model, in evaluation mode.
        blocks: the modules that the residual stream passes, in order.
        head: the module whose output, after whatever the model's code does to it, are the logits.
        frames: what each block returned beside the stream on the probe pass; None where it returned the stream alone.
    """

    network: Any
    blocks: tuple[nn.Module, ...]
    head: nn.Module
    frames: tuple[tuple[Any, ...] | None, ...]

    @torch.inference_mode()
    def states(self, ids: Int[torch.Tensor, " positions"]) -> Float[torch.Tensor, "states positions d_model"]:
        """s_0 to s_L at every position; the head is not run."""
        with _recording(self.blocks) as (entered, left), _stopping_before(self.head):
            self.run(ids[None])
        return torch.stack([entered[0], *left])[:, 0].float()

    @torch.inference_mode()
    def entering(
        self, ids: Int[torch.Tensor, "batch positions"], embedded: Callable[[torch.Tensor], torch.Tensor] | None = None
    ) -> Float[torch.Tensor, "batch positions d_model"]:
        """What enters the first block; with ``embedded`` the token embeddings are replaced by its answer on the way."""
        with ExitStack() as stack:
            if embedded is not None:
                stack.enter_context(_answering(self.network.get_input_embeddings(), embedded))
            entered, _ = stack.enter_context(_recording(self.blocks[:1]))
            stack.enter_context(_stopping_before(self.blocks[0]))
            self.run(ids)
        return entered[0].float()

    @torch.inference_mode()
    def head_input(self, states: Float[torch.Tensor, "rows d_model"]) -> Float[torch.Tensor, "rows head_width"]:
        """What the model's own code makes of last states before the head reads them: the final norm, in most models."""
        seen: list[torch.Tensor] = []
        with _hook(self.head.register_forward_pre_hook(lambda _, args: seen.append(args[0]))):
            with self._bypassed(states), _stopping_before(self.head):
                self.run(self._placeholders(len(states)))
        return seen[0][:, 0].float()

    @torch.inference_mode()
    def logits(self, normed: Float[torch.Tensor, "rows head_width"]) -> Float[torch.Tensor, "rows vocabulary"]:
        """The logits that the model's own code makes of what the head reads."""
        dtype = next(self.head.parameters()).dtype
        replaced = self.head.register_forward_pre_hook(lambda _, __: (normed[:, None].to(self.network.device, dtype),))
        with _hook(replaced), self._bypassed(normed.new_zeros(len(normed), self.d_model)):
            return self.run(self._placeholders(len(normed))).logits[:, 0].float()

    @torch.inference_mode()
    def after_head(self, products: Float[torch.Tensor, "rows vocabulary"]) -> Float[torch.Tensor, "rows vocabulary"]:
        """The logits that the model's own code makes of what the head answers: a scale, a soft cap, or nothing."""
        anything = products.new_zeros(len(products), self.d_model)
        with self._bypassed(anything), _answering(self.head, lambda answer: products[:, None].to(answer)):
            return self.run(self._placeholders(len(products))).logits[:, 0].float()

    def run(self, ids: Int[torch.Tensor, "batch positions"]) -> Any:
        """The model's forward pass; None where it was stopped on the way."""
        ids = ids.to(self.network.device)
        try:
            return self.network(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False)
        except _Stopped:
            return None

    @property
    def d_model(self) -> int:
        """Width of the residual stream."""
        return int(self.network.config.get_text_config().hidden_size)

    def _placeholders(self, rows: int) -> Int[torch.Tensor, "rows 1"]:
        return torch.zeros((rows, 1), dtype=torch.long)

    @contextmanager
    def _bypassed(self, states: Float[torch.Tensor, "rows d_model"]) -> Iterator[None]:
        """Every block hands on ``states`` (as sequences of one position) without running."""
        parameter = next(self.network.parameters())
        stream = states[:, None].to(parameter.device, parameter.dtype)
        with ExitStack() as stack:
            for block, frame in zip(self.blocks, self.frames, strict=True):
                answer = stream if frame is None else (stream, *frame)
                stack.enter_context(_forwarding(block, lambda *_, answer=answer, **__: answer))
            yield


def locate(network: Any, ids: Int[torch.Tensor, " positions"]) -> Anatomy:
    """Find the blocks and the head of ``network`` by a pass over ``ids``.

    Raises:
        StatescapeError: if there is no head, or no list of modules that hands one stream on.
    """
    head = network.get_output_embeddings()
    if not isinstance(head, nn.Module):
        raise StatescapeError(
            f"{type(network).__name__} has no language-model head; load a causal language model (AutoModelForCausalLM)."
        )
    lists = [
        tuple(module.children())
        for _, module in network.named_modules()
        if isinstance(module, nn.ModuleList | nn.Sequential) and len(module)
    ]
    calls = _calls(network, {member for members in lists for member in members}, ids)
    chains = [members for members in lists if _is_chain([calls.get(member, []) for member in members], len(ids))]
    if not chains:
        raise StatescapeError(
            f"{type(network).__name__} has no row of blocks that hand one residual stream on from block to block, so its "
            "path cannot be read."
        )
    blocks = max(chains, key=len)
    frames = tuple(calls[block][0].frame for block in blocks)
    return Anatomy(network=network, blocks=blocks, head=head, frames=frames)


@dataclass(frozen=True, eq=False)
class _Call:
    entered: torch.Tensor | None
    left: torch.Tensor | None
    frame: tuple[Any, ...] | None


@torch.inference_mode()
def _calls(network: Any, members: set[nn.Module], ids: torch.Tensor) -> dict[nn.Module, list[_Call]]:
    """What entered and left each module at each of its calls."""
    calls: dict[nn.Module, list[_Call]] = {}

    def note(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        entered, left = _stream([*args, *kwargs.values()]), _stream(output if isinstance(output, tuple) else [output])
        frame = tuple(output[1:]) if isinstance(output, tuple) else None
        call = _Call(None if entered is None else entered.clone(), None if left is None else left.clone(), frame)
        calls.setdefault(module, []).append(call)

    with ExitStack() as stack:
        for member in members:
            stack.enter_context(_hook(member.register_forward_hook(note, with_kwargs=True)))
        batch = ids[None].to(network.device)
        network(input_ids=batch, attention_mask=torch.ones_like(batch), use_cache=False)
    return calls


def _is_chain(calls: list[list[_Call]], positions: int) -> bool:
    """Whether each member ran once and read what the one before it wrote."""
    if any(len(member) != 1 or member[0].entered is None or member[0].left is None for member in calls):
        return False
    stream = [member[0] for member in calls]
    shape = stream[0].left.shape  # type: ignore[union-attr]
    if len(shape) != 3 or shape[:2] != (1, positions) or any(call.entered.shape != shape for call in stream):  # type: ignore[union-attr]
        return False
    return all(torch.equal(after.entered, before.left) for before, after in zip(stream, stream[1:], strict=False))  # type: ignore[arg-type]


def _stream(values: Any) -> torch.Tensor | None:
    """The first tensor of [batch, positions, width] among arguments or outputs."""
    for value in values:
        if isinstance(value, torch.Tensor) and value.is_floating_point() and value.ndim == 3:
            return value
    return None


class _Stopped(Exception):  # noqa: N818 - not an error: the pass has gone as far as it is needed
    """Ends a forward pass at a module."""


@contextmanager
def _hook(handle: Any) -> Iterator[None]:
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def _stopping_before(module: nn.Module) -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise _Stopped

    with _hook(module.register_forward_pre_hook(stop)):
        yield


@contextmanager
def _recording(blocks: tuple[nn.Module, ...]) -> Iterator[tuple[list[torch.Tensor], list[torch.Tensor]]]:
    """What enters the first of ``blocks`` and what leaves each; cloned, since later code may add in place."""
    entered: list[torch.Tensor] = []
    left: list[torch.Tensor] = []

    def enter(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        stream = _stream([*args, *kwargs.values()])
        assert stream is not None  # noqa: S101 - the probe pass has shown it
        entered.append(stream.clone())

    def leave(_: nn.Module, __: Any, output: Any) -> None:
        left.append((output[0] if isinstance(output, tuple) else output).clone())

    with ExitStack() as stack:
        stack.enter_context(_hook(blocks[0].register_forward_pre_hook(enter, with_kwargs=True)))
        for block in blocks:
            stack.enter_context(_hook(block.register_forward_hook(leave)))
        yield entered, left


@contextmanager
def _answering(module: nn.Module, answer: Callable[[torch.Tensor], torch.Tensor]) -> Iterator[None]:
    """``module`` runs, and its output is replaced by ``answer(output)``."""
    with _hook(module.register_forward_hook(lambda _, __, output: answer(output))):
        yield


@contextmanager
def _forwarding(module: nn.Module, forward: Callable[..., Any]) -> Iterator[None]:
    """``module`` runs ``forward`` in the place of its own."""
    own = module.__dict__.get("forward")
    module.forward = forward  # type: ignore[method-assign]
    try:
        yield
    finally:
        del module.forward
        if own is not None:
            module.forward = own  # type: ignore[method-assign]
