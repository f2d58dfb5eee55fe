"""The ES module of the sphere: plain files in a declared order, each a room, joined without a build step."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from statescape.views.globe.colours import PALETTES
from statescape.views.marked import said_in_markup, said_in_script
from statescape.wording import separators, speaking, spoken

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
    """The JavaScript of the module alone."""
    folder = files(__package__) / "js"
    return "\n".join((folder / name).read_text("utf-8") for name in ROOMS)
