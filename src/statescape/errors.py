"""What a user is meant to read: one error, one warning, each a sentence that says what is wrong and what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

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


def nearest(name: object, known: Iterable[str]) -> str:
    """What goes behind a name that is not known: " (did you mean X?)", or nothing where no name is near."""
    close = _close(name, known)
    return f" (did you mean {close}?)" if close else ""


def _close(name: object, known: Iterable[str]) -> str:
    folded = {one.lower(): one for one in known}
    if name in folded.values():  # what is wrong is not its name
        return ""
    close = difflib.get_close_matches(str(name).strip().lower().replace("_", "-"), folded, n=1)
    return folded[close[0]] if close else ""


def require_choice(what: str, given: str, choices: Sequence[str]) -> None:
    """Refuse what is none of the choices.

    Args:
        what: is chosen, at the beginning of a sentence.
        given: the choice.
        choices: all there are.

    Raises:
        StatescapeError: it lists them, and names the nearest.
    """
    if given not in choices:
        raise StatescapeError(f"{what} is one of {', '.join(choices)}; got {given!r}{nearest(given, choices)}.")


def unknown_name(kind: str, name: object, known: Iterable[str]) -> StatescapeError:
    """The refusal of a name that nothing of its kind has, with the nearest of those that something has.

    Args:
        kind: what was asked for, in a word ("task").
        name: as it was given.
        known: all names of that kind, in the order in which they are listed.
    """
    known = tuple(known)
    close = _close(name, known)
    hint = f" Did you mean {close}?" if close else ""
    return StatescapeError(f"There is no {kind} {name!r}.{hint} Known are: {', '.join(known)}.")


class UnfinishedError(StatescapeError):
    """A run is read whole and was not finished."""


class StatescapeWarning(UserWarning):
    """Input that is allowed and likely a mistake. The command line prints it as one line on stderr and goes on."""
