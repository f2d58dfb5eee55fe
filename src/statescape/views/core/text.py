"""How spelled text stands in a sentence, in a plot and in print: nothing in it steers a page, a plot or a reader."""

from __future__ import annotations

import html
import unicodedata
from functools import cache

from statescape.wording import visible
from statescape.wording.spelling import LONGEST


def word(text: str, longest: int = LONGEST) -> str:
    """`text` visible, and as part of a sentence: Arabic or Hebrew does not turn the numbers around it."""
    shown = visible(text, longest)
    # First-strong isolate, pop.
    return f"\u2068{shown}\u2069" if any(unicodedata.bidirectional(c) in ("R", "AL") for c in shown) else shown


def plotly_text(shown: str) -> str:
    """What is shown, safe in Plotly, which reads a few tags in its labels; lines stay lines."""
    return html.escape(shown, quote=False).replace("\n", "<br>")


def printable(shown: str) -> str:
    """What is shown, in matplotlib's own font: what the font cannot draw is named by its code point."""
    plain = shown.replace("\u2068", "").replace("\u2069", "")
    return "".join(c if c == "\n" or _drawable(c) else f"<U+{ord(c):04X}>" for c in plain)


@cache
def _font_characters() -> frozenset[int]:
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(font_manager.findfont("DejaVu Sans")).get_charmap())


def _drawable(character: str) -> bool:
    return ord(character) in _font_characters()
