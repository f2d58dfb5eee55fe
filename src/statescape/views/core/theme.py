"""One theme for every picture: colours, fonts, and how Plotly and matplotlib wear them, on paper and on a dark screen.

The colours of things are the same in light and dark: mid-tones (after Okabe & Ito 2008) that keep at least 3:1 against
both grounds and apart for colour-blind readers. Only ink, ground and grid change, so that a page switches by its style
sheet alone. Viridis means probability and nothing else; red means the predicted token (or a champion) and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from statescape.wording import separators

RED = "#e0303a"  # the predicted token
BLUE = "#2f7fd0"
ORANGE = "#cc7a0e"
PURPLE = "#b0569b"
GREEN = "#149a74"
BROWN = "#8c6d46"
INDIGO = "#5a67d8"
GREY = "#868f9b"  # clouds and bands
SERIES = (BLUE, ORANGE, GREEN, PURPLE, BROWN, INDIGO, "#7d8590")
"""Colours of series in order; red is not among them."""

POSITIVE, NEGATIVE = BLUE, ORANGE
"""Colours of weights by their sign."""

PROBABILITY_SCALE = "Viridis"
DOT_STOPS = "3b528b 33638d 2c728e 26828e 21918c 1fa088 28ae80 3fbc73 5ec962 84d44b addc30 d8e219 fde725"
"""The same for dots without an edge, from its blue on: its purple is lost on a dark ground."""
FAINT = 0.17  # opacity of areas

SCREEN_FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
MONO_FONT = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"


@dataclass(frozen=True)
class Ground:
    """What changes between light and dark."""

    paper: str
    ink: str
    muted: str
    grid: str
    panel: str
    link: str
    bad: str


LIGHT = Ground(
    paper="#ffffff", ink="#1b1f24", muted="#5c6570", grid="#e3e7eb", panel="#f6f7f9", link="#1c66b0", bad="#b3261e"
)
DARK = Ground(
    paper="#14171b", ink="#e6e8eb", muted="#9aa4af", grid="#2c323a", panel="#1b1f25", link="#6fb0f0", bad="#ff8078"
)


def ground(dark: bool) -> Ground:
    """The ground of one of the two modes."""
    return DARK if dark else LIGHT


def faint(colour: str, opacity: float = FAINT) -> str:
    """A colour for areas behind lines, as style sheets write it."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def plotly_scale(name: str) -> Any:
    """Colours of cells: "probability"; "signed", whose nothing is the ground; "counts", from the ground to blue."""
    if name == "signed":
        return [[0, NEGATIVE], [0.5, "rgba(128,128,128,0)"], [1, POSITIVE]]
    return [[0, faint(BLUE, 0.0)], [1, BLUE]] if name == "counts" else PROBABILITY_SCALE


def matplotlib_scale(name: str) -> Any:
    """The same for paper."""
    from matplotlib import colormaps
    from matplotlib.colors import LinearSegmentedColormap

    if name == "probability":
        return colormaps[PROBABILITY_SCALE.lower()]
    if name == "dots":
        return LinearSegmentedColormap.from_list(name, [f"#{stop}" for stop in DOT_STOPS.split()])
    colours = [NEGATIVE, LIGHT.paper, POSITIVE] if name == "signed" else [LIGHT.paper, BLUE]
    return LinearSegmentedColormap.from_list(name, colours)


def plotly_template(dark: bool = False) -> dict[str, Any]:
    """The theme as a Plotly template."""
    on = ground(dark)
    axis: dict[str, Any] = {
        "gridcolor": on.grid,
        "linecolor": on.muted,
        "tickcolor": on.muted,
        "zerolinecolor": on.grid,
        "zerolinewidth": 1,
        "ticks": "outside",
        "ticklen": 4,
        "automargin": True,
        "ticklabeloverflow": "allow",  # looking for labels that overflow costs a tenth of the drawing
        "title": {"standoff": 8, "font": {"size": 13}},
    }
    return {
        "layout": {
            "font": {"family": SCREEN_FONT, "size": 13, "color": on.ink},
            "separators": separators(),
            "paper_bgcolor": on.paper,
            "plot_bgcolor": on.paper,
            "colorway": list(SERIES),
            "xaxis": axis,
            "yaxis": axis,
            "margin": {"l": 56, "r": 16, "t": 40, "b": 48},
            "hovermode": "closest",
            "hoverlabel": {"font": {"family": SCREEN_FONT, "size": 13}, "align": "left"},
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 12}},
            "annotationdefaults": {"font": {"size": 13}, "showarrow": False},
        }
    }


@contextmanager
def matplotlib_theme(dark: bool = False) -> Iterator[None]:
    """Matplotlib wears the theme inside this block: figures made and saved in it, nothing outside."""
    import matplotlib as mpl
    from cycler import cycler

    on = ground(dark)
    with mpl.rc_context(
        {
            "font.family": ["DejaVu Sans"],
            "font.size": 8.5,
            "axes.titlesize": 9.5,
            "axes.titlelocation": "left",
            "axes.labelsize": 8.5,
            "axes.edgecolor": on.muted,
            "axes.labelcolor": on.ink,
            "axes.facecolor": on.paper,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.prop_cycle": cycler(color=SERIES),
            "grid.color": on.grid,
            "grid.linewidth": 0.6,
            "lines.linewidth": 1.5,
            "lines.markersize": 4,
            "text.color": on.ink,
            "text.parse_math": False,  # tokens hold dollar signs
            "xtick.color": on.muted,
            "ytick.color": on.muted,
            "xtick.labelsize": 7.5,
            "ytick.labelsize": 7.5,
            "legend.fontsize": 7.5,
            "legend.frameon": False,
            "figure.facecolor": on.paper,
            "savefig.facecolor": on.paper,
            "savefig.dpi": 200,
            "pdf.fonttype": 42,  # text stays text in the PDF
        }
    ):
        yield
