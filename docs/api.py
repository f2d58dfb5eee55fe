"""Builds the API page from the public names and their docstrings: ``python docs/api.py [FOLDER]``."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pdoc

PACKAGE = "statescape"
ROOMS = (
    "views",
    "studies",
    "studies.reservoir",
    "studies.verdict",
    "studies.notebook",
    "analysis",
    "language",
    "evolution",
    "reservoir",
    "reservoir.tasks",
    "reservoir.measures",
    "runs",
    "geometry",
    "statistics",
)
MODULES = (PACKAGE, *(f"{PACKAGE}.{room}" for room in ROOMS))


def build(folder: Path) -> None:
    """Write one page for every room with a public face, and an index with a search."""
    for name in MODULES:
        module = importlib.import_module(name)
        for public in module.__all__:  # names that are imported when first used are found by then
            vars(module).setdefault(public, getattr(module, public))
    pdoc.render.configure(docformat="google", search=True)
    # A package leads to those rooms that are among its own public names.
    pdoc.pdoc(*(name for name in MODULES if not _led_to(name)), output_directory=folder)


def _led_to(name: str) -> bool:
    """Whether the page of the room above shows the way to this one."""
    above, _, own = name.rpartition(".")
    return bool(above) and own in importlib.import_module(above).__all__


if __name__ == "__main__":
    build(Path(sys.argv[1] if len(sys.argv) > 1 else "build/api"))
