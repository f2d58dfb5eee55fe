"""The tables of ``statescape lens``: top tokens by position and state, and several lenses by state."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from statescape.cli.console import output, token

if TYPE_CHECKING:
    from statescape.language import LensReadout, Trace

CELL = 12
"""Columns of one cell of the table."""


def print_readout(trace: Trace, readout: LensReadout) -> None:
    """The top token of every state at every position; bold where it is the target."""
    from rich.text import Text

    from statescape.cli.terminal import Sheet

    console, facts = output(), trace.model.facts
    n_states, n_positions, _ = readout.top_ids.shape
    console.print(
        f"{facts.name}: {facts.n_blocks} blocks; top token that the {readout.lens} lens reads in "
        f"every state; BOS: {facts.bos}",
        markup=False,
    )
    names = [token(name) for name in readout.tokens]
    cells = [[token(readout.vocabulary[top]) for top in readout.top_ids[row, :, 0]] for row in range(n_states)]
    headings = [_heading(state) for state in readout.states]
    widths = [_width([heading, *column]) for heading, column in zip(headings, cells, strict=True)]
    shown = _fitting(widths, console.width - _width(names) - CELL)
    table = Sheet(gap=1)
    table.column("", "right")
    table.column("token", most=CELL)
    for row in shown:
        table.column(headings[row], most=CELL)
    table.column("prob", "right")
    for position in range(n_positions):
        read = [
            Text(cells[row][position], style="" if readout.rank[row, position] else "bold", overflow="ellipsis")
            for row in shown
        ]
        probability = math.exp(readout.log_probability[-1, position])
        table.row(f"{position}", Text(names[position], overflow="ellipsis"), *read, f"{probability:.0%}")
    console.print(table)
    if len(shown) < n_states:
        console.print(f"{len(shown)} of {n_states} states shown; all are in the JSON (--json).", markup=False)


def print_comparison(readouts: Sequence[LensReadout], notes: Sequence[str]) -> None:
    """A row for every state: how far each lens is from the final answer, and how often it reads it first."""
    from statescape.analysis import compare_lenses
    from statescape.cli.terminal import Sheet

    console, compared = output(), compare_lenses(readouts)
    console.print(
        f"\nKL(final || lens) in nats, and how often the lens reads the final prediction first; {compared.positions} "
        "positions, the first of the text left out",
        markup=False,
        soft_wrap=not console.is_terminal,
    )
    table = Sheet()
    table.column("state", "right")
    for name in compared.lenses:
        table.column(name, "right", prose=True)
        table.column("first", "right")
    for place, state in enumerate(compared.states):
        cells = [
            cell
            for divergence, first in zip(compared.kl_to_final[:, place], compared.first[:, place], strict=True)
            for cell in (("", "") if math.isnan(divergence) else (f"{divergence:.3f}", f"{first:.0%}"))
        ]
        table.row(f"{state}", *cells)
    console.print(table)
    for name, note in zip(compared.lenses, notes, strict=True):
        if note:
            console.print(f"The {name} lens {note}.", markup=False, soft_wrap=not console.is_terminal)


def _heading(state: int | str) -> str:
    """What stands above the column of a state: its number, or the number of the block and mid."""
    return str(state) if isinstance(state, int) else f"{state.split('.')[1]} mid"


def _width(column: Sequence[str]) -> int:
    """Columns that the cells of one column take, with the space after them."""
    from rich.cells import cell_len

    return min(max(map(cell_len, column)), CELL) + 1


def _fitting(widths: Sequence[int], room: int) -> list[int]:
    """As many states as there is room for, at least two."""
    counts = range(len(widths), 2, -1)
    spreads = (_spread(len(widths), count) for count in counts)
    return next((rows for rows in spreads if sum(widths[row] for row in rows) <= room), _spread(len(widths), 2))


def _spread(n_states: int, room: int) -> list[int]:
    """At most ``room`` states, evenly spread, first and last among them."""
    if n_states <= room:
        return list(range(n_states))
    return sorted({round(index * (n_states - 1) / (room - 1)) for index in range(room)})
