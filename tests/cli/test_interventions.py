"""The commands that intervene: whatever does not fit is refused in one line before anything is written."""

import json
from pathlib import Path

import pytest

from statescape.cli.app import run
from tests.cli.running import english_in

GIRL, BOY = (f"Once upon a time there was a {who} named" for who in ("girl", "boy"))
STEER = ["steer", "Once upon a time there was a"]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files that do not fit."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "narrow.json").write_text("[1, 2, 3]")
    (tmp_path / "words.json").write_text('["a"]')
    (tmp_path / "nothing.json").write_text(json.dumps([0.0] * 192))
    (tmp_path / "one.txt").write_text("A single story.")
    (tmp_path / "stories.txt").write_text("The dog ran.\n\nTom had a ball.")
    (tmp_path / "few.jsonl").write_text('{"kind": "paraphrased", "texts": ["a cat", "one cat"]}')
    (tmp_path / "one.jsonl").write_text(json.dumps({"clean": GIRL, "corrupt": BOY}))
    (tmp_path / "long.jsonl").write_text(
        "\n".join(json.dumps({"clean": text, "corrupt": f"{text} a"}) for text in (GIRL, BOY))
    )
    return tmp_path


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (["contrast", GIRL, f"{BOY} Tim"], "have 10 and 11 tokens; align them by the end"),
        (["contrast", GIRL, BOY, "--null", "few.jsonl"], "at least 5 paraphrased pairs"),
        (["contrast", GIRL, BOY, "--null", "stories.txt"], "line 1 is no pair"),
        (["contrast", GIRL, BOY, "--align", "middle"], "'middle' is not one of"),
        (["patch", GIRL, f"{BOY} Tim"], "give texts of as many tokens"),
        (["patch", GIRL, GIRL], "are the same"),
        (["patch", GIRL, BOY, "--answers", " Lily", " elephantine"], "' elephantine' is"),
        (["patch", GIRL], "Two texts are patched"),
        (["patch", "one.jsonl"], "at least two pairs"),
        (["patch", "long.jsonl"], "10 and 11 tokens"),
        ([*STEER, "--direction", "narrow.json"], "width 192; the direction has shape (3,)"),
        ([*STEER, "--direction", "words.json"], "holds no direction"),
        ([*STEER, "--direction", "nothing.json"], "not of length 0"),
        ([*STEER, "--tokens", " elephantine", " boy"], "' elephantine' is"),
        ([*STEER, "--tokens", " girl", " boy", "--block", "7"], "there is no state 7"),
        ([*STEER, "--texts", "a girl", "a boy", "--block", "7"], "there is no state 7"),
        ([*STEER, "--tokens", " girl", " boy", "--strength", "nan"], "finite number"),
        ([*STEER, "--tokens", " girl", " boy", "--follow", "9999"], "do not fit"),
        (["ablate", "one.txt"], "at least two"),
        (["ablate", "stories.txt", "--part", "heads"], "'heads' is not one of"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(
    files: Path, call: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*call, "--out", "page.html", "--json", "numbers.json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith("statescape: ")
    assert words in said.err
    assert not [file for file in ("page.html", "numbers.json") if (files / file).exists()]


@pytest.mark.parametrize(
    ("call", "title"),
    [
        pytest.param(["contrast", GIRL, BOY], "Où deux textes se séparent", marks=pytest.mark.slow),
        (["patch", GIRL, BOY], "Quel état porte la réponse"),
        ([*STEER, "--tokens", " girl", " boy", "--follow", "0"], "Une direction ajoutée au flux"),
        (["ablate", "stories.txt"], "Ce que le modèle perd sans un bloc"),
    ],
)
def test_each_writes_its_page_in_the_language_that_is_asked(
    files: Path, call: list[str], title: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*call, "--language", "fr", "--out", "page.html", "--json", "numbers.json", "--figures", "figures"]) == 0
    said: str = capsys.readouterr().out
    conclusion = " ".join(json.loads((files / "numbers.json").read_text())["conclusion"].split())
    page = " ".join((files / "page.html").read_text("utf-8").split())
    assert f"<title>{title}" in page
    assert conclusion[:60] in " ".join(said.split())
    assert conclusion[:60] in page
    files = sorted((files / "figures").iterdir())
    assert {file.suffix for file in files} == {".pdf", ".png"}
    ends = f"Nombres : numbers.json\nFigures : {len(files)} fichiers dans figures\nRapport : page.html\n"
    assert said.endswith(ends.replace(" :", "\u202f:"))
    assert not english_in(said)
