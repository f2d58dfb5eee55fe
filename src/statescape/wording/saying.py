"""Saying: a text of the code, in the language that is spoken, with its values written as that language writes them."""

from __future__ import annotations

from collections.abc import Sequence
from string import Formatter
from typing import Any

from statescape.wording.catalogue import catalogue
from statescape.wording.language import spoken
from statescape.wording.numbers import number


class _Writer(Formatter):
    """`str.format` whose numbers follow the language."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        return number(value, format_spec)


WRITER = _Writer()


def say(template: str, /, **values: Any) -> str:
    """The template in the language that is spoken, filled in.

    Args:
        template: English, with ``{name}`` or ``{name:spec}`` for each value. A literal, so that the catalogues can be
            checked against the code; where a text is declared in one place and said in another, it is marked by
            `phrase` where it is declared.
        values: what is filled in; numbers follow the language, texts stay as they are.
    """
    return WRITER.format(unfilled(template), **values)


def say_count(one: str, many: str, count: int, /, **values: Any) -> str:
    """One template or the other, as a count asks; the count is filled in as ``{count}``.

    Args:
        one: English for one, a literal.
        many: English for many, a literal.
        count: how many.
        values: what else is filled in.
    """
    entry = catalogue(spoken()).get(one)
    single, several = entry if isinstance(entry, list) else (one, many)
    return WRITER.format(single if is_one(count) else several, count=count, **values)


def is_one(count: int) -> bool:
    """Whether the language has the singular for so many: English for 1 only, French for 0 as well."""
    return abs(count) < 2 if spoken() == "fr" else count == 1


def phrase(template: str) -> str:
    """Mark a text that is declared here and said elsewhere: ``say(QUESTION.statement)``."""
    return template


def unfilled(template: str) -> str:
    """The template itself in the language that is spoken, for code of another language that fills it in."""
    entry = catalogue(spoken()).get(template, template)
    return entry if isinstance(entry, str) else entry[0]


def listed(items: Sequence[str]) -> str:
    """The items as a sentence lists them: "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return say("{first} and {last}", first=", ".join(items[:-1]), last=items[-1])
