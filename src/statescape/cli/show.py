"""``statescape show``: one candidate of a run, its origin, record and wiring, in the terminal or as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from statescape.cli import inputs
from statescape.cli.console import Working, output, wrote
from statescape.cli.roles import Writes
from statescape.errors import StatescapeError
from statescape.files import written_whole
from statescape.wording import LANGUAGES, number, phrase, say

if TYPE_CHECKING:
    import numpy as np

    from statescape.analysis.candidate import CandidateReading

PICTURES = (".png", ".pdf", ".svg", ".html")
MOST_ROWS, MOST_COLUMNS = 32, 64  # of the matrix, in characters of 4 by 2 dots
HUBS = 5


def show(
    run: inputs.Run,
    candidate: Annotated[
        int | None,
        typer.Option("--candidate", "-c", min=0, help="Its number. (default: the champion, or the best so far)"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Its picture: .png, .pdf, .svg or .html."), Writes()
    ] = None,
    json_file: inputs.Json = None,
    language: inputs.Language = LANGUAGES[0],  # noqa: ARG001 (its callback speaks it)
) -> None:
    """Show one candidate: where it comes from, how it did, how it is wired."""
    if out is not None and out.suffix.lower() not in PICTURES:
        raise StatescapeError(f"A candidate is drawn as {', '.join(PICTURES)}; got {out.name}.")
    with Working(say("Reading the run ...")):
        from statescape.analysis.candidate import read_candidate

        reading = read_candidate(run, candidate)
    _print(reading)
    if json_file is not None:
        inputs.write_json(json_file, reading.as_json())
        wrote(phrase("Numbers"), json_file)
    if out is not None:
        _draw(reading, out)
        wrote(phrase("Picture"), out)


def _print(reading: CandidateReading) -> None:
    from rich.text import Text

    from statescape.cli.terminal import Sheet
    from statescape.views.evolution.candidate import facts

    console = output()
    table = Sheet("", show_header=False)
    table.column("", prose=True)
    for name, value in facts(reading):
        table.row(Text(name, style="dim"), value)
    for name, measured in reading.measures.items():
        table.row(Text(say(name), style="dim"), number(measured, ".2f"))
    for gene, array in reading.champion.candidate.genome.genes.items():
        shape, filled = " x ".join(map(str, array.shape)), int((array != 0).sum())
        held = say("{shape}, {filled:,} entries, {values}", shape=shape, filled=filled, values=_values(array))
        table.row(Text(say("gene {name}", name=gene), style="dim"), held)
    console.print(table)
    console.print()
    console.print(_hubs(reading))
    console.print()
    console.print(say("W in spectral order, from column to row, 4 by 2 units or more a character:"), markup=False)
    console.print(braille(_ordered(reading), min(MOST_COLUMNS, console.width)), markup=False, soft_wrap=True)


def _hubs(reading: CandidateReading) -> object:
    """The units with most edges, with whom they hear and who hears them."""
    from statescape.cli.terminal import Sheet

    W = reading.champion.topology.to_dense()
    degrees = (W != 0).sum(axis=0) + (W != 0).sum(axis=1)
    table = Sheet()
    table.numbers(say("unit"), say("edges"))
    for header in (say("hears"), say("is heard by")):
        table.column(header, prose=True)
    for unit in sorted(range(len(W)), key=lambda one: (-degrees[one], one))[:HUBS]:
        table.row(str(unit), str(degrees[unit]), _signed(W[unit]), _signed(W[:, unit]))
    return table


def _signed(weights: np.ndarray) -> str:
    """The units behind weights that are not 0, with their signs."""
    named = [f"{'+' if weight > 0 else '-'}{unit}" for unit, weight in enumerate(weights) if weight]
    return " ".join(named[:12]) + (say(" and {count} more", count=len(named) - 12) if len(named) > 12 else "")


def _values(array: np.ndarray) -> str:
    filled = array[array != 0]
    if not len(filled):
        return say("all 0")
    if (abs(filled) == 1).all():
        above, below = int((filled > 0).sum()), int((filled < 0).sum())
        return say("{above:,} positive and {below:,} negative", above=above, below=below)
    return say("{low} to {high}", low=number(filled.min(), ".3g"), high=number(filled.max(), ".3g"))


def _ordered(reading: CandidateReading) -> np.ndarray:
    import numpy as np

    from statescape.views.reservoir.wirings import bringing_together

    W = reading.champion.topology.to_dense()
    order = bringing_together(W)
    return np.asarray(W[order][:, order] != 0)


def braille(filled: np.ndarray, most_columns: int = MOST_COLUMNS) -> str:
    """A matrix as dots, 4 rows by 2 columns in a character; larger ones show whether a block holds any."""
    import numpy as np

    rows, columns = filled.shape
    block = max(1, -(-rows // (4 * MOST_ROWS)), -(-columns // (2 * most_columns)))
    height, width = -(-rows // (4 * block)), -(-columns // (2 * block))
    padded = np.zeros((height * 4 * block, width * 2 * block), dtype=bool)
    padded[:rows, :columns] = filled
    dots = padded.reshape(height, 4, block, width, 2, block).any(axis=(2, 5))
    # Unicode numbers the dots of a character by columns, the lowest row last.
    bits = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
    codes = 0x2800 + (dots * bits[None, :, None, :]).sum(axis=(1, 3))
    return "\n".join("".join(map(chr, row)) for row in codes)


def _draw(reading: CandidateReading, out: Path) -> None:
    from statescape import views

    with Working(say("Drawing ...")):
        if out.suffix.lower() == ".html":
            views.report(reading, out)
            return
        from statescape.views.core.reporting import laid_out
        from statescape.views.core.theme import matplotlib_theme
        from statescape.views.evolution.candidate import candidate_picture

        with matplotlib_theme():
            figure = laid_out(candidate_picture(reading))
            with written_whole(out) as partial:
                figure.savefig(partial, format=out.suffix.lower().removeprefix("."))
