"""The doors of the Python side: what every public function and class takes is checked against its own annotations.

What a user would expect is taken: lists and data frames for arrays, whole numbers for numbers, NumPy's numbers for
Python's, any path for a path. All else is refused in one sentence. The rooms open their public names with `opened`, so
a new one cannot forget; the rooms that compute call each other without a check. Ranges are checked where a thing
is made.
"""

from __future__ import annotations

import inspect
import os
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import MISSING, fields, is_dataclass
from functools import cache, wraps
from typing import Any, TypeVar

import lazy_loader

from statescape.errors import StatescapeError, nearest
from statescape.fitting import UnfitError, choices, fitting, in_words, shown

Thing = TypeVar("Thing")

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
        try:
            opened({"__name__": room, name: find(name)}, [name])
        except AttributeError as error:
            if name.startswith("_") or name in public:
                raise
            raise AttributeError(f"{room} has no {name!r}{nearest(name, public)}.") from error
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
            made = function(*bound.args, **bound.kwargs)
        except (OSError, MemoryError) as error:
            if takes.name.endswith(".map"):  # an executor runs what a user wrote, whose errors are his own
                raise
            reason = getattr(error, "strerror", None) or str(error) or "there is not enough memory"
            raise StatescapeError(f"{takes.name} cannot go on: {reason}.") from error
        kind: Any = type(made)
        _open_made(kind)
        return made

    door.__takes__ = takes  # type: ignore[attr-defined]
    return typing.cast("Thing", door)


@cache
def _open_made(kind: type) -> None:
    """Open the class of what a user is handed, too: a trace that `trace` made is asked without `Trace` being named."""
    if kind.__module__.startswith("statescape.") and not kind.__name__.startswith("_"):
        _open_class(kind)


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


def _made_by(hint: Any) -> str:
    """How settings are made that an annotation asks for, where they are public; nothing of what is no settings."""
    for one in (hint, *typing.get_args(hint)):
        if not is_dataclass(one) or any(f.default is MISSING and f.default_factory is MISSING for f in fields(one)):
            continue
        name, parts = getattr(one, "__name__", ""), one.__module__.split(".")
        rooms = [".".join(parts[:count]) for count in range(1, len(parts))]
        home = next((room for room in rooms if name in getattr(sys.modules.get(room), "__all__", ())), "")
        if home:
            first = next(f.name for f in fields(one) if f.default is not MISSING)
            return f" Make one: {home}.{name}({first}=...)."
    return ""


class _Takes:
    """What a function takes: its parameters by name, each with its annotation."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        self.signature, self.name, self._function = inspect.signature(function), name, function
        self._hints: dict[str, Any] = {}

    def sizes(self) -> AbstractContextManager[Any]:
        """Within it a size of arrays (`d_model`) is the same for all arguments."""
        written = " ".join(str(one.annotation) for one in self.signature.parameters.values())
        if "ndarray" not in written and "Rows" not in written:
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
        except UnfitError:
            near = nearest(value, choices(hint)) if isinstance(value, str) else ""
            raise StatescapeError(
                f"{self.name} takes {name} as {in_words(hint)}; got {shown(value)}{near}.{_made_by(hint)}"
            ) from None

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
