"""Tasks: what draws the data of a trial from a seed and scores what a network makes of it."""

from statescape.arguments import opened
from statescape.reservoir.tasks.attempt import Attempt, attempt
from statescape.reservoir.tasks.autonomous import henon, lorenz, mackey_glass, mso8
from statescape.reservoir.tasks.driven import channel, memory, narma10, narma20, narma30
from statescape.reservoir.tasks.file_task import FileTask
from statescape.reservoir.tasks.opening import TaskLike, names, open, register  # noqa: A004 - as in tasks.open
from statescape.reservoir.tasks.task import (
    AnyTrial,
    LabelledTrial,
    MemoryTrial,
    Part,
    Task,
    Trial,
    error_rate,
    nrmse,
    usable_trial,
)
from statescape.reservoir.tasks.vowels import JapaneseVowels, japanese_vowels

__all__ = [
    "AnyTrial",
    "Attempt",
    "FileTask",
    "JapaneseVowels",
    "LabelledTrial",
    "MemoryTrial",
    "Part",
    "Task",
    "TaskLike",
    "Trial",
    "attempt",
    "channel",
    "error_rate",
    "henon",
    "japanese_vowels",
    "lorenz",
    "mackey_glass",
    "memory",
    "mso8",
    "names",
    "narma10",
    "narma20",
    "narma30",
    "nrmse",
    "open",
    "register",
    "usable_trial",
]

opened(globals())
