"""The page of a steering: how far and where the steered path leaves the untouched one, and what is said instead."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from statescape import plugins
from statescape.analysis import read_path
from statescape.geometry import PCA
from statescape.language.readable import opening_in_words
from statescape.language.steering import Steering
from statescape.views.core.marks import Axis, Panel
from statescape.views.core.page import Figure, Page, Prose, Section, TableBlock, write_page
from statescape.views.core.picture import Picture, Printable
from statescape.views.core.theme import BLUE, RED
from statescape.views.language.by_state import Row, by_state_panel
from statescape.views.language.clouds import component_names, path_line
from statescape.wording import number, probability, say, visible


@plugins.report.register
def _(found: Steering, file: Path) -> Path:
    return write_page(page_of(found), file)


@plugins.pictures.register
def _(found: Steering) -> Sequence[Printable]:
    return [apart_picture(found), plane_picture(found)]


def apart_picture(found: Steering) -> Picture:
    """Divergence and cosine with the direction by state."""
    along = found.along
    panels = [
        by_state_panel(
            say("how far apart the two decode"), [Row(say("steered"), found.kl, RED)], unit=say("nats"), follows=""
        ),
        by_state_panel(
            say("cosine with the direction"),
            [Row(say("untouched"), along[0], BLUE), Row(say("steered"), along[1], RED)],
            follows="",
        ),
    ]
    caption = say(
        "At the last position; the direction is added at state {block} with a length of {length:.3g}, {strength:g} "
        "mean norms.",
        block=found.block,
        length=found.added_norm,
        strength=found.strength,
    )
    return Picture("apart", caption, panels, columns=2, height=300)


def plane_picture(found: Steering) -> Picture:
    """Both paths in the plane of the embeddings."""
    untouched, steered = found.paths
    pca = PCA.from_moments(read_path(untouched).moments, 2)
    marks = [
        path_line(
            pca.project(np.asarray(path.states, dtype=np.float64)), colour, f"{name} → {visible(path.predicted.token)}"
        )
        for name, path, colour in ((say("untouched"), untouched, BLUE), (say("steered"), steered, RED))
    ]
    names = component_names(pca)
    caption = say("PCA (not normalised) of all {n:,} embeddings.", n=len(untouched.embeddings))
    return Picture("both", caption, [Panel("", marks, Axis(names[0]), Axis(names[1]))], columns=1, height=420)


def page_of(found: Steering) -> Page:
    """The page, section by section."""
    facts = found.untouched.model.facts
    before, after = found.top(10)
    rows = [
        [visible(one), probability(p), visible(other), probability(q)]
        for (one, p), (other, q) in zip(before, after, strict=True)
    ]
    said = [
        Prose(f"{name}: {found.untouched.text}{text}", strong=False)
        for name, text in ((say("untouched"), found.continuation), (say("steered"), found.continuation_steered))
        if text
    ]
    header = (say("untouched"), "p", say("steered"), "p")
    return Page(
        title=say("A direction added to the stream"),
        lead=found.untouched.text,
        answer=[found.conclusion],
        facts=[
            (say("model"), facts.name),
            *([(say("direction"), found.named)] if found.named else []),
            (say("state"), str(found.block)),
            (say("strength"), number(found.strength, "g")),
            (say("first token"), opening_in_words(facts.bos)),
        ],
        sections=(
            Section("said", say("What is said"), "", (TableBlock(header, rows), *said)),
            Section("apart", say("How far apart, state by state"), "", (Figure(apart_picture(found)),)),
            Section("both", say("Both paths in one plane"), "", (Figure(plane_picture(found)),)),
        ),
    )
