"""``statescape runs`` and ``statescape export``: what runs there are, and their champions for other tools."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from statescape.cli import inputs
from statescape.cli.console import Working, output
from statescape.cli.roles import Reads, Values, Writes
from statescape.errors import StatescapeError

if TYPE_CHECKING:
    from statescape.runs.listing import RunSummary


def runs(
    folder: Annotated[Path, typer.Argument(help="A folder."), Reads(folder_too=False)] = Path(),
    json_file: inputs.Json = None,
) -> None:
    """List the runs of a folder."""
    from statescape.cli.terminal import Sheet
    from statescape.runs import list_runs

    asked_for = [_asked_for(one) for one in list_runs(folder)]
    found = [one for one, _ in asked_for]
    table = Sheet("run", "status", "begun", "kind")
    table.column("asked", prose=True)
    table.column("seed")
    for one, asked in asked_for:
        status = one.status if one.kind else "unreadable"
        begun = one.created.replace("+00:00", "").replace("T", " ")
        cells = [one.path.name, status, begun, one.kind, asked, str(one.settings.get("seed", ""))]
        table.row(*cells)
    console = output()
    if found:
        console.print(table)
        for one in found:
            if not one.kind:
                console.print(one.status, markup=False, soft_wrap=True)
    else:
        console.print(f"No runs (*.run) in {folder!s}.", markup=False)
    if json_file is not None:
        listed = [
            {
                "run": str(one.path),
                "kind": one.kind,
                "status": one.status,
                "created": one.created,
                "settings": one.settings,
            }
            for one in found
        ]
        inputs.write_json(json_file, {"runs": listed})


def _asked_for(run: RunSummary) -> tuple[RunSummary, str]:
    """A run and what it was asked for; as one that cannot be read where its settings are not those of its kind."""
    from statescape.runs.plain import understood

    try:
        with understood(run.path, "settings"):
            return run, _asked(run)
    except StatescapeError as refusal:
        return replace(run, kind="", status=str(refusal), settings={}), ""


def _asked(run: RunSummary) -> str:
    """What a run was asked for, in a few words."""
    settings = run.settings
    match run.kind:
        case "evolution":
            task = settings["task"]
            name = task.get("name") or Path(task.get("file") or task.get("folder") or task.get("object") or "").name
            return f"{name}, {settings['units']} units, {settings['encoding']}, {settings['level']}"
        case "study":
            return f"{settings['study']}, {settings['budget']['name']}, {settings['budget']['units']} units"
        case "verdict":
            return f"{', '.join(settings['models'])} on {', '.join(Path(file).name for file in settings['files'])}"
    return ""


def _beside_the_run(given: Values) -> Path:
    from statescape.evolution.export import SUFFIXES

    if given["to"] not in SUFFIXES:
        raise StatescapeError(f"A champion is exported to {', '.join(SUFFIXES)}; got {given['to']!r}.")
    return inputs.beside(given["run"], SUFFIXES[given["to"]])


def export(
    run: inputs.Run,
    to: Annotated[str, typer.Option("--to", help="reservoirpy, npz, networkx or json.")] = "reservoirpy",
    candidate: Annotated[
        int | None, typer.Option("--candidate", min=0, help="Its number. (default: the champion)")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The file. (default: the run's name with a new ending)"),
        Writes(otherwise=_beside_the_run),
    ] = None,
) -> None:
    """Write a run's champion, or any of its candidates, for another tool."""
    assert out is not None  # its role names it
    with Working("Reading the run ..."):
        from statescape.evolution.export import export as write
        from statescape.evolution.history import champion_of

        champion = champion_of(run, candidate)
        write(champion, to, out)
    console = output()
    console.print(f"{champion.topology.edges:,} edges of {champion.topology.units} units: {out}", markup=False)
    if to == "reservoirpy":
        win = ", Win=a['Win']" if champion.topology.W_in is not None else ", input_scaling=..."
        lr = "float(a['lr'])" if champion.topology.plan is None else "a['lr']"
        console.print(
            f"a = numpy.load({str(out)!r}); reservoirpy.nodes.Reservoir(W=a['W']{win}, bias=a['bias'], lr={lr})",
            markup=False,
        )
