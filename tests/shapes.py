"""Shape and type checks of the first calls of a function in every test.

A search calls a small function ten thousand times with arrays of the same shapes; checking them all took a third of the
suite's time. `make test-long` runs the quick tests once more with every call checked (EVERY_CALL=1). What refuses is
compiled when a function is first called, and once: a function inside another is made anew whenever that one runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from types import FunctionType
from typing import Any

from beartype import beartype

CALLS = 0 if os.environ.get("EVERY_CALL") else 100  # of a function in a test that are checked; 0: all
_test = 0
_trusted: list[FunctionType] = []
_compiled: dict[Any, Callable[..., Any]] = {}


def checked(function: FunctionType) -> Callable[..., Any]:
    """A function that refuses wrong types, for jaxtyping, which calls it before the function itself and after it."""
    refusing: Callable[..., Any] | None = None
    test, calls = -1, 0

    @wraps(function)
    def counting(*args: Any, **kwargs: Any) -> Any:
        nonlocal refusing, test, calls
        refusing = refusing or _refusing(function)
        test, calls = _test, calls + 1 if test == _test else 1
        if calls == CALLS:
            own = sys._getframe(1).f_locals["fn"]  # of jaxtyping's wrapper, which passes a marked function by
            own.__no_type_check__ = True
            _trusted.append(own)
        return refusing(*args, **kwargs)

    return counting


def _refusing(function: FunctionType) -> Callable[..., Any]:
    """The function checked by beartype, which looks at parameters, annotations and defaults, not at what is done."""
    if "<locals>" not in function.__qualname__ or function.__defaults__ or function.__kwdefaults__:
        return beartype(function)
    key = (function.__module__, function.__qualname__, function.__code__, *function.__annotations__.items())
    if key not in _compiled:
        _compiled[key] = beartype(function)
    return _compiled[key]


def begin_test() -> None:
    """From here on the first calls are checked again."""
    global _test
    _test += 1
    for own in _trusted:
        vars(own).pop("__no_type_check__", None)  # a function may be there twice
    _trusted.clear()
