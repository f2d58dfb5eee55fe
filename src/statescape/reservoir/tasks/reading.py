"""A table out of a file, an array or a frame: files are told apart by how they begin, not by what they are called."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from statescape.errors import StatescapeError
from statescape.reservoir.arrays import real_array
from statescape.reservoir.tasks.delimited import TextFormat, header_in_words, read_text
from statescape.reservoir.tasks.table import DataTable
from statescape.wording import say

LARGEST = 2**31  # bytes that a file may hold or unpack to
FOREIGN = {
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"PK": "a zip file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
}


def read_table(path: str | Path, how: TextFormat | None = None) -> DataTable:
    """The table of a text file (CSV and its relatives), plain or gzipped, a .npy, .parquet or .xlsx file.

    Args:
        path: the file.
        how: to read a text; found out where None.

    Raises:
        StatescapeError: where there is no such file, or it holds no table.
    """
    path, how = Path(path), how or TextFormat()
    origin, data = path.name, _bytes(path)
    if data.startswith(b"\x93NUMPY"):
        return table_of(_array(data, origin), origin)
    if data.startswith(b"PAR1"):
        return _frame_table(_parquet(data, origin), origin)
    if data.startswith(b"PK") and b"xl/" in data:
        return _excel(data, origin, how)
    for mark, what in FOREIGN.items():
        if data.startswith(mark):
            raise StatescapeError(f"{origin} is {what}; save it as CSV (or .csv.gz, .npy, .parquet, .xlsx).")
    return read_text(data, origin, how)


def table_of(data: Any, origin: str = "") -> DataTable:
    """The table of an array (columns 1, 2, ...), a pandas Series or a DataFrame.

    Raises:
        StatescapeError: for anything else, complex numbers, or more than two dimensions.
    """
    import pandas as pd

    if isinstance(data, pd.Series):
        data = data.to_frame("1" if data.name is None else data.name)
    if isinstance(data, pd.DataFrame):
        return _frame_table(data, origin or "the DataFrame")
    origin = origin or "the array"
    array = real_array(data, origin)
    if array.ndim not in (1, 2) or not array.size:
        raise StatescapeError(
            f"{origin} must be one series [steps] or [steps, columns] with at least one step; got shape {array.shape}."
        )
    columns = array[:, None] if array.ndim == 1 else array
    return DataTable(origin, pd.DataFrame(columns, columns=[str(number + 1) for number in range(columns.shape[1])]))


def is_table(data: Any) -> bool:
    """Whether this is an array, a Series or a DataFrame, or lists of numbers."""
    return hasattr(data, "__array__") or isinstance(data, list)


def digest(*arrays: np.ndarray) -> str:
    """A digest of numbers, so that a run that goes on can know them again."""
    sha = hashlib.sha256()
    for array in arrays:
        sha.update(repr(array.shape).encode())
        sha.update(np.ascontiguousarray(array).tobytes())
    return sha.hexdigest()


def _bytes(path: Path) -> bytes:
    """What a file holds, unpacked where it is gzipped."""
    try:
        if path.stat().st_size > LARGEST:
            raise StatescapeError(f"{path.name} is larger than {LARGEST / 2**30:g} GiB; take a part of it.")
        data = path.read_bytes()
        if not data.startswith(b"\x1f\x8b"):
            return data
        with gzip.open(path) as packed:
            data = packed.read(LARGEST + 1)
    except FileNotFoundError:
        raise StatescapeError(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise StatescapeError(f"{path} is a folder; name a CSV file.") from None
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise StatescapeError(f"{path.name} is a damaged gzip file; get it again.") from None
    except (OSError, ValueError) as error:
        raise StatescapeError(f"{path} cannot be read ({getattr(error, 'strerror', None) or error}).") from None
    if len(data) > LARGEST:
        raise StatescapeError(f"{path.name} unpacks to more than {LARGEST / 2**30:g} GiB; take a part of it.")
    return data


def _array(data: bytes, origin: str) -> np.ndarray:
    try:
        array: np.ndarray = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, OSError, MemoryError, TypeError):
        raise StatescapeError(f"{origin} is damaged or holds objects; save an array of numbers.") from None
    return array


def _parquet(data: bytes, origin: str) -> Any:
    import pandas as pd

    try:
        return pd.read_parquet(io.BytesIO(data))
    except ImportError:
        raise _lacks(origin, "pyarrow") from None
    except Exception as error:  # a foreign reader of a foreign file: ArrowInvalid, OSError and more
        raise StatescapeError(f"{origin} is no whole .parquet file ({type(error).__name__}); write it again.") from None


def _excel(data: bytes, origin: str, how: TextFormat) -> DataTable:
    """The first sheet of a workbook."""
    import pandas as pd

    try:
        with pd.ExcelFile(io.BytesIO(data), engine="openpyxl") as book:
            sheets = book.sheet_names
            cells = pd.read_excel(
                book, sheets[0], header=None, skiprows=how.skip_rows, keep_default_na=False, na_values=[""]
            )
    except ImportError:
        raise _lacks(origin, "openpyxl") from None
    except Exception as error:  # as above: BadZipFile, KeyError, InvalidFileException and more
        raise StatescapeError(f"{origin} is no whole .xlsx file ({type(error).__name__}); save it again.") from None
    cells = cells.dropna(how="all", axis=1)
    cells = cells.loc[: cells.last_valid_index()] if cells.notna().any(axis=None) else cells.iloc[:0]
    if not len(cells):
        raise StatescapeError(f"{origin}: the sheet {sheets[0]!r} is empty; put the table into the first sheet.")
    lines = np.arange(len(cells)) + how.skip_rows + 1
    sheet = str(sheets[0])
    read = {"sheet": sheet if len(sheets) == 1 else say("{name} (first of {count})", name=sheet, count=len(sheets))}
    first = cells.iloc[0]
    if how.header is False:
        names = [str(number + 1) for number in range(len(first))]
    else:
        if how.header is None and not all(isinstance(cell, str) or pd.isna(cell) for cell in first):
            raise StatescapeError(
                f"{origin} must begin with a row that names its columns; line {lines[0]} holds numbers or dates: say "
                "header=False if it is data, header=True if it is names."
            )
        names = ["" if pd.isna(cell) else str(cell).strip() for cell in first]
        cells, lines = cells.iloc[1:], lines[1:]
    read["header"] = header_in_words(how.header, lines[0] - 1) if len(lines) else ""
    frame = cells.set_axis(names, axis=1).reset_index(drop=True)
    frame = frame.loc[:, [bool(name) for name in names]].infer_objects()
    return DataTable(origin, frame, lines, read, how.decimal)


def _frame_table(frame: Any, origin: str) -> DataTable:
    """A DataFrame as it is; its index is no column, but says in which order the rows are."""
    if frame.columns.nlevels > 1:
        raise StatescapeError(f"{origin} has columns in several levels; give one name a column.")
    named = frame.set_axis([str(name) for name in frame.columns], axis=1).reset_index(drop=True)
    return DataTable(origin, named, index=frame.index)


def _lacks(origin: str, package: str) -> StatescapeError:
    return StatescapeError(
        f"{origin} needs {package} to be read; pip install 'statescape[tables]', or save the table as CSV."
    )
