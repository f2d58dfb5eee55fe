"""A report of whatever it is given: the page of a path, of an evolution. The wings bring their own.

Dispatch is by type (`functools.singledispatch`); the room that draws a type is imported when a thing of its wing is
first reported, so that no wing is loaded for the other's sake.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import singledispatch
from pathlib import Path

from statescape.errors import StatescapeError
from statescape.views.picture import Printable, save_pictures

_DRAWN_IN = {
    "statescape.language": ("statescape.views.language.report", "statescape.views.language.figures"),
    "statescape.studies.path_reading": ("statescape.views.language.report", "statescape.views.language.figures"),
    "statescape.evolution": ("statescape.views.evolution.report",),
    "statescape.studies.evolution_reading": ("statescape.views.evolution.report",),
    "statescape.studies.esn_trials": ("statescape.views.reservoir.pictures",),
    "statescape.studies.candidate_reading": ("statescape.views.evolution.candidate",),
    "statescape.studies.verdict": ("statescape.views.language.verdict.report",),
    "statescape.studies.reservoir": ("statescape.views.studies.report",),
    "statescape.studies.notebook": ("statescape.views.notebook.page",),
}


@singledispatch
def report_of(thing: object, file: Path) -> Path:
    """The report of one type; a wing registers its own with ``@report_of.register``."""
    raise StatescapeError(
        f"{file.name} is not written: there is no report of a {type(thing).__name__}; give a path of a language model "
        "an evolution or a study."
    )


@singledispatch
def pictures_of(thing: object) -> Sequence[Printable]:
    """All pictures of one type, in the order of its page; a wing registers its own."""
    raise StatescapeError(
        f"There are no figures of a {type(thing).__name__}; give a path of a language model, trials of echo state "
        "networks or an evolution."
    )


def report(thing: object, file: str | Path) -> Path:
    """Write the self-contained page of `thing` and return where it lies.

    Args:
        thing: a `StatePath`, an `Evolution`, or the numbers read from one; `Verdicts`, a `Notebook`.
        file: the HTML file; an existing one is replaced when the new one is complete.

    Raises:
        StatescapeError: nothing is known about reporting such a thing, or the file cannot be written.
    """
    _import_room_of(thing)
    return Path(report_of(thing, Path(file)))


def save_figures(thing: object, folder: str | Path) -> list[Path]:
    """Write every figure of `thing` as PNG and PDF; return the files.

    Figures that need what it does not have (attention and MLP apart, the file of a run) are left out.

    Args:
        thing: a `StatePath` or an `Evolution`, or the numbers read from one; trials of echo state networks.
        folder: where to; made when missing.

    Raises:
        StatescapeError: there are no figures of such a thing, or the folder cannot be made or written to.
    """
    _import_room_of(thing)
    return save_pictures(pictures_of(thing), folder)


def _import_room_of(thing: object) -> None:
    for base in type(thing).__mro__:
        for home, rooms in _DRAWN_IN.items():
            if f"{base.__module__}.".startswith(f"{home}."):
                for room in rooms:
                    importlib.import_module(room)
