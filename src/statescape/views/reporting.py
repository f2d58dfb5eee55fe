"""Pages and figures of whatever is given: each room of views registers what it draws (`statescape.plugins`)."""

from __future__ import annotations

from pathlib import Path

from statescape import plugins
from statescape.views.picture import save_pictures


def report(thing: object, file: str | Path) -> Path:
    """Write the self-contained page of `thing` and return where it lies.

    Args:
        thing: a `StatePath`, an `Evolution`, or the numbers read from one; `Verdicts`, a `StudyResult`, a `Notebook`.
        file: the HTML file; an existing one is replaced when the new one is complete.

    Raises:
        StatescapeError: nothing is known about reporting such a thing, or the file cannot be written.
    """
    return Path(plugins.report(thing, Path(file)))


def save_figures(thing: object, folder: str | Path) -> list[Path]:
    """Write every figure of `thing` as PNG and PDF; return the files.

    Figures that need what it does not have (attention and MLP apart, the file of a run) are left out.

    Args:
        thing: a `StatePath` or an `Evolution`, or the numbers read from one; trials of echo state networks.
        folder: where to; made when missing.

    Raises:
        StatescapeError: there are no figures of such a thing, or the folder cannot be made or written to.
    """
    return save_pictures(plugins.pictures(thing), folder)
