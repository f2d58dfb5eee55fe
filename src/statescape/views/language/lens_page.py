"""The page of the lens: what every state of a text decodes to, position by state, under one lens or several."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from statescape.analysis.path_conclusion import flags_in_words
from statescape.files import require_writable
from statescape.language import LensReadout, Trace
from statescape.language.readable import opening_in_words
from statescape.views.core.page import Block, Figure, Page, Prose, Section, write_page
from statescape.views.language.by_state import lenses_picture
from statescape.views.language.lens_map import map_caption
from statescape.views.language.lens_table import lens_data, lens_embed
from statescape.wording import listed, number, say, visible


def lens_page(trace: Trace, readouts: Sequence[LensReadout], file: str | Path, *, notes: Sequence[str] = ()) -> Path:
    """Write the page of a text under its lenses and return where it lies.

    Args:
        trace: the text.
        readouts: what each lens reads of it.
        file: the HTML file; an existing one is replaced when the new one is complete.
        notes: what to say of the lenses.

    Raises:
        StatescapeError: if there is no readout, they are not of one text, or the file cannot be written.
    """
    file = Path(file)
    require_writable(file, "page")
    table, facts = lens_data(readouts, trace.states), trace.facts
    said = flags_in_words(trace.flags)
    blocks: list[Block] = [
        lens_embed(table, map_caption(readouts[0], table["first"])),
        *(Prose(note) for note in notes),
        *([Prose(visible(said, len(said) + 200))] if said else []),
    ]
    sections = [
        Section(
            "lens",
            say("Position by state"),
            say(
                "Read a column upwards: from the token that is read to the one that is predicted. Choose a cell for "
                "the path of its position."
            ),
            blocks,
        )
    ]
    if len(readouts) > 1:
        look = say("See which lens comes near the final answer first.")
        sections.append(
            Section("lenses", say("The lenses beside each other"), look, (Figure(lenses_picture(readouts)),))
        )
    page = Page(
        title=say("What every state decodes to"),
        lead=trace.text,
        facts=[
            (say("model"), facts.name),
            (say("blocks"), str(facts.n_blocks)),
            (say("vocabulary"), number(facts.vocab_size, ",")),
            (say("first token"), opening_in_words(facts.bos)),
            (say("lenses"), listed([one.lens for one in readouts])),
            *([(say("edited run"), facts.edited)] if facts.edited else []),
        ],
        sections=sections,
    )
    return write_page(page, file)
