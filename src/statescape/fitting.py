"""What fits an annotation, converted where nothing is lost, and how both are said in words.

Lists and data frames fit arrays, whole numbers fit numbers, NumPy's numbers fit Python's, any path fits a path.
"""

from __future__ import annotations

import inspect
import numbers
import os
import reprlib
import types
import typing
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

Thing = TypeVar("Thing")

_WORDS: dict[Any, str] = {
    int: "a whole number", float: "a number", str: "a text", bool: "True or False", bytes: "bytes", Path: "a path",
    os.PathLike: "a path", type(None): "None", Callable: "a function", Mapping: "a mapping", dict: "a mapping",
}  # fmt: skip
_NUMBERS: dict[Any, Any] = {int: numbers.Integral, float: numbers.Real}


class UnfitError(Exception):
    """A value is none of what was annotated."""


def fitting(value: Any, hint: Any) -> Any:
    """The value as the annotation has it, converted where nothing is lost.

    Raises:
        UnfitError: where it is of another kind.
    """
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or isinstance(hint, (TypeVar, str)):
        return value
    if origin is typing.Annotated:
        return fitting(value, inner[0])
    if origin in (typing.Union, types.UnionType):
        return _first_fitting(value, inner)
    if origin is typing.Literal:
        return _if(any(type(value) is type(one) and value == one for one in inner), value)
    if getattr(hint, "array_type", None) is not None:
        return _array(value, hint)
    if isinstance(origin, type):
        return _container(value, origin, inner)
    if hint in _NUMBERS:
        return _number(value, hint)
    if hint in (Path, os.PathLike):
        return Path(value) if _if(isinstance(value, os.PathLike), True) else value
    if isinstance(hint, type):
        return _if(_is_one(value, hint), value)
    return _if(hint is not None or value is None, value)


def _if(fits: bool, value: Thing) -> Thing:
    if not fits:
        raise UnfitError
    return value


def _first_fitting(value: Any, hints: tuple[Any, ...]) -> Any:
    found = []
    # A whole number stays one where it may be either; what is there as one kind of array is not made another.
    for hint in sorted(hints, key=lambda one: (not _is_there(value, one), one is float)):
        with suppress(UnfitError):
            found.append(fitting(value, hint))
            if found[-1] is value:  # nothing need be converted
                return value
    return _if(bool(found), found)[0]


def _is_there(value: Any, hint: Any) -> bool:
    kind = getattr(hint, "array_type", None)
    return isinstance(kind, type) and isinstance(value, kind)


def _number(value: Any, hint: type) -> Any:
    if isinstance(value, _NUMBERS[hint]) or (hasattr(value, "shape") and value.shape == () and hasattr(value, "item")):
        value = value.item() if hasattr(value, "item") else value
        try:
            return hint(_if(isinstance(value, _NUMBERS[hint]), value))
        except OverflowError as error:
            raise UnfitError from error
    raise UnfitError


def _is_one(value: Any, hint: type) -> bool:
    if getattr(hint, "_is_protocol", False):
        return all(hasattr(value, name) for name in _asked(hint))
    if hint is bool and type(value).__module__ == "numpy":
        return str(getattr(value, "dtype", "")) == "bool" and value.shape == ()
    return isinstance(value, hint)


@cache
def _asked(protocol: type) -> tuple[str, ...]:
    """The public members of a protocol."""
    bases = [base for base in protocol.__mro__ if getattr(base, "_is_protocol", False) and base is not typing.Protocol]
    named = {name for base in bases for name in (*vars(base), *inspect.get_annotations(base))}
    return tuple(name for name in named if not name.startswith("_") or name == "__call__")


def _container(value: Any, origin: type, inner: tuple[Any, ...]) -> Any:
    if issubclass(origin, Callable):  # type: ignore[arg-type]
        return _if(callable(value), value)
    if origin is type:
        return _if(isinstance(value, type), value)
    if issubclass(origin, Sequence) and getattr(value, "ndim", None) == 1 and hasattr(value, "tolist"):
        value = value.tolist()
    if issubclass(origin, tuple) and isinstance(value, list):
        value = tuple(value)
    _if(isinstance(value, origin) and not isinstance(value, (str, bytes)), value)
    if issubclass(origin, Mapping) and inner:
        for key, one in value.items():
            fitting(key, inner[0]), fitting(one, inner[-1])
    elif issubclass(origin, tuple) and inner and inner[-1] is not ...:
        _if(len(value) == len(inner), value)
        return _remade(value, [fitting(*one) for one in zip(value, inner, strict=True)])
    elif inner and issubclass(origin, Collection) and isinstance(value, Collection):
        if inner[0] in (str, int) and set(map(type, value)) <= {inner[0]}:  # a vocabulary, the ids of a text
            return value
        return _remade(value, [fitting(one, inner[0]) for one in value])
    return value


def _remade(value: Any, found: list[Any]) -> Any:
    """The list or tuple of what was found; the given one itself where nothing was converted, as `clone` asks for."""
    same = type(value) not in (list, tuple) or all(one is new for one, new in zip(value, found, strict=True))
    return value if same else type(value)(found)


def _array(value: Any, hint: Any) -> Any:
    """An array of real numbers of the annotated shape, made from lists and tables too."""
    if getattr(hint.array_type, "__name__", "") != "ndarray":  # a tensor
        return _if(isinstance(value, hint.array_type), value)
    import numpy as np

    try:
        array = np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:  # ragged lists; a tensor on a GPU
        raise UnfitError from error
    kinds = {str(kind)[:3] for kind in hint.dtypes} if isinstance(hint.dtypes, (list, tuple)) else set()
    _if(array.dtype.kind in "fiub" and not np.ma.is_masked(value), array)
    if "flo" in kinds and array.dtype.kind in "iub":
        array = array.astype(np.float64)
    return _if(isinstance(array, hint), array)


def choices(hint: Any) -> Iterator[str]:
    """All words that an annotation allows."""
    for one in typing.get_args(hint):
        yield from [one] if isinstance(one, str) else choices(one)


def in_words(hint: Any) -> str:
    """What an annotation asks for, in words."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(map(in_words, inner)))
    if origin is typing.Literal:
        return " or ".join(map(repr, inner))
    if getattr(hint, "array_type", None) is not None:
        return f"an array of numbers ({hint.dim_str.strip()})"
    if origin is typing.Annotated:
        return in_words(inner[0])
    if isinstance(origin, type):
        if issubclass(origin, Callable):  # type: ignore[arg-type]
            return "a function"
        if issubclass(origin, Mapping):
            return "a mapping"
        things = [in_words(one) for one in inner if one not in (..., Any)]
        return f"a list, each of it {' or '.join(dict.fromkeys(things))}" if things else "a list"
    name = getattr(hint, "__name__", str(hint))
    return _WORDS.get(hint) or f"{'an' if name[:1] in 'AEIOU' else 'a'} {name}"


def shown(value: Any) -> str:
    """A value and its kind, short and in one line."""
    if value is None:
        return "None"
    shape = getattr(value, "shape", None)
    try:
        text = f"shape {tuple(shape)}" if isinstance(shape, tuple) else " ".join(reprlib.repr(value).split())
    except Exception:  # a thing that cannot even be shown
        text = "a thing"
    return f"{text} ({type(value).__name__})"
