"""Options of `esn` and `evolve` for data files, and the line that says how a file was understood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from statescape.cli.console import counted
from statescape.cli.roles import Reads

if TYPE_CHECKING:
    from statescape.reservoir.tasks import Part, Task

_FILE = "For a file"
_READ = {"separator": "separated by {}", "header": "header {}", "sheet": "sheet {}", "comments": "comments {}"}


def _option(name: str, words: str) -> Any:
    return typer.Option(name, help=words, rich_help_panel=_FILE)


TaskName = Annotated[
    str,
    typer.Argument(
        help="A task (narma10, mackey-glass-17-84, memory-noisy, ...), a file (.csv, .csv.gz, .npy, .parquet, .xlsx), "
        "or a folder of Japanese vowels.",
        show_default=False,
    ),
    Reads(),
]
InputColumns = Annotated[list[str] | None, _option("--input", "Input column; repeatable. (default: the targets)")]
TargetColumns = Annotated[
    list[str] | None, _option("--target", "Target column; repeatable. (default: the only column of numbers)")
]
Horizon = Annotated[int | None, _option("--horizon", "Rows ahead. (default: 1)")]
Split = Annotated[float | None, _option("--split", "Share that trains. (default: 0.7)")]
Window = Annotated[int | None, _option("--window", "Rows of a trial. (default: two thirds of the part it is from)")]
Header = Annotated[
    bool | None,
    _option(
        "--header/--no-header",
        "Whether the first row names the columns; without, they are 1, 2, ... (default: it must)",
    ),
]
Separator = Annotated[str | None, _option("--separator", "Between cells: ';', tab, space. (default: found out)")]
Decimal = Annotated[str | None, _option("--decimal", "Decimal mark, . or a comma. (default: found out)")]
Encoding = Annotated[str | None, _option("--text-encoding", "Of a CSV file, such as latin-1. (default: utf-8)")]
SkipRows = Annotated[int | None, _option("--skip-rows", "Lines above the header. (default: 0, and those with #)")]
Comment = Annotated[str | None, _option("--comment", "How lines begin that are no rows, such as #.")]


def given(columns: list[str] | None, **options: Any) -> dict[str, Any]:
    """The options that were given, as `tasks.from_file` takes them."""
    chosen = {"inputs": columns or None, **options}
    return {name: value for name, value in chosen.items() if value is not None and value != []}


def described(task: Task, *parts: Part) -> list[str]:
    """How the table of a task was understood, by the first of these parts; nothing of a task that reads none."""
    from statescape.reservoir.tasks import FileTask

    if not isinstance(task, FileTask):
        return []
    data = task.understood(parts[0])
    inputs = "itself" if data["inputs"] == data["targets"] else ", ".join(data["inputs"])
    read = [_READ.get(name, "{}").format(value) for name, value in data["read"].items()]
    lines = [
        "; ".join([f"{data['file']}: {counted(data['rows'], 'row')}", *read]),
        f"{', '.join(data['targets'])} from {inputs}, {counted(data['horizon'], 'row')} ahead; windows of "
        f"{data['window']:,} rows, the first {data['train']:,} train ({data['warmup']:,} of them warmup)",
    ]
    for windows in (task.understood(part)["windows"] for part in parts):
        if windows["left_out"]:
            whole = f"{windows['left_out']:,} of {counted(windows['possible'], 'window')} ({windows['part']} part)"
            lines += [f"note: {whole} left out, since a column is constant where they train or test"]
    return [*lines, *(f"note: {note}" for note in data["notes"])]
