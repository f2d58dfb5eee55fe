"""A progress bar for work that is told piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statescape.cli.console import Working, errors
from statescape.wording import number, say

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Bar:
    """A progress bar on stderr with rate and time left; where that is no terminal, a line every ten seconds.

    Args:
        unit: what is counted.
    """

    def __init__(self, unit: str) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        console = errors()
        self._progress: Progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}", markup=False),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._plain = None if console.is_terminal else Working(say("Preparing ..."))
        self._tasks: dict[str, TaskID] = {}
        self._unit = unit
        self.shown = False

    def __enter__(self) -> Bar:
        self._progress.__enter__()
        if self._plain is not None:
            self._plain.__enter__()
        return self

    def __exit__(self, *details: object) -> None:
        if self._plain is not None:
            self._plain.__exit__(*details)
        self._progress.__exit__(*details)  # type: ignore[arg-type]

    def show(self, what: str, done: int, whole: int, note: str = "", unit: str = "") -> None:
        """So many of so many are done.

        Args:
            what: is counted; each has a bar of its own.
            done: so far.
            whole: of them.
            note: said beside it.
            unit: in which it counts, where that is another than the others'.
        """
        unit = unit or self._unit
        self.shown = True
        said = f"{what}, {note}" if note else what
        if self._plain is not None:
            counted = say("{what}: {done:,} of {whole:,} {unit} ...", what=said, done=done, whole=whole, unit=unit)
            self._plain.update(counted)
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=whole, completed=done, rate="")
        self._progress.update(self._tasks[what], completed=done, description=said)
        speed = next(task.speed for task in self._progress.tasks if task.id == self._tasks[what])
        if speed:
            self._progress.update(self._tasks[what], rate=f"{number(speed, '.1f')} {unit}/s")
