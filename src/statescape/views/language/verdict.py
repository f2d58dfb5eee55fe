"""A verdict over a corpus as pictures: the estimates against margin and chance, and the corpus by state."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from statescape.statistics import MeanInterval
from statescape.studies.verdict import QUESTIONS, ModelVerdict, Question, Verdicts
from statescape.studies.verdict.conclusion import methods
from statescape.studies.verdict.result import RANDOM_WEIGHTS
from statescape.views.core.marks import AnyMark, AreaMark, Axis, LineMark, Panel, PointMark
from statescape.views.core.picture import Picture
from statescape.views.core.text import word
from statescape.views.core.theme import BLUE, BROWN, GREY, INDIGO, ORANGE, RED
from statescape.views.language.by_state import Band, Row, by_state_panel
from statescape.wording import phrase, say

if TYPE_CHECKING:
    import plotly.graph_objects as go

NULL_WORDS = {
    "distance.isotropic": phrase("isotropic state"),
    "distance.random_token": phrase("random token"),
    "distance.same_decile": phrase("token as frequent"),
    "distance.current": phrase("current token"),
    "excess.shuffled": phrase("predicted elsewhere"),
    "excess.random_token": phrase("random token"),
    "excess.same_decile": phrase("token as frequent"),
    "excess.current": phrase("current token"),
    "excess.second": phrase("second choice"),
    "travel.shuffled_states": phrase("states shuffled"),
    "travel.shuffled_blocks": phrase("blocks shuffled"),
    "travel.same_decile": phrase("token as frequent"),
    "outside.embeddings": phrase("embeddings (share)"),
    "outside.current": phrase("current token (share)"),
    "outside.isotropic": phrase("any direction (share)"),
    "outside.s_0": phrase("s_0 (share)"),
    "decodes.shuffled": phrase("predicted elsewhere"),
    "decodes.with_s_0": phrase("all positions"),
    "agree.isotropic": phrase("isotropic (agreement)"),
    "agree.product": phrase("s/|s| (agreement)"),
    "agree.plain_norm": phrase("plain norm (agreement)"),
    "agree.normed_isotropic": phrase("isotropic, after the norm (agreement)"),
    "kept.same_decile": phrase("token as frequent"),
    "kept.current": phrase("current token"),
    "kept.isotropic": phrase("random direction"),
    "kept.mean": phrase("mean state"),
    "stands.same_decile": phrase("token as frequent"),
    "stands.current": phrase("current token"),
    "stands.isotropic": phrase("random direction"),
    "stands.mean": phrase("mean state"),
    "random_weights": phrase("random weights"),
}
STAND_IN_COLOURS = {"kept.same_decile": BROWN, "kept.current": ORANGE, "kept.isotropic": GREY, "kept.mean": BLUE}
_SHARED: tuple[str, ...] = ("distance.isotropic", "distance.random_token", "distance.same_decile", "distance.current")
_SHARED += ("excess.shuffled", "excess.random_token", "excess.same_decile", "excess.current", "excess.second")
NULL_WORDS |= {name.replace(".", ".normed."): NULL_WORDS[name] for name in _SHARED}

AXES = {
    "H1": phrase("distance in norms of e"),
    "H2": phrase("cosine above choice"),
    "H3": phrase("share of pairs in order"),
    "H4": phrase("energy outside, excess"),
    "H5": phrase("share of inner states"),
    "H6": phrase("agreement, corrected"),
    "H7": phrase("share kept of what is said"),
    "H8": phrase("share of inner states"),
}
AXES |= {f"{name}n": AXES[name] for name in ("H1", "H2", "H6")}

SHORT = {
    "H1": phrase("H1: it is the embedding"),
    "H2": phrase("H2: it points along it"),
    "H3": phrase("H3: the path travels"),
    "H4": phrase("H4: it leaves the subspace"),
    "H5": phrase("H5: inner states decode"),
    "H6": phrase("H6: cosine singles it out"),
    "H1n": phrase("H1n: it is, after the norm"),
    "H2n": phrase("H2n: along it, after the norm"),
    "H6n": phrase("H6n: singled out, after the norm"),
    "H7": phrase("H7: it stands for the last state"),
    "H8": phrase("H8: it stands for inner states"),
}


@dataclass(frozen=True)
class Estimate:
    """One line of a panel: its label, its interval, and whether it is a model's own or a null."""

    label: str
    interval: MeanInterval
    own: bool


def verdict(found: Verdicts) -> go.Figure:
    """The estimates of all questions with their intervals, margins and nulls, as a Plotly figure for a notebook."""
    return estimates(found).interactive()


def estimates(found: Verdicts) -> Picture:
    """A panel for each question: estimates, the margin they are held to and what chance gives the first model."""
    first = found.models[0]
    caption = say(
        "Mean of document means with 95% intervals ({method}) over {documents:,} documents (seed {seed}). The "
        "shaded side of the dashed line, the margin, is the one that the claim predicts.",
        method=methods(found),
        documents=first.summary.n_documents,
        seed=found.seed,
    )
    if len(found.models) > 1:
        caption = f"{caption} {say('Nulls (grey) are those of {model}.', model=first.facts.name)}"
    panels = [_question(question, _rows(found, question)) for question in QUESTIONS]
    # Labels of the right column have their room between the columns.
    return Picture("estimates", caption, panels, 2, 210, legend=False, gap=0.24, paper=(7.4, 12.0))


def _rows(found: Verdicts, question: Question) -> list[Estimate]:
    """The lines of a panel, top first."""
    place = QUESTIONS.index(question)
    own = [Estimate(one.facts.name, one.decisions[place].interval, True) for one in found.models]
    # Shares and agreements are in other units than the headline: they stand in the table, not here.
    chance = [
        Estimate(say(NULL_WORDS.get(name, name)), interval, False)
        for name, interval in found.models[0].nulls(question).items()
        if not name.startswith(("outside.", "agree."))
    ]
    return [row for row in (*own, *chance) if math.isfinite(row.interval.mean)]


def _question(question: Question, rows: Sequence[Estimate]) -> Panel:
    """One panel."""
    values = [end for row in rows for end in (row.interval.mean, row.interval.low, row.interval.high)]
    ends = [question.margin, 0.0, *filter(math.isfinite, values)]
    room = 0.06 * (max(ends) - min(ends))
    low, high = min(ends) - room, max(ends) + room
    claimed = (question.margin, high) if question.predicted == "above" else (low, question.margin)
    bottom, top = 0.4 - len(rows), 0.6
    marks: list[AnyMark] = [
        AreaMark(claimed, [bottom] * 2, [top] * 2, INDIGO),
        LineMark([question.margin] * 2, [bottom, top], INDIGO, width=1.5, dash="dash"),
    ]
    for own in (True, False):
        kept = [(-place, row) for place, row in enumerate(rows) if row.own is own]
        marks.append(
            PointMark(
                [row.interval.mean for _, row in kept],
                [y for y, _ in kept],
                BLUE if own else GREY,
                size=9 if own else 7,
                low=[row.interval.low for _, row in kept],
                high=[row.interval.high for _, row in kept],
                along="x",
                hover="{note}: {x:.3g}",
                notes=[word(row.label, 60) for _, row in kept],
            )
        )
    labels = Axis(
        limits=(bottom, top),
        ticks=[-place for place in range(len(rows))],
        labels=[word(row.label) for row in rows],
        grid=False,
    )
    return Panel(say(SHORT[question.name]), marks, Axis(say(AXES[question.name]), (low, high)), labels)


def stand_ins(found: Verdicts) -> list[Picture]:
    """For each model that was asked, what is kept of its answer with each stand-in in a state's place, by state."""
    return [
        _stand_ins(one, number)
        for number, one in enumerate(found.models, 1)
        if "kept.predicted" in one.summary.profiles
    ]


def _stand_ins(one: ModelVerdict, number: int) -> Picture:
    shown = [("kept.predicted", say("predicted"), RED)]
    shown += [(name, say(NULL_WORDS[name]), colour) for name, colour in STAND_IN_COLOURS.items()]
    rows = [Row(name, np.array(one.summary.profiles[profile].mean), colour) for profile, name, colour in shown]
    panel = by_state_panel(
        say("kept of what the model says"), rows, [Band(say("half of it"), 0.5, 0.5)], say("share"),
        limits=(0.0, 1.02), follows="",
    )  # fmt: skip
    caption = say(
        "{model}: share kept of what it says beyond its average when the predicted token's embedding, or what else is "
        "named, stands in a state's place at the state's own norm; means over {documents:,} documents.",
        model=one.facts.name,
        documents=one.summary.n_documents,
    )
    return Picture(f"stand_ins_{number}", caption, [panel], columns=1, height=300)


def along_blocks(found: Verdicts) -> list[Picture]:
    """For each model cosines, energy, decoding, divergence and norm along the blocks, means of document means."""
    return [_along_blocks(one, number) for number, one in enumerate(found.models, 1)]


def _along_blocks(one: ModelVerdict, number: int) -> Picture:
    measures, random = one.summary.measures, one.readings.get(RANDOM_WEIGHTS)
    outside, any_direction = measures["outside.embeddings"].mean, measures["outside.isotropic"].mean
    chance = [
        Band(say("embeddings"), outside, outside, INDIGO),
        Band(say("any direction"), any_direction, any_direction, GREY, "dash"),
    ]
    share, states = (0.0, 1.02), (say("states"), BLUE)
    cosines = [
        *_lines(one, "cosine.predicted", say("predicted"), RED),
        *_lines(one, "cosine.current", say("current"), ORANGE),
    ]
    panels = [
        by_state_panel(say("cosine with the embeddings"), cosines, (), say("cosine"), follows=""),
        by_state_panel(
            say("energy outside the subspace"), _lines(one, "outside", *states), chance, say("share"), limits=share,
            follows="",
        ),
        by_state_panel(
            say("final token is first"), _lines(one, "first", *states), (), say("share"), limits=share, follows=""
        ),
        by_state_panel(say("KL(final || lens)"), _lines(one, "kl_to_final", *states), (), say("nats"), follows=""),
        by_state_panel(say("entropy"), _lines(one, "entropy", *states), (), say("nats"), follows=""),
        by_state_panel(say("norm"), _lines(one, "norm", *states), log=True, follows=""),
    ]  # fmt: skip
    caption = say(
        "{model}: means over {documents:,} documents ({positions:,} positions, the first of each passage left "
        "out). Cosines are centred on the mean embedding, at positions whose predicted token is not the current "
        "one. Intervals are in the JSON.",
        model=one.facts.name,
        documents=one.summary.n_documents,
        positions=one.summary.n_positions,
    )
    if random is not None:
        dotted = say("Dotted: the same with random weights, {documents:,} documents.", documents=random.n_documents)
        caption = f"{caption} {dotted}"
    return Picture(f"by_state_{number}", caption, panels, columns=3, height=250, paper=(7.4, 4.6))


def _lines(one: ModelVerdict, profile: str, name: str, colour: str) -> list[Row]:
    own = Row(name, np.array(one.summary.profiles[profile].mean), colour)
    random = one.readings.get(RANDOM_WEIGHTS)
    # A model that predicts what it reads everywhere has no way from one token to another.
    if random is None or not np.isfinite(random.profiles[profile].mean).all():
        return [own]
    other = BROWN if colour == BLUE else colour
    return [Row(say("{name}, random weights", name=name), np.array(random.profiles[profile].mean), other, "dot"), own]
