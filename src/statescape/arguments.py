"""The doors of the Python side: what every public function and class takes is checked against its own annotations.

What a user would expect is taken: lists and data frames for arrays, whole numbers for numbers, NumPy's numbers for
Python's, any path for a path. All else is refused in one sentence. The rooms open their public names with `opened`, so
a new one cannot forget; the rooms that compute call each other without a check. Ranges are checked where a thing
is made.
"""

from __future__ import annotations

import inspect
import numbers
import os
import reprlib
import sys
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cache, wraps
from pathlib import Path
from typing import Any, TypeVar

import lazy_loader

from statescape.errors import StatescapeError

Thing = TypeVar("Thing")

_WORDS: dict[Any, str] = {
    int: "a whole number", float: "a number", str: "a text", bool: "True or False", bytes: "bytes", Path: "a path",
    os.PathLike: "a path", type(None): "None", Callable: "a function", Mapping: "a mapping", dict: "a mapping",
}  # fmt: skip
_NUMBERS: dict[Any, Any] = {int: numbers.Integral, float: numbers.Real}
# Rooms that hand on what they made themselves, thousands of times a second; what a user hands in was checked before.
_INSIDE = tuple(f"statescape.{room}." for room in ("evolution", "reservoir", "geometry", "statistics", "runs"))


def opened(room: Mapping[str, Any], names: Iterable[str] = ()) -> None:
    """Put a check before every public function, constructor and method of a room.

    Args:
        room: the globals of the room's module.
        names: which; by default all of its ``__all__`` that are there.
    """
    for name in names or room["__all__"]:
        thing = room.get(name)
        if isinstance(thing, type):
            _open_class(thing)
        elif isinstance(thing, types.FunctionType):
            door = checked(thing)
            # Where it is public, and at its home: pickle looks a function up by its name there.
            for module in (sys.modules[room["__name__"]], sys.modules[thing.__module__]):
                setattr(module, name, door)


def opened_lazily(room: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """``__getattr__``, ``__dir__`` and ``__all__`` of a room whose names are imported, and opened, when first used.

    Args:
        room: the package's ``__name__``.
        file: its ``__file__``; the names stand in the stub (``.pyi``) beside it.
    """
    find, names, public = lazy_loader.attach_stub(room, file)

    def door(name: str) -> Any:
        opened({"__name__": room, name: find(name)}, [name])
        return vars(sys.modules[room])[name]

    return door, names, public


def checked(function: Thing, name: str = "") -> Thing:
    """A function that says in one sentence which argument is of the wrong kind, and what was expected.

    Args:
        function: any function with annotations.
        name: what it is called in the sentence; its own name by default.
    """
    assert callable(function)
    if hasattr(function, "__takes__"):
        return function
    takes = _Takes(function, name or getattr(function, "__name__", "This function"))

    @wraps(function)
    def door(*given: Any, **named: Any) -> Any:
        if sys._getframe(1).f_globals.get("__name__", "").startswith(_INSIDE):
            return function(*given, **named)
        try:
            bound = takes.signature.bind(*given, **named)
        except TypeError:
            return function(*given, **named)  # Python's own words for what is missing or too much
        with takes.sizes():
            bound.arguments = {key: takes.taken(key, value) for key, value in bound.arguments.items()}
        try:
            return function(*bound.args, **bound.kwargs)
        except (OSError, MemoryError) as error:
            if takes.name.endswith(".map"):  # an executor runs what a user wrote, whose errors are his own
                raise
            reason = getattr(error, "strerror", None) or str(error) or "there is not enough memory"
            raise StatescapeError(f"{takes.name} cannot go on: {reason}.") from error

    door.__takes__ = takes  # type: ignore[attr-defined]
    return typing.cast("Thing", door)


def _open_class(owner: type) -> None:
    if issubclass(owner, BaseException) or getattr(owner, "_is_protocol", False):
        return
    for name, value in list(vars(owner).items()):
        called = owner.__name__ if name == "__init__" else f"{owner.__name__}.{name}"
        if name.startswith("_") and name != "__init__":
            continue
        if isinstance(value, types.FunctionType):
            setattr(owner, name, checked(value, called))
        elif isinstance(value, (classmethod, staticmethod)):
            setattr(owner, name, type(value)(checked(value.__func__, called)))


def require_memory(what: str, size: float) -> None:
    """Refuse, before it is allocated, what this machine cannot hold.

    Args:
        what: what was asked for, in words (20,000 units).
        size: bytes that it needs at least.

    Raises:
        StatescapeError: where that is more than the whole memory.
    """
    if not hasattr(os, "sysconf"):  # Windows
        return
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if size > whole:
        raise StatescapeError(
            f"{what} need {size / 2**30:,.0f} GiB of memory, and this machine has {whole / 2**30:,.0f}; take fewer."
        )


def require_seed(seed: int) -> None:
    """Refuse what no generator of NumPy's begins from.

    Raises:
        StatescapeError: where the seed is below 0.
    """
    if seed < 0:
        raise StatescapeError(f"A seed is a whole number from 0 on; got {seed}.")


class _Takes:
    """What a function takes: its parameters by name, each with its annotation."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        self.signature, self.name, self._function = inspect.signature(function), name, function
        self._hints: dict[str, Any] = {}

    def sizes(self) -> AbstractContextManager[Any]:
        """Within it a size of arrays (`d_model`) is the same for all arguments."""
        if not any("ndarray" in str(one.annotation) for one in self.signature.parameters.values()):
            return nullcontext()
        from jaxtyping import jaxtyped

        return jaxtyped("context")

    def taken(self, name: str, value: Any) -> Any:
        if name not in self._hints:
            self._hints[name] = self._hint(name)
        hint, parameter = self._hints[name], self.signature.parameters[name]
        if value is parameter.default:
            return value
        if parameter.kind is parameter.VAR_POSITIONAL:
            return tuple(self._one(name, one, hint) for one in value)
        if parameter.kind is parameter.VAR_KEYWORD:
            return {key: self._one(key, one, hint) for key, one in value.items()}
        return self._one(name, value, hint)

    def _one(self, name: str, value: Any, hint: Any) -> Any:
        try:
            return fitting(value, hint)
        except _UnfitError:
            raise StatescapeError(f"{self.name} takes {name} as {in_words(hint)}; got {shown(value)}.") from None

    def _hint(self, name: str) -> Any:
        """The annotation, or Any where it names what is imported for type checkers only."""
        written = self.signature.parameters[name].annotation
        if written is inspect.Parameter.empty:
            return Any
        function = inspect.unwrap(self._function)
        try:
            return eval(written, function.__globals__) if isinstance(written, str) else written  # noqa: S307
        except NameError:
            return Any


class _UnfitError(Exception):
    """A value is none of what was annotated."""


def fitting(value: Any, hint: Any) -> Any:
    """The value as the annotation has it, converted where nothing is lost.

    Raises:
        _UnfitError: where it is of another kind.
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
        raise _UnfitError
    return value


def _first_fitting(value: Any, hints: tuple[Any, ...]) -> Any:
    for hint in sorted(hints, key=lambda one: one is float):  # a whole number stays one where it may be either
        with suppress(_UnfitError):
            return fitting(value, hint)
    raise _UnfitError


def _number(value: Any, hint: type) -> Any:
    if isinstance(value, _NUMBERS[hint]) or (hasattr(value, "shape") and value.shape == () and hasattr(value, "item")):
        value = value.item() if hasattr(value, "item") else value
        try:
            return hint(_if(isinstance(value, _NUMBERS[hint]), value))
        except OverflowError as error:
            raise _UnfitError from error
    raise _UnfitError


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
        return type(value)(map(fitting, value, inner)) if type(value) is tuple else value
    elif inner and issubclass(origin, Collection) and isinstance(value, Collection):
        if inner[0] in (str, int) and set(map(type, value)) <= {inner[0]}:  # a vocabulary, the ids of a text
            return value
        found = [fitting(one, inner[0]) for one in value]
        return type(value)(found) if type(value) in (list, tuple) else value  # type: ignore[call-arg]
    return value


def _array(value: Any, hint: Any) -> Any:
    """An array of real numbers of the annotated shape, made from lists and tables too."""
    if getattr(hint.array_type, "__name__", "") != "ndarray":  # a tensor
        return _if(isinstance(value, hint.array_type), value)
    import numpy as np

    try:
        array = np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:  # ragged lists; a tensor on a GPU
        raise _UnfitError from error
    kinds = {str(kind)[:3] for kind in hint.dtypes} if isinstance(hint.dtypes, (list, tuple)) else set()
    _if(array.dtype.kind in "fiub" and not np.ma.is_masked(value), array)
    if "flo" in kinds and array.dtype.kind in "iub":
        array = array.astype(np.float64)
    return _if(isinstance(array, hint), array)


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
