"""Streams that cannot fail in the middle, and text that cannot steer the terminal behind them."""

from __future__ import annotations

import codecs
import io
import os
import sys
from contextlib import suppress
from typing import TextIO

from statescape.wording import NARROW_SPACE

_STAND_INS = {
    "≤": "<=", "≥": ">=", "→": "->", "…": "...", "·": ".", "␣": "_",
    "–": "-", "−": "-", "×": "x", "±": "+-", "‘": "'", "’": "'",
    "“": '"', "”": '"', NARROW_SPACE: " ", "\xa0": " ", "█": "#", "━": "-", "╸": "-", "╺": "-",
}  # fmt: skip
_SHADES = " .:-=+*#@"  # of a braille character, by the number of its dots


def visible(text: str) -> str:
    """The text with everything unprintable (control characters, bidi marks, lone surrogates) written as an escape.

    The narrow space of French typography, which Python does not count as printable, stays.
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or character == NARROW_SPACE
        else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in text
    )


def prepare_streams() -> None:
    """Make stdin, stdout and stderr safe to use: open where the shell closed them, and never at a loss for a character.

    What an encoding lacks (ASCII, Latin-1) is written with a stand-in, or as an escape.
    """
    codecs.register_error("statescape", _stand_in)
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            # Left closed, its number would go to the next file that is opened, which would then be printed into.
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="statescape")


def finish_streams() -> None:
    """Write out what was printed; where nobody reads any more, the interpreter must not find that out at its exit.

    Raises:
        OSError: where stdout cannot be written to (a full disk).
    """
    for stream in (sys.stderr, sys.stdout):
        try:
            stream.flush()
        except OSError as error:
            forget(stream)
            if stream is sys.stdout and not isinstance(error, BrokenPipeError):
                raise


def forget(stream: TextIO) -> None:
    """Send whatever else is written to a stream nowhere."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)  # the streams are written to only
    written = [_STAND_INS.get(one) or _escaped(one) for one in error.object[error.start : error.end]]
    return "".join(written), error.end


def _escaped(character: str) -> str:
    if 0x2800 <= ord(character) < 0x2900:
        return _SHADES[(ord(character) - 0x2800).bit_count()]
    return character.encode("ascii", "backslashreplace").decode("ascii")
