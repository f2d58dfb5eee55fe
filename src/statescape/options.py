"""How a setting is declared where it is a field: in words, with its bounds, its flags and its panel of the help."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

from statescape.errors import StatescapeError, nearest


@dataclass(frozen=True)
class Option:
    """How a setting is asked for.

    Attributes:
        help: what it is, for a reader.
        flags: short flags, or all of them where they are not made of its name.
        panel: of the help page.
        least: the smallest value that it takes; None for any.
        most: the largest; None for any.
    """

    help: str
    flags: tuple[str, ...] = ()
    panel: str | None = None
    least: int | None = None
    most: int | None = None


def option_of(one: Any) -> Option | None:
    """How a field of a dataclass is asked for; None for one that no option sets."""
    return cast("Option | None", one.metadata.get("option"))


@cache
def hints_of(owner: Hashable) -> Mapping[str, Any]:
    """The annotations of a dataclass's fields."""
    return get_type_hints(owner)


def asked(default: Any, words: str, *flags: str, **more: Any) -> Any:
    """A field that an option sets."""
    return field(default=default, metadata={"option": Option(words, flags, **more)})


def require_allowed(settings: Any) -> None:
    """Refuse values that their fields do not take.

    Raises:
        StatescapeError: for a number out of range, or a word that is none of the choices.
    """
    owner: Any = type(settings)
    hints = hints_of(owner)
    for one in fields(settings):
        value, option = getattr(settings, one.name), option_of(one)
        known = get_args(hints[one.name]) if get_origin(hints[one.name]) is Literal else ()
        if known and value not in known:
            raise StatescapeError(f"{one.name} is {', '.join(known)}; got {value!r}{nearest(value, known)}.")
        if option is None or value is None:
            continue
        if isinstance(value, float) and not math.isfinite(value):
            raise StatescapeError(f"{one.name} is a finite number; got {value}.")
        if option.least is not None and value < option.least:
            raise StatescapeError(f"{one.name} must be at least {option.least:,}; got {value}.")
        if option.most is not None and value > option.most:
            raise StatescapeError(f"{one.name} must be at most {option.most:,}; got {value}.")
