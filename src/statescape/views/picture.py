"""A picture: the numbers of a figure with its caption, measured once, and two drawings of them.

Interactive (Plotly: page and notebook) and printed (matplotlib: paper) are drawn from the same frozen numbers, so that
the two cannot differ.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from statescape.errors import StatescapeError
from statescape.files import written_whole
from statescape.views.theme import matplotlib_theme

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure


@runtime_checkable
class Printable(Protocol):
    """What a paper needs of a figure."""

    @property
    def name(self) -> str:
        """Short name, of files and of the place on the page."""

    @property
    def caption(self) -> str:
        """What is drawn, with its numbers (explained variance, n, seed)."""

    def printed(self) -> Figure:
        """The matplotlib figure, to be made inside `matplotlib_theme`."""


@runtime_checkable
class Picture(Printable, Protocol):
    """What a page and a notebook need of a figure as well."""

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure; `stacked` puts its panels below each other, for narrow screens."""


def laid_out(picture: Printable) -> Figure:
    """The printed figure with its layout settled: matplotlib would find it anew, slowly, for every file."""
    figure = picture.printed()
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure


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
