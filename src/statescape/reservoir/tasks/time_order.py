"""Whether the rows of a table stand in time order, as a forecast needs; what dates say is told or refused.

Times are columns of dates, columns of numbers that are called t, year, month and the like, and a frame's index. Rows
whose dates run backwards or are shuffled are refused, and so is a frame's index, whatever it holds; doubled dates and
gaps are told.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.table import DataTable
from statescape.wording import phrase, say, say_count, unfilled

if TYPE_CHECKING:
    import pandas as pd

# From the coarsest on: a month tells apart what a year does not.
CLOCK = (
    "timestamp", "datetime", "date", "decimal_date", "year", "quarter", "month", "week", "day", "hour", "minute",
    "second", "time", "t", "index", "step",
)  # fmt: skip
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}|\d{1,2}[-/. ](?:\d{1,2}|[A-Za-z]{3,9})[-/. ]\d{2,4}|[A-Za-z]{3,9}[ .-]+\d{2,4}$")
_CLOCK_TIME = re.compile(r"\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?")
LONG = 1.5  # times the usual step: a gap; months differ by less

Times = Float[np.ndarray, " rows"]


def notes_on_time(table: DataTable, taken: Sequence[str]) -> tuple[str, ...]:
    """What the times of the rows say, in sentences; nothing where all is in order or there are none.

    Args:
        table: the rows.
        taken: inputs and targets, which are no times.

    Raises:
        StatescapeError: where dates are shuffled, or any times run backwards.
    """
    import pandas as pd

    found: list[tuple[int, str, bool, Times]] = []
    strange: tuple[str, ...] = ()
    index = _index_times(table)
    require_ordered_index(table, index)
    if index is not None:
        # Dates are the coarsest times, mere numbers of rows the finest.
        dated = table.index is not None and not pd.api.types.is_numeric_dtype(table.index)
        found.append((-1 if dated else len(CLOCK), phrase("the index"), dated, index))
    for name in (name for name in table.names if name not in taken):
        rank = CLOCK.index(name.lower()) if name.lower() in CLOCK else len(CLOCK)
        dates = _dates(table, name)
        if dates is not None:
            wrong = np.flatnonzero(np.isnan(dates))
            if len(wrong):
                said = say_count(
                    "{name}: {count:,} value is no date, first at {place}; its order is not known",
                    "{name}: {count:,} values are no date, first at {place}; its order is not known",
                    len(wrong),
                    name=repr(name),
                    place=_said_place(table, wrong[0]),
                )
                strange = (said,)
            else:
                found.append((0, repr(name), True, dates))
        elif rank < len(CLOCK) and (numbers := _clock(table, name)) is not None:
            found.append((rank, repr(name), False, numbers))
    if not found or strange:
        return strange
    found.sort(key=lambda one: one[0])
    _, name, dated, coarsest = found[0]
    steps = np.diff(coarsest)
    if (steps > 0).all():
        return _gaps(table, name, steps)
    order = np.zeros(len(steps))
    for *_, times in reversed(found):
        step = np.sign(np.diff(times))
        order = np.where(step != 0, step, order)
    back, same = np.flatnonzero(order < 0), np.flatnonzero(order == 0)
    if len(back) and not (order > 0).any():
        raise StatescapeError(
            f"{table.origin}: {name} runs backwards, newest first; turn the rows around: a forecast needs time order."
        )
    if len(back):
        if dated:
            times = "once" if len(back) == 1 else f"{len(back):,} times"
            raise StatescapeError(
                f"{table.origin}: {name} goes back {times}, first at {table.place(int(back[0]) + 1)}; sort the rows, "
                "or keep one series of them: a forecast needs time order."
            )
        said = say_count(
            "{name} goes back once, first at {place}",
            "{name} goes back {count:,} times, first at {place}",
            len(back),
            name=unfilled(name),
            place=_said_place(table, back[0] + 1),
        )
        return (said,)
    if not len(same):
        return ()
    said = say_count(
        "{name} stands still once, first at {place}",
        "{name} stands still {count:,} times, first at {place}",
        len(same),
        name=unfilled(name),
        place=_said_place(table, same[0] + 1),
    )
    return (said,)


def require_ordered_index(
    table: DataTable, times: Times | None = None, spans: Sequence[slice] = (slice(None),)
) -> None:
    """Refuse a frame whose index does not increase; one of texts that are no dates has no order.

    Args:
        table: the rows.
        times: its index as times, where they are known; None for what the index itself holds.
        spans: rows that have an order each.

    Raises:
        StatescapeError: it says how the rows are put in order, and how their order is taken as it is.
    """
    import pandas as pd

    index = table.index
    times = _index_times(table) if times is None else times
    if index is None or (times is None and not isinstance(index, pd.MultiIndex)):
        return
    for span in spans:
        part = index[span] if times is None else pd.Index(times[span])
        if part.is_monotonic_increasing:
            continue
        if part.is_monotonic_decreasing and len(spans) == 1:
            what = "the index runs backwards"
        else:
            back = next(row for row in range(1, len(part)) if not part[row - 1 : row + 1].is_monotonic_increasing)
            what = f"the index goes back at {table.place((span.start or 0) + back)}"
        raise StatescapeError(
            f"{table.origin}: {what}; put the rows in time order (sort_index()), or drop the index where their order "
            "is meant (reset_index(drop=True))."
        )


def _index_times(table: DataTable) -> Times | None:
    """The index of a frame as times; None where it only counts the rows, or is of texts that are no dates."""
    import pandas as pd

    index = table.index
    if index is None or isinstance(index, pd.MultiIndex) or (isinstance(index, pd.RangeIndex) and index.step > 0):
        return None
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if isinstance(index, pd.DatetimeIndex):
        return _microseconds(pd.Series(index))
    if pd.api.types.is_numeric_dtype(index) or isinstance(index, pd.TimedeltaIndex):
        return np.asarray(index.to_numpy().astype(np.float64))
    texts = DataTable(table.origin, pd.DataFrame({"index": index.astype(str)}, dtype=object))
    dates = _dates(texts, "index")
    return None if dates is None or np.isnan(dates).any() else dates


def _gaps(table: DataTable, name: str, steps: Float[np.ndarray, " steps"]) -> tuple[str, ...]:
    usual = float(np.median(steps))
    gaps = np.flatnonzero(steps > LONG * usual)
    if not len(gaps):
        return ()
    first = int(gaps[0])
    said = say_count(
        "{name} has {count:,} gap among {steps:,} steps, first before {place} ({ratio:.3g} times the usual step)",
        "{name} has {count:,} gaps among {steps:,} steps, first before {place} ({ratio:.3g} times the usual step)",
        len(gaps),
        name=unfilled(name),
        steps=len(steps),
        place=_said_place(table, first + 1),
        ratio=steps[first] / usual,
    )
    return (said,)


def _said_place(table: DataTable, row: int) -> str:
    """Where a row stands, in the language that is spoken; refusals have it in English, as they are."""
    if table.lines is None:
        return say("row {row} (from 0)", row=row)
    return say("line {line}", line=table.lines[row])


def _dates(table: DataTable, name: str) -> Times | None:
    """A column as times, NaN for a value that is none, where most are dates of one format; None for other columns.

    Of two readings of day and month, the one with more dates, and then the ordered one.
    """
    import pandas as pd

    column = table.frame[name]
    if column.dtype.kind == "M":
        return _microseconds(column)
    cells: list[str] = []
    if table.is_text(name):
        cells = table.cells(name)
        if not _DATE.match(cells[0]) and not re.fullmatch(r"(?:19|20)\d{6}", cells[0]):
            return None
    elif column.dtype.kind in "iu" and column.between(19000101, 21001231).all():
        cells = [str(value) for value in column]
    if not cells:
        return None
    form = "%Y%m%d" if all(len(cell) == 8 and cell.isdigit() for cell in cells) else None
    readings = []
    for day_first in (False, True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                times = pd.to_datetime(
                    pd.Series(cells, dtype=object), errors="coerce", utc=True, dayfirst=day_first, format=form
                )
            except (ValueError, OverflowError, TypeError):
                continue
        readings.append(_microseconds(times))
    best = min(readings, key=lambda one: (np.isnan(one).sum(), (np.diff(one) <= 0).sum()), default=None)
    return None if best is None or 2 * np.isnan(best).sum() > len(best) else best


def _microseconds(times: pd.Series) -> Times:
    """Times as numbers, NaN where there is none."""
    values = times.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    return np.where(np.isnat(values), np.nan, values.astype(np.float64))


def _clock(table: DataTable, name: str) -> Times | None:
    """A column of years, months, hours (or 12:30) or steps; None where it is something else."""
    if table.is_text(name):
        cells = table.cells(name)
        if all(map(_CLOCK_TIME.fullmatch, cells)):
            return np.array([sum(float(part) / 60**place for place, part in enumerate(c.split(":"))) for c in cells])
    try:
        return table.numbers([name])[0][:, 0]
    except StatescapeError:
        return None
