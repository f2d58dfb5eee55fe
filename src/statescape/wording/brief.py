"""What a noun calls itself in a terminal or a list: one line of at most `MOST` characters that says what matters."""

from __future__ import annotations

MOST = 200


def brief(text: str, most: int = MOST) -> str:
    """The text in one line that cannot misbehave (control characters as escapes), cut to `most` characters."""
    line = "".join(one if one.isprintable() else one.encode("unicode_escape", "surrogatepass").decode() for one in text)
    return line if len(line) <= most else f"{line[: most - 1]}…"
