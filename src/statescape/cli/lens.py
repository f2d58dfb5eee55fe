"""``statescape lens``: what every state of a text decodes to, position by block."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from statescape.cli import inputs
from statescape.cli.console import output, token, visible, working

if TYPE_CHECKING:
    from statescape.language import LensReadout, Trace

CELL = 12
"""Columns of one cell of the table."""


def lens(
    text: inputs.Text,
    model: inputs.Model = None,
    bos: inputs.Bos = None,
    last: inputs.Last = None,
    top: Annotated[int, typer.Option("--top", min=1, max=100, help="Top tokens kept in the JSON.")] = 10,
    json_file: inputs.Json = None,
) -> None:
    """What every state decodes to: the top token, position by block."""
    content = inputs.read_text(text)
    inputs.require_outputs(json_file)
    trace = inputs.trace(content, model, bos, last)
    with working("Decoding all states ..."):
        readout = trace.lens(top=top)
    _print(trace, readout)
    if json_file is not None:
        inputs.write_json(json_file, as_json(trace, readout))
        output().print(f"Numbers: {json_file}", markup=False)


def as_json(trace: Trace, readout: LensReadout) -> dict[str, Any]:
    """All numbers of the lens, one entry for each position and state."""
    from statescape import __version__

    facts = trace.model.facts
    n_states, n_positions, _ = readout.top_ids.shape

    def cell(state: int, position: int) -> dict[str, Any]:
        ids = readout.top_ids[state, position].tolist()
        log_probabilities = readout.top_log_probabilities[state, position].tolist()
        return {
            "state": state,
            "rank": int(readout.rank[state, position]),
            "log_probability": float(readout.log_probability[state, position]),
            "entropy": float(readout.entropy[state, position]),
            "kl_to_final": float(readout.kl_to_final[state, position]),
            "top": [
                {"id": number, "token": readout.vocabulary[number], "log_probability": value}
                for number, value in zip(ids, log_probabilities, strict=True)
            ],
        }

    return {
        "version": __version__,
        "model": {"name": facts.name, "n_blocks": facts.n_blocks, "vocab_size": facts.vocab_size},
        "bos": facts.bos,
        "text": trace.text,
        "tokens": list(readout.tokens),
        "positions": [
            {
                "position": position,
                "token": readout.tokens[position],
                "target": {
                    "id": int(readout.target_ids[position]),
                    "token": readout.vocabulary[int(readout.target_ids[position])],
                },
                "states": [cell(state, position) for state in range(n_states)],
            }
            for position in range(n_positions)
        ],
    }


def _print(trace: Trace, readout: LensReadout) -> None:
    from rich.table import Table
    from rich.text import Text

    console, facts = output(), trace.model.facts
    n_states, n_positions, _ = readout.top_ids.shape
    console.print(
        f"{visible(facts.name)}: {facts.n_blocks} blocks; top token decoded from every state; BOS: {facts.bos}",
        markup=False,
    )
    room = max((console.width - 2 * CELL - 6) // (CELL + 1), 2)
    shown = _spread(n_states, room)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("token", max_width=CELL, no_wrap=True)
    for state in shown:
        table.add_column(f"{state}", max_width=CELL, no_wrap=True)
    table.add_column("prob", justify="right", no_wrap=True)
    for position in range(n_positions):
        cells = [
            Text(
                token(readout.vocabulary[readout.top_ids[state, position, 0]]),
                style="" if readout.rank[state, position] else "bold",
                overflow="ellipsis",
            )
            for state in shown
        ]
        probability = math.exp(readout.log_probability[-1, position])
        here = Text(token(readout.tokens[position]), overflow="ellipsis")
        table.add_row(f"{position}", here, *cells, f"{probability:.0%}")
    console.print(table)
    if len(shown) < n_states:
        console.print(f"{len(shown)} of {n_states} states shown; all are in the JSON (--json).", markup=False)


def _spread(n_states: int, room: int) -> list[int]:
    """At most ``room`` states, evenly spread, first and last among them."""
    if n_states <= room:
        return list(range(n_states))
    return sorted({round(index * (n_states - 1) / (room - 1)) for index in range(room)})
