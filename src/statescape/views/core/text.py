"""How text of models and users is shown: every character visible, nothing that could steer a page, a plot or a reader.

Vocabularies hold tags, control characters, marks that turn the direction of writing, and tokens of 200 spaces. What is
shown is plain: a space at either end is ``␣``, a line end ``↵``, whatever has no shape of its own ``<U+202E>``.
"""

from __future__ import annotations

import html
import unicodedata
from functools import cache

from statescape.wording import say

LONGEST = 24

_SHAPES = {" ": "␣", "\n": "↵", "\r": "␍", "\t": "⇥", "\xa0": "⍽"}
_SHAPELESS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str, longest: int = LONGEST) -> str:
    """`text` with every character visible, cut in the middle of nothing: at most about `longest` characters."""
    if not text:
        return say("(empty)")
    core = text.strip(" ")
    head = len(text) - len(text.lstrip(" ")) if core else len(text)
    tail = len(text) - len(text.rstrip(" ")) if core else 0
    shown = _spaces(head) + "".join(map(_shape, core[: longest + 1])) + _spaces(tail)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


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


def _spaces(count: int) -> str:
    return "␣" * count if count <= 3 else f"␣×{count} "


def _shape(character: str) -> str:
    if character == " ":
        return " "
    if character in _SHAPES:
        return _SHAPES[character]
    category = unicodedata.category(character)
    if category in _SHAPELESS:
        return f"<U+{ord(character):04X}>"
    return f"◌{character}" if category in ("Mn", "Me") else character


@cache
def _font_characters() -> frozenset[int]:
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(font_manager.findfont("DejaVu Sans")).get_charmap())


def _drawable(character: str) -> bool:
    return ord(character) in _font_characters()
