"""Files as people have them: each is read as what it holds, or refused in one sentence with what reads it.

Every case writes the same 120 values in its own way, so that what is right is known: no row, index or date may be
taken for something else, and no value may change.
"""

import datetime
import gzip
import io

import numpy as np
import pandas as pd
import pytest

from statescape.errors import StatescapeError
from statescape.reservoir import tasks
from statescape.reservoir.tasks.reading import read_table
from tests.material import material

N = 120
VALUES = np.round(3 * np.sin(0.7 * np.arange(N)) + np.arange(N) % 5, 3)
LARGE = np.round(1000 * VALUES + 1e6, 1)
DAYS = [(datetime.date(2020, 1, 1) + datetime.timedelta(n)).isoformat() for n in range(N)]
UNITS = " cells where most rows have "


def lines(row, header="", end="\n"):
    """A text: the header, and a row for every n."""
    return end.join([*([header] if header else []), *map(row, range(N))]) + end


def comma(value):
    return f"{value}".replace(".", ",")


def grouped(value, thousands, decimal="."):
    return f"{value:,.1f}".replace(",", "T").replace(".", decimal).replace("T", thousands)


def with_line(text, number, line):
    """A text with a line put in before that number."""
    cut = text.split("\n")
    return "\n".join([*cut[: number - 1], line, *cut[number - 1 :]])


PLAIN = lines(lambda n: f"{n},{VALUES[n]}", "t,x")
DATED = lines(lambda n: f"{DAYS[n]},{VALUES[n]}", "date,x")
X = {"target": "x"}

READ = {
    "commas": (PLAIN, X),
    "the only numbers": (DATED, {}),
    "semicolons": (PLAIN.replace(",", ";"), X),
    "tabs": (PLAIN.replace(",", "\t"), X),
    "bars": (PLAIN.replace(",", "|"), X),
    "spaces": (lines(lambda n: f"  {n}    {VALUES[n]} ", " t   x"), X),
    "tabs among spaces": (lines(lambda n: f"{n} \t {VALUES[n]}", "t x"), {**X, "separator": "space"}),
    "spaces around commas": (PLAIN.replace(",", " , "), X),
    "one column": (lines(lambda n: f"{VALUES[n]}", "x"), {}),
    "a name with a space": (lines(lambda n: f"{VALUES[n]}", "sunspot number"), {}),
    "crlf": (PLAIN.replace("\n", "\r\n"), X),
    "cr": (PLAIN.replace("\n", "\r"), X),
    "no newline at the end": (PLAIN.rstrip("\n"), X),
    "empty lines at the end": (PLAIN + "\n\n \n", X),
    "empty cells at the end": (PLAIN + ",\n,\n", X),
    "quoted": (lines(lambda n: f'"{n}","{VALUES[n]}"', '"t","x"'), X),
    "a quoted separator": (lines(lambda n: f'"a, b",{VALUES[n]}', '"t, s",x'), X),
    "a newline in a cell": (lines(lambda n: f'"a\nb",{VALUES[n]}', "note,x"), X),
    "vertical tabs, U+2028 and U+0085 in cells": (
        lines(lambda n: f"a\x0bb\u2028c\x85d\x1ce,{VALUES[n]}", "note,x"),
        {},
    ),
    "form feeds in names": (PLAIN.replace("t,", "t\x0cime,"), X),
    "minus signs of typography": (PLAIN.replace("-", "\u2212"), X),
    "exponents": (lines(lambda n: f"{n},{VALUES[n] * 10}e-1", "t,x"), X),
    "plus signs": (lines(lambda n: f"{n},{VALUES[n]:+}", "t,x"), X),
    "decimal commas": (lines(lambda n: f"{DAYS[n]};{comma(VALUES[n])}", "date;x"), {}),
    "decimal commas everywhere": (lines(lambda n: f"{n},5;{comma(VALUES[n])}", "t;x"), X),
    "decimal commas and tabs": (lines(lambda n: f"{n}\t{comma(VALUES[n])}", "t\tx"), X),
    "quoted decimal commas": (lines(lambda n: f'{n},"{comma(VALUES[n])}"', "t,x"), X),
    "decimal commas in one column": (lines(lambda n: comma(VALUES[n]), "x"), {"decimal": ","}),
    "decimal commas and spaces": (lines(lambda n: f"{n}  {comma(VALUES[n])}", "t x"), {**X, "decimal": ","}),
    "decimal commas without names": (lines(lambda n: f"{n},5;{comma(VALUES[n])}"), {"target": 2, "header": False}),
    "no names": (lines(lambda n: f"{n},{VALUES[n]}"), {"target": "2", "header": False}),
    "no names, chosen by number": (lines(lambda n: f"{n},{VALUES[n]}"), {"target": 2, "header": False}),
    "no names, dates": (lines(lambda n: f"{DAYS[n]},{VALUES[n]}"), {"header": False}),
    "no names, one column": (lines(lambda n: f"{VALUES[n]}"), {"header": False}),
    "no names below a comment": (lines(lambda n: f"{n} {VALUES[n]}", "# t x"), {"target": 2, "header": False}),
    "names that are numbers": (PLAIN.replace("t,x", "site,1990"), {"target": 1990, "header": True}),
    "comments above": ("# from the lab\n#\n\n" + PLAIN, X),
    "comments below": (with_line(PLAIN, 43, "% a gap, and more"), {**X, "comment": "%"}),
    "a title": ("Temperatures of the lab\n\n" + PLAIN, {**X, "skip_rows": 2}),
    "a title of two cells": ("Temperatures, lab\n" + PLAIN, {**X, "skip_rows": 1}),
    "an index without a name": (lines(lambda n: f"{n},{VALUES[n]}", ",x"), {}),
    "separators at the end of rows": (lines(lambda n: f"{n},{VALUES[n]},", "t,x"), X),
    "separators at the end of lines": (lines(lambda n: f"{n},{VALUES[n]},", "t,x,"), X),
    "a byte order mark": (b"\xef\xbb\xbf" + PLAIN.encode(), X),
    "utf-16": (PLAIN.encode("utf-16"), X),
    "utf-32": (PLAIN.encode("utf-32"), X),
    "utf-16 without a mark": (PLAIN.encode("utf-16-le"), {**X, "encoding": "utf-16-le"}),
    "latin-1": (PLAIN.replace("t,", "Größe,").encode("latin-1"), {**X, "encoding": "latin-1"}),
    "gzipped": (gzip.compress(PLAIN.encode()), X),
    "days first": (lines(lambda n: f"{DAYS[n][8:]}/{DAYS[n][5:7]}/2020,{VALUES[n]}", "date,x"), {}),
    "months first": (lines(lambda n: f"{DAYS[n][5:7]}/{DAYS[n][8:]}/2020,{VALUES[n]}", "date,x"), {}),
    "days as one number": (lines(lambda n: f"{DAYS[n].replace('-', '')},{VALUES[n]}", "day,x"), X),
    "years and months": (lines(lambda n: f"{n % 12 + 1},{1990 + n // 12},{VALUES[n]}", "month,year,x"), X),
    "dates and hours": (lines(lambda n: f"{DAYS[n // 24]},{n % 24}:00,{VALUES[n]}", "date,time,x"), {}),
}


def _task(folder, content, options, name="series.csv"):
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return tasks.open(file, **options)


@pytest.mark.parametrize(("content", "options"), READ.values(), ids=READ)
def test_what_is_read_is_what_is_there(tmp_path, content, options):
    task = _task(tmp_path, content, options)
    np.testing.assert_allclose(task.targets[:, 0], VALUES, atol=1e-12)
    assert len(task.targets) == N
    assert task.notes == ()


GROUPED = {
    "commas between thousands": (lambda n: f'{n},"{grouped(LARGE[n], ",")}"', "t,x", {}),
    "points between thousands": (lambda n: f"{n};{grouped(LARGE[n], '.', ',')}", "t;x", {}),
    "spaces between thousands": (lambda n: f"{n};{grouped(LARGE[n], ' ')}", "t;x", {}),
    "narrow spaces between thousands": (lambda n: f"{n};{grouped(LARGE[n], chr(0x202F), ',')}", "t;x", {}),
    "apostrophes between thousands": (lambda n: f"{n};{grouped(LARGE[n], chr(39))}", "t;x", {}),
    "thousands, said to be": (lambda n: f'{n},"{1000 + n:,}"', "t,x", {"decimal": "."}),
}


@pytest.mark.parametrize(("row", "header", "options"), GROUPED.values(), ids=GROUPED)
def test_thousands_are_read_where_one_number_fits(tmp_path, row, header, options):
    task = _task(tmp_path, lines(row, header), {**X, **options})
    np.testing.assert_allclose(task.targets[:, 0], 1000 + np.arange(N) if options else LARGE, atol=1e-9)


REFUSED = {
    "no names": (lines(lambda n: f"{n},{VALUES[n]}"), {}, "header=False if it is data"),
    "no names, dates": (lines(lambda n: f"{DAYS[n]},{VALUES[n]}"), {}, "line 1 holds numbers or dates (2020-01-01)"),
    "no names below a comment": (lines(lambda n: f"{n} {VALUES[n]}", "# t x"), {}, "line 2 holds numbers"),
    "names that are numbers": (PLAIN.replace("t,x", "site,1990"), {}, "header=True if it is names"),
    "rows have an index, the header has none": (PLAIN.replace("t,x", "x"), X, "1 cell where most rows have 2"),
    "a name is missing": (lines(lambda n: f"{n},1,{VALUES[n]}", "t,x"), X, "2 cells where most rows have 3"),
    "decimal commas in one column": (
        lines(lambda n: comma(VALUES[n]), "x"),
        {},
        "which mark is decimal (decimal=',').",
    ),
    "decimal commas between commas": (lines(lambda n: f"{n},{comma(VALUES[n])}", "t,x"), X, "2 cells where most rows"),
    "two notations": (lines(lambda n: f"{n};{'1,5' if n % 2 else '2.5'}", "t;x"), X, "no one notation fits all"),
    "thousands or decimals": (lines(lambda n: f'{n},"1,{n + 100}"', "t,x"), X, "'1,100' is 1.1 or 1100"),
    "a title": ("Temperatures of the lab\n\n" + PLAIN, X, "stand above it (skip_rows=...)"),
    "a title of two cells": ("Temperatures, x\n" + PLAIN, X, "line 2, column 'x': 'x' is no number"),
    "a row of units": (with_line(PLAIN, 2, "s,m"), X, "line 2, column 'x': 'm' is no number"),
    "comments below": (with_line(PLAIN, 43, "# a gap"), X, "line 43: 1 cells where the header has 2"),
    "cut off": (PLAIN[:-8], X, "line 121: 1 cells where the header has 2; mend that row"),
    "a word for missing": (with_line(PLAIN, 43, "41,NA"), X, "line 43, column 'x': 'NA' is no number"),
    "an empty cell": (with_line(PLAIN, 43, "41,"), X, "line 43, column 'x': the cell is empty"),
    "a word below cells with newlines": (lines(lambda n: f'"a\nb",{"tea" if n == 9 else 1}', "a,x"), X, "line 20,"),
    "underscores": (with_line(PLAIN, 43, "41,1_000"), X, "line 43, column 'x': '1_000' is no number"),
    "an index alone": (lines(lambda n: f"{n},a", "n,word"), {}, "'n', its only column of numbers, counts rows"),
    "a date alone": (
        lines(lambda n: f"{20200101 + n % 28 + 100 * (n // 28)},a", "day,word"),
        {},
        "counts rows or days",
    ),
    "no numbers": (lines("z{:x},b".format, "s,t"), {}, "has no column of numbers"),
    "latin-1": (PLAIN.replace("t,", "Größe,").encode("latin-1"), X, "perhaps encoding='latin-1'."),
    "utf-16 without a mark": (PLAIN.encode("utf-16-be"), X, "encoding='utf-16-be'"),
    "no encoding": (PLAIN, {"encoding": "latin-99"}, "There is no encoding 'latin-99'"),
    "no text": (bytes(range(256)) * 20, {}, "is no text; save the table as CSV"),
    "damaged gzip": (gzip.compress(PLAIN.encode())[:-20], X, "damaged gzip file"),
    "a zip": (b"PK\x03\x04" + bytes(99), {}, "is a zip file; save it as CSV"),
    "an old workbook": (b"\xd0\xcf\x11\xe0" + bytes(99), {}, "is an old Excel file; save it as CSV"),
    "a broken workbook": (b"PK\x03\x04xl/" + bytes(99), {}, "is no whole .xlsx file"),
    "a broken parquet": (b"PAR1" + bytes(99), {}, "is no whole .parquet file"),
    "a broken array": (b"\x93NUMPY\x01\x00" + bytes(9), {}, "is damaged or holds objects"),
    "nothing": (b"", {}, "line 1 is empty"),
    "blanks": (b"\n\n  \n", {}, "line 3 is empty"),
    "newest first": (
        lines(lambda n: f"{DAYS[N - 1 - n]},{n % 7}", "date,x"),
        {},
        "'date' runs backwards, newest first",
    ),
    "shuffled": (lines(lambda n: f"{DAYS[7 * n % N]},{n % 7}", "date,x"), {}, "goes back 6 times, first at line 20"),
    "steps backwards": (lines(lambda n: f"{N - n},{n % 7}", "t,x"), X, "'t' runs backwards"),
    "a separator of two marks": (PLAIN, {"separator": "::"}, "The separator is one mark"),
    "an unknown decimal mark": (PLAIN, {**X, "decimal": "'"}, "a point or a comma"),
    "a horizon in words": (PLAIN, {**X, "horizon": "two"}, "takes horizon as a whole number or None; got 'two' (str)"),
    "a target twice": (PLAIN, {"target": ["x", "x"]}, "named twice"),
}


@pytest.mark.parametrize(("content", "options", "words"), REFUSED.values(), ids=REFUSED)
def test_what_could_be_misread_is_refused_with_what_reads_it(tmp_path, recwarn, content, options, words):
    with pytest.raises(StatescapeError) as refusal:
        _task(tmp_path, content, options)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert not recwarn.list


NOTED = {
    "doubled": (lambda n: DAYS[n // 2], "date", "'date' stands still 60 times, first at line 3"),
    "gapped": (lambda n: DAYS[n + 9 * (59 < n < 111)] if n < 111 else f"2021-01-{n - 90}", "date", "2 gaps among 119"),
    "no date among dates": (lambda n: DAYS[n] if n != 7 else "2020-02-30", "date", "is no date, first at line 9"),
    "jumping": (lambda n: str(7 * n % N), "t", "'t' goes back 6 times, first at line 20"),
}


@pytest.mark.parametrize(("time", "name", "words"), NOTED.values(), ids=NOTED)
def test_dates_that_are_not_in_order_are_told(tmp_path, time, name, words):
    task = _task(tmp_path, lines(lambda n: f"{time(n)},{VALUES[n]}", f"{name},x"), X)
    assert len(task.notes) == 1
    assert words in task.notes[0]
    assert task.understood("whole")["notes"] == list(task.notes)


FRAME = pd.DataFrame({"date": pd.date_range("2020-01-01", periods=N), "x": VALUES, "label": "a"})


def _excel(frame, **options):
    file = io.BytesIO()
    frame.to_excel(file, **{"index": False, **options})
    return file.getvalue()


def _npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


BINARY = {
    "npy": (lambda: _npy(VALUES), {}),
    "npy of columns": (lambda: _npy(np.column_stack([np.arange(N), VALUES])), {"target": 2}),
    "npy of float32": (lambda: _npy(VALUES.astype(np.float32)), {}),
    "parquet": (lambda: FRAME.to_parquet(), {}),
    "parquet with an index of times": (lambda: FRAME.set_index("date").to_parquet(), {}),
    "workbook": (lambda: _excel(FRAME), {}),
    "workbook with an index": (lambda: _excel(FRAME[["x"]], index=True), {}),
    "workbook without names": (lambda: _excel(FRAME[["x"]], header=False), {"header": False}),
    "workbook below a title": (lambda: _excel(FRAME, startrow=2), {"skip_rows": 2}),
    "workbook of texts": (lambda: _excel(FRAME.assign(x=[comma(v) for v in VALUES])), {}),
}


@pytest.mark.parametrize(("content", "options"), BINARY.values(), ids=BINARY)
def test_arrays_and_tables_of_other_programs(tmp_path, content, options):
    task = _task(tmp_path, content(), options, "series.bin")
    np.testing.assert_allclose(task.targets[:, 0], VALUES, atol=1e-6)
    assert task.notes == ()


@pytest.mark.parametrize(("module", "content"), [("pyarrow", b"PAR1" + bytes(9)), ("openpyxl", b"PKxl/")])
def test_a_missing_package_is_named(tmp_path, monkeypatch, module, content):
    import builtins

    real = builtins.__import__

    def without(name, *rest, **more):
        if name.split(".")[0] == module:
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(StatescapeError, match=rf"needs {module} .*pip install 'statescape\[tables\]'"):
        _task(tmp_path, content, {})


def test_objects_in_an_array_are_not_unpickled(tmp_path):
    file = tmp_path / "evil.npy"
    np.save(file, np.array([{}, []], dtype=object), allow_pickle=True)
    with pytest.raises(StatescapeError, match="damaged or holds objects"):
        read_table(file)


@pytest.mark.parametrize(
    ("file", "target", "rows", "first", "last", "notes"),
    [
        ("airline_passengers_monthly.csv", None, 144, 112.0, 432.0, 0),
        ("sunspots_monthly_silso_v2.csv", "decimal_date", 3250, 1749.042, None, 0),
        ("melbourne_daily_min_temp.csv", None, 3650, 20.7, 13.0, 1),  # the last days of 1984 and 1988 are missing
        ("santafe_laser_A.csv", "intensity", 10_093, 86.0, None, 0),
        ("sunspots_monthly_silso_v2.csv", "sunspot_number", 3250, 96.7, None, 0),
        ("sunspots_monthly_zurich_1749_1983.csv", None, 2820, 58.0, 33.4, 0),
        ("sunspots_yearly_from_monthly.csv", "mean_sunspot_number", 270, 134.88, None, 0),
    ],
)
def test_real_series(file, target, rows, first, last, notes):
    path = material(f"series/{file}")
    task = tasks.open(path, target=target)
    assert len(task.targets) == rows == len(path.read_text().splitlines()) - 1
    assert task.targets[0, 0] == first
    assert last is None or task.targets[-1, 0] == last
    assert len(task.notes) == notes
