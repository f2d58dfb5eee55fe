"""The ES module of the sphere: plain files in a declared order, each a room, joined without a build step.

Its colours are for dark and light: viridis from its blue on for rank and probability, red for the predicted token,
neither for more. Cosine and change share a diverging map of blue and yellow, whose middle recedes into the ground. All
survive colour blindness.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from statescape.views.core.carried import csv_script
from statescape.views.core.templating import said_in_markup, said_in_script
from statescape.views.core.theme import DOT_STOPS, RED, SERIES
from statescape.wording import separators, speaking, spoken


def _table(stops: str) -> list[tuple[int, int, int]]:
    """Colours from their hexadecimal numbers."""
    return [(value >> 16, value >> 8 & 255, value & 255) for value in (int(stop, 16) for stop in stops.split())]


PALETTES: dict[str, Any] = {
    "likely": _table(DOT_STOPS),
    "beside": SERIES[1:],  # other paths
    "dark": {
        "back": (7, 9, 15),
        "body": (12, 15, 25),
        "rim": (31, 38, 62),
        "ink": "#f3f5fb",
        "halo": "#07090f",
        "faint": "#a3adc4",
        "grid": "rgba(170,186,230,.13)",
        "red": RED,
        "signed": _table("5cb8ff 3a6fae 2a3346 a98a3a ffd75e"),
        "rest": 0.6,  # opacity of the lightest dots
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
        "signed": _table("0b5cad 6f9fce c3c8d3 c9a24a 8a5a00"),
        "rest": 0.5,
        "rim_shade": 0.4,
    },
}

# Styles, markup and shaders, each in its own language, reach the JavaScript as constants of these names.
TEXTS = {
    "SPHERE_CSS": "sphere.css",
    "SPHERE_HTML": "sphere.html",
    "DOTS_VERT": "glsl/dots.vert",
    "DOTS_FRAG": "glsl/dots.frag",
    "BODY_VERT": "glsl/body.vert",
    "BODY_FRAG": "glsl/body.frag",
}
# Later files use what earlier ones declare.
ROOMS = (
    "text.js",
    "data.js",
    "colour.js",
    "camera.js",
    "picking.js",
    "renderer.js",
    "still.js",
    "path.js",
    "labels.js",
    "reading.js",
    "inspector.js",
    "search.js",
    "vector.js",
    "share.js",
    "controls.js",
    "pointer.js",
    "keyboard.js",
    "motion.js",
    "sphere.js",
    "hosts.js",
)


def module_text() -> str:
    """The module as it is inlined in a page or handed to a notebook, in the language that is spoken."""
    return _module_text(spoken())


@cache
def _module_text(language: str) -> str:
    folder = files(__package__)
    texts = {name: (folder / file).read_text("utf-8") for name, file in TEXTS.items()}
    values = {**texts, "PALETTES": PALETTES, "LANGUAGE": language}
    with speaking(language):
        values |= {"SPHERE_HTML": said_in_markup(texts["SPHERE_HTML"]), "DECIMAL": separators()[0]}
        script = said_in_script(javascript())
    constants = [f"const {name} = {json.dumps(value, ensure_ascii=False)};" for name, value in values.items()]
    return "\n".join([*constants, script])


@cache
def javascript() -> str:
    """The JavaScript of the module alone, without the lines that are comments."""
    folder = files(__package__) / "js"
    script = "\n".join([csv_script(), *((folder / name).read_text("utf-8") for name in ROOMS)])
    return re.sub(r"^\s*//.*\n", "", script, flags=re.MULTILINE)
