"""The tasks that need nothing but a name."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.attractors import henon, lorenz
from statescape.reservoir.tasks.channel import channel
from statescape.reservoir.tasks.mackey_glass import mackey_glass
from statescape.reservoir.tasks.memory import memory
from statescape.reservoir.tasks.narma import narma10, narma20, narma30
from statescape.reservoir.tasks.oscillators import mso8
from statescape.reservoir.tasks.task import Task

TASKS: dict[str, Callable[[], Task]] = {
    "narma10": narma10,
    "narma20": narma20,
    "narma30": narma30,
    "narma30-0.004": lambda: narma30(quadratic=0.004),
    "mackey-glass-17": mackey_glass,
    "mackey-glass-17-84": lambda: mackey_glass(horizon=84),
    "mackey-glass-17-84-closed": lambda: mackey_glass(horizon=84, closed_loop=True),
    "mackey-glass-30": lambda: mackey_glass(tau=30),
    "mackey-glass-30-84": lambda: mackey_glass(tau=30, horizon=84),
    "mackey-glass-30-84-closed": lambda: mackey_glass(tau=30, horizon=84, closed_loop=True),
    "lorenz": lorenz,
    "henon": henon,
    "mso8": mso8,
    "mso8-closed": lambda: mso8(closed_loop=True),
    "channel": channel,
    "memory-exact": lambda: memory("exact"),
    "memory-noisy": lambda: memory("noisy"),
    "memory-estimated": lambda: memory("estimated"),
}


def names() -> tuple[str, ...]:
    """The names that `by_name` knows."""
    return tuple(TASKS)


def by_name(name: str) -> Task:
    """A task with its usual settings.

    Raises:
        StatescapeError: for an unknown name; the sentence lists the known ones.
    """
    asked = name.strip().lower().replace("_", "-")
    if asked == "japanese-vowels":
        raise StatescapeError("japanese-vowels is read from its files; give the folder that holds them instead.")
    if asked not in TASKS:
        close = difflib.get_close_matches(asked, TASKS, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise StatescapeError(f"There is no task {name!r}.{hint} Known are: {', '.join(TASKS)}.")
    return TASKS[asked]()
