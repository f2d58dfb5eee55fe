"""The one error that a user is meant to read: one sentence that says what was wrong and what to do."""

from __future__ import annotations


class StatescapeError(ValueError):
    """Input that statescape refuses. The command line prints it as one line and exits with status 2."""
