"""Text as a table: encoding, separator and header are found where only one reading fits; else the user is asked.

Records come from the `csv` module, which splits at no line or paragraph separator within a cell and knows how many
cells a record has; pandas would fill the rest of a line that was cut off.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice

import numpy as np

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.table import DataTable, is_number, listed
from statescape.wording import phrase, say, say_count, unfilled

# By what begins the file; UTF-8 where nothing does.
MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xfe\xff", "utf-16"),
)
SEPARATORS = {
    ",": phrase("commas"),
    ";": phrase("semicolons"),
    "\t": phrase("tabs"),
    "|": phrase("bars"),
    " ": phrase("spaces"),
}
SAMPLE = 1000  # records that a separator is found by

Records = list[tuple[int, list[str]]]


@dataclass(frozen=True)
class TextFormat:
    """How a text is to be read; None for what is to be found out.

    Attributes:
        header: whether the first row names the columns.
        separator: the mark between cells; " " for any number of spaces and tabs.
        decimal: the decimal mark, "." or ",".
        encoding: of the text.
        skip_rows: lines above the header.
        comment: how lines begin that are no rows.

    Raises:
        StatescapeError: for a separator that is not one mark, or a negative number of lines.
    """

    header: bool | None = None
    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    skip_rows: int = 0
    comment: str | None = None

    def __post_init__(self) -> None:
        for name in ("separator", "encoding", "comment"):
            if not isinstance(getattr(self, name), str | None):
                raise StatescapeError(f"The {name} of a text is a text itself; got {getattr(self, name)!r}.")
        if self.separator is not None:
            named = {"\\t": "\t", "tab": "\t", "space": " ", r"\s+": " "}.get(self.separator, self.separator)
            object.__setattr__(self, "separator", named)
            if len(named) != 1 or named in '"\r\n':
                raise StatescapeError(f"The separator is one mark, such as ';', 'tab' or 'space'; got {named!r}.")
        if isinstance(self.skip_rows, bool) or not isinstance(self.skip_rows, int) or self.skip_rows < 0:
            raise StatescapeError(f"The lines to skip are a whole number from 0 on; got {self.skip_rows!r}.")
        if self.comment is not None and not self.comment.strip():
            raise StatescapeError("The mark of comments is empty; name one, such as '#'.")


def read_text(data: bytes, origin: str, how: TextFormat) -> DataTable:
    """The table that a text holds.

    Raises:
        StatescapeError: where it is no text, no table, or one of two tables.
    """
    text, encoding = _decoded(data, origin, how.encoding)
    # Lines as editors count them; what csv splits at is the same, so cells keep every other mark.
    lines = list(io.StringIO(text, newline=""))
    skipped = min(how.skip_rows, len(lines))
    comments = 0
    for number, line in enumerate(lines[skipped:]):
        if line.strip() and not line.lstrip().startswith("#"):
            break
        skipped, comments = how.skip_rows + number + 1, comments + bool(line.strip())
    if skipped >= len(lines):
        place = f"line {min(skipped, len(lines)) or 1}"
        raise StatescapeError(f"{origin} must begin with a line that names its columns; {place} is empty.")
    separator = how.separator or _found_separator(lines[skipped:], origin, skipped, how.decimal)
    rows = _records(lines[skipped:], separator, skipped, origin)
    if how.comment is not None:
        mark = how.comment.strip()
        kept = [(line, cells) for line, cells in rows if not (cells and cells[0].startswith(mark))]
        comments, rows = comments + len(rows) - len(kept), kept
    while rows and not any(rows[-1][1]):  # empty lines at the end are no gap
        rows.pop()
    if not rows:
        raise StatescapeError(f"{origin} must begin with a line that names its columns; there is none.")
    top = rows[0][0]
    names, rows = _named(rows, origin, how.header)
    read = {
        **({"separator": unfilled(SEPARATORS.get(separator, repr(separator)))} if len(names) > 1 else {}),
        "encoding": encoding,
        "header": header_in_words(how.header, top),
    }
    if comments:
        read["comments"] = say_count("{count} left out", "{count} left out", comments)
    return _table(names, rows, origin, read, how.decimal)


def header_in_words(header: bool | None, line: int) -> str:
    """Where the names of the columns stand.

    Args:
        header: whether there are any, as the user said.
        line: that they stand on.
    """
    return say("none") if header is False else say("in line {line}", line=line)


def _decoded(data: bytes, origin: str, encoding: str | None) -> tuple[str, str]:
    """The text, and what it is encoded in."""
    chosen = encoding or next((name for mark, name in MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(chosen)
    except LookupError:
        raise StatescapeError(f"There is no encoding {chosen!r}; usual are utf-8, latin-1, utf-16.") from None
    except UnicodeError:
        text = "\0"
    if "\0" in text:
        other = _likely_encoding(data[:1000])
        if other is None:
            raise StatescapeError(f"{origin} is no text; save the table as CSV (or .csv.gz, .npy, .parquet, .xlsx).")
        raise StatescapeError(
            f"{origin} cannot be read as {chosen.upper()} text; name its encoding, perhaps encoding={other!r}."
        )
    return text.removeprefix("\ufeff"), chosen.removesuffix("-sig").upper()


def _likely_encoding(data: bytes) -> str | None:
    """What to try where a text is not UTF-8; None for what is no text."""
    even, odd = (data[place::2].count(0) for place in (0, 1))
    if not even + odd:
        return "latin-1"
    if 3 * max(even, odd) < len(data) or min(even, odd):
        return None
    return "utf-16-le" if odd else "utf-16-be"


def _records(lines: list[str], separator: str, above: int, origin: str) -> Records:
    """Every record with the line it begins on."""
    if separator == " ":
        lines = [" ".join(line.split()) + "\n" if '"' not in line else line.strip() + "\n" for line in lines]
    reader = csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=separator == " ")
    rows, begins = [], above + 1
    try:
        for cells in reader:
            rows.append((begins, [cell.strip() for cell in cells]))
            begins = above + reader.line_num + 1
    except csv.Error as error:
        raise StatescapeError(f"{origin}, line {begins}: no well-formed CSV ({error}).") from None
    return rows


def _found_separator(lines: list[str], origin: str, above: int, decimal: str | None) -> str:
    """The mark that gives most rows the same number of cells, where only one does; a comma where none does."""
    sample = lines[: SAMPLE + 1]
    found = {mark: _usual_width(sample, mark) for mark in (",", ";", "\t", "|") if mark != decimal}
    fitting = [mark for mark, width in found.items() if width > 1]
    if len(fitting) > 1 and "," in fitting:
        # Decimal commas stand between digits everywhere, separating ones do not.
        inside = all(re.fullmatch(r"(?:[^,]|(?<=\d),(?=\d))*", line) for line in sample)
        fitting = [mark for mark in fitting if mark != ","] if inside else fitting
    if len(fitting) > 1:
        marks = listed(SEPARATORS[mark] for mark in fitting)
        raise StatescapeError(
            f"{origin}, line {above + 1}: {marks} may separate its cells; name the mark (separator=...)."
        )
    if fitting:
        return fitting[0]
    body = [line for line in sample if line.strip()][1:]
    if _usual_width(sample, " ") > 1 and _usual_width(body, " ") > 1:
        return " "
    return ";" if decimal == "," else ","


def _usual_width(lines: list[str], separator: str) -> int:
    """How many cells most rows have under a separator; 1 where no number of cells is usual."""
    try:
        rows = _records(lines, separator, 0, "")
    except StatescapeError:
        rows = [(0, line.split(separator)) for line in lines]
    widths = Counter(len(cells) for _, cells in islice(rows, SAMPLE) if cells)
    if not widths:
        return 1
    width, often = widths.most_common(1)[0]
    return width if 2 * often > widths.total() else 1


def _named(rows: Records, origin: str, header: bool | None) -> tuple[list[str], Records]:
    """The names of the columns, and the rows below them."""
    line, first = rows[0]
    if header is False:
        return [str(number + 1) for number in range(len(first))], rows
    data = next((cell for cell in first if _looks_like_data(cell)), None)
    if header is None and data is not None:
        raise StatescapeError(
            f"{origin} must begin with a line that names its columns; line {line} holds numbers or dates "
            f"({data[:40]}): say header=False if it is data, header=True if it is names."
        )
    if len(rows) > 1 and all(len(cells) == len(first) + 1 and not cells[-1] for _, cells in rows[1:]):
        first = [*first, ""]  # rows end in a separator, the header does not
    return first, rows[1:]


def _looks_like_data(cell: str) -> bool:
    """Whether a cell is no name: a number, or a date or time without a letter (but for ISO 8601)."""
    dated = re.fullmatch(r"\d{4}-\d\d.*", cell) is not None
    return is_number(cell) or dated or (any(map(str.isdigit, cell)) and not any(map(str.isalpha, cell)))


def _table(names: list[str], rows: Records, origin: str, read: dict[str, str], decimal: str | None) -> DataTable:
    widths = Counter(len(cells) for _, cells in rows)
    usual = widths.most_common(1)[0][0] if widths else len(names)
    if usual != len(names) and usual:
        raise StatescapeError(
            f"{origin}: the line that names the columns has {len(names)} cell{'s' * (len(names) > 1)} where most rows "
            f"have {usual}; mend it, or say how many lines stand above it (skip_rows=...), what separates "
            "cells (separator=...) or which mark is decimal (decimal=',')."
        )
    for line, cells in rows:
        if not cells:
            raise StatescapeError(f"{origin}, line {line}: the row is empty; fill the gap or drop the row.")
        if len(cells) != len(names):
            raise StatescapeError(
                f"{origin}, line {line}: {len(cells)} cells where the header has {len(names)}; mend that row, or say "
                "how lines begin that are no rows (comment=...)."
            )
    import pandas as pd

    columns = list(zip(*(cells for _, cells in rows), strict=True)) or [()] * len(names)
    kept = {name: columns[place] for place, name in enumerate(names) if name}
    if len(kept) < sum(map(bool, names)):
        raise StatescapeError(f"{origin} names a column twice: {listed(names)}.")
    nameless = [place + 1 for place, name in enumerate(names) if not name and any(columns[place])]
    if nameless:
        read["nameless"] = say("column {names} has no name and is left out", names=listed(map(str, nameless)))
    frame = pd.DataFrame(kept, dtype=object)
    return DataTable(origin, frame, np.array([line for line, _ in rows], dtype=np.int64), read, decimal)
