"""What a noun calls itself in a terminal or a list: one line of at most `MOST` characters that says what matters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any, TypeVar

MOST = 200
_LONGEST_VALUE = 60

C = TypeVar("C", bound=type)


def brief(text: str, most: int = MOST) -> str:
    """The text in one line that cannot misbehave (control characters as escapes), cut where it is longer than `most`."""
    line = "".join(one if one.isprintable() else one.encode("unicode_escape", "surrogatepass").decode() for one in text)
    return line if len(line) <= most else f"{line[: most - 1]}…"


def brief_repr(cls: C) -> C:
    """Give a dataclass a `repr` of one line: its fields by name, arrays and collections by their size."""

    def __repr__(self: Any) -> str:
        named = (f"{field.name}={_value(getattr(self, field.name))}" for field in fields(self) if field.repr)
        return brief(f"{type(self).__name__}({', '.join(named)})")

    cls.__repr__ = __repr__  # type: ignore[method-assign]
    return cls


def _value(value: Any) -> str:
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        return f"{getattr(value, 'dtype', type(value).__name__)}[{', '.join(map(str, shape))}]"
    if isinstance(value, str | bytes):
        return brief(repr(value), _LONGEST_VALUE)
    if isinstance(value, Mapping):
        return f"<{len(value)} by name>"
    if isinstance(value, Collection) and len(value) > 3:
        return f"<{len(value)} of them>"
    return brief(repr(value), _LONGEST_VALUE)
