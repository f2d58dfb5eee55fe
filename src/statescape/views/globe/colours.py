"""The sphere's colours for dark and light: viridis for probability, red for the predicted token, neither for more.

Cosine has a map of its own (seaborn's mako); change a diverging one of blue and yellow, whose middle recedes into the
ground. All survive colour blindness. They reach the JavaScript as one constant (`module`).
"""

from __future__ import annotations

from typing import Any

from statescape.views.theme import RED

Colour = tuple[int, int, int]


def _table(stops: str) -> list[Colour]:
    return [(value >> 16, value >> 8 & 255, value & 255) for value in (int(stop, 16) for stop in stops.split())]


PALETTES: dict[str, Any] = {
    "probability": _table(
        "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1fa088 28ae80 3fbc73 5ec962 84d44b addc30 "
        "d8e219 fde725"
    ),
    "cosine": _table("2e1e3c 413d7b 37659e 348fa7 40b7ad 8bdab2 def5e5"),
    "dark": {
        "back": (7, 9, 15),
        "body": (12, 15, 25),
        "rim": (31, 38, 62),
        "ink": "#f3f5fb",
        "halo": "#07090f",
        "faint": "#a3adc4",
        "grid": "rgba(170,186,230,.13)",
        "red": RED,
        "change": _table("5cb8ff 3a6fae 2a3346 a98a3a ffd75e"),
        "rest": 1.0,  # opacity of the lightest dots
        "rim_shade": 0.25,  # darkness of a large dot's rim
    },
    "light": {
        "back": (247, 248, 251),
        "body": (255, 255, 255),
        "rim": (214, 220, 234),
        "ink": "#161a26",
        "halo": "#ffffff",
        "faint": "#5b647a",
        "grid": "rgba(40,52,90,.14)",
        "red": RED,
        "change": _table("0b5cad 6f9fce c3c8d3 c9a24a 8a5a00"),
        "rest": 0.5,
        "rim_shade": 0.4,
    },
}
