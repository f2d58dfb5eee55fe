"""The figure of a study: its panels side by side, on screen and on paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from statescape.studies.reservoir import StudyResult
from statescape.studies.reservoir.picture import Dots, StudyFigure
from statescape.views.studies import dots, lines

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure

HEIGHT = 300
# Panels beside each other on a wide screen.
COLUMNS = 3
# More panels than this side by side are printed with smaller words.
COLUMNS_OF_PAPER = 2


@dataclass(frozen=True, eq=False)
class StudyPicture:
    """A study's numbers, drawn.

    Attributes:
        name: of the study, and of the files.
        drawn: the panels.
    """

    name: str
    drawn: StudyFigure

    @property
    def caption(self) -> str:
        """What is drawn, with n and seeds."""
        return self.drawn.caption

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        panels = self.drawn.panels
        rows = max((dots.rows(panel) for panel in panels if isinstance(panel, Dots)), default=0)
        many = len(panels) > COLUMNS_OF_PAPER
        figure = Figure(figsize=(7.0, max(2.8 if many else 2.4, 0.9 + 0.3 * rows)), layout="constrained")
        for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            axes.set_title(panel.title, fontsize=8 if many else None)
            if isinstance(panel, Dots):
                dots.print_dots(axes, panel)
            else:
                lines.print_lines(axes, panel)
            if many:
                axes.xaxis.label.set_fontsize(8)
                axes.yaxis.label.set_fontsize(8)
        return figure

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure."""
        from statescape.views.panels import panels as frame
        from statescape.views.panels import place

        panels = self.drawn.panels
        columns = min(len(panels), COLUMNS)
        height = max(HEIGHT, *(dots.height(panel) for panel in panels if isinstance(panel, Dots)), 0)
        legend = any(not isinstance(panel, Dots) and len(panel.lines) > 1 for panel in panels)
        figure = frame(
            [panel.title for panel in panels], columns=columns, stacked=stacked, height=height, legend=legend
        )
        for index, panel in enumerate(panels):
            at = place(index, columns, stacked)
            if isinstance(panel, Dots):
                dots.add_dots(figure, at, panel)
            else:
                lines.add_lines(figure, at, panel)
        return figure


def figure(result: StudyResult) -> StudyPicture:
    """The picture of a study, in the language that is spoken."""
    return StudyPicture(result.name, result.read().figure)


def study(result: StudyResult) -> go.Figure:
    """The figure of a study, as a Plotly figure for a notebook."""
    return figure(result).interactive()
