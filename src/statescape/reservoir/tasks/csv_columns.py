"""Numbers out of a CSV file, or one sentence that names the column and the line where there is none."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError


@dataclass(frozen=True, eq=False)
class Table:
    """The columns that were asked for, as numbers; the target is the last.

    Attributes:
        names: names of the columns.
        values: one row for each row of the file.
        first_line: the line of the file that row 0 stands on.
    """

    names: tuple[str, ...]
    values: Float[np.ndarray, "rows columns"]
    first_line: int

    def column(self, name: str) -> Float[np.ndarray, " rows"]:
        """One column by its name."""
        return self.values[:, self.names.index(name)]


def read_columns(path: Path, inputs: list[str], target: str | None) -> Table:
    """The named columns of a file; without a target, its only column of numbers.

    Raises:
        StatescapeError: where the file cannot be read, a column is unknown or chosen twice, or a cell is no number.
    """
    header, lines = _rows(path)
    for name in [*inputs, *([] if target is None else [target])]:
        if name not in header:
            raise StatescapeError(f"{path.name} has no column {name!r}; its columns are: {', '.join(header)}.")
    if len(set(inputs)) < len(inputs):
        raise StatescapeError(f"An input column is named twice: {', '.join(inputs)}.")
    if target is None:
        target = _only_numeric(path, header, lines)
    names = (*(name for name in inputs if name != target), target)
    indices = [header.index(name) for name in names]
    values = np.empty((len(lines), len(names)))
    for row, (line, cells) in enumerate(lines):
        if not cells:
            raise StatescapeError(f"{path.name}, line {line}: the row is empty; fill the gap or drop the row.")
        if len(cells) != len(header):
            raise StatescapeError(
                f"{path.name}, line {line}: {len(cells)} cells where the header has {len(header)}; mend that row."
            )
        for column, index in enumerate(indices):
            values[row, column] = _number(cells[index], names[column], path, line)
    return Table(names, values, lines[0][0])


def _rows(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and every row with the line it stands on."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise StatescapeError(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise StatescapeError(f"{path} is a folder; name a CSV file.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise StatescapeError(f"{path} cannot be read as UTF-8 text ({type(error).__name__}).") from None
    lines = text.splitlines()
    if not lines or not lines[0].strip():
        raise StatescapeError(f"{path.name} must begin with a line that names its columns; line 1 is empty.")
    delimiter = max(",;\t", key=lines[0].count)
    try:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error as error:
        raise StatescapeError(f"{path.name} is no well-formed CSV ({error}).") from None
    while rows and not any(rows[-1][1]):  # empty lines at the end are no gap
        rows.pop()
    header, body = rows[0][1], rows[1:]
    if all(_is_number(cell) for cell in header):
        raise StatescapeError(f"{path.name} must begin with a line that names its columns; line 1 holds numbers.")
    if len(set(header)) < len(header):
        raise StatescapeError(f"{path.name} names a column twice: {', '.join(header)}.")
    if len(body) < 2:
        raise StatescapeError(f"{path.name} has {len(body)} rows of data; a series needs many more.")
    return header, body


def _only_numeric(path: Path, header: list[str], lines: list[tuple[int, list[str]]]) -> str:
    """The one column whose first cell is a number; refused where there are several or none."""
    first = lines[0][1]
    numeric = [name for name, cell in zip(header, first, strict=False) if _is_number(cell)]
    if len(numeric) == 1:
        return numeric[0]
    if not numeric:
        raise StatescapeError(f"{path.name} has no column of numbers; its columns are: {', '.join(header)}.")
    raise StatescapeError(f"{path.name} has several columns of numbers; name one with --target: {', '.join(numeric)}.")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _number(cell: str, column: str, path: Path, line: int) -> float:
    place = f"{path.name}, line {line}, column {column!r}"
    if not cell:
        raise StatescapeError(f"{place}: the cell is empty; fill the gap or drop the row.")
    try:
        value = float(cell)
    except ValueError:
        raise StatescapeError(f"{place}: {cell[:40]!r} is no number.") from None
    if not math.isfinite(value):
        raise StatescapeError(f"{place}: {cell!r} is not a finite number.")
    return value
