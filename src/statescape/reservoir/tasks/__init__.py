"""Tasks: what draws the data of a trial from a seed and scores what a network makes of it."""

from statescape.arguments import opened
from statescape.reservoir.tasks.attempt import Attempt, attempt
from statescape.reservoir.tasks.attractors import henon, lorenz
from statescape.reservoir.tasks.catalogue import by_name, names, register
from statescape.reservoir.tasks.channel import channel
from statescape.reservoir.tasks.choosing import from_csv, from_file, from_table
from statescape.reservoir.tasks.drawing import drawn
from statescape.reservoir.tasks.file_task import FileTask
from statescape.reservoir.tasks.mackey_glass import mackey_glass
from statescape.reservoir.tasks.memory import memory
from statescape.reservoir.tasks.narma import narma10, narma20, narma30
from statescape.reservoir.tasks.opening import TaskLike, as_task
from statescape.reservoir.tasks.oscillators import mso8
from statescape.reservoir.tasks.scores import error_rate, nrmse
from statescape.reservoir.tasks.task import AnyTrial, LabelledTrial, MemoryTrial, Part, Task, Trial
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
    "as_task",
    "attempt",
    "by_name",
    "channel",
    "drawn",
    "error_rate",
    "from_csv",
    "from_file",
    "from_table",
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
    "register",
]

opened(globals())
