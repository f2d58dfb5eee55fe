"""Which language is spoken: a context variable, so that one page can be French while another is English."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from statescape.errors import StatescapeError

LANGUAGES = ("en", "fr")
"""ISO 639 codes of the languages; the first is the one that the code is written in."""

_spoken: ContextVar[str] = ContextVar("statescape_language", default=LANGUAGES[0])


def spoken() -> str:
    """Code of the language that is spoken here."""
    return _spoken.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language inside the block.

    Args:
        language: one of `LANGUAGES`.

    Raises:
        StatescapeError: it is none of them.
    """
    if language not in LANGUAGES:
        raise StatescapeError(f"There are no texts in {language!r}; choose one of {', '.join(LANGUAGES)}.")
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)
