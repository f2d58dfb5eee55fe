"""What the commands print with: a wide enough console, refusals in one line, tokens that cannot misbehave."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from statescape.wording import NARROW_SPACE

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

PIPED_WIDTH = 160
"""Columns when the output is no terminal: wide enough for every table, so that no number is cut."""


def output() -> Console:
    """The console for results, on stdout; ``COLUMNS`` is heard in a pipe too."""
    from rich.console import Console

    own = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal()
    return Console(highlight=False, soft_wrap=False, width=None if own else PIPED_WIDTH)


def working(message: str) -> Status:
    """A spinner on stderr while something loads; silent when stderr is no terminal."""
    from rich.console import Console

    return Console(stderr=True, highlight=False).status(message)


def complain(message: str) -> None:
    """One line on stderr, whatever the message holds."""
    print(f"statescape: {' '.join(visible(message).split())}", file=sys.stderr)  # noqa: T201


def visible(text: str) -> str:
    """The text with everything unprintable (control characters, bidi marks, lone surrogates) written as an escape.

    The narrow space of French typography, which Python does not count as printable, stays.
    """
    return "".join(
        character
        if character.isprintable() or character == NARROW_SPACE
        else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in text
    )


def counted(number: int, what: str) -> str:
    """So many of something: 1 line, 2,000 lines."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def token(text: str) -> str:
    """A token as a table shows it: spaces visible, unprintable characters as escapes."""
    return visible(text).replace(" ", "·")
