"""The lens over a whole text as a table to walk in: one component for the page of the lens, the reports and live pages.

A row for each state, a column for each position; `lens_table.js` shows the likeliest tokens of a cell, follows tokens
that are pinned, and the path of a position in the plane in which all states of the text, at norm 1, spread most. What
travels are whole numbers: thousandths of nats, and ids among the words that occur.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.sparse.linalg import svds

from statescape.analysis import PathReading
from statescape.analysis.lenses import distinct
from statescape.errors import StatescapeError
from statescape.geometry import unit
from statescape.language import LensReadout
from statescape.views.core.carried import squeezed
from statescape.views.core.page import Embed, Prose
from statescape.views.core.templating import filled, said_in_script, trusted
from statescape.views.core.text import word
from statescape.views.language.lens_map import MISSING, map_caption
from statescape.wording import say

TOP = 10
MOST_CELLS = 10_000
"""Cells of a table under one lens; of longer texts the end is shown."""
LONGEST = 60
"""Characters of a word."""
_FARTHEST = 60.0  # nats; beyond, a probability is nothing


def lens_block(reading: PathReading) -> Embed | Prose:
    """The table of a path's whole text, or why there is none."""
    try:
        return lens_embed(*lens_of(reading))
    except StatescapeError as missing:
        return Prose(str(missing))


def lens_of(reading: PathReading, readout: LensReadout | None = None) -> tuple[dict[str, Any], str]:
    """The table of a path's whole text and what stands below it.

    Args:
        reading: the path.
        readout: what the logit lens reads in its text, the best `TOP` tokens; None: the path's trace is asked.

    Raises:
        StatescapeError: the path has no trace to ask.
    """
    origin, position = reading.path.origin, reading.path.position
    if origin is None:
        raise StatescapeError(say(MISSING))
    readout = origin.lens(top=TOP) if readout is None else readout
    table = lens_data([readout], getattr(origin, "states", None), position)
    return table, map_caption(readout, table["first"], position)


def lens_embed(table: dict[str, Any], caption: str) -> Embed:
    """A table as a block of a page.

    Args:
        table: what `lens_data` gave.
        caption: what stands below it.
    """
    packed = squeezed(json.dumps(table, separators=(",", ":")).encode("ascii"))
    markup = filled("lens.html.j2", packed=trusted(packed))
    return Embed(markup, caption, script=lens_script(), style=lens_style(), printed=True)


@cache
def lens_style() -> str:
    """The style of tables."""
    return _own("lens_table.css")


def lens_script() -> str:
    """The script of tables, in the language that is spoken."""
    return said_in_script(_own("lens_table.js"))


def lens_data(
    readouts: Sequence[LensReadout],
    states: Float[np.ndarray, "states positions d_model"] | None = None,
    position: int | None = None,
) -> dict[str, Any]:
    """One text under one lens or several, as the script takes it: JSON types only.

    Args:
        readouts: what each lens reads; all of one text.
        states: the states that they were read from, for the paths in the plane; None for no plane.
        position: of the path that the page is of; None where it is of none.

    Raises:
        StatescapeError: if there is none, or they are not of one text.
    """
    if not readouts:
        raise StatescapeError("There is no lens to show; give at least one readout.")
    if any(one.tokens != readouts[0].tokens for one in readouts):
        raise StatescapeError("Lenses are shown on one text; these read different ones.")
    tokens, vocabulary = readouts[0].tokens, readouts[0].vocabulary
    first = max(0, len(tokens) - MOST_CELLS // max(len(one.states) for one in readouts))
    k = min(TOP, *(one.top_ids.shape[2] for one in readouts))
    targets = readouts[0].target_ids[first:]
    tops = [one.top_ids[:, first:, :k] for one in readouts]
    ids = np.unique(np.concatenate([targets, *(top.ravel() for top in tops)]))
    table: dict[str, Any] = {
        "tokens": [word(token, LONGEST) for token in tokens[first:]],
        "first": first,
        "position": None if position is None or position < first else position - first,
        "n": len(vocabulary),
        "ids": ids.tolist(),
        "words": [word(vocabulary[one], LONGEST) for one in ids],
        "targets": np.searchsorted(ids, targets).tolist(),
        "lenses": [
            {
                "name": name,
                "k": k,
                "states": [_named(state) for state in one.states],
                "top": np.searchsorted(ids, top).ravel().tolist(),
                "logs": _thousandths(-one.top_log_probabilities[:, first:, :k]),
                "rank": one.rank[:, first:].ravel().tolist(),
                "kl": _thousandths(one.kl_to_final[:, first:]),
                "entropy": _thousandths(one.entropy[:, first:]),
            }
            for name, one, top in zip(distinct([one.lens for one in readouts]), readouts, tops, strict=True)
        ],
    }
    return table if states is None else table | _plane(states[:, first:])


def _named(state: int | str) -> int | str:
    """The number of a state; of the middle of a block "2 mid"."""
    return state if isinstance(state, int) else f"{state.split('.')[1]} mid"


def _thousandths(nats: Float[np.ndarray, "*n"]) -> list[int]:
    near = np.clip(np.nan_to_num(nats, posinf=_FARTHEST), 0.0, _FARTHEST)
    return [int(value) for value in np.rint(1000 * near).ravel()]


def _plane(states: Float[np.ndarray, "states positions d_model"]) -> dict[str, Any]:
    """Where every state lies in the plane in which all of them, at norm 1, spread most, and what to say of it."""
    rows = unit(states.reshape(-1, states.shape[-1]).astype(np.float64))
    rows -= rows.mean(axis=0)
    if min(rows.shape) < 3 or not rows.any():
        return {}
    left, sizes, _ = svds(rows, k=2, v0=np.ones(min(rows.shape)))
    places = (left * sizes)[:, ::-1]
    places *= np.sign(places[np.abs(places).argmax(axis=0), [0, 1]])  # a component's own sign is free
    low = places.min(axis=0)
    placed = np.rint(1000 * (places - low) / max(np.ptp(places, axis=0).max(), 1e-30)).astype(int)
    caption = say(
        "The plane in which all states of the text, at norm 1, spread most; it holds {share:.0%} of their variance. "
        "Grey: the paths of the other positions.",
        share=float(np.square(sizes).sum() / np.square(rows).sum()),
    )
    return {"places": placed.reshape(*states.shape[:2], 2).tolist(), "plane": caption}


@cache
def _own(name: str) -> str:
    return (files(__package__) / name).read_text("utf-8")
