"""Hooks on the modules of a network, which always go: to note what passes, answer for a module, end a pass early."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Every module in evaluation mode, and afterwards in its own again."""
    training = [module for module in network.modules() if module.training]
    for module in training:
        module.training = False
    try:
        yield
    finally:
        for module in training:
            module.training = True


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """What is computed within sends no gradient to the weights."""
    trained = [weight for weight in network.parameters() if weight.requires_grad]
    for weight in trained:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in trained:
            weight.requires_grad_(True)


def stream_among(values: Any) -> torch.Tensor | None:
    """The first tensor of [batch, positions, width] among arguments or outputs, copied: later code may add in place."""
    for value in values:
        if isinstance(value, torch.Tensor) and value.is_floating_point() and value.ndim == 3:
            return value.clone()
    return None


class Stopped(Exception):  # noqa: N818 - not an error: the pass has gone as far as it is needed
    """Ends a forward pass at a module."""


@contextmanager
def hooked(handle: Any) -> Iterator[None]:
    """Removes a hook at the end, also after an error."""
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def stopping_before(module: nn.Module) -> Iterator[None]:
    """Ends a forward pass where ``module`` would run."""

    def stop(*_: Any) -> None:
        raise Stopped

    with hooked(module.register_forward_pre_hook(stop)):
        yield


@contextmanager
def watching(blocks: tuple[nn.Module, ...], note: Callable[[int, torch.Tensor], None]) -> Iterator[None]:
    """Notes what enters the first of ``blocks`` (0) and leaves each (1, 2, ...), before it is changed in place."""

    def enter(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        stream = stream_among([*args, *kwargs.values()])
        assert stream is not None  # as the probe pass has shown
        note(0, stream)

    with ExitStack() as stack:
        stack.enter_context(hooked(blocks[0].register_forward_pre_hook(enter, with_kwargs=True)))
        for number, block in enumerate(blocks, 1):

            def leave(_: nn.Module, __: Any, output: Any, number: int = number) -> None:
                note(number, output[0] if isinstance(output, tuple | list) else output)

            stack.enter_context(hooked(block.register_forward_hook(leave)))
        yield


@contextmanager
def answering(module: nn.Module, answer: Callable[[torch.Tensor], torch.Tensor]) -> Iterator[None]:
    """``module`` runs, and its output is replaced by ``answer(output)``."""
    with hooked(module.register_forward_hook(lambda _, __, output: answer(output))):
        yield


@contextmanager
def forwarding(module: nn.Module, forward: Callable[..., Any]) -> Iterator[None]:
    """``module`` runs ``forward`` in the place of its own."""
    own = module.__dict__.get("forward")  # where a wrapper has been put on this one module already
    module.__dict__["forward"] = forward
    try:
        yield
    finally:
        del module.__dict__["forward"]
        if own is not None:
            module.__dict__["forward"] = own
