"""Answers: what results say, as templates that numbers are filled into; no sentence stands in code that computes.

One file for each noun and language, ``answers/en/path.toml`` and ``answers/fr/path.toml``, with the same keys and the
same values in both. An entry is a text, a list of texts, or a table of ``one`` and ``many`` where a count decides.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from statescape.wording.language import spoken
from statescape.wording.saying import WRITER, is_one

Entry = str | list[str] | dict[str, Any]


@cache
def answers_of(noun: str, language: str) -> dict[str, Entry]:
    """All templates of a noun in a language, as its file has them."""
    file = files(__package__) / "answers" / language / f"{noun}.toml"
    return tomllib.loads(file.read_text("utf-8"))


@dataclass(frozen=True)
class Answers:
    """The templates of one noun, or of a section of them, in the language that is spoken when they are filled.

    Attributes:
        noun: name of the files.
        section: where in them the keys lie, with dots; empty for the top.
    """

    noun: str
    section: str = ""

    def __call__(self, key: str, /, **values: Any) -> str:
        """One template, filled in.

        Args:
            key: its name, with dots where it lies deeper.
            values: what is filled in; numbers follow the language, texts stay as they are. Where the entry has a
                singular and a plural, ``count`` chooses.
        """
        entry = self._entry(key)
        if isinstance(entry, dict):
            entry = entry["one" if is_one(values["count"]) else "many"]
        return WRITER.format(entry, **values)

    def each(self, key: str) -> tuple[str, ...]:
        """The texts of a list, which take no values."""
        return tuple(self._entry(key))

    def _entry(self, key: str) -> Any:
        entry: Any = answers_of(self.noun, spoken())
        for name in f"{self.section}.{key}".lstrip(".").split("."):
            entry = entry[name]
        return entry
