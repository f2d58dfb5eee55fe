"""How a token or a text of a user is spelled, the same in sentences, terminals, figures and pages.

Vocabularies hold tags, control characters, marks that turn the direction of writing, and tokens of 200 spaces. What is
shown is plain: a space at either end is ``␣``, a line end ``↵``, whatever has no shape of its own ``<U+202E>``.
"""

from __future__ import annotations

import unicodedata

from statescape.wording.saying import say

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
