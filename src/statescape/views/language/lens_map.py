"""What every state at every position decodes to: the text along one side, the blocks along the other.

A cell is coloured by the probability of what the state there decodes to first, and reads that token where there is
room; hovering shows the likeliest tokens.
"""

from __future__ import annotations

import numpy as np

from statescape.analysis import PathReading
from statescape.errors import StatescapeError
from statescape.language import LensReadout
from statescape.views.core.labels import every
from statescape.views.core.marks import Axis, CellMark, Panel
from statescape.views.core.picture import Picture
from statescape.views.core.text import word
from statescape.wording import phrase, probability, say, visible

SHOWN = 5
MOST_POSITIONS = 256
MOST_WRITTEN = 16  # positions whose cells are wide enough to read a token
MOST_STATES_WRITTEN = 52
MISSING = phrase("This path was made from arrays: the lens over the whole text needs the trace it was read from.")


def lens_map_picture(reading: PathReading) -> Picture:
    """The lens at every state and position; asks the path's trace for it. Of long texts the end is shown.

    Raises:
        StatescapeError: the path has no trace to ask.
    """
    if reading.path.origin is None:
        raise StatescapeError(say(MISSING))
    lens = reading.path.origin.lens(top=SHOWN)
    first = max(0, len(lens.tokens) - MOST_POSITIONS)
    states = len(lens.rank)
    return Picture(
        "lens_map",
        map_caption(lens, first, reading.path.position),
        [_panel(lens, first, narrow=False)],
        columns=1,
        height=max(260, min(24 * states, 760)),
        legend=False,
        narrow=[_panel(lens, first, narrow=True)],
        paper=(7.2, min(1.2 + 0.26 * states, 7.0)),
    )


def _panel(lens: LensReadout, first: int, *, narrow: bool) -> Panel:
    top = np.asarray(lens.top_ids[:, first:, :SHOWN])
    logs = lens.top_log_probabilities[:, first:, :SHOWN].astype(np.float64)
    states, positions = top.shape[:2]
    written = positions <= (MOST_WRITTEN // 3 if narrow else MOST_WRITTEN) and states <= MOST_STATES_WRITTEN
    cells = CellMark(
        np.exp(logs[:, :, 0]),
        "probability",
        (0.0, 1.0),
        origin=(float(first), 0.0),
        texts=[[visible(lens.vocabulary[i], 18) for i in row] for row in top[:, :, 0]] if written else None,
        text_size=11 if states <= 30 else 9,
        bar=say("probability"),
        gap=(1 if positions < 80 else 0, 1),
        hover="{note}",
        notes=_notes(lens, first, top, np.exp(logs)),
    )
    ticks = every(positions, 8 if narrow else 24)
    x = Axis(
        say("token at the position"),
        ticks=[first + i for i in ticks],
        labels=[word(lens.tokens[first + i], 14) for i in ticks],
        turn=-50,
        grid=False,
    )
    return Panel("", [cells], x, Axis(say("state"), ticks=every(states, 13), grid=False), follows="row")


def _notes(lens: LensReadout, first: int, top: np.ndarray, probabilities: np.ndarray) -> list[list[str]]:
    """What the pointer says of each cell: where it is, and its likeliest tokens."""
    words = {int(i): word(lens.vocabulary[i], 18) for i in np.unique(top)}
    tokens = [word(token, 30) for token in lens.tokens[first:]]
    return [
        [
            f"state {state} after {tokens[place]} (position {first + place})\n"
            + "\n".join(f"{probability(float(p))}  {words[int(i)]}" for i, p in zip(ids, chances, strict=True))
            for place, (ids, chances) in enumerate(zip(row, chances_of_row, strict=True))
        ]
        for state, (row, chances_of_row) in enumerate(zip(top, probabilities, strict=True))
    ]


def map_caption(lens: LensReadout, first: int, position: int | None = None) -> str:
    """What is said below the map of a text.

    Args:
        lens: what is shown.
        first: the first position that is shown.
        position: of the path that the page is of; None where it is of none.
    """
    states, positions = lens.rank.shape
    agree = (lens.top_ids[:-1, first:, 0] == lens.top_ids[-1, first:, 0]).mean() if states > 1 else 1.0
    part = (
        say("the last {most} of {positions}", most=positions - first, positions=positions)
        if first
        else say("all {positions}", positions=positions)
    )
    said = say(
        "Likeliest token of {states} states at {part} positions. Before the last of them {agree:.0%} of the cells "
        "already read what the last reads there.",
        states=states,
        part=part,
        agree=agree,
    )
    if position is None:
        return said
    return f"{said} {say('The path of this page is that of position {position}.', position=position)}"
