"""What commands take in and give out alike: the text, the model, the JSON file."""

from __future__ import annotations

import json
import math
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from statescape.cli.console import working
from statescape.errors import StatescapeError
from statescape.files import require_writable, written_whole

if TYPE_CHECKING:
    from statescape.language import LanguageModel, Trace

Text = Annotated[str, typer.Argument(help="The text, or - to read it from stdin.", show_default=False)]
Model = Annotated[
    str | None,
    typer.Option("--model", "-m", help="A folder or hub name of a causal language model. [default: bundled conteur]"),
]
Bos = Annotated[
    bool | None, typer.Option("--bos/--no-bos", help="Open the text with BOS or not. [default: as the tokenizer does]")
]
Device = Annotated[
    str | None,
    typer.Option("--device", help="Where models run: cpu, cuda, cuda:1. [default: a GPU if there is one]"),
]
Last = Annotated[int | None, typer.Option("--last", min=1, help="Keep only the last N tokens of the text.")]
Json = Annotated[Path | None, typer.Option("--json", help="Write the numbers to this file.")]


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


def load(model: str | None, bos: bool | None, device: str | None) -> LanguageModel:
    """The language model, with a spinner while torch and the weights are read."""
    if model is not None and not model.strip():
        raise StatescapeError("--model is empty; give a folder or a hub name, or leave it out for conteur.")
    with working(f"Loading {model or 'conteur'} ..."):
        from statescape.language import load_model

        return load_model(model, bos=bos, device=device)


def trace(text: str, model: str | None, bos: bool | None, device: str | None, last: int | None) -> Trace:
    """The trace of a text through a model."""
    language_model = load(model, bos, device)
    with working("Reading the text ..."):
        return language_model.trace(text, last=last)


def require_outputs(*files: Path | None) -> None:
    """Refuse outputs that cannot be written before anything is computed."""
    named = [file for file in files if file is not None]
    if len({file.resolve() for file in named}) < len(named):
        raise StatescapeError(f"{named[0]} is named for two outputs; give each a file of its own.")
    for file in named:
        require_writable(file)


def require_folder(folder: Path | None) -> None:
    """Refuse, before anything is computed, a folder that could not be made or written to."""
    if folder is None:
        return
    nearest = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not nearest.is_dir():
        raise StatescapeError(f"{folder} cannot be a folder: {nearest} is a file.")
    try:
        require_writable(nearest / "file")
    except StatescapeError as error:
        raise StatescapeError(f"{folder} cannot be written to: {nearest} takes no files.") from error


def write_json(file: Path, data: dict[str, Any]) -> None:
    """Write ``data`` whole; what is not a number there is null."""
    with written_whole(file) as partial:
        partial.write_text(json.dumps(_finite(data), allow_nan=False, indent=1) + "\n", encoding="ascii")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def next_run(name: str) -> Path:
    """A file name that is free: a name and a number."""
    stem = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in Path(name).stem) or "run"
    number = 1
    while (file := Path(f"{stem or 'task'}-{number}.run")).exists():
        number += 1
    return file
