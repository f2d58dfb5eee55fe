"""Documents of a corpus, one after the other: jsonl with a ``text`` in every line, or plain text, each also gzipped."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from statescape.errors import StatescapeError


def documents(files: Iterable[str | Path]) -> Iterator[str]:
    """The texts of all files, in order; a text file is one document.

    Raises:
        StatescapeError: if a file is missing, not UTF-8, or a line of jsonl holds no text.
    """
    for file in map(Path, files):
        if not file.is_file():
            raise StatescapeError(f"There is no file {file}.")
        zipped = file.suffix == ".gz"
        name = file.stem if zipped else file.name
        try:
            with gzip.open(file, "rt", encoding="utf-8") if zipped else file.open(encoding="utf-8") as lines:
                if Path(name).suffix in {".jsonl", ".ndjson"}:
                    for number, line in enumerate(lines, start=1):
                        if line.strip():
                            yield _text(line, file, number)
                else:
                    yield lines.read()
        except (UnicodeError, OSError, EOFError) as error:
            raise StatescapeError(f"{file} cannot be read as UTF-8 text; convert it, or give it again.") from error


def _text(line: str, file: Path, number: int) -> str:
    try:
        text = json.loads(line)["text"]
    except (ValueError, KeyError, TypeError) as error:
        raise StatescapeError(f"Line {number} of {file} is no JSON object with a text.") from error
    if not isinstance(text, str):
        raise StatescapeError(f"Line {number} of {file} is no JSON object with a text.")
    return text
