"""Every sentence of every answer, in both languages: the same keys, the same values, none that no code says."""

import ast
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest

import statescape
from statescape.wording import LANGUAGES, Answers, speaking
from statescape.wording.answers import answers_of

SOURCE = Path(statescape.__file__).parent
NOUNS = sorted(file.name.removesuffix(".toml") for file in (files("statescape.wording") / "answers" / "en").iterdir())


def leaves(entry: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a file by its place: ``values.columns.0``, ``stability.curve_row.many``."""
    if isinstance(entry, str):
        yield place, entry
        return
    inner = entry.items() if isinstance(entry, dict) else enumerate(entry)
    for name, value in inner:
        yield from leaves(value, f"{place}.{name}".lstrip("."))


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


TEXTS = {(noun, language): dict(leaves(answers_of(noun, language))) for noun in NOUNS for language in LANGUAGES}


def filled(template: str) -> str:
    """A template with a value of the right kind in every place."""
    kinds = {name: spec for _, name, spec, _ in Formatter().parse(template) if name is not None}
    values = {name: (3 if spec in ("", ",") else 0.25) for name, spec in kinds.items()}
    return Formatter().vformat(template, (), values)


@pytest.mark.parametrize("noun", NOUNS)
def test_both_languages_say_the_same_things_of_the_same_values(noun):
    english, french = (TEXTS[noun, language] for language in LANGUAGES)
    assert list(english) == list(french)
    for place, text in english.items():
        assert fields(text) == fields(french[place]), place


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_can_be_said(noun, language):
    with speaking(language):
        for text in TEXTS[noun, language].values():
            said = filled(text)
            assert said.strip() or text == " "
            assert "{" not in said


def _keys(tree: ast.AST) -> list[re.Pattern[str]]:
    """Literal strings, and f-strings with anything in their places."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            found.append(re.escape(node.value))
        elif isinstance(node, ast.JoinedStr):
            parts = [re.escape(part.value) if isinstance(part, ast.Constant) else ".+" for part in node.values]
            found += ["".join(parts)] if any(re.search(r"\w", part) for part in parts) else []
    return [re.compile(one) for one in found]


@pytest.mark.parametrize("noun", NOUNS)
def test_no_sentence_is_left_over(noun):
    """The key of every entry stands in a module that fills the templates of this noun."""
    texts = [file.read_text("utf-8") for file in SOURCE.rglob("*.py")]
    keys = [key for text in texts if f'Answers("{noun}"' in text for key in _keys(ast.parse(text))]
    for place in TEXTS[noun, "en"]:
        names = re.sub(r"\.(one|many|\d+)$", "", place).split(".")
        own = {".".join(names[start:]) for start in range(len(names))}
        assert any(key.fullmatch(one) for key in keys for one in own), place


def test_a_count_chooses_between_one_and_many():
    answers = Answers("studies", "stability")
    assert answers("curse_row", count=1).endswith("1 trial")
    assert answers("curse_row", count=0).endswith("0 trials")
    with speaking("fr"):
        assert answers("curse_row", count=0).endswith("0 essai")


def test_numbers_are_those_of_the_language():
    numbers = {"share": 0.125}
    assert Answers("evolution")("lower", **numbers) == "12% lower"
    with speaking("fr"):
        assert Answers("evolution")("lower", **numbers) == "plus basse de 12\u202f%"


def test_french_typography():
    for (_, language), texts in TEXTS.items():
        for place, text in texts.items() if language == "fr" else ():
            bare = "".join(literal for literal, _, _, _ in Formatter().parse(text))
            for sign in ":;?!»":
                for at in (index for index, character in enumerate(bare) if character == sign):
                    assert at == 0 or bare[at - 1] == "\u202f", f"{place}: {text!r} lacks a narrow space before {sign}"
            assert "« " not in bare, place
            assert "'" not in bare, f"{place}: {text!r} has a straight apostrophe"
