"""The French catalogue holds what the code says, all of it and nothing else, with the same values in it."""

import ast
import json
import re
from collections import Counter
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest

import statescape
from statescape.views.core.templating import marked_in
from statescape.wording.catalogue import catalogue

SOURCE = Path(statescape.__file__).parent
SAYING = {"say": 1, "say_count": 2, "phrase": 1}


def said_in(tree: ast.AST, where: str) -> list[tuple[str, ...]]:
    """The templates of every call that says or marks something; `say` may take what `phrase` marked."""
    found = []
    for node in ast.walk(tree):
        name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None
        if name not in SAYING:
            continue
        texts = [one.value for one in node.args[: SAYING[name]] if isinstance(one, ast.Constant)]
        if texts:
            assert len(texts) == SAYING[name], f"{where}:{node.lineno}: {name} takes literals"
            found.append(tuple(texts))
        else:
            assert name == "say", f"{where}:{node.lineno}: {name} takes literals"
            assert not isinstance(node.args[0], ast.JoinedStr), f"{where}:{node.lineno}: say takes no f-string"
    return found


@pytest.fixture(scope="module")
def said() -> dict[str, tuple[str, ...]]:
    texts: dict[str, tuple[str, ...]] = {}
    for file in SOURCE.rglob("*.py"):
        for forms in said_in(ast.parse(file.read_text("utf-8")), str(file.relative_to(SOURCE))):
            assert texts.setdefault(forms[0], forms) == forms, f"{forms[0]!r} is said with and without a plural"
    for file in SOURCE.rglob("*"):
        if file.suffix in (".js", ".html", ".j2"):
            texts |= {text: (text,) for text in marked_in(file.read_text("utf-8")) if text not in texts}
    return texts


def fields(template: str) -> Counter[str]:
    return Counter(name for _, name, _, _ in Formatter().parse(template) if name is not None)


def test_everything_said_has_its_french(said):
    missing = sorted(set(said) - set(catalogue("fr")))
    assert not missing, "\n".join(missing)


def test_no_french_is_left_over(said):
    unused = sorted(set(catalogue("fr")) - set(said))
    assert not unused, "\n".join(unused)


def test_french_takes_the_same_values(said):
    for english, entry in catalogue("fr").items():
        forms = said.get(english, ())
        french = entry if isinstance(entry, list) else [entry]
        assert len(french) == len(forms), english
        for ours, theirs in zip(forms, french, strict=True):
            assert set(fields(ours)) - {"count"} == set(fields(theirs)) - {"count"}, english


def test_every_text_stands_in_one_file():
    texts = Counter(
        key
        for file in (files("statescape.wording") / "fr").iterdir()
        for key, _ in json.loads(file.read_text("utf-8"), object_pairs_hook=list)
    )
    assert [text for text, times in texts.items() if times > 1] == []


def test_french_typography():
    for english, entry in catalogue("fr").items():
        for text in entry if isinstance(entry, list) else [entry]:
            # Without the places that a template keeps for other code: "{{x:.0f}}".
            bare = re.sub(r"\{[^{}]*\}", "", "".join(literal for literal, _, _, _ in Formatter().parse(text)))
            for sign in ":;?!»":
                for place in (i for i, character in enumerate(bare) if character == sign):
                    assert place == 0 or bare[place - 1] == "\u202f", (
                        f"{english!r}: {text!r} has no narrow space before {sign}"
                    )
            assert "« " not in bare, text
            assert "'" not in bare, f"{text!r} has a straight apostrophe"


def test_what_scripts_say_cannot_end_their_strings():
    for english, entry in catalogue("fr").items():
        assert not set('"`\\') & set(entry if isinstance(entry, str) else "".join(entry)), english
