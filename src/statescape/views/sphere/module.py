"""The ES module of the sphere: plain files in a declared order, each a room, joined into one text without a build step."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

# Later files use what earlier ones declare.
ROOMS = (
    "text.js",
    "data.js",
    "colour.js",
    "camera.js",
    "picking.js",
    "shaders.js",
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


@cache
def module_text() -> str:
    """The module as it is inlined in a page or handed to a notebook."""
    folder = files(__package__) / "js"
    style = (folder / "sphere.css").read_text("utf-8")
    rooms = [(folder / name).read_text("utf-8") for name in ROOMS]
    return f"const STYLE = {json.dumps(style, ensure_ascii=False)};\n" + "\n".join(rooms)
