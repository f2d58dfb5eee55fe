"""Pages and figures of whatever is given: each room of views registers what it draws (`statescape.plugins`)."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from statescape import plugins
from statescape.errors import StatescapeError
from statescape.files import require_writable, written_whole
from statescape.views.core.picture import Printable
from statescape.views.core.theme import matplotlib_theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def report(thing: object, file: str | Path) -> Path:
    """Write the self-contained page of `thing` and return where it lies.

    Args:
        thing: a `StatePath`, an `Evolution`, or the numbers read from one; a `Contrast`, `Patching`, `Ablation` or
            `Steering`; `Verdicts`, a `StudyResult`, a `Notebook`.
        file: the HTML file; an existing one is replaced when the new one is complete.

    Raises:
        StatescapeError: nothing is known about reporting such a thing, or the file cannot be written.
    """
    file = Path(file)
    require_writable(file, "page")
    return Path(plugins.report(thing, file))


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


def save_pictures(pictures: Sequence[Printable], folder: str | Path) -> list[Path]:
    """Write every picture as PNG and PDF into `folder`, which is made when missing; returns the files.

    Raises:
        StatescapeError: the folder cannot be made or written to.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise StatescapeError(f"Figures cannot be written to {folder}: {error.strerror}.") from error
    files = []
    for picture in pictures:
        with matplotlib_theme():
            figure = laid_out(picture)
            for kind in ("png", "pdf"):
                file = folder / f"{picture.name}.{kind}"
                # Without a date the same numbers give the same file.
                metadata = {"CreationDate": None} if kind == "pdf" else {"Software": None}
                with written_whole(file) as partial:
                    figure.savefig(partial, format=kind, metadata=metadata)
                files.append(file)
    return files


def laid_out(picture: Printable) -> Figure:
    """The printed figure with its layout settled: matplotlib would find it anew, slowly, for every file."""
    figure = picture.printed()
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure
