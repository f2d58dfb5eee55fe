"""A report of whatever it is given: the page of a path, of a search. The wings bring their own.

Dispatch is by type (`functools.singledispatch`); the room that draws a type is imported when a thing of its wing is
first reported, so that no wing is loaded for the other's sake.
"""

from __future__ import annotations

import importlib
from functools import singledispatch
from pathlib import Path

from statescape.errors import StatescapeError

_DRAWN_IN = {
    "statescape.language": "statescape.views.language.report",
    "statescape.studies": "statescape.views.language.report",
    "statescape.studies.verdict": "statescape.views.language.verdict.report",
}


@singledispatch
def report_of(thing: object, file: Path) -> Path:
    """The report of one type; a wing registers its own with ``@report_of.register``."""
    raise StatescapeError(
        f"{file.name} is not written: there is no report of a {type(thing).__name__}; give a path of a language model."
    )


def report(thing: object, file: str | Path) -> Path:
    """Write the self-contained page of `thing` (a `StatePath`, its numbers, `Verdicts`) and return where it lies.

    Args:
        thing: what to report.
        file: the HTML file; an existing one is replaced when the new one is complete.

    Raises:
        StatescapeError: nothing is known about reporting such a thing, or the file cannot be written.
    """
    for base in type(thing).__mro__:
        rooms = [room for room in _DRAWN_IN if f"{base.__module__}.".startswith(f"{room}.")]
        if rooms:
            importlib.import_module(_DRAWN_IN[max(rooms, key=len)])
    return Path(report_of(thing, Path(file)))
