"""``statescape lens``: what every state of a text decodes to, position by block, under one lens or several."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from statescape import __version__
from statescape.cli import inputs
from statescape.cli.console import Working, output, token, wrote
from statescape.cli.roles import Reads, Writes
from statescape.cli.streams import visible
from statescape.errors import StatescapeError
from statescape.wording import LANGUAGES, number, phrase, say

if TYPE_CHECKING:
    from statescape.language import Lens, LensReadout, Trace


CELL = 12
"""Columns of one cell of the table."""


def lens(
    text: inputs.Text,
    model: inputs.Model = None,
    lenses: Annotated[
        list[str] | None,
        typer.Option(
            "--lens",
            "-l",
            help="A lens beside the logit lens, repeatable: a folder of fit-lens or tuned-lens, a Jacobian-lens file, "
            "or the name of a lens of an installed package.",
        ),
        Reads(),
    ] = None,
    states: Annotated[
        list[str] | None,
        typer.Option(
            "--state", "-s", help="A state to read: 5, -1, blocks.5.hook_resid_mid; repeatable. [default: all]"
        ),
    ] = None,
    bos: inputs.Bos = None,
    device: inputs.Device = None,
    dtype: inputs.Dtype = None,
    last: inputs.Last = None,
    chat: inputs.Chat = False,
    top: Annotated[int, typer.Option("--top", min=1, max=100, help="Top tokens kept in the JSON.")] = 10,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the page to walk in, self-contained."), Writes("page")
    ] = None,
    open_page: inputs.Open = False,
    figures: inputs.Figures = None,
    json_file: inputs.Json = None,
    language: inputs.Language = LANGUAGES[0],  # noqa: ARG001 (its callback speaks it)
) -> None:
    """What every state decodes to: the top token, position by block; with --lens, several lenses on one axis."""
    language_model = inputs.load(model, bos, device, dtype)
    with Working(say("Reading the lenses ...")):
        from statescape.language import LogitLens, load_lens

        used = [LogitLens(), *(load_lens(source, language_model) for source in lenses or ())]
    with Working(say("Reading the text ...")):
        trace = language_model.trace(inputs.asked(text, chat), last=last)
    with Working(say("Decoding all states ...")):
        readouts = [_read(trace, each, states, top) for each in used]
    _print_readout(trace, readouts[-1])
    if len(readouts) > 1:
        _print_comparison(readouts, _notes(readouts, used))
    if json_file is not None:
        inputs.write_json(json_file, _as_json(trace, readouts))
        wrote(phrase("Numbers"), json_file)
    if out is not None:
        from statescape.views.language.lens_page import lens_page

        with Working(say("Writing the page ...")):
            lens_page(trace, readouts, out, notes=_notes(readouts, used))
        wrote(phrase("Page"), out)
        if open_page:
            typer.launch(out.resolve().as_uri())
    if figures is not None:
        from statescape.views.core.reporting import save_pictures
        from statescape.views.language.by_state import lenses_picture

        save_pictures([lenses_picture(readouts)], figures)
        wrote(phrase("Figure"), figures)


def _read(trace: Trace, lens: Lens, states: list[str] | None, top: int) -> LensReadout:
    """One lens; of the states asked for those that it reads."""
    if states is None or lens.reads is None:
        return trace.lens(top=top, lens=lens, states=states)
    from statescape.language.lens.lenses import point, points_read

    n_blocks = trace.model.facts.n_blocks
    read = points_read(lens, n_blocks)
    chosen = [name for name in states if point(name, n_blocks) in read]
    if not chosen:
        raise StatescapeError(f"The {lens.name} lens reads none of the states asked for: {', '.join(states)}.")
    return trace.lens(top=top, lens=lens, states=chosen)


def _print_readout(trace: Trace, readout: LensReadout) -> None:
    """The top token of every state at every position; bold where it is the target."""
    from rich.text import Text

    from statescape.analysis.path_conclusion import flags_in_words
    from statescape.cli.terminal import Sheet
    from statescape.language.readable import opening_in_words

    console, facts = output(), trace.facts
    n_states, n_positions, _ = readout.top_ids.shape
    said = say(
        "{name}: {blocks} blocks; top token that the {lens} lens reads in every state; BOS: {bos}",
        name=facts.name,
        blocks=facts.n_blocks,
        lens=readout.lens,
        bos=opening_in_words(facts.bos),
    )
    console.print(said, markup=False)
    names = [token(name) for name in readout.tokens]
    cells = [[token(readout.vocabulary[top]) for top in readout.top_ids[row, :, 0]] for row in range(n_states)]
    headings = [_heading(state) for state in readout.states]
    widths = [_width([heading, *column]) for heading, column in zip(headings, cells, strict=True)]
    shown = _fitting(widths, console.width - _width(names) - CELL)
    table = Sheet(gap=1)
    table.column("", "right")
    table.column(say("token"), most=CELL)
    for row in shown:
        table.column(headings[row], most=CELL)
    last = readout.states[-1] == facts.n_blocks
    table.column(say("prob") if last else say("prob at {state}", state=headings[-1]), "right")
    for position in range(n_positions):
        read = [
            Text(cells[row][position], style="" if readout.rank[row, position] else "bold", overflow="ellipsis")
            for row in shown
        ]
        probability = math.exp(readout.log_probability[-1, position])
        table.row(f"{position}", Text(names[position], overflow="ellipsis"), *read, number(probability, ".0%"))
    console.print(table)
    if len(shown) < n_states:
        left = say("{shown} of {states} states shown; all are in the JSON (--json).", shown=len(shown), states=n_states)
        console.print(left, markup=False)
    if flagged := flags_in_words(trace.flags):
        console.print(visible(flagged), markup=False, soft_wrap=not console.is_terminal)


def _print_comparison(readouts: Sequence[LensReadout], notes: Sequence[str]) -> None:
    """A row for every state: how far each lens is from the final answer, and how often it reads it first."""
    from statescape.analysis import compare_lenses
    from statescape.cli.terminal import Sheet

    console, compared = output(), compare_lenses(readouts)
    said = say(
        "KL(final || lens) in nats, and how often the lens reads the final prediction first; {count} positions, the "
        "first of the text left out",
        count=compared.positions,
    )
    console.print(f"\n{said}", markup=False, soft_wrap=not console.is_terminal)
    table = Sheet()
    table.column(say("state"), "right")
    for name in compared.lenses:
        table.column(name, "right", prose=True)
        table.column(say("first"), "right")
    for place, state in enumerate(compared.states):
        cells = [
            cell
            for divergence, first in zip(compared.kl_to_final[:, place], compared.first[:, place], strict=True)
            for cell in (("", "") if math.isnan(divergence) else (number(divergence, ".3f"), number(first, ".0%")))
        ]
        table.row(f"{state}", *cells)
    console.print(table)
    for note in notes:
        console.print(note, markup=False, soft_wrap=not console.is_terminal)


def _notes(readouts: Sequence[LensReadout], lenses: Sequence[Lens]) -> list[str]:
    """What the files of lenses say of them."""
    from statescape.analysis.lenses import distinct

    said = zip(distinct([one.lens for one in readouts]), (getattr(each, "note", "") for each in lenses), strict=True)
    return [f"The {name} lens {note}." for name, note in said if note]


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


def _as_json(trace: Trace, readouts: Sequence[LensReadout]) -> dict[str, Any]:
    """All numbers; ``positions`` are those of the logit lens, further lenses follow with what compares them."""
    from statescape.analysis import compare_lenses

    facts = trace.facts
    data = {
        "version": __version__,
        "model": facts.as_json(),
        "bos": facts.bos,
        "text": trace.text,
        "tokens": list(trace.tokens),
        "flags": inputs.flags_json(trace.flags),
        "positions": _positions(readouts[0]),
    }
    if len(readouts) == 1:
        return data
    compared = compare_lenses(readouts)
    data["comparison"] = {
        "positions": compared.positions,
        "states": list(compared.states),
        "lenses": [
            {"name": name, "kl_to_final": compared.kl_to_final[row].tolist(), "first": compared.first[row].tolist()}
            for row, name in enumerate(compared.lenses)
        ],
    }
    data["lenses"] = [
        {"name": name, "states": list(readout.states), "positions": _positions(readout)}
        for name, readout in zip(compared.lenses[1:], readouts[1:], strict=True)
    ]
    return data


def _positions(readout: LensReadout) -> list[dict[str, Any]]:
    return [
        {
            "position": position,
            "token": readout.tokens[position],
            "target": {"id": int(target), "token": readout.vocabulary[int(target)]},
            "states": [_cell(readout, row, position) for row in range(len(readout.states))],
        }
        for position, target in enumerate(readout.target_ids)
    ]


def _cell(readout: LensReadout, row: int, position: int) -> dict[str, Any]:
    ids = readout.top_ids[row, position].tolist()
    log_probabilities = readout.top_log_probabilities[row, position].tolist()
    return {
        "state": readout.states[row],
        "rank": int(readout.rank[row, position]),
        "log_probability": float(readout.log_probability[row, position]),
        "entropy": float(readout.entropy[row, position]),
        "kl_to_final": float(readout.kl_to_final[row, position]),
        "top": [
            {"id": number, "token": readout.vocabulary[number], "log_probability": value}
            for number, value in zip(ids, log_probabilities, strict=True)
        ],
    }
