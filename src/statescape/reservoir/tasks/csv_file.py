"""Any CSV file as a task: named columns in, one column out, so many rows ahead, time order kept.

A trial is one contiguous window of the file: its first part trains, what follows tests. The first half of the rows is
for searching; seals draw from the second half, which a search never reads. Inputs and target are standardised by mean
and deviation of the training rows only, so nothing of the test part is known before it is due.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.csv_columns import read_columns
from statescape.reservoir.tasks.task import Part, Seed, Trial

LEAST_STEPS = 10  # that a readout is trained or tested on


@dataclass(frozen=True, eq=False)
class FileTask:
    """A forecast (or, at horizon 0, a filter) on columns of a file.

    Attributes:
        name: the file's name without folder and ending.
        columns: the inputs' names and then the target's.
        inputs: the input columns, rows in the file's order.
        target: the target column.
        first_line: the line of the file that row 0 stands on, for messages.
        horizon: rows ahead.
        split: share of a window that trains.
        window: rows of a trial; None takes two thirds of the part it is drawn from.
        warmup: first training steps that are not used; None takes a tenth of the training part, at most 100.

    Raises:
        StatescapeError: for a horizon that asks for what is given, a split or warmup out of range, constant columns, or
            a file too short for one trial.
    """

    name: str
    columns: tuple[str, ...]
    inputs: Float[np.ndarray, "rows inputs"]
    target: Float[np.ndarray, " rows"]
    first_line: int = 2
    horizon: int = 1
    split: float = 0.7
    window: int | None = None
    warmup: int | None = None
    score_name: str = "NRMSE"
    n_outputs: int = 1

    def __post_init__(self) -> None:
        if self.horizon < 0 or (self.horizon == 0 and self.columns[-1] in self.columns[:-1]):
            raise StatescapeError(
                f"A horizon of {self.horizon} rows asks for what is given; take 1 or more, or other input columns."
            )
        if not 0.0 < self.split < 1.0:
            raise StatescapeError(
                f"The split is the share of a window that trains, between 0 and 1; got {self.split:g}."
            )
        if self.warmup is not None and self.warmup < 0:
            raise StatescapeError(f"The warmup is a number of steps, 0 or more; got {self.warmup}.")
        for name, column in zip(self.columns, [*self.inputs.T, self.target], strict=True):
            if np.ptp(column) == 0:
                raise StatescapeError(f"Column {name!r} is constant ({column[0]:g}) in all {len(column)} rows.")
        self._sizes("whole")  # refused when the task is made and not at its first trial

    @property
    def n_inputs(self) -> int:
        """Number of input columns."""
        return int(self.inputs.shape[1])

    def trial(self, seed: Seed, part: Part = "search") -> Trial:
        """A window at a random place of the part.

        Raises:
            StatescapeError: where the part is too short for the window, or a column is constant within it.
        """
        first, last = self._bounds(part)
        window, train, warmup = self._sizes(part)
        start = int(np.random.default_rng(seed).integers(first, last - window - self.horizon + 1))
        rows, due = slice(start, start + window), slice(start + self.horizon, start + window + self.horizon)
        columns = np.column_stack([self.inputs[rows], self.target[due]])
        scale = columns[:train].std(axis=0)
        for piece, within in ((columns[:train], "training"), (columns[train:, -1:], "test")):
            for name, spread in zip(self.columns[-piece.shape[1] :], np.ptp(piece, axis=0), strict=True):
                if spread == 0:
                    place = f"lines {start + self.first_line} to {start + window + self.first_line - 1}"
                    raise StatescapeError(
                        f"Column {name!r} is constant in the {within} part of a trial ({place}); take a longer window."
                    )
        columns = (columns - columns[:train].mean(axis=0)) / scale
        return Trial(columns[:, :-1], columns[:, -1:], train, warmup, self.horizon)

    def _bounds(self, part: Part) -> tuple[int, int]:
        """First row of a part and the row after its last."""
        rows, half = len(self.target), len(self.target) // 2
        return {"search": (0, half), "seal": (half, rows), "whole": (0, rows)}[part]

    def _sizes(self, part: Part) -> tuple[int, int, int]:
        """Rows of a window, of its training part, and of the warmup in it."""
        first, last = self._bounds(part)
        room = last - first - self.horizon
        window = self.window if self.window is not None else max((2 * room) // 3, 0)
        train = int(self.split * window)
        warmup = self.warmup if self.warmup is not None else min(100, train // 10)
        if self.window is not None and window > room:
            raise StatescapeError(
                f"{self.name}: a window of {window} rows and a horizon of {self.horizon} do not fit into the "
                f"{last - first} rows of the {part} part; shorten the window."
            )
        if min(train - warmup, window - train) < LEAST_STEPS:
            raise StatescapeError(
                f"{self.name}: {len(self.target)} rows give a trial of {max(train, 0)} training steps ({warmup} of "
                f"them warmup) and {max(window - train, 0)} test steps; {LEAST_STEPS} of each must remain, so use a "
                "longer file or change window, split or warmup."
            )
        return window, train, warmup


def from_csv(
    path: str | Path,
    inputs: tuple[str, ...] | list[str] | str | None = None,
    target: str | None = None,
    horizon: int = 1,
    split: float = 0.7,
    window: int | None = None,
    warmup: int | None = None,
) -> FileTask:
    """A task on columns of a CSV file (comma, semicolon or tab; the first line names the columns).

    Args:
        path: the file.
        inputs: names of the input columns; the target column where none is named.
        target: name of the target column; the only column of numbers where none is named.
        horizon: how many rows ahead the target lies.
        split: share of a window that trains.
        window: rows of a trial; two thirds of the part it is drawn from where none is given.
        warmup: first training steps that are not used; a tenth of the training part, at most 100.

    Raises:
        StatescapeError: for a file, a column or a cell that cannot be used, naming column and line.
    """
    chosen = [inputs] if isinstance(inputs, str) else list(inputs or [])
    table = read_columns(Path(path), chosen, target)
    target_name = table.names[-1]
    input_names = tuple(chosen) or (target_name,)
    return FileTask(
        name=Path(path).stem,
        columns=(*input_names, target_name),
        inputs=np.column_stack([table.column(name) for name in input_names]),
        target=table.column(target_name),
        first_line=table.first_line,
        horizon=horizon,
        split=split,
        window=window,
        warmup=warmup,
    )
