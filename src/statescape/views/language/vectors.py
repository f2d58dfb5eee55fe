"""The last state against the predicted embedding, coordinate by coordinate: who makes the cosine?

Both vectors at norm 1; below, what each coordinate adds to the cosine, ``a_i b_i / (|a| |b|)``; below that the same
with the marked coordinates left out. Marked are the model's rogue dimensions and the spikes of either vector.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from statescape.analysis import PathReading
from statescape.geometry import cosine_contributions, spikes, unit
from statescape.views.core.labels import thinned
from statescape.views.core.marks import AnyMark, Axis, LineMark, Panel, PointMark, TextMark, around
from statescape.views.core.picture import Picture
from statescape.views.core.theme import BLUE, GREY, ORANGE
from statescape.views.language.tokens import landmarks
from statescape.wording import say, visible

MOST_NAMED = 8  # marked coordinates that carry their number; all carry a mark


def vectors_picture(reading: PathReading) -> Picture:
    """The last state and the predicted embedding at norm 1, and the terms of their cosine."""
    path = reading.path
    state = np.asarray(path.states[-1], dtype=np.float64)
    embedding = np.asarray(path.embeddings[path.predicted_id], dtype=np.float64)
    terms = cosine_contributions(state, embedding)
    found = {*path.rogue_dimensions, *spikes(state), *spikes(embedding)}
    marked = sorted(found, key=lambda i: -abs(float(terms[i])))  # heaviest first
    rest = np.setdiff1d(np.arange(len(state)), marked)
    without = np.full(len(state), np.nan)
    without[rest] = cosine_contributions(state[rest], embedding[rest])
    state, embedding = unit(state), unit(embedding)
    predicted = landmarks(path)[0]
    both = [
        _series(say("state {index}", index=path.n_blocks), state, BLUE),
        _series(predicted.name, embedding, predicted.colour),
    ]
    envelope = np.where(np.abs(state) > np.abs(embedding), state, embedding)
    rows = (
        (say("at norm 1"), both, envelope),
        (
            say("adds to the cosine of {cosine:.3f}", cosine=terms.sum()),
            [_series("", terms, GREY, filled=True)],
            terms,
        ),
        (
            say("without the marked coordinates: cosine {cosine:.3f}", cosine=np.nansum(without)),
            [_series("", without, GREY, filled=True)],
            None,
        ),
    )
    across = Axis(say("coordinate"), (-1, len(state)))
    panels = [
        Panel(
            title,
            [*series, *(_spikes(marked, at) if at is not None and marked else ())],
            across,
            Axis(limits=around(*(mark.y for mark in series), margin=0.16)),
        )
        for title, series, at in rows
    ]
    caption = _caption(reading, terms, marked, without)
    return Picture("vectors", caption, panels, columns=1, height=170, shared_x=True, paper=(7.2, 5.2))


def _series(name: str, values: Float[np.ndarray, " d"], colour: str, *, filled: bool = False) -> LineMark:
    hover = f"{say('coordinate')} {{x}}: {{y:.4f}}"
    return LineMark(
        np.arange(len(values)), np.nan_to_num(values), colour, name, 1, step="middle", filled=filled, hover=hover
    )


def _spikes(marked: list[int], values: Float[np.ndarray, " d"]) -> list[AnyMark]:
    """Rings around the marked coordinates, and the numbers of the heaviest, where these do not touch."""
    heaviest = np.array([[i, 0.0] for i in marked[:MOST_NAMED]]).reshape(-1, 2)
    named = [marked[place] for place in thinned(heaviest, (0.03 * len(values), 1.0), range(len(heaviest)))]
    away = np.array([[0.0, 1.0 if values[i] >= 0 else -1.0] for i in named])
    hover = f"{say('coordinate')} {{x}}, {say('marked')}"
    return [
        PointMark(marked, values[marked], ORANGE, say("marked: rogue or spike"), 9, "ring", hover=hover),
        TextMark(named, values[named], [str(i) for i in named], away, 11),
    ]


def _caption(
    reading: PathReading, terms: Float[np.ndarray, " d"], marked: list[int], without: Float[np.ndarray, " d"]
) -> str:
    path, d = reading.path, len(terms)
    rogue = ", ".join(map(str, path.rogue_dimensions)) or say("none")
    spiky = ", ".join(str(i) for i in marked if i not in path.rogue_dimensions) or say("none")
    heavy = np.sort(np.abs(terms))[::-1]
    half = int(np.searchsorted(heavy.cumsum(), heavy.sum() / 2)) + 1
    return say(
        "State {last} and the embedding of ‘{token}’ in {d} coordinates, both at norm 1. Cosine {cosine:.3f}; "
        "without the {marked} marked coordinates {without:.3f}. Rogue dimensions: {rogue}; further spikes: "
        "{spiky}. {half} of {d} coordinates account for half of the sum of absolute terms.",
        last=path.n_blocks,
        token=visible(path.predicted.token),
        d=d,
        cosine=terms.sum(),
        marked=len(marked),
        without=np.nansum(without),
        rogue=rogue,
        spiky=spiky,
        half=half,
    )
