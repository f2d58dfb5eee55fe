"""What attention and what the MLP add to the stream, found by measuring.

Among everything that the modules inside a block put out on a probe pass, two outputs a and m are sought with

    s_{l+1} - s_l = alpha a + beta m

(alpha = beta = 1 in most models; Granite multiplies its parts). The output may still contain what entered the block
(Bloom adds it inside). The part that mixes positions is attention: it answers at the last position when the stream
changes at the first. Where both do, because the MLP reads what attention wrote, attention is the one that ran first.
Blocks of half precision round their sums too coarsely to tell: a copy in float32 is asked which modules the parts are.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import nn

from statescape.language.model.anatomy import Anatomy
from statescape.language.model.contract import padded
from statescape.language.model.hooks import evaluating, hooked, stream_among
from statescape.language.readable import Added

# Smallest factor of a part: what enters with less is no part of the sum.
_SMALLEST_FACTOR = 1e-3


@dataclass(frozen=True, eq=False)
class Part:
    """One of the two modules whose outputs make up a block's change.

    Attributes:
        module: the module.
        factor: what the block multiplies its output by.
        with_stream: whether its output still contains what entered the block.
    """

    module: nn.Module
    factor: float
    with_stream: bool

    def added(self, output: torch.Tensor, entered: torch.Tensor) -> torch.Tensor:
        """What it added to the stream."""
        return self.factor * (output - entered if self.with_stream else output)


@dataclass(frozen=True, eq=False)
class Parts:
    """Attention and MLP of every block.

    Attributes:
        attention: for every block, what mixes positions (in hybrid models not always attention in the strict sense).
        mlp: for every block, the other part.
        in_sequence: whether the MLP of every block reads what its attention wrote, so that the stream has a middle.
    """

    attention: tuple[Part, ...]
    mlp: tuple[Part, ...]
    in_sequence: bool = True


@torch.inference_mode()
def find_parts(anatomy: Anatomy, ids: Int[torch.Tensor, " positions"]) -> Parts | str:
    """Attention and MLP of every block, or the reason why they cannot be told apart."""
    with _noting_calls(anatomy.blocks) as calls:
        shape = anatomy.states(ids).shape[1:]
    with evaluating(anatomy.network):
        return _parts(anatomy, calls, shape)


def _parts(anatomy: Anatomy, calls: list[tuple[tuple[Any, ...], dict[str, Any]]], shape: torch.Size) -> Parts | str:
    attention, mlp = [], []
    in_sequence = True
    for number, block in enumerate(anatomy.blocks):
        exact, args, kwargs, eps = _in_float32(block, *calls[number], anatomy.eps)
        entered = _copy(stream_among([*args, *kwargs.values()])).reshape(shape)
        with _noting_outputs(exact, shape) as outputs:
            left = _copy(exact(*args, **kwargs)).reshape(shape)
        entered = entered.to(left.device)  # a block on another device than the one before it
        pair = _pair(outputs, entered, left, eps)
        if pair is None:
            return f"no two parts of block {number + 1} sum to its change"
        mixing = _mixing(exact, args, kwargs, shape)
        mixes = [part.module in mixing for part in pair]
        if not any(mixes):
            return f"neither of the two parts of block {number + 1} mixes positions"
        in_sequence = in_sequence and all(mixes)
        own = dict(zip(exact.modules(), block.modules(), strict=True))
        first, second = (replace(part, module=own[part.module]) for part in pair)
        attention.append(first if mixes[0] else second)
        mlp.append(second if mixes[0] else first)
    return Parts(tuple(attention), tuple(mlp), in_sequence)


def _in_float32(
    block: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], eps: float
) -> tuple[nn.Module, tuple[Any, ...], dict[str, Any], float]:
    """A block with the arguments of its call, and what its sums are rounded by: a copy where that would be coarse."""
    single = torch.finfo(torch.float32).eps
    if eps <= single:
        return block, args, kwargs, eps

    def widened(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return value.float() if value.is_floating_point() else value
        if isinstance(value, tuple | list):
            return type(value)(map(widened, value))
        return {name: widened(item) for name, item in value.items()} if isinstance(value, dict) else value

    try:
        wide = copy.deepcopy(block).float()
        wide(*widened(args), **widened(kwargs))
    except Exception:  # quantised, or of one dtype by its own code: then as it is
        return block, args, kwargs, eps
    return wide, widened(args), widened(kwargs), single


@torch.inference_mode()
def read_states_and_parts(
    anatomy: Anatomy, parts: Parts, texts: Sequence[Sequence[int]], past: Any = None
) -> list[tuple[Float[np.ndarray, "states _ d_model"], Added | str]]:
    """From one pass the states of each text, and what attention and MLP added, or why they do not sum up there.

    Args:
        anatomy: the model.
        parts: its attention and MLP.
        texts: ids of each text.
        past: a cache that is filled on the way; for a single text.
    """
    kept: dict[nn.Module, torch.Tensor] = {}
    modules = {part.module for part in (*parts.attention, *parts.mlp)}
    with ExitStack() as stack:
        for module in modules:
            stack.enter_context(
                hooked(module.register_forward_hook(lambda module, _, output: kept.update({module: _copy(output)})))
            )
        states = (
            anatomy.batch_states(*padded(texts))
            if len(texts) > 1
            else anatomy.states(torch.tensor(texts[0]), past)[:, None]
        )
    shape = states.shape[1:]

    def added(side: tuple[Part, ...]) -> torch.Tensor:
        outputs = (kept[part.module].reshape(shape).to(states.device) for part in side)
        return torch.stack([part.added(*pair) for part, *pair in zip(side, outputs, states[:-1], strict=True)])

    attention, mlp = added(parts.attention), added(parts.mlp)
    return [
        _apart(states[:, row, : len(ids)], attention[:, row, : len(ids)], mlp[:, row, : len(ids)], anatomy.eps, parts)
        for row, ids in enumerate(texts)
    ]


def _apart(
    states: torch.Tensor, attention: torch.Tensor, mlp: torch.Tensor, eps: float, parts: Parts
) -> tuple[Float[np.ndarray, "states positions d_model"], Added | str]:
    """The states of one text and what was added to them, without those of the padding."""
    if not _sums(states[:-1], states[1:], attention, mlp, eps):
        return states.cpu().numpy(), "its parts do not sum to the change of every block on this text"
    return states.cpu().numpy(), Added(attention.cpu().numpy(), mlp.cpu().numpy(), parts.in_sequence)


@dataclass(frozen=True, eq=False)
class _Output:
    module: nn.Module
    depth: int
    value: torch.Tensor


def _pair(outputs: list[_Output], before: torch.Tensor, after: torch.Tensor, eps: float) -> tuple[Part, Part] | None:
    """The two outputs that make up the change, in the order they ran; plain and shallow ones preferred.

    Every coordinate counts in units of what its state is rounded by, so that a spike does not drown the others.
    """
    unit = eps * (before.double().abs() + after.double().abs()).clamp_min(1e-6 * float(after.abs().max()))
    change = ((after.double() - before.double()) / unit).reshape(-1)
    noise = 2 * len(change) ** 0.5
    if len(outputs) < 2 or float(change.norm()) < 10 * noise:
        return None
    candidates = [(place, with_stream) for with_stream in (False, True) for place in range(len(outputs))]
    values = torch.stack(
        [
            ((outputs[place].value.double() - before.double() * shared) / unit).reshape(-1)
            for place, shared in candidates
        ]
    )
    found: list[tuple[tuple[bool, int, int], Part, Part]] = []
    for i, j, factors in _least_squares(values, change, noise):
        if candidates[i][0] == candidates[j][0] or float((change - factors @ values[[i, j]]).norm()) > noise:
            continue
        plain = float((change - values[i] - values[j]).norm()) <= noise
        both = sorted(zip((candidates[i], candidates[j]), [1.0, 1.0] if plain else factors.tolist(), strict=True))
        first, second = (Part(outputs[place].module, factor, shared) for (place, shared), factor in both)
        depth = sum(outputs[place].depth for (place, _), _ in both)
        found.append(((not plain, first.with_stream + second.with_stream, depth), first, second))
    if not found:
        return None
    _, first, second = min(found, key=lambda item: item[0])
    return first, second


def _least_squares(
    values: Float[torch.Tensor, "candidates numbers"], change: Float[torch.Tensor, " numbers"], noise: float
) -> Iterator[tuple[int, int, Float[torch.Tensor, " pair"]]]:
    """All pairs whose best combination comes near the change, with its two factors; from the normal equations."""
    gram, products = values @ values.T, values @ change
    power = gram.diagonal()
    determinant = power[:, None] * power - gram.square()
    factor = (products[:, None] * power - products * gram) / determinant  # the first's
    missed = change @ change - factor * products[:, None] - factor.T * products
    near = (
        (determinant > 1e-9 * power[:, None] * power)
        & (torch.minimum(factor.abs(), factor.T.abs()) > _SMALLEST_FACTOR)
        & (missed < 100 * noise**2 + 1e-9 * (change @ change))  # cancellation; the caller looks closer
    )
    for i, j in near.triu(1).nonzero().tolist():
        yield i, j, torch.stack([factor[i, j], factor[j, i]])


def _sums(before: torch.Tensor, after: torch.Tensor, one: torch.Tensor, other: torch.Tensor, eps: float) -> bool:
    """Whether before + one + other = after but for the rounding of a few additions, coordinate by coordinate."""
    tiny = torch.finfo(torch.float32).tiny

    def sums(before: torch.Tensor, after: torch.Tensor, one: torch.Tensor, other: torch.Tensor) -> bool:
        rounding = 8 * eps * (before.abs() + after.abs() + one.abs() + other.abs())
        return bool(((after - before - one - other).abs() <= rounding + tiny).all())

    # Block by block, what is between stays in the cache.
    return all(map(sums, before, after, one, other))


def _mixing(block: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], shape: torch.Size) -> set[nn.Module]:
    """The modules of a block that answer at the last position when the stream changes at the first."""
    ends = []
    for shift in (0.0, 1.0):
        with _noting_outputs(block, shape) as outputs:
            changed_args, changed_kwargs = _shifted(args, kwargs, shape, shift)
            block(*changed_args, **changed_kwargs)
        ends.append({output.module: output.value[-1] for output in outputs})
    still, moved = ends
    return {module for module in still if module in moved and not torch.equal(still[module], moved[module])}


def _shifted(
    args: tuple[Any, ...], kwargs: dict[str, Any], shape: torch.Size, shift: float
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a block with the stream, the first tensor of its shape, moved at position 0."""
    done = False

    def moved(value: Any) -> Any:
        nonlocal done
        if done or not isinstance(value, torch.Tensor) or value.shape != (1, *shape):
            return value
        done = True
        value = value.clone()
        value[:, 0] += shift * torch.linspace(-1, 1, shape[-1], device=value.device).to(value.dtype)
        return value

    return tuple(moved(value) for value in args), {name: moved(value) for name, value in kwargs.items()}


@contextmanager
def _noting_calls(blocks: tuple[nn.Module, ...]) -> Iterator[list[tuple[tuple[Any, ...], dict[str, Any]]]]:
    """The arguments every block is called with, the stream kept as it was."""
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def note(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        keep = [value.clone() if isinstance(value, torch.Tensor) else value for value in args]
        calls.append((tuple(keep), {n: v.clone() if isinstance(v, torch.Tensor) else v for n, v in kwargs.items()}))

    with ExitStack() as stack:
        for block in blocks:
            stack.enter_context(hooked(block.register_forward_pre_hook(note, with_kwargs=True)))
        yield calls


@contextmanager
def _noting_outputs(block: nn.Module, shape: torch.Size) -> Iterator[list[_Output]]:
    """What the modules inside a block put out, one by one and shallow before deep where they say the same."""
    raw: list[_Output] = []
    outputs: list[_Output] = []

    def note(module: nn.Module, depth: int, output: Any) -> None:
        value = _copy(output)
        if value is not None and value.numel() == shape.numel() and value.shape[-1] == shape[-1]:
            raw.append(_Output(module, depth, value.reshape(shape)))

    with ExitStack() as stack:
        for name, module in block.named_modules():
            if name:
                depth = name.count(".")
                stack.enter_context(
                    hooked(module.register_forward_hook(lambda m, _, output, depth=depth: note(m, depth, output)))
                )
        yield outputs
    for output in raw:
        same = [other for other in raw if torch.equal(other.value, output.value)]
        if output is min(same, key=lambda other: other.depth):
            outputs.append(output)


def _copy(output: Any) -> Any:
    """A module's first tensor, copied, since later code may add to it in place; None where there is none."""
    value = output[0] if isinstance(output, tuple | list) and output else output
    return value.float().clone() if isinstance(value, torch.Tensor) and value.is_floating_point() else None
