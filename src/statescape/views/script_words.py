"""Texts that JavaScript shows: marked there by ``worded("...")``, handed to it in the language that is spoken."""

from __future__ import annotations

import re

from statescape.wording import unfilled

IN_JAVASCRIPT = re.compile(r'\bworded\("([^"]+)"')


def words_in(script: str) -> dict[str, str]:
    """What each text of a script is in the language that is spoken; texts that stay as they are are left out."""
    said = {text: unfilled(text) for text in sorted(set(IN_JAVASCRIPT.findall(script)))}
    return {english: other for english, other in said.items() if other != english}
