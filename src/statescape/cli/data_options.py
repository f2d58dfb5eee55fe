"""Options of `esn` and `evolve` for data files, and the line that says how a file was understood."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from statescape.cli.options import Group
from statescape.cli.roles import Reads
from statescape.wording import number, phrase, say, say_count

if TYPE_CHECKING:
    from statescape.reservoir.tasks import Part, SequenceTask, Task

_READ = {
    "separator": phrase("separated by {what}"),
    "header": phrase("header {what}"),
    "sheet": phrase("sheet {what}"),
    "comments": phrase("comments {what}"),
}
_PARTS = {"search": phrase("search part"), "seal": phrase("seal part"), "whole": phrase("whole part")}


TaskName = Annotated[
    str,
    typer.Argument(
        help="A task (narma10, cogscale:simple_copy:small, ...), a file (.csv, .csv.gz, .npy, .parquet, .xlsx), "
        "or a folder of Japanese vowels.",
        show_default=False,
    ),
    Reads(),
]
_DECLARED: dict[str, tuple[Any, str, str]] = {
    "inputs": (list[str] | None, "--input", "Input column; repeatable. (default: the targets)"),
    "target": (list[str] | None, "--target", "Target column; repeatable. (default: the only column of numbers)"),
    "horizon": (int | None, "--horizon", "Rows ahead. (default: 1)"),
    "split": (float | None, "--split", "Share that trains. (default: 0.7)"),
    "closed": (bool | None, "--closed", "Leave the network alone with its outputs: how long is it right?"),
    "lyapunov_time": (float | None, "--lyapunov-time", "Rows in a Lyapunov time, for --closed. (default: rows)"),
    "sequence": (str | None, "--sequence", "Column that names the sequence of a row; each starts from rest."),
    "classes": (bool | None, "--classes", "Of sequences: take the target as a class. (default: where it holds texts)"),
    "window": (int | None, "--window", "Rows of a trial. (default: two thirds of the part it is from)"),
    "header": (
        bool | None,
        "--header/--no-header",
        "Whether the first row names the columns; without, they are 1, 2, ... (default: it must)",
    ),
    "separator": (str | None, "--separator", "Between cells: ';', tab, space. (default: found out)"),
    "decimal": (str | None, "--decimal", "Decimal mark, . or a comma. (default: found out)"),
    "text_encoding": (str | None, "--text-encoding", "Of a CSV file, such as latin-1. (default: utf-8)"),
    "skip_rows": (int | None, "--skip-rows", "Lines above the header. (default: 0, and those with #)"),
    "comment": (str | None, "--comment", "How lines begin that are no rows, such as #."),
}


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, as `tasks.open` takes them."""
    named = {"encoding" if name == "text_encoding" else name: value for name, value in values.items()}
    return {name: value for name, value in named.items() if value is not None and value != []}


FILES = Group(
    {
        name: (Annotated[kind, typer.Option(flags, help=words, rich_help_panel="For a file")], None)
        for name, (kind, flags, words) in _DECLARED.items()
    },
    _given,
)


_NAMED = re.compile(r"\b(\w+)=(\.\.\.|True|False|'[^']*')")


def as_typed(message: str) -> str:
    """A message about options of a file, which Python takes by their names, as the command line takes them."""

    def flag(found: re.Match[str]) -> str:
        name, value = found.groups()
        declared = _DECLARED.get("text_encoding" if name == "encoding" else name)
        if declared is None:
            return found[0]
        flags = declared[1].split("/")
        if value in ("True", "False"):
            return flags[-1] if value == "False" else flags[0]
        return flags[0] if value == "..." else f"{flags[0]} {value}"

    return _NAMED.sub(flag, message)


def described(task: Task, *parts: Part) -> list[str]:
    """How the table of a task was understood, by the first of these parts; nothing of a task that reads none."""
    from statescape.reservoir.tasks import FileTask, SequenceTask

    if isinstance(task, SequenceTask):
        return _of_sequences(task, parts[0])
    if not isinstance(task, FileTask):
        return []
    data = task.understood(parts[0])
    one, own = len(data["targets"]) == 1, data["inputs"] == data["targets"]
    inputs = (say("itself") if one else say("themselves")) if own else ", ".join(data["inputs"])
    loop = data.get("closed")
    ahead = say_count("{count:,} row ahead", "{count:,} rows ahead", data["horizon"])
    if loop:
        ahead = say("in a closed loop, {runs} runs of {rows}", runs=loop["runs"], rows=_rows(loop["steps"]))
    lines = [
        _read(data, _rows(data["rows"])),
        say(
            "{targets} from {inputs}, {ahead}; windows of {window:,} rows, the first {train:,} train ({warmup:,} of "
            "them warmup)",
            targets=", ".join(data["targets"]),
            inputs=inputs,
            ahead=ahead,
            window=data["window"],
            train=data["train"],
            warmup=data["warmup"],
        ),
    ]
    for windows in (task.understood(part)["windows"] for part in parts):
        if windows["left_out"]:
            flat = say_count(
                "{count:,} of {possible:,} windows ({part}) left out, since a column is constant where they train or "
                "test",
                "{count:,} of {possible:,} windows ({part}) left out, since a column is constant where they train or "
                "test",
                windows["left_out"],
                possible=windows["possible"],
                part=say(_PARTS[windows["part"]]),
            )
            lines += [say("note: {note}", note=flat)]
    return [*lines, *(say("note: {note}", note=note) for note in data["notes"])]


def _of_sequences(task: SequenceTask, part: Part) -> list[str]:
    """How the sequences of a table or folder were understood."""
    data = task.understood(part)
    low, high = data["rows"]
    rows = _rows(high) if low == high else say("{low} to {high}", low=number(low, ","), high=_rows(high))
    asked = say("{count} classes", count=len(data["classes"])) if data["classes"] else ", ".join(data["targets"])
    held = say_count("{count:,} sequence of {rows}", "{count:,} sequences of {rows}", data["sequences"], rows=rows)
    return [
        _read(data, held),
        say(
            "{asked} from {inputs} at {answers}; {train:,} sequences train, {validation:,} choose the ridge, {test:,} "
            "test",
            asked=asked,
            inputs=", ".join(data["inputs"]),
            answers=say_count("{count:,} answered row", "{count:,} answered rows", data["answers"]),
            train=data["train"],
            validation=data["validation"],
            test=data["test"],
        ),
    ]


def _read(data: dict[str, Any], held: str) -> str:
    """What a file holds, and how it was read."""
    how = [say(_READ[name], what=value) if name in _READ else value for name, value in data["read"].items()]
    return say("; ").join([say("{name}: {what}", name=data["file"], what=held), *how])


def _rows(count: int) -> str:
    return say_count("{count:,} row", "{count:,} rows", count)
