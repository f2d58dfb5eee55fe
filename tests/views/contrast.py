"""How well a page can be read: contrast of its texts and marks as WCAG 2 counts it; measured as drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_suffix(".js").read_text("utf-8").split("\n", 1)[1].rstrip().rstrip(";")


def too_faint(page: Any, kind: str) -> list[list[Any]]:
    """Texts under 4.5 to 1 (large ones under 3), or marks of figures under 3 to 1, with what they have.

    Args:
        page: an opened page.
        kind: "text" or "marks".
    """
    found: list[list[Any]] = page.evaluate(f"(kind) => {SCRIPT}.tooFaint(kind)", kind)
    return found


def nameless(page: Any) -> list[str]:
    """What can be used or stands for a picture and has no name for those who do not see it."""
    found: list[str] = page.evaluate(f"() => {SCRIPT}.nameless()")
    return found
