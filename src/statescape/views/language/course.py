"""The course of a path: growth of its norm, angles of its steps, how linear its blocks are, each beside its nulls.

The nulls are the same steps in random order, freshly drawn weights, and other texts through the same model: what lies
within the last is no more this text's than any text's.
"""

from __future__ import annotations

import numpy as np

from statescape.analysis import PathReading
from statescape.analysis.other_texts import OtherTexts
from statescape.errors import StatescapeError
from statescape.views.core.marks import AreaMark, Panel
from statescape.views.core.picture import Picture
from statescape.views.core.theme import BLUE, BROWN, GREEN, GREY
from statescape.views.language.by_state import Band, Row, by_state_panel
from statescape.wording import phrase, say

COURSE = (
    ("growth", phrase("growth of the norm"), ""),
    ("step_angle", phrase("angle of the step with the state"), phrase("degrees")),
    ("turn", phrase("angle with the next step"), phrase("degrees")),
)


def course_picture(reading: PathReading) -> Picture:
    """How the norm grows, which way the steps go and how they turn, beside the steps shuffled and random weights."""
    own, random, nulls = reading.geometry, reading.random_weights, reading.shuffled_steps
    panels = []
    others = reading.other_texts
    for name, title, unit in COURSE:
        rows = [Row(say("path"), getattr(own, name), BLUE)]
        if random is not None:
            rows.append(Row(say("random weights"), getattr(random.geometry, name), BROWN, "dot"))
        bands = [Band(say("steps shuffled, mean"), nulls[name].low, nulls[name].high)] if name in nulls else []
        ranges = [] if others is None else [_range_of(others, name)]
        panels.append(
            by_state_panel(
                say(title),
                rows,
                bands,
                say(unit) if unit else "",
                x_title="block",
                first=1,
                ranges=ranges,
                log=name == "growth" and bool((own.growth > 0).all()),
            )
        )
    panels += _linear_panels(reading)
    caption = say(
        "Mean angle of a step with the state that it leaves {step:.0f}° (the same steps in random order "
        "{step_low:.0f}° to {step_high:.0f}°), of a step with the next {turn:.0f}° ({turn_low:.0f}° to "
        "{turn_high:.0f}°; {draws} orders, seed {seed}). Straightness {straightness:.2f} (1 is straight). Most of such "
        "a profile is architecture: what lies within the range of other texts is not this text's own.",
        step=own.means["step_angle"],
        turn=own.means["turn"],
        step_low=nulls["step_angle"].low,
        step_high=nulls["step_angle"].high,
        turn_low=nulls["turn"].low,
        turn_high=nulls["turn"].high,
        draws=nulls["turn"].draws,
        seed=reading.seed,
        straightness=own.straightness,
    )
    return Picture("course", caption, panels, columns=3 if len(panels) == 3 else 2)


def _range_of(others: OtherTexts, name: str) -> AreaMark:
    low, high = others.range(name)
    return AreaMark(np.arange(1, len(low) + 1), low, high, GREEN, say("{n} other texts", n=len(others)))


def _linear_panels(reading: PathReading) -> list[Panel]:
    """How linear each block is, where maps can be fitted to other texts."""
    others, random = reading.other_texts, reading.random_weights
    try:
        own = reading.linear
    except StatescapeError:  # too few positions, as the page says
        return []
    if others is None or own is None:
        return []
    rows = [Row(say("path"), own, BLUE)]
    if random is not None and random.other_texts is not None:
        rows.append(Row(say("random weights"), random.other_texts.held_out.mean(axis=0), BROWN, "dot"))
    rows.append(Row(say("blocks shuffled"), others.held_out_shuffled(reading.seed).mean(axis=0), GREY, "dash"))
    held = others.held_out
    low, high = held.min(axis=0), held.max(axis=0)
    area = AreaMark(np.arange(1, len(low) + 1), low, high, GREEN, say("{n} other texts", n=len(others)))
    title = say("share of each step that is linear")
    return [by_state_panel(title, rows, x_title="block", first=1, ranges=[area])]
