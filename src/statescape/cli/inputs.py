"""What commands take in and give out alike: the text, the model, the JSON file."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from statescape import __version__
from statescape.cli.console import Working, wrote
from statescape.cli.roles import Fills, Reads, Writes
from statescape.errors import StatescapeError
from statescape.files import finite, written_whole
from statescape.wording import phrase, say, speaking

if TYPE_CHECKING:
    from statescape.language import LanguageModel, Trace
    from statescape.language.flags import Flag

Bos = Annotated[
    bool | None, typer.Option("--bos/--no-bos", help="Open the text with BOS or not. [default: as the tokenizer does]")
]
Device = Annotated[
    str | None,
    typer.Option("--device", help="Where models run: cpu, cuda, cuda:1, auto (all). [default: a GPU if there is one]"),
]
Dtype = Annotated[
    str | None,
    typer.Option("--dtype", help="In what numbers it runs: float32, bfloat16, float16. [default: as its file]"),
]
Chat = Annotated[
    bool, typer.Option("--chat", help="Read the text as a user's message, by the tokenizer's chat template.")
]
Last = Annotated[int | None, typer.Option("--last", min=1, help="Keep only the last N tokens of the text.")]
Run = Annotated[Path, typer.Argument(help="The file of a run, finished or not.", show_default=False), Reads()]
Json = Annotated[Path | None, typer.Option("--json", help="Write the numbers to this file."), Writes("JSON")]
Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="Write the report, one self-contained page."), Writes("page")
]
Figures = Annotated[Path | None, typer.Option("--figures", help="Write all figures as PNG and PDF here."), Fills()]
Open = Annotated[bool, typer.Option("--open", help="Open the page in the browser.")]


def _spoken(context: typer.Context, language: str) -> str:
    """Speak a language until the command has ended."""
    context.with_resource(speaking(language))
    return language


Language = Annotated[str, typer.Option("--language", help="Of answers, figures and pages: en or fr.", callback=_spoken)]


def read_text(argument: str) -> str:
    """The text of the argument, or of stdin when it is ``-``.

    Raises:
        StatescapeError: if it is blank or not UTF-8.
    """
    try:
        text = sys.stdin.buffer.read().decode("utf-8") if argument == "-" else argument
        text.encode("utf-8")
    except UnicodeError as error:
        raise StatescapeError("The text is not valid UTF-8; convert it first (iconv -t UTF-8).") from error
    if all(character.isspace() or unicodedata.category(character) == "Cf" for character in text):
        raise StatescapeError("The text is empty; give a few words to read.")
    return text.removesuffix("\n") if argument == "-" else text


def _named(models: Any) -> Any:
    """The model or models, none of them without a name."""
    if any(not name.strip() for name in ([models] if isinstance(models, str) else models or ())):
        raise StatescapeError("--model is empty; give a folder or a hub name, or leave it out for conteur.")
    return models


Text = Annotated[
    str, typer.Argument(help="The text, or - to read it from stdin.", show_default=False, callback=read_text)
]
TextOrTexts = Annotated[
    str,
    typer.Argument(
        help="The text, or - to read it from stdin, or a file of several (.jsonl).",
        show_default=False,
        callback=read_text,
    ),
    Reads(folder_too=False),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        help="A folder, a GGUF file, package:NAME, or a hub name. [default: bundled conteur]",
        callback=_named,
    ),
    Reads(),
]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        "-m",
        help="A folder, a GGUF file, package:NAME, a hub name, or conteur; repeatable. [default: bundled conteur]",
        callback=_named,
    ),
    Reads(),
]


def loading(model: str | None) -> Working:
    """Says so while torch is imported and a model is read: either takes seconds."""
    return Working(say("Loading {model} ...", model=model or "conteur"))


def load(model: str | None, bos: bool | None, device: str | None, dtype: str | None = None) -> LanguageModel:
    """The language model, with a spinner while torch and the weights are read."""
    with loading(model):
        from statescape.language import load_model

        return load_model(model, bos=bos, device=device, dtype=dtype)


def asked(text: str, chat: bool) -> str | list[dict[str, str]]:
    """What a model reads: the text, or as a chat the one message that it is."""
    return [{"role": "user", "content": text}] if chat else text


def trace(
    text: str,
    model: str | None,
    bos: bool | None,
    device: str | None,
    last: int | None,
    chat: bool = False,
    dtype: str | None = None,
) -> Trace:
    """The trace of a text through a model."""
    language_model = load(model, bos, device, dtype)
    with Working(say("Reading the text ...")):
        return language_model.trace(asked(text, chat), last=last)


def flags_json(flags: Sequence[Flag]) -> list[dict[str, Any]]:
    """The positions of a text that are flagged, as JSON has them."""
    return [asdict(flag) for flag in flags]


def texts_file(text: str) -> Path | None:
    """The file of JSON lines that a text names, plain or gzipped; None where it is a text."""
    if not text.lower().endswith((".jsonl", ".jsonl.gz")):
        return None
    try:
        return Path(text) if Path(text).is_file() else None
    except (OSError, ValueError):  # too long for a name, or with a null in it
        return None


def write_json_lines(file: Path, data: Iterable[dict[str, Any]]) -> None:
    """Write one line for each of ``data`` as it comes, the version first; the file appears when all are there."""
    with written_whole(file) as partial, partial.open("w", encoding="ascii") as lines:
        for one in data:
            lines.write(json.dumps(finite({"version": __version__, **one}), allow_nan=False) + "\n")


def write_json(file: Path, data: dict[str, Any]) -> None:
    """Write ``data`` whole, the version first; what is not a number there is null."""
    data = {"version": __version__, **data}
    with written_whole(file) as partial:
        partial.write_text(json.dumps(finite(data), allow_nan=False, indent=1) + "\n", encoding="ascii")


class Told(Protocol):
    """A result that tells its numbers."""

    def as_json(self) -> dict[str, Any]:
        """All numbers as plain JSON."""


def hand_out(
    found: Told, out: Path | None, figures: Path | None, json_file: Path | None, open_page: bool = False
) -> None:
    """Write page, figures and numbers of a result where they were asked for, and say where they lie."""
    if json_file is not None:
        write_json(json_file, found.as_json())
        wrote(phrase("Numbers"), json_file)
    if figures is None and out is None:
        return
    from statescape import views

    if figures is not None:
        with Working(say("Drawing the figures ...")):
            files = views.save_figures(found, figures)
        wrote(phrase("Figures"), say("{count} files in {folder}", count=len(files), folder=figures))
    if out is not None:
        with Working(say("Writing the report ...")):
            views.report(found, out)
        wrote(phrase("Report"), out)
        if open_page:
            typer.launch(out.resolve().as_uri())


def beside(run: Path, ending: str) -> Path:
    """The file of the run's own name with another ending."""
    if not run.name:
        raise StatescapeError(f"{run} is a folder; name the file of a run.")
    return run.with_suffix(ending)


def next_run(name: str) -> Path:
    """A file name that is free: a name and a number."""
    stem = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in Path(name).stem)[:40] or "run"
    number = 1
    while (file := Path(f"{stem}-{number}.run")).exists():
        number += 1
    return file
