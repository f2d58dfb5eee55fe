"""What a user is meant to read: one error, one warning, each a sentence that says what is wrong and what to do."""

from __future__ import annotations

import re

LONGEST_WORD = 200
"""Characters of one word of a message: a name of thousands is cut in its middle."""


class StatescapeError(ValueError):
    """Input that statescape refuses. The command line prints it as one line and exits with status 2."""

    def __str__(self) -> str:
        return clipped(super().__str__())


def clipped(text: str) -> str:
    """A text without words that are longer than anyone reads."""
    half = LONGEST_WORD // 2
    return re.sub(rf"\S{{{LONGEST_WORD + 1},}}", lambda word: f"{word[0][:half]}…{word[0][-half:]}", text)


class StatescapeWarning(UserWarning):
    """Input that is allowed and likely a mistake. The command line prints it as one line on stderr and goes on."""
