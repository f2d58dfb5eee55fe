"""A search under way: errors as they come, the survivors by error and edges, seals as they are drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from statescape.evolution.conditions import ALL_LEVELS, LEVELS
from statescape.evolution.seals import CHAMPION
from statescape.evolution.search import GenerationSummary
from statescape.evolution.watching import Survivor
from statescape.views.core.marks import Axis, LineMark, Panel, PointMark
from statescape.views.core.picture import Picture
from statescape.views.core.theme import BLUE, GREY, RED
from statescape.views.evolution.names import explained
from statescape.views.evolution.seals import finite
from statescape.wording import say, say_count

MOST_POINTS = 1200  # generations that are drawn; more lie on top of each other


def progress_picture(lines: Sequence[GenerationSummary]) -> Picture:
    """Best and median survivor of every generation so far."""
    every = np.unique(np.linspace(0, len(lines) - 1, min(MOST_POINTS, len(lines))).round().astype(int))
    chosen = [lines[index] for index in every]
    at = np.array([line.number for line in chosen], dtype=np.float64)
    notes = [say("{count:,} trainings", count=line.trainings) for line in chosen]
    marks = [
        LineMark(
            at, finite(np.array([abs(getattr(line, name)) for line in chosen])), colour, called, 1.5,
            dots=5 if len(at) < 40 else 0, notes=notes,
            hover=say("{name}, generation {{x}}: {{y:.4f}}\n{{note}}", name=called),
        )
        for name, called, colour in (("median", say("median survivor"), GREY), ("best", say("best survivor"), BLUE))
    ]  # fmt: skip
    last = lines[-1]
    caption = say(
        "Mean score of the best and the median survivor on each generation's own trials; generations: {generations:,}, "
        "trainings: {trainings:,}, in {seconds:,.0f} s. The best was chosen by these numbers, which flatter it; only "
        "the seals say what it is worth.",
        generations=len(lines),
        trainings=last.trainings,
        seconds=last.seconds,
    )
    return Picture("progress", caption, [Panel("", marks, Axis(say("generation")))], columns=1, height=260)


def survivors_picture(survivors: Sequence[Survivor]) -> Picture:
    """The survivors by edges and mean score."""
    found = [one for one in survivors if np.isfinite(one.record.mean)]
    points = PointMark(
        np.array([float(one.edges) for one in found]), np.array([one.record.mean for one in found]),
        [RED if one is survivors[0] else BLUE for one in found], size=8, hover="{note}",
        notes=[
            say(
                "candidate {number}: {mean:.4f}; trials: {n}", number=one.number, mean=one.record.mean, n=one.record.n
            )
            for one in found
        ],
    )  # fmt: skip
    caption = say_count(
        "The only survivor, by its edges and its mean score in the search.",
        "{count} survivors by edges and mean score in the search; the best in red.",
        len(survivors),
    )
    panel = Panel("", [points], Axis(say("edges")), Axis(say("mean score")))
    return Picture("survivors", caption, [panel], columns=1, height=260, legend=False)


def sealed_picture(sealed: dict[str, dict[str, float]]) -> Picture:
    """Mean scores of champion and controls under every seal that is drawn so far."""
    levels = [level for level in ALL_LEVELS if level in sealed]
    marks = []
    for own, colour, symbol in ((False, GREY, "circle"), (True, RED, "diamond")):
        found = [
            (place, name, mean)
            for place, level in enumerate(levels)
            for name, mean in sealed[level].items()
            if (name == CHAMPION) is own and np.isfinite(mean)
        ]
        marks.append(
            PointMark(
                np.array([float(place) for place, _, _ in found]),
                np.array([mean for _, _, mean in found]),
                colour,
                say("champion") if own else say("controls"),
                11 if own else 7,
                symbol=symbol,
                hover="{note}",
                notes=[
                    say("{name} at {level}: {mean:.4f}", name=explained(name), level=levels[place], mean=mean)
                    for place, name, mean in found
                ],
            )
        )
    caption = say(
        "Mean score under {drawn} of {all} seals so far; wirings: {wirings}.",
        drawn=len(levels),
        all=len(LEVELS),
        wirings=", ".join(f"{level} {len(sealed[level])}" for level in levels),
    )
    axis = Axis(say("seal"), (-0.5, len(LEVELS) - 0.5), ticks=range(len(levels)), labels=levels)
    return Picture("sealed", caption, [Panel("", marks, axis, Axis(say("mean score")))], columns=1, height=240)
