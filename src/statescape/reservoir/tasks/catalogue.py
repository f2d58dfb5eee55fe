"""The tasks that need nothing but a name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from statescape.errors import StatescapeError, unknown_name
from statescape.registry import Registry
from statescape.reservoir.tasks.attractors import henon, lorenz
from statescape.reservoir.tasks.channel import channel
from statescape.reservoir.tasks.mackey_glass import mackey_glass
from statescape.reservoir.tasks.memory import memory
from statescape.reservoir.tasks.narma import narma10, narma20, narma30
from statescape.reservoir.tasks.oscillators import mso8
from statescape.reservoir.tasks.task import Task

BUILT_IN: dict[str, Callable[[], Task]] = {
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
REGISTRY: Registry[Callable[[], Task] | Task] = Registry("task", "statescape.tasks", BUILT_IN)
"""All tasks that have a name; one of another package is a `Task`, or a function or class that makes it."""


def names() -> tuple[str, ...]:
    """The names that `by_name` knows: ours, those of installed packages, those of the session."""
    return REGISTRY.names()


def register(name: str, task: Callable[[], Task] | Task | None = None) -> Any:
    """Give a task a name for this session.

    Args:
        name: how it is asked for, in small letters.
        task: an object with the members of `Task`, or a function or class that makes one without arguments. None: this
            is a decorator of such a function or class.

    Returns:
        The task, function or class.

    Raises:
        StatescapeError: for a name that is built in or that an installed package offers.
    """
    return REGISTRY.register(name) if task is None else REGISTRY.register(name, task)


def by_name(name: str) -> Task:
    """A task with its usual settings.

    Raises:
        StatescapeError: for an unknown name; the sentence lists the known ones.
    """
    asked = name.strip().lower().replace("_", "-")
    if asked == "japanese-vowels":
        raise StatescapeError("japanese-vowels is read from its files; give the folder that holds them instead.")
    if asked not in REGISTRY:
        raise unknown_name("task", name, REGISTRY.names())
    part = REGISTRY.find(asked)
    task = part if isinstance(part, Task) and not isinstance(part, type) else part()
    if not isinstance(task, Task):
        raise StatescapeError(
            f"The task {asked!r} of {REGISTRY.origin(asked)} is a {type(task).__name__}, which lacks members of "
            "statescape.tasks.Task; mend it."
        )
    return task
