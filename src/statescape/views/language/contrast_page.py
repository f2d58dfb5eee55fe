"""The page of a contrast: where two texts part, both paths in one plane and on one sphere, the numbers by state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from statescape import plugins
from statescape.analysis import read_path
from statescape.geometry import PCA
from statescape.language import StatePath
from statescape.language.contrasting import Contrast
from statescape.language.readable import opening_in_words
from statescape.views.core.marks import AreaMark, LineMark
from statescape.views.core.page import Figure, Page, Section, TableBlock, write_page
from statescape.views.core.picture import Picture, Printable
from statescape.views.core.theme import BLUE, GREY, ORANGE, SERIES
from statescape.views.globe import sphere_block
from statescape.views.language.by_state import Row, by_state_panel
from statescape.views.language.clouds import cloud_panel, component_names, path_line
from statescape.views.language.tokens import token_landmarks
from statescape.wording import number, phrase, probability, say, visible

MEASURES = (
    ("kl", phrase("KL (A || B), nats"), phrase("how far apart the two decode")),
    ("relative", phrase("distance over the mean norm"), phrase("how far apart the two states are")),
    ("cosine", phrase("cosine"), phrase("how alike the two states point")),
)


@plugins.report.register
def _(found: Contrast, file: Path) -> Path:
    return write_page(page_of(found), file)


@plugins.pictures.register
def _(found: Contrast) -> Sequence[Printable]:
    return [apart_picture(found), both_picture(found)]


def apart_picture(found: Contrast) -> Picture:
    """Divergence, distance and cosine of the two by state, over the ranges of both nulls."""
    panels = []
    for measure, unit, title in MEASURES:
        values = getattr(found.apart, measure)
        panel = by_state_panel(say(title), [Row(say("the two texts"), values, BLUE)], unit=say(unit))
        ranges = [
            _range(found, kind, measure, name, colour)
            for kind, name, colour in (
                ("unrelated", say("unrelated pairs"), GREY),
                ("paraphrased", say("paraphrased pairs"), ORANGE),
            )
        ]
        panels.append(replace(panel, marks=[*ranges, *panel.marks]))
    caption = say(
        "At the last position of both texts. Areas: from the smallest to the largest of {paraphrased} paraphrased and "
        "{unrelated} unrelated pairs, each of which ends in one word.",
        **{kind: len(pairs) for kind, pairs in found.null.items()},
    )
    return Picture("apart", caption, panels, columns=3, height=300)


def _range(found: Contrast, kind: str, measure: str, name: str, colour: str) -> AreaMark:
    values = np.array([getattr(pair, measure) for pair in found.null[kind]])
    return AreaMark(np.arange(values.shape[1]), values.min(axis=0), values.max(axis=0), colour, name)


def both_picture(found: Contrast) -> Picture:
    """Both paths in the plane of the embeddings."""
    first, other = _paths(found)
    pca = PCA.from_moments(read_path(first).moments, 2)
    places = [pca.project(np.asarray(path.states, dtype=np.float64)) for path in (first, other)]
    panel = cloud_panel(
        say("both paths"),
        component_names(pca),
        pca.project(first.embeddings),
        np.concatenate(places),
        [],
        landmarks=token_landmarks(first),
    )
    drawn = np.split(panel.states, [len(places[0])]) if panel.states is not None else places
    lines = [
        path_line(place, colour, f"{name} → {visible(path.predicted.token)}")
        for name, path, place, colour in zip("AB", (first, other), drawn, SERIES, strict=False)
    ]
    kept = [mark for mark in panel.marks if not isinstance(mark, LineMark)]
    marks = [kept[0], *lines, *kept[2:]]  # the numbers of one path would not fit two
    caption = say(
        "PCA (not normalised) of all {n:,} embeddings; the plane shows {share:.1%} of their variance. Tokens are "
        "marked for A.",
        n=len(first.embeddings),
        share=float(pca.explained_variance_ratio.sum()),
    )
    return Picture("both", caption, [replace(panel, marks=marks, follows="", states=None)], columns=1, height=460)


def _paths(found: Contrast) -> tuple[StatePath, StatePath]:
    return found.first.path(-1), found.second.path(-1)


def predicted_in_words(path: StatePath) -> str:
    """The token that a path predicts, and how probable it is."""
    token = say("‘{token}’", token=visible(path.predicted.token))
    return f"{token} {probability(path.predicted.probability)}"


def page_of(found: Contrast) -> Page:
    """The page, section by section."""
    first, other = _paths(found)
    model = first.model
    sphere = sphere_block(first, others=[other], parts_at=found.parts_at)
    return Page(
        title=say("Where two texts part"),
        lead=f"A: {first.text}\nB: {other.text}",
        answer=[found.conclusion],
        facts=[
            (say("model"), model.name),
            (say("blocks"), str(model.n_blocks)),
            ("A", predicted_in_words(first)),
            ("B", predicted_in_words(other)),
            (say("first token"), opening_in_words(model.bos)),
            *(
                (f"{name}, {say('edited run')}", path.model.edited)
                for name, path in (("A", first), ("B", other))
                if path.model.edited
            ),
        ],
        sections=(
            Section(
                "apart",
                say("How far apart, state by state"),
                say("Where the blue line leaves the orange area, the texts differ by more than a paraphrase does."),
                (Figure(apart_picture(found)),),
            ),
            Section(
                "both",
                say("Both paths in one plane"),
                say("Where the two lines leave each other in the plane; it shows little of what there is."),
                (Figure(both_picture(found)),),
            ),
            Section(
                "sphere",
                say("Both paths on one sphere"),
                say("The ring on B marks the state at which the texts part."),
                (sphere,),
            ),
            Section("numbers", say("The numbers by state"), "", (_table(found),)),
        ),
    )


def _table(found: Contrast) -> TableBlock:
    frame = found.to_dataframe()
    header = [
        say("state"), say("distance"), say("relative distance"), say("cosine"), "KL",
        say("relative distance, paraphrased"), say("KL, paraphrased"),
        say("relative distance, unrelated"), say("KL, unrelated"),
    ]  # fmt: skip
    rows = [[str(int(row[0])), *(number(value, ".3g") for value in row[1:])] for row in frame.to_numpy()]
    return TableBlock(header, rows, say("At the last position; of the pairs the median"))
