"""Colour maps of the reservoir wing, made of the theme's colours: weights have a sign, counts have none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statescape.views.theme import BLUE, LIGHT, ORANGE

if TYPE_CHECKING:
    from matplotlib.colors import LinearSegmentedColormap

POSITIVE, NEGATIVE = BLUE, ORANGE


def shades(colour: str) -> LinearSegmentedColormap:
    """From paper to a colour."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("shades", [LIGHT.paper, colour])


def signed() -> LinearSegmentedColormap:
    """Negative, nothing, positive."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", [NEGATIVE, LIGHT.paper, POSITIVE])
