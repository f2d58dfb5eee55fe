"""Any table as a task: named columns in, one or several out, so many rows ahead, time order kept.

A trial is one contiguous window of the rows: its first part trains, what follows tests. The first half of the rows is
for searching; seals draw from the second half, which a search never reads. Inputs and targets are standardised by mean
and deviation of the training rows only, so nothing of the test part is known before it is due. A window in which a
column stands still can train or test nothing; all windows are known beforehand, so such ones are never drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.generated import ClosedLoop
from statescape.reservoir.tasks.reading import digest
from statescape.reservoir.tasks.table import listed
from statescape.reservoir.tasks.task import Part, Seed, Trial
from statescape.reservoir.tasks.valid_time import IN_LYAPUNOV_TIMES, IN_ROWS
from statescape.wording import Noun

LEAST_STEPS = 10  # that a readout is trained or tested on
LEAST_WINDOWS = 10  # that must remain where some are left out
RUNS = 10  # of a closed loop in a trial
# Squares and their sums stay finite, and do not vanish, where columns vary by numbers within these.
SMALLEST, LARGEST = 1e-50, 1e50


@dataclass(frozen=True, eq=False)
class FileTask(Noun):
    """A forecast (or, at horizon 0, a filter) on columns of a table.

    Attributes:
        name: the file's name without folder and ending.
        input_names: the input columns.
        target_names: the target columns.
        inputs: rows in their order.
        targets: rows in their order.
        horizon: rows ahead.
        split: share of a window that trains.
        window: rows of a trial; None takes two thirds of the part it is drawn from.
        warmup: first training steps that are not used; None takes a tenth of the training part, at most 100.
        closed: whether the network, trained one row ahead, is left alone with its own outputs from ten rows of the test
            part on, for half of that part each, and scored by its valid time.
        lyapunov_time: rows in a Lyapunov time, in which the valid time is then counted; None: in rows.
        origin: what was read, e.g. the file's name.
        read: how it was understood, e.g. its separator and encoding.
        notes: what a reader should know of the rows, e.g. gaps in their dates.

    Raises:
        StatescapeError: for a horizon that asks for what is given, a split or warmup out of range, columns that are
            constant or of a size beyond arithmetic, or a table too short for one trial.
    """

    name: str
    input_names: tuple[str, ...]
    target_names: tuple[str, ...]
    inputs: Float[np.ndarray, "rows inputs"]
    targets: Float[np.ndarray, "rows outputs"]
    horizon: int = 1
    split: float = 0.7
    window: int | None = None
    warmup: int | None = None
    closed: bool = False
    lyapunov_time: float | None = None
    origin: str = ""
    read: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("horizon", "window", "warmup"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer | None):
                raise StatescapeError(f"The {name} is a whole number of rows; got {value!r}.")
        if isinstance(self.split, bool) or not isinstance(self.split, float | int):
            raise StatescapeError(
                f"The split is the share of a window that trains, between 0 and 1; got {self.split!r}."
            )
        if self.horizon < 0 or (self.horizon == 0 and set(self.target_names) & set(self.input_names)):
            raise StatescapeError(
                f"A horizon of {self.horizon} rows asks for what is given; take 1 or more, or other input columns."
            )
        if not 0.0 < self.split < 1.0:
            raise StatescapeError(
                f"The split is the share of a window that trains, between 0 and 1; got {self.split:g}."
            )
        if self.warmup is not None and self.warmup < 0:
            raise StatescapeError(f"The warmup is a number of steps, 0 or more; got {self.warmup}.")
        self._check_loop()
        for name, column in zip(self.columns, [*self.inputs.T, *self.targets.T], strict=True):
            low, high = float(column.min()), float(column.max())
            if low == high:
                raise StatescapeError(f"Column {name!r} is constant ({low:g}) in all {len(column)} rows.")
            if max(-low, high) > LARGEST or high - low < SMALLEST:
                raise StatescapeError(
                    f"Column {name!r} runs from {low:g} to {high:g}, too large or too fine for its squares to be "
                    "computed; multiply it by a power of ten first."
                )
        self._sizes("whole")  # refused when the task is made and not at its first trial

    def _check_loop(self) -> None:
        if self.closed and (self.input_names != self.target_names or self.horizon != 1):
            raise StatescapeError(
                f"{self.name}: in a closed loop the outputs are the next inputs, so the inputs are the targets and lie "
                "one row ahead; leave inputs and horizon out."
            )
        if self.lyapunov_time is None:
            return
        if not self.closed:
            raise StatescapeError("A Lyapunov time counts how long a closed loop is valid; say closed=True, too.")
        if not 0 < self.lyapunov_time < np.inf:
            raise StatescapeError(f"The Lyapunov time is a number of rows above 0; got {self.lyapunov_time:g}.")

    @property
    def better(self) -> Literal["lower", "higher"]:
        """Which scores are better."""
        return "higher" if self.closed else "lower"

    @property
    def score_name(self) -> str:
        """What the score is."""
        if not self.closed:
            return "NRMSE"
        return IN_ROWS if self.lyapunov_time is None else IN_LYAPUNOV_TIMES

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the inputs, and then of the targets."""
        return (*self.input_names, *self.target_names)

    @property
    def n_inputs(self) -> int:
        """Number of input columns."""
        return len(self.input_names)

    @property
    def n_outputs(self) -> int:
        """Number of target columns."""
        return len(self.target_names)

    @cached_property
    def digest(self) -> str:
        """Of all that its trials depend on."""
        settings = [self.horizon, self.split, self.window or 0, -1 if self.warmup is None else self.warmup]
        loop = [self.lyapunov_time or 0] if self.closed else []
        return digest(self.inputs, self.targets, np.array([*settings, *loop]))

    def trial(self, seed: Seed, part: Part = "search") -> Trial:
        """A window at a random place of the part, among those that can train and test.

        Raises:
            StatescapeError: where the part is too short for the window, or too few windows can be used.
        """
        window, train, warmup = self._sizes(part)
        places = self.places(part)
        start = int(places[int(np.random.default_rng(seed).integers(len(places)))])
        rows, due = slice(start, start + window), slice(start + self.horizon, start + window + self.horizon)
        given, wanted = self.inputs[rows], self.targets[due]
        if not self.closed:
            return Trial(_scaled(given, given[:train]), _scaled(wanted, wanted[:train]), train, warmup, self.horizon)
        # An output is the next input, so both have one scale.
        inputs, targets = (_scaled(one, given[:train]) for one in (given, wanted))
        loop = ClosedLoop((window - train) // 2, RUNS, lyapunov_time=self.lyapunov_time or 1.0)
        return Trial(inputs, targets, train, warmup, **loop.fields(train, window))

    def places(self, part: Part) -> Sequence[int] | Int[np.ndarray, " places"]:
        """The rows at which a window of the part may begin: all, but for those where a column stands still.

        Raises:
            StatescapeError: where some are left out and fewer than 10 remain.
        """
        if part not in self._places:
            first, last = self._bounds(part)
            window, train, _ = self._sizes(part)
            usable = np.ones(last - first - window - self.horizon + 1, dtype=bool)
            still = set()
            for name, column, begins, length in self._pieces(window, train):
                moves = _moves(column[first:last], length)[begins:][: len(usable)]
                usable &= moves
                still |= set() if moves.all() else {name}
            found = np.flatnonzero(usable)
            if len(found) < min(LEAST_WINDOWS, len(usable)):
                raise StatescapeError(
                    f"{self.name}: {listed(map(repr, sorted(still)))} is constant in the training or the test part of "
                    f"all but {len(found)} of the {len(usable)} windows of {window} rows ({part} part); take a longer "
                    "window, or leave the flat stretch out."
                )
            self._places[part] = range(first, first + len(usable)) if usable.all() else first + found
        return self._places[part]

    @cached_property
    def _places(self) -> dict[Part, Sequence[int] | Int[np.ndarray, " places"]]:
        """What `places` has found; it travels with the task, so that each part is looked through once."""
        return {}

    def _pieces(self, window: int, train: int) -> Iterator[tuple[str, Float[np.ndarray, " rows"], int, int]]:
        """What must not stand still in a window: name, column, first row in the window, rows."""
        for name, column in zip(self.input_names, self.inputs.T, strict=True):
            yield name, column, 0, train
        for name, column in zip(self.target_names, self.targets.T, strict=True):
            yield name, column, self.horizon, train
            yield name, column, self.horizon + train, window - train

    def understood(self, part: Part) -> dict[str, Any]:
        """What was read and what a trial of the part is made of, as plain JSON."""
        window, train, warmup = self._sizes(part)
        first, last = self._bounds(part)
        possible, used = last - first - window - self.horizon + 1, len(self.places(part))
        return {
            "file": self.origin or self.name,
            "rows": len(self.targets),
            "targets": list(self.target_names),
            "inputs": list(self.input_names),
            "horizon": self.horizon,
            "split": self.split,
            **({"closed": {"runs": RUNS, "steps": (window - train) // 2}} if self.closed else {}),
            "window": window,
            "train": train,
            "warmup": warmup,
            "windows": {"part": part, "possible": possible, "left_out": possible - used},
            "read": dict(self.read),
            "notes": list(self.notes),
        }

    def _bounds(self, part: Part) -> tuple[int, int]:
        """First row of a part and the row after its last."""
        rows, half = len(self.targets), len(self.targets) // 2
        bounds = {"search": (0, half), "seal": (half, rows), "whole": (0, rows)}
        if part not in bounds:
            raise StatescapeError(f"The parts of a table are {', '.join(bounds)}; got {part!r}.")
        return bounds[part]

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
        if self.horizon > 1 and room < 2 * LEAST_STEPS:
            raise StatescapeError(
                f"{self.name}: a horizon of {self.horizon:,} rows leaves {max(room, 0):,} of the {last - first:,} rows "
                f"of the {part} part; shorten the horizon."
            )
        if min(train - warmup, window - train) < LEAST_STEPS:
            raise StatescapeError(
                f"{self.name}: {len(self.targets)} rows give a trial of {max(train, 0)} training steps ({warmup} of "
                f"them warmup) and {max(window - train, 0)} test steps; {LEAST_STEPS} of each must remain, so use a "
                f"longer file or change {'horizon, ' * (self.horizon > 1)}window, split or warmup."
            )
        return window, train, warmup


def _scaled(
    columns: Float[np.ndarray, "rows columns"], like: Float[np.ndarray, "train columns"]
) -> Float[np.ndarray, "rows columns"]:
    """Columns by the mean and deviation of some rows."""
    return np.asarray((columns - like.mean(axis=0)) / like.std(axis=0))


def _moves(column: Float[np.ndarray, " rows"], length: int) -> Bool[np.ndarray, " places"]:
    """Whether a column varies within the `length` rows from each row on; in one pass."""
    import pandas as pd

    stretch = pd.Series(column).rolling(length)
    return np.asarray((stretch.max() - stretch.min()).to_numpy()[length - 1 :] >= SMALLEST)
