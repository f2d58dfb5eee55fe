"""Which language is spoken: a context variable, so that one page can be French while another is English."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from statescape.errors import require_choice

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
    require_choice("The language", language, LANGUAGES)
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)
