"""How a setting is declared where it is a field: in words, with its bounds, its flags and its panel of the help."""

from __future__ import annotations

import inspect
import math
import re
import textwrap
import types
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

from statescape.errors import StatescapeError, nearest
from statescape.fitting import UnfitError, fitting, in_words, shown

Function = TypeVar("Function", bound=Callable[..., Any])
_WIDTH = 116


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


@dataclass(frozen=True)
class Keyword:
    """What a function takes by name.

    Attributes:
        kind: its annotation.
        default: where it is not given.
        words: what it is, in a docstring.
    """

    kind: Any
    default: Any
    words: str


def keywords_of(owner: type, *, without: Iterable[str] = ()) -> dict[str, Keyword]:
    """The fields of a dataclass as keywords, in the words of its docstring.

    Args:
        owner: the dataclass.
        without: fields that are left out.
    """
    hints, words = hints_of(owner), told(owner)
    return {
        one.name: Keyword(
            hints[one.name],
            one.default_factory() if one.default_factory is not MISSING else one.default,
            words.get(one.name, ""),
        )
        for one in fields(cast("Any", owner))
        if one.name not in without
    }


def told(thing: object) -> dict[str, str]:
    """What the docstring of a class or function says of each attribute or argument."""
    found: dict[str, str] = {}
    name, within = "", False
    for line in (inspect.getdoc(thing) or "").splitlines():
        entry = re.match(r" {4}\*{0,2}(\w+): (.*)", line)
        if line and not line.startswith(" "):
            within = line in ("Args:", "Attributes:")
        elif within and entry:
            name = entry[1]
            found[name] = entry[2]
        elif within and line.strip():
            found[name] += f" {line.strip()}"
    return found


def taking(keywords: Mapping[str, Keyword]) -> Callable[[Function], Function]:
    """Make signature and docstring of a function name what its argument of two stars may hold.

    Args:
        keywords: what that is, by name; they take its place in the docstring's list of arguments.
    """
    return lambda function: _named(function, keywords)


def _named(function: Function, keywords: Mapping[str, Keyword]) -> Function:
    signature = inspect.signature(function)
    rest = next(one for one in signature.parameters.values() if one.kind is one.VAR_KEYWORD)
    named = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=one.default, annotation=one.kind)
        for name, one in keywords.items()
    ]
    kept = [one for one in signature.parameters.values() if one is not rest]
    made = cast("types.FunctionType", function)
    made.__signature__ = signature.replace(parameters=[*kept, *named])  # type: ignore[attr-defined]
    lines = [
        textwrap.fill(f"{name}: {one.words}", _WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 12)
        for name, one in keywords.items()
    ]
    entry = rf"^ {{8}}\*\*{rest.name}: .*\n(?: {{9,}}.*\n)*"
    made.__doc__ = re.sub(entry, lambda _: "\n".join(lines) + "\n", made.__doc__ or "", flags=re.MULTILINE)
    return function


def require_kinds(settings: Any) -> None:
    """Refuse values of another kind than their fields have; convert where nothing is lost, such as NumPy's numbers.

    Raises:
        StatescapeError: for the first of them.
    """
    owner: Any = type(settings)
    for name, hint in ((one.name, hints_of(owner)[one.name]) for one in fields(settings)):
        value = getattr(settings, name)
        if get_origin(hint) is Literal and isinstance(value, str):  # `require_allowed` names the nearest
            continue
        try:
            taken = fitting(value, hint)
        except UnfitError:
            raise StatescapeError(f"{owner.__name__} takes {name} as {in_words(hint)}; got {shown(value)}.") from None
        if taken is not value:
            object.__setattr__(settings, name, taken)


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
