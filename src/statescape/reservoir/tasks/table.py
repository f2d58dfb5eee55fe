"""Columns under names, as a file or a frame holds them, and numbers out of those that a task reads.

Numbers are read in one notation for all columns. "1.5" is plain; "1,5", "1,234.5", "1.234,5" and "1 234" are read where
only one notation, or one value, fits every cell. "1,500" alone fits two: then the user has to say which.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int

from statescape.errors import StatescapeError
from statescape.reservoir.arrays import real_array
from statescape.wording import say

if TYPE_CHECKING:
    import pandas as pd

SPACES = " \u00a0\u202f"
# Decimal mark and what may stand between thousands; the first is plain.
NOTATIONS = ((".", ""), (",", ""), (".", ","), (",", "."), (".", SPACES), (",", SPACES), (".", "'"), (",", "'"))
DECIMALS = (".", ",")


class CellError(StatescapeError):
    """A cell that holds no number."""


@dataclass(frozen=True, eq=False)
class DataTable:
    """What was read, before any of it is taken as a number.

    Attributes:
        origin: what it is called in messages, e.g. "sunspots.csv".
        frame: the columns, under different names; text columns hold `str`.
        lines: the line of a file that each row stands on; None where rows are counted from 0.
        read: how the file was understood, in words: separator, encoding, header.
        decimal: the decimal mark that the user named.
        index: of a frame, which says in which order its rows are.
    """

    origin: str
    frame: pd.DataFrame
    lines: Int[np.ndarray, " rows"] | None = None
    read: Mapping[str, str] = field(default_factory=dict)
    decimal: str | None = None
    index: pd.Index | None = None

    def __post_init__(self) -> None:
        if self.decimal not in (None, *DECIMALS):
            raise StatescapeError(f"The decimal mark is a point or a comma; got {self.decimal!r}.")
        names = self.names
        if len(set(names)) < len(names):
            raise StatescapeError(f"{self.origin} names a column twice: {listed(names)}.")
        if len(self.frame) < 2:
            raise StatescapeError(f"{self.origin} has {len(self.frame)} rows of data; a series needs many more.")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self.frame.columns)

    def place(self, row: int) -> str:
        """Where a row stands, in words."""
        return f"row {row} (from 0)" if self.lines is None else f"line {self.lines[row]}"

    def is_text(self, name: str) -> bool:
        """Whether a column holds texts (which may spell numbers)."""
        return self.frame[name].dtype.kind not in "biufcmM"

    def cells(self, name: str) -> list[str]:
        """A column as texts; a missing value is an empty one."""
        column, mark = self.frame[name], self.decimal or "."
        return [
            "" if missing else cell.strip() if isinstance(cell, str) else str(cell).replace(".", mark)
            for cell, missing in zip(column, column.isna(), strict=True)
        ]

    def numeric(self) -> tuple[str, ...]:
        """The columns whose first value is a number in some notation."""
        return tuple(name for name in self.names if self._begins_numeric(name))

    def numbers(self, names: Sequence[str]) -> tuple[Float[np.ndarray, "rows columns"], str]:
        """Columns as numbers, and the notation they are written in, in words (empty where they are no text).

        Raises:
            StatescapeError: for a cell that is missing, no finite number, or one of two numbers.
        """
        for name in names:
            if name not in self.names:
                raise StatescapeError(f"{self.origin} has no column {name!r}; its columns are: {listed(self.names)}.")
        texts = {name: self.cells(name) for name in names if self.is_text(name)}
        notation = self._notation(texts) if texts else None
        columns = []
        for name in names:
            if name in texts and notation is not None:
                columns.append(np.array([float(plain(cell, *notation)) for cell in texts[name]]))
            else:
                columns.append(self._typed(name))
        return np.column_stack(columns), "" if notation is None else _in_words(*notation)

    def apart(self, taken: Sequence[str]) -> str:
        """The first column that looks like the names of sequences, texts before numbers; "" where none does.

        Each of its values stands in rows that follow each other, several of them in the mean.

        Args:
            taken: columns that are none.
        """
        others = sorted((name for name in self.names if name not in taken), key=lambda name: not self.is_text(name))
        for name in others:
            cells = self.cells(name)
            runs = 1 + sum(one != other for one, other in pairwise(cells))
            if 1 < runs <= len(cells) / 3 and runs == len(set(cells)) and "" not in cells:
                return name
        return ""

    def _begins_numeric(self, name: str) -> bool:
        if not self.is_text(name):
            return self.frame[name].dtype.kind in "biuf"
        first = next((cell for cell in self.cells(name) if cell), "")
        return is_number(first)

    def _typed(self, name: str) -> Float[np.ndarray, " rows"]:
        column = self.frame[name]
        if column.dtype.kind in "mM":
            raise StatescapeError(f"{self.origin}: column {name!r} holds times, no numbers.")
        missing = column.isna().to_numpy()
        values = column.to_numpy()
        if missing.any():
            raise self._refusal(name, int(missing.argmax()), "the value is missing (NaN); fill the gap or drop the row")
        values = real_array(values, f"{self.origin}: column {name!r}")
        wrong = ~np.isfinite(values)
        if wrong.any():
            row = int(wrong.argmax())
            raise self._refusal(name, row, f"{values[row]} is not a finite number")
        return values

    def _notation(self, texts: Mapping[str, list[str]]) -> tuple[str, str]:
        """The one notation of all cells."""
        allowed = [one for one in NOTATIONS if self.decimal in (None, one[0])]
        if allowed[0] == NOTATIONS[0] and all(map(_are_plain, texts.values())):
            return allowed[0]
        for name, row, cell in _each(texts):
            read = [float(plain(cell, *one)) for one in allowed if _pattern(*one).fullmatch(cell)]
            if not read or not np.isfinite(read).all():
                raise self._no_number(name, row, cell, finite=not read)
        fitting = [
            one for one in allowed if all(_pattern(*one).fullmatch(cell) for cells in texts.values() for cell in cells)
        ]
        if not fitting:
            raise StatescapeError(
                f"{self.origin}: no one notation fits all numbers of {listed(texts)}; say which mark is decimal "
                "(decimal=',' or '.'), and mend the rest."
            )
        if fitting[0] == NOTATIONS[0]:
            return fitting[0]
        for name, row, cell in _each(texts):
            values = {float(plain(cell, *one)) for one in fitting}
            if len(values) > 1:
                marks = "say which mark is decimal (decimal=',' or '.')"
                raise self._refusal(name, row, f"{cell!r} is {min(values):g} or {max(values):g}; {marks}")
        return fitting[0]

    def _no_number(self, name: str, row: int, cell: str, finite: bool) -> StatescapeError:
        if not cell:
            return self._refusal(name, row, "the cell is empty; fill the gap or drop the row")
        if not finite or cell.lower().lstrip("+-") in ("nan", "inf", "infinity"):
            return self._refusal(name, row, f"{cell[:40]!r} is not a finite number")
        mark = "" if self.decimal is None else f" with the decimal mark {self.decimal!r}"
        return self._refusal(name, row, f"{cell[:40]!r} is no number{mark}")

    def _refusal(self, name: str, row: int, what: str) -> StatescapeError:
        return CellError(f"{self.origin}, {self.place(row)}, column {name!r}: {what}.")


def listed(names: Any) -> str:
    """Names in a row, as many as a reader takes in."""
    shown = list(names)
    return ", ".join(shown[:20]) + (f" and {len(shown) - 20} more" if len(shown) > 20 else "")


def is_number(cell: str) -> bool:
    """Whether a text spells a number in some notation."""
    return any(_pattern(*one).fullmatch(cell) for one in NOTATIONS)


def plain(cell: str, decimal: str, thousands: str) -> str:
    """A number of this notation as Python writes it."""
    for mark in thousands:
        cell = cell.replace(mark, "")
    return cell.replace(decimal, ".").replace("\u2212", "-")


def _are_plain(cells: list[str]) -> bool:
    """Whether all cells are finite numbers as Python writes them; at once, where most files are."""
    try:
        values = np.array(cells, dtype=np.float64)
    except ValueError:
        return False
    return bool(np.isfinite(values).all()) and not any("_" in cell for cell in cells)


@cache
def _pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    whole = rf"\d{{1,3}}(?:[{re.escape(thousands)}]\d{{3}})+|\d+" if thousands else r"\d+"
    point = re.escape(decimal)
    return re.compile(rf"[+\-\u2212]?(?:(?:{whole})(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def _each(texts: Mapping[str, list[str]]) -> Iterator[tuple[str, int, str]]:
    """Every cell with its column and row, row by row."""
    for row, cells in enumerate(zip(*texts.values(), strict=True)):
        for name, cell in zip(texts, cells, strict=True):
            yield name, row, cell


def _in_words(decimal: str, thousands: str) -> str:
    mark = say("decimal points") if decimal == "." else say("decimal commas")
    if not thousands:
        return mark
    between = say("spaces") if thousands == SPACES else repr(thousands)
    return say("{mark}, {between} between thousands", mark=mark, between=between)
