"""What a noun calls itself in a terminal or a list: one line of at most `MOST` characters that says what matters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, fields
from typing import Any

from statescape import plugins

MOST = 200
_MOST_OF_A_FIELD = 50


def brief(text: str, most: int = MOST) -> str:
    """The text in one line that cannot misbehave (control characters as escapes), cut to `most` characters."""
    line = "".join(one if one.isprintable() else one.encode("unicode_escape", "surrogatepass").decode() for one in text)
    return line if len(line) <= most else f"{line[: most - 1]}…"


class Noun:
    """What every public dataclass shows: one line in a terminal, and all that is said of it in a notebook's cell.

    A class that has no line of its own names its fields, those alone that differ from their defaults, arrays by their
    shape.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__repr__" not in vars(cls):  # before `dataclass` writes one that shows whole arrays
            cls.__repr__ = _named_fields  # type: ignore[method-assign]

    def _repr_html_(self) -> str:
        return str(plugins.cell(self))


def _named_fields(noun: Any) -> str:
    told = [
        f"{one.name}={_short(value)}"
        for one in fields(noun)
        if one.repr and not _is_default(value := getattr(noun, one.name), one.default, one.default_factory)
    ]
    return brief(f"{type(noun).__name__}({', '.join(told)})")


def _is_default(value: Any, default: Any, factory: Any) -> bool:
    default = factory() if factory is not MISSING else default
    if value is default or type(value) is not type(default):
        return value is default
    return not any(hasattr(one, "shape") for one in _members(value)) and bool(value == default)


def _short(value: Any) -> str:
    """A field's value, or what kind of thing it is where that is short."""
    if shape := getattr(value, "shape", None):
        return f"{value.dtype}[{' x '.join(map(str, shape))}]"
    if callable(value) and hasattr(value, "__name__"):
        return str(value.__name__)
    if isinstance(value, tuple | list | dict | set | frozenset) and (
        len(value) > 8 or any(hasattr(one, "shape") or isinstance(one, Noun) for one in _members(value))
    ):
        return f"{type(value).__name__} of {len(value):,}"
    if isinstance(value, Noun):
        return f"{type(value).__name__}(…)"
    return brief(f"{value:.6g}" if type(value) is float else repr(value), _MOST_OF_A_FIELD)


def _members(value: Any) -> Iterable[Any]:
    """What a container holds; anything else alone."""
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, tuple | list | set | frozenset) else (value,)
