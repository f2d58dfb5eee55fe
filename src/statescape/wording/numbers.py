"""Numbers as a language writes them: in French decimal comma, true minus, narrow spaces in thousands and before %.

Ours, since Babel brings the numbers and plurals of all languages: 33 MB for the two rules that are needed here.
"""

from __future__ import annotations

import math
import numbers
from typing import Any

from statescape.wording.language import spoken

NARROW_SPACE = "\u202f"
"""No-break and thin: between French thousands and before French double punctuation."""

_FRENCH = str.maketrans({".": ",", ",": NARROW_SPACE, "%": f"{NARROW_SPACE}%", "-": "−"})


def number(value: Any, spec: str = "") -> str:
    """``format(value, spec)``, written in the language that is spoken; what is no number is formatted as it is.

    Args:
        value: what is written.
        spec: Python's format specification, as English would have it: ``",.1f"``, ``".0%"``.
    """
    text = format(value, spec)
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return text.translate(_FRENCH) if is_number and spoken() == "fr" else text


def percent(share: float, digits: int = 3) -> str:
    """A share as percent, with so many significant digits: ``77.3%``.

    Args:
        share: 1 is 100%.
        digits: significant digits.
    """
    size = math.floor(math.log10(abs(100 * share))) if share else 0
    return number(share, f".{max(0, digits - 1 - size)}%")


def probability(p: float) -> str:
    """A probability as tables show it: ``77.3%``, and ``3e-05`` where percent would be all zeros."""
    return number(p, ".1%" if p >= 0.0005 else ".0e")


def ordinal(rank: int) -> str:
    """A place in a row: 1st, 2nd; in French (masculine) 1er, 2e."""
    if spoken() == "fr":
        return f"{number(rank, ',')}{'er' if rank == 1 else 'e'}"
    suffix = "th" if 10 <= rank % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank:,}{suffix}"


def separators() -> str:
    """Decimal sign and sign between thousands, as Plotly's ``layout.separators`` takes them."""
    return f",{NARROW_SPACE}" if spoken() == "fr" else ".,"
