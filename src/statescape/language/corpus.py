"""A corpus: many documents from files, each plain or gzipped, or from stdin.

JSON lines hold one document each, under ``text`` or as a string. In plain text documents are parted by lines that hold
``<|endoftext|>`` only, or, where there is none, by blank lines. Lines that cannot be read are counted with their
numbers, and so are empty documents and exact duplicates: what is counted twice would look like evidence twice.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import as_file
from importlib.resources import files as files_of
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from statescape.errors import StatescapeError
from statescape.wording import Noun, brief

if TYPE_CHECKING:
    import pandas as pd

SEPARATOR = "<|endoftext|>"
_GZIP, _UTF8, _UTF16 = b"\x1f\x8b", b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Document:
    """One document.

    Attributes:
        place: file and line where it begins, as messages name it.
        text: its text.
    """

    place: str
    text: str

    def __post_init__(self) -> None:
        try:
            self.text.encode("utf-8")
        except UnicodeEncodeError:
            raise StatescapeError(f"{self.place}: its text is no valid Unicode; mend it or leave it out.") from None


@dataclass(frozen=True)
class Fault:
    """A line that could not be read.

    Attributes:
        place: file and line.
        reason: why not.
    """

    place: str
    reason: str


@dataclass(frozen=True)
class Corpus(Noun):
    """Documents and what was left out on the way.

    Attributes:
        documents: in the order of the files.
        faults: lines that could not be read.
        empty: documents without a visible character.
        duplicates: documents that had been read already, word for word.
        complete: False where reading stopped at the number of documents asked for.
    """

    documents: tuple[Document, ...]
    faults: tuple[Fault, ...] = ()
    empty: int = 0
    duplicates: int = 0
    complete: bool = True

    def __len__(self) -> int:
        return len(self.documents)

    def __repr__(self) -> str:
        first = self.documents[0].text if self.documents else ""
        return brief(f"Corpus of {len(self.documents):,} documents, the first: {brief(repr(first), 80)}")

    def to_dataframe(self) -> pd.DataFrame:
        """One row for each document: ``place``, ``text``."""
        import pandas as pd

        return pd.DataFrame(
            {"place": [one.place for one in self.documents], "text": [one.text for one in self.documents]}
        )

    @property
    def digest(self) -> str:
        """A hash of all texts in order, by which an interrupted run knows its corpus again."""
        found = hashlib.blake2b(digest_size=16)
        for document in self.documents:
            found.update(_hash(document.text))
        return found.hexdigest()


def read_corpus(
    files: Sequence[str], *, strict: bool = False, most: int | None = None, stdin: io.BufferedIOBase | None = None
) -> Corpus:
    """Read documents from files.

    Args:
        files: paths of ``.jsonl`` or text files, plain or gzipped; ``-`` is stdin.
        strict: refuse the first line that cannot be read instead of counting it.
        most: stop after so many documents.
        stdin: where ``-`` reads from.

    Raises:
        StatescapeError: a file that is missing, named twice, damaged or no text; with `strict` a faulty line; no
            document at all.
    """
    if not files:
        raise StatescapeError("A corpus needs at least one file; give text or JSON lines, or - for stdin.")
    resolved = [name if name == "-" else str(Path(name).resolve()) for name in files]
    for name, real in zip(files, resolved, strict=True):
        if resolved.count(real) > 1:
            raise StatescapeError(f"{_named(name)} is named twice; its documents would count twice.")
    return _gathered(_everything(files, stdin), strict, most)


def read_lines(file: str) -> tuple[Document, ...]:
    """Every text of a file of JSON lines, plain or gzipped: objects with a text, or the texts as strings.

    Raises:
        StatescapeError: for a file that is missing, damaged or holds no text; for a line that is none, by its number.
    """
    found = []
    for one in _everything([file], None):
        reason = one.reason if isinstance(one, Fault) else "" if _visible(one.text) else "its text is empty"
        if isinstance(one, Fault) or reason:
            raise StatescapeError(f"{one.place}: {reason}; mend it or leave it out.")
        found.append(one)
    if not found:
        raise StatescapeError(f"{file} holds no text; give JSON lines with a text each.")
    return tuple(found)


def sample() -> Corpus:
    """The packaged sample: three dozen very short stories, in no model's training data."""
    with as_file(files_of("statescape") / "data" / "sample.jsonl") as file:
        return read_corpus([str(file)], strict=True)


def corpus_of(given: Corpus | str | Path | Iterable[str]) -> Corpus:
    """A corpus from what people have at hand: one already, the name of a file, or the texts themselves.

    Raises:
        StatescapeError: for anything but texts, and where none has a letter.
    """
    if isinstance(given, Corpus):
        return given
    if isinstance(given, str | Path):
        return read_corpus([str(given)])
    texts = list(given) if isinstance(given, Iterable) else [given]
    odd = next((text for text in texts if not isinstance(text, str)), None)
    if odd is not None:
        raise StatescapeError(f"A corpus is a file or a list of texts; got a {type(odd).__name__} among the texts.")
    return _gathered((Document(f"text {number}", text) for number, text in enumerate(texts, 1)), strict=True, most=None)


def _gathered(everything: Iterable[Document | Fault], strict: bool, most: int | None) -> Corpus:
    """What is found, without empty documents and duplicates, which are counted."""
    documents: list[Document] = []
    faults: list[Fault] = []
    seen: set[bytes] = set()
    empty = duplicates = 0
    for found in everything:
        if isinstance(found, Fault):
            if strict:
                raise StatescapeError(f"{found.place}: {found.reason}; mend it, or leave strict out to skip it.")
            faults.append(found)
        elif not _visible(found.text):
            empty += 1
        elif (key := _hash(found.text)) in seen:
            duplicates += 1
        elif most is not None and len(documents) >= most:
            return Corpus(tuple(documents), tuple(faults), empty, duplicates, complete=False)
        else:
            seen.add(key)
            documents.append(found)
    if not documents:
        reason = f": {faults[0].place}: {faults[0].reason}" if faults else ""
        raise StatescapeError(f"The corpus holds no document{reason}; give text, or JSON lines with a text each.")
    return Corpus(tuple(documents), tuple(faults), empty, duplicates)


def _everything(files: Sequence[str], stdin: io.BufferedIOBase | None) -> Iterator[Document | Fault]:
    for name in files:
        shown = _named(name)
        try:
            with _opened(name, stdin) as stream:
                peeked: io.BufferedReader[Any] = io.BufferedReader(cast("Any", stream))
                yield from _documents(shown, _format(name, peeked), peeked)
        except FileNotFoundError:
            raise StatescapeError(f"There is no file {shown}.") from None
        except (OSError, EOFError, zlib.error) as error:  # gzip raises all three
            reason = getattr(error, "strerror", None) or str(error)
            raise StatescapeError(f"{shown} cannot be read: {reason}.") from error


def _opened(name: str, stdin: io.BufferedIOBase | None) -> io.BufferedIOBase:
    """The bytes of a file, unpacked where they are gzipped, whatever it is called."""
    if name != "-" and Path(name).is_dir():
        raise StatescapeError(f"{name} is a folder; name the files in it.")
    if name == "-":
        raw: io.BufferedIOBase = io.BytesIO(stdin.read() if stdin is not None else b"")
    else:
        raw = Path(name).open("rb")  # noqa: SIM115 - the caller closes it
    start = raw.read(2)
    raw.seek(0)
    return gzip.GzipFile(fileobj=raw) if start == _GZIP else raw


def _format(name: str, stream: io.BufferedReader[Any]) -> str:
    """Either "jsonl" or "text": by the name, or by the first character where the name does not tell."""
    start = stream.peek(64)[:64]
    if start[:2] in _UTF16:
        raise StatescapeError(f"{_named(name)} is UTF-16; save it as UTF-8 (iconv -f UTF-16 -t UTF-8).")
    endings = {suffix.lower() for suffix in Path(name).suffixes[-2:]}
    if endings & {".jsonl", ".ndjson", ".json"}:
        return "jsonl"
    if ".txt" in endings:
        return "text"
    return "jsonl" if start.removeprefix(_UTF8).lstrip()[:1] == b"{" else "text"


def _documents(name: str, kind: str, stream: Iterable[bytes]) -> Iterator[Document | Fault]:
    lines = ((number, _decoded(raw, number)) for number, raw in enumerate(stream, 1))
    if kind == "jsonl":
        for number, line in lines:
            if line is None:
                yield Fault(f"{name}, line {number}", "no UTF-8")
            elif line.strip():
                yield _from_json(f"{name}, line {number}", line)
    else:
        yield from _from_text(name, list(lines))


def _from_json(place: str, line: str) -> Document | Fault:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return Fault(place, "no JSON")
    if isinstance(value, str):
        value = {"text": value}
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        return Fault(place, "no object with a text")
    try:
        value["text"].encode("utf-8")
    except UnicodeEncodeError:
        return Fault(place, "its text is no valid Unicode")
    return Document(place, value["text"])


def _from_text(name: str, lines: list[tuple[int, str | None]]) -> Iterator[Document | Fault]:
    marked = any(line is not None and line.strip() == SEPARATOR for _, line in lines)
    held: list[str] = []
    begun, spoilt = 0, False
    for number, line in [*lines, (0, SEPARATOR if marked else "")]:
        if line is None:
            yield Fault(f"{name}, line {number}", "no UTF-8")
            spoilt = True
        elif line.strip() == (SEPARATOR if marked else ""):
            if held and not spoilt:
                yield Document(f"{name}, line {begun}", "".join(held).strip("\r\n"))
            held, spoilt = [], False
        else:
            begun = begun if held else number
            held.append(line)


def _decoded(raw: bytes, number: int) -> str | None:
    try:
        return (raw.removeprefix(_UTF8) if number == 1 else raw).decode("utf-8")
    except UnicodeDecodeError:
        return None


def _visible(text: str) -> bool:
    return any(not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc") for c in text)


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8"), digest_size=16).digest()


def _named(name: str) -> str:
    return "stdin" if name == "-" else name
