"""Tasks: what draws the data of a trial from a seed and scores what a network makes of it."""

from statescape.arguments import opened
from statescape.reservoir.tasks.answering import answering_states, answers_of, train_on_answers
from statescape.reservoir.tasks.attempt import Attempt, attempt, pooling_of
from statescape.reservoir.tasks.autonomous import henon, lorenz, mackey_glass, mso8
from statescape.reservoir.tasks.cogscale_task import CogScale, cogscale
from statescape.reservoir.tasks.driven import channel, memory, narma10, narma20, narma30
from statescape.reservoir.tasks.file_task import FileTask
from statescape.reservoir.tasks.generated import ClosedLoop, GeneratedTask
from statescape.reservoir.tasks.kuramoto_sivashinsky import kuramoto_sivashinsky
from statescape.reservoir.tasks.opening import TaskLike, names, open, register  # noqa: A004 - as in tasks.open
from statescape.reservoir.tasks.sequence_task import SequenceTask
from statescape.reservoir.tasks.sequences import Sequences, SequencesTrial
from statescape.reservoir.tasks.task import (
    AnyTrial,
    LabelledTrial,
    MemoryTrial,
    Part,
    Task,
    Trial,
    better_of,
    error_rate,
    nrmse,
    usable_trial,
)
from statescape.reservoir.tasks.vowels import JapaneseVowels, japanese_vowels

__all__ = [
    "AnyTrial",
    "Attempt",
    "ClosedLoop",
    "CogScale",
    "FileTask",
    "GeneratedTask",
    "JapaneseVowels",
    "LabelledTrial",
    "MemoryTrial",
    "Part",
    "SequenceTask",
    "Sequences",
    "SequencesTrial",
    "Task",
    "TaskLike",
    "Trial",
    "answering_states",
    "answers_of",
    "attempt",
    "better_of",
    "channel",
    "cogscale",
    "error_rate",
    "henon",
    "japanese_vowels",
    "kuramoto_sivashinsky",
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
    "pooling_of",
    "register",
    "train_on_answers",
    "usable_trial",
]

opened(globals())
