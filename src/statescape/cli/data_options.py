"""Options of `esn` and `evolve` for data files, and the line that says how a file was understood."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from statescape.cli.console import counted
from statescape.cli.options import Group
from statescape.cli.roles import Reads

if TYPE_CHECKING:
    from statescape.reservoir.tasks import Part, SequenceTask, Task

_READ = {"separator": "separated by {}", "header": "header {}", "sheet": "sheet {}", "comments": "comments {}"}


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
    own = "itself" if len(data["targets"]) == 1 else "themselves"
    inputs = own if data["inputs"] == data["targets"] else ", ".join(data["inputs"])
    read = [_READ.get(name, "{}").format(value) for name, value in data["read"].items()]
    loop = data.get("closed")
    ahead = f"{counted(data['horizon'], 'row')} ahead"
    if loop:
        ahead = f"in a closed loop, {loop['runs']} runs of {counted(loop['steps'], 'row')}"
    lines = [
        "; ".join([f"{data['file']}: {counted(data['rows'], 'row')}", *read]),
        f"{', '.join(data['targets'])} from {inputs}, {ahead}; windows of "
        f"{data['window']:,} rows, the first {data['train']:,} train ({data['warmup']:,} of them warmup)",
    ]
    for windows in (task.understood(part)["windows"] for part in parts):
        if windows["left_out"]:
            whole = f"{windows['left_out']:,} of {counted(windows['possible'], 'window')} ({windows['part']} part)"
            lines += [f"note: {whole} left out, since a column is constant where they train or test"]
    return [*lines, *(f"note: {note}" for note in data["notes"])]


def _of_sequences(task: SequenceTask, part: Part) -> list[str]:
    """How the sequences of a table or folder were understood."""
    data = task.understood(part)
    read = [_READ.get(name, "{}").format(value) for name, value in data["read"].items()]
    low, high = data["rows"]
    rows = counted(high, "row") if low == high else f"{low:,} to {counted(high, 'row')}"
    asked = f"{len(data['classes'])} classes" if data["classes"] else ", ".join(data["targets"])
    return [
        "; ".join([f"{data['file']}: {counted(data['sequences'], 'sequence')} of {rows}", *read]),
        f"{asked} from {', '.join(data['inputs'])} at {counted(data['answers'], 'answered row')}; {data['train']:,} "
        f"sequences train, {data['validation']:,} choose the ridge, {data['test']:,} test",
    ]
