"""What the commands print with: a wide enough console, refusals in one line."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from statescape.cli.streams import visible
from statescape.errors import clipped
from statescape.wording import say
from statescape.wording import visible as spelled

if TYPE_CHECKING:
    from rich.text import Text

    from statescape.cli.terminal import Terminal

_ANY = 1_000_000  # characters of a token that is not cut
PIPED_WIDTH = 160
"""Columns when the output is no terminal: wide enough for every table, so that no number is cut."""

EVERY = 10.0
"""Seconds between two lines of what is being done, where stderr is no terminal."""


def output() -> Terminal:
    """The console for results, on stdout; ``COLUMNS`` is heard in a pipe too."""
    from statescape.cli.terminal import Terminal

    own = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal()
    return Terminal(highlight=False, soft_wrap=False, width=None if own else PIPED_WIDTH)


def errors() -> Terminal:
    """The console for what passes, on stderr."""
    from statescape.cli.terminal import Terminal

    return Terminal(stderr=True, highlight=False)


class Working:
    """What is being done, on stderr: a spinner with its seconds; where that is no terminal, a line every ten seconds.

    Args:
        message: what is being done; seconds are told of one that ends in three dots.
    """

    def __init__(self, message: str) -> None:
        console = errors()
        self._message, self._begun = message, time.monotonic()
        self._over = threading.Event()
        self._status = console.status(self) if console.is_terminal else None
        self._teller = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self) -> Working:
        if self._status is None:
            self._teller.start()
        else:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._status is None:
            self._teller.join()
        else:
            self._status.stop()

    def __rich__(self) -> Text:
        from rich.text import Text

        return Text(self._line())

    def update(self, message: str) -> None:
        """Something else is being done."""
        self._message = message

    def _line(self) -> str:
        seconds = int(time.monotonic() - self._begun)
        return f"{self._message} {seconds} s" if seconds and self._message.endswith("...") else self._message

    def _tell(self) -> None:
        while not self._over.wait(EVERY):
            with suppress(OSError, ValueError):  # nobody is left to be told
                print(visible(self._line()), file=sys.stderr, flush=True)  # noqa: T201


def complain(message: str) -> None:
    """One line on stderr, whatever the message holds."""
    words = clipped(visible(message)).split()
    with suppress(OSError, ValueError):  # nobody is left to be told
        print(f"statescape: {' '.join(words)}", file=sys.stderr, flush=True)  # noqa: T201


def wrote(what: str, where: object) -> None:
    """Where something lies that was written: ``Numbers: path.json``.

    Args:
        what: marked by `phrase`.
        where: a file, or more than one in words.
    """
    output().print(say("{name}: {what}", name=say(what), what=where), markup=False)


def ask(question: str) -> None:
    """The question that what is printed next answers, in its own line."""
    from rich.text import Text

    output().print(Text(question, style="bold"))


def counted(number: int, what: str) -> str:
    """So many of something: 1 line, 2,000 lines."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def token(text: str) -> str:
    """A token or a text as a table shows it: spaces at its ends visible, as on pages."""
    return spelled(text, longest=_ANY)
