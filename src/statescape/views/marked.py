"""Texts that markup and JavaScript show: marked ``§English§`` in their files, said when these are put into a page.

Values of a template literal keep their places: ``§block ${at} of ${last}§`` is the catalogue's "block {at} of {last}".
"""

from __future__ import annotations

import html
import re

from statescape.wording import unfilled

_MARKED = re.compile("§([^§]+)§")
_VALUE = re.compile(r"\$\{(\w+)\}")


def marked_in(text: str) -> list[str]:
    """The marked texts of a file, as the catalogues know them."""
    return [_VALUE.sub(r"{\1}", marked) for marked in _MARKED.findall(text)]


def said_in_script(script: str) -> str:
    """A script whose marked texts are in the language that is spoken."""
    return _MARKED.sub(lambda found: re.sub(r"\{(\w+)\}", r"${\1}", unfilled(*marked_in(found[0]))), script)


def said_in_markup(markup: str) -> str:
    """Markup whose marked texts are in the language that is spoken, escaped."""
    return _MARKED.sub(lambda found: html.escape(unfilled(found[1])), markup)
