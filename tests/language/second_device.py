"""A second device where there is no GPU: tensors on it lie in the processor's memory, but mix with no others.

What CUDA refuses is refused: an operation over tensors of both devices, and a tensor of the second one read as NumPy.
So a test can show that code moves what it must move. That kernels of a GPU round as they should it cannot show.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "second"
aten = torch.ops.aten
# What takes tensors of the processor beside those of a GPU: copies, and indices.
_MIXING = {aten._to_copy, aten.copy_, aten.index, aten.index_put, aten.index_put_}


class Elsewhere(torch.Tensor):
    """A tensor on the second device."""

    raw: torch.Tensor

    @staticmethod
    def __new__(cls, raw: torch.Tensor) -> Elsewhere:
        with torch.inference_mode(False):
            return torch.Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
                cls, raw.size(), strides=raw.stride(), dtype=raw.dtype, device=torch.device(NAME, 0)
            )

    def __init__(self, raw: torch.Tensor) -> None:
        self.raw = raw

    def __repr__(self) -> str:
        return f"{self.raw!r} on {NAME}"

    def numpy(self, *_: Any, **__: Any) -> Any:
        raise TypeError(f"can't convert {NAME}:0 device type tensor to numpy. Use Tensor.cpu() first.")

    __array__ = numpy

    def tolist(self) -> Any:
        return self.raw.tolist()

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(cls, function: Any, _: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _done(function, args, kwargs or {})


class _Mode(TorchDispatchMode):
    """Also what makes tensors on the second device, in this thread."""

    def __torch_dispatch__(self, function: Any, _: Any, args: Any = (), kwargs: Any = None) -> Any:
        with self:
            answer = function.decompose(*args, **(kwargs or {}))
        return _done(function, args, kwargs or {}) if answer is NotImplemented else answer


def _done(function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """The operation on the raw tensors, its results on the device on which CUDA would leave them."""
    operation = function.overloadpacket
    tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
    there = [one for one in tensors if isinstance(one, Elsewhere)]
    if there and operation not in _MIXING and any(one.dim() for one in tensors if not isinstance(one, Elsewhere)):
        raise RuntimeError(f"Expected all tensors to be on the same device, found cpu and {NAME}: {function}")
    asked = kwargs.get("device")
    onto = bool(there) if asked is None else torch.device(asked).type == NAME
    if operation is aten.copy_:
        onto = isinstance(args[0], Elsewhere)
    options = tree_map(_raw, kwargs) | ({} if asked is None else {"device": "cpu"})
    answer = function(*tree_map(_raw, args), **options)
    same = {id(one.raw): one for one in there} | {id(one): one for one in tensors}  # of an operation in place

    def placed(value: Any) -> Any:
        if not isinstance(value, torch.Tensor) or not onto:
            return same.get(id(value), value)
        return same.get(id(value)) if id(value) in same else Elsewhere(value)

    return tree_map(placed, answer)


def _raw(value: Any) -> Any:
    return value.raw if isinstance(value, Elsewhere) else value


@cache
def registered() -> torch.library.Library:
    """The device with the two allocations and the copy that torch makes for itself, below what a mode sees."""
    _setup_privateuseone_for_python_backend(NAME)
    library = torch.library.Library("aten", "IMPL")

    def copy(source: torch.Tensor, target: torch.Tensor, _: bool = False) -> torch.Tensor:
        _raw(target).copy_(_raw(source))
        return target

    def empty(size: Any, *, dtype: Any = None, **_: Any) -> Elsewhere:
        return Elsewhere(torch.empty(size, dtype=dtype))

    def empty_strided(size: Any, stride: Any, *, dtype: Any = None, **_: Any) -> Elsewhere:
        return Elsewhere(torch.empty_strided(size, stride, dtype=dtype))

    library.impl("empty.memory_format", empty, "PrivateUse1")
    library.impl("empty_strided", empty_strided, "PrivateUse1")
    library.impl("_copy_from", copy, "PrivateUse1")
    return library


def move(network: Any) -> Any:
    """The network's weights and buffers on the second device, in place."""
    laid(network)
    network.tie_weights()
    return network


def laid(part: torch.nn.Module) -> None:
    """A part's weights and buffers on the second device, in place."""
    for module in part.modules():
        for name, weight in module._parameters.items():
            if weight is not None:
                module._parameters[name] = torch.nn.Parameter(Elsewhere(weight.detach()), requires_grad=False)
        for name, buffer in module._buffers.items():
            if buffer is not None:
                module._buffers[name] = Elsewhere(buffer)


@contextmanager
def second_device() -> Iterator[None]:
    """The device is there, in this thread; torch works in one thread."""
    registered()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with _Mode():
            yield
    finally:
        torch.set_num_threads(threads)
