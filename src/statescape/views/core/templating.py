"""Templates of pages (`templates/*.html.j2`): text that is put in is escaped, markup is what this package made itself.

Templates, scripts and other markup mark what they say: ``§English§``, in the language that is spoken when they are put
into a page. Values of a template literal keep their places: ``§block ${at} of ${last}§`` is the catalogue's
"block {at} of {last}".
"""

from __future__ import annotations

import html
import re
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from statescape.wording import speaking, spoken, unfilled

_MARKED = re.compile("§([^§]+)§")
_CONTROL = re.compile(r"[^\n\t -\U0010ffff]")
_VALUE = re.compile(r"\$\{(\w+)\}")


def filled(template: str, **values: Any) -> Markup:
    """A template filled in: text is escaped, `Markup` is not."""
    return Markup(_environment(spoken()).get_template(template).render(values))  # noqa: S704 (escaped by the template)


def trusted(markup: str) -> Markup:
    """Markup, style or script that this package made itself and has escaped itself."""
    return Markup(markup)  # noqa: S704


@cache
def _environment(language: str) -> Environment:
    """Templates as a language has them: what they say is said before anything is put in, which may hold any sign."""

    def source(name: str) -> str:
        with speaking(language):
            return said_in_markup((folder / name).read_text("utf-8"))

    folder = files(__package__) / "templates"
    return Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FunctionLoader(source),
        finalize=_clean,
        keep_trailing_newline=True,
    )


def _clean(value: Any) -> Any:
    """Text without what no page may hold: control characters and half surrogates become replacement characters."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return _CONTROL.sub("\ufffd", value.encode("utf-8", "replace").decode("utf-8"))


def marked_in(text: str) -> list[str]:
    """The marked texts of a file, as the catalogues know them."""
    return [_VALUE.sub(r"{\1}", marked) for marked in _MARKED.findall(text)]


def said_in_script(script: str) -> str:
    """A script whose marked texts are in the language that is spoken."""
    return _MARKED.sub(lambda found: re.sub(r"\{(\w+)\}", r"${\1}", unfilled(*marked_in(found[0]))), script)


def said_in_markup(markup: str) -> str:
    """Markup whose marked texts are in the language that is spoken, escaped."""
    return _MARKED.sub(lambda found: html.escape(unfilled(found[1])), markup)
