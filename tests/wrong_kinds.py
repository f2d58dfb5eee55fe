"""Public functions and constructors with arguments of the wrong kind."""

from __future__ import annotations

import importlib
import inspect
import random
import re
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.documents import ROOT

MODULES = runpy.run_path(str(ROOT / "docs" / "api.py"))["MODULES"]


def doors() -> dict[str, Callable[..., Any]]:
    """Every public function, constructor and class method, by name."""
    found: dict[str, Callable[..., Any]] = {}
    for module in map(importlib.import_module, MODULES):
        for name in module.__all__:
            thing = getattr(module, name)
            if isinstance(thing, type) and not issubclass(thing, BaseException):
                if not getattr(thing, "_is_protocol", False):
                    found[thing.__qualname__] = thing
                for own, value in vars(thing).items():
                    if isinstance(value, (classmethod, staticmethod)) and not own.startswith("_"):
                        found[f"{name}.{own}"] = getattr(thing, own)
            elif inspect.isroutine(thing):
                found[f"{module.__name__}.{name}"] = thing
    return found


def values() -> list[Any]:
    """What nobody should hand over."""
    return [
        None, "", "x", "x" * 5000, "\x1b[31m", "\ud800", b"x", -1, 0, 3, True, float("nan"), float("inf"), -2.5, 1j,
        [1, "a", None], [], {}, {"a": 1}, (1, 2), {1, 2}, object(), int, lambda *_: None, Path("/nowhere/at/all"),
        np.array([1j, 2]), np.array([object(), None]), np.zeros((0, 0)), np.full((3, 3), np.nan), np.ones((2, 3)),
        np.array("x"), np.array(["a", "b"]), np.arange(4), np.full(3, 1e308), np.full((2, 2, 2), -1.0), [[1, 2], [3]],
        pd.DataFrame({"a": [1, 2], "b": ["x", None]}), pd.Series([1.0, None]), iter([1]), range(3), slice(2),
        np.float64(2.5), np.int64(7), np.datetime64("2020-01-01"), Ellipsis, NotImplementedError("x"),
    ]  # fmt: skip


def calls(seed: int) -> Iterator[tuple[str, Callable[..., Any], dict[str, Any]]]:
    """Calls without end, each of all that a door needs and some of what it may take."""
    draw = random.Random(seed)
    known = sorted(doors().items())
    while True:
        name, door = draw.choice(known)
        try:
            parameters = inspect.signature(door).parameters.values()
        except ValueError:
            continue
        named = [one for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
        if not named:
            continue
        wrong = draw.choice(named)
        yield (
            name,
            door,
            {
                one.name: draw.choice(values()) if one is wrong or draw.random() < 0.1 else ordinary(one, draw)
                for one in named
                if one is wrong or one.default is one.empty or draw.random() < 0.2
            },
        )


def ordinary(parameter: inspect.Parameter, draw: random.Random) -> Any:
    """What the annotation asks for, as far as it is simple."""
    hint = str(parameter.annotation)
    array = re.search(r"(Float|Int|Bool|Shaped)\w*\[np.ndarray, '([^']*)'\]", hint.replace('"', "'"))
    if array:
        sides = len([side for side in array[2].split() if "..." not in side])
        made = np.random.default_rng(draw.randrange(9)).uniform(0.1, 0.9, size=(5,) * sides)
        return made if array[1] in ("Float", "Shaped") else (made * 5).astype(int) if array[1] == "Int" else made > 0.5
    for kind, value in (("int", 4), ("float", 0.5), ("bool", True), ("Literal", None), ("str", "narma10")):
        if re.search(rf"\b{kind}\b", hint):
            return value
    return draw.choice(values())
