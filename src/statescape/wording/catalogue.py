"""The catalogues: English texts and what they are in another language, one JSON file for each part of the house.

An entry is ``"English": "French"``, or ``"one English": ["one French", "many French"]`` where a count decides.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

Entry = str | list[str]


@cache
def catalogue(language: str) -> dict[str, Entry]:
    """Every entry of a language, over all of its files; empty for the language of the code."""
    folder = files(__package__) / language
    if not folder.is_dir():
        return {}
    entries: dict[str, Entry] = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        entries |= json.loads(file.read_text("utf-8"))
    return entries
