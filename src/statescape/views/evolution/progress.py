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
from statescape.views.evolution.seals import finite

MOST_POINTS = 1200  # generations that are drawn; more lie on top of each other


def progress_picture(lines: Sequence[GenerationSummary]) -> Picture:
    """Best and median survivor of every generation so far."""
    every = np.unique(np.linspace(0, len(lines) - 1, min(MOST_POINTS, len(lines))).round().astype(int))
    chosen = [lines[index] for index in every]
    at = np.array([line.number for line in chosen], dtype=np.float64)
    notes = [f"{line.trainings:,} trainings" for line in chosen]
    marks = [
        LineMark(
            at, finite(np.array([abs(getattr(line, name)) for line in chosen])), colour, f"{name} survivor", 1.5,
            dots=5 if len(at) < 40 else 0, hover=f"{name}, generation {{x}}: {{y:.4f}}\n{{note}}", notes=notes,
        )
        for name, colour in (("median", GREY), ("best", BLUE))
    ]  # fmt: skip
    last = lines[-1]
    caption = (
        f"Mean score of the best and the median survivor on each generation's own trials, {len(lines):,} generations, "
        f"{last.trainings:,} trainings in {last.seconds:,.0f} s. The best was chosen by these numbers, which flatter "
        "it; only the seals say what it is worth."
    )
    return Picture("progress", caption, [Panel("", marks, Axis("generation"))], columns=1, height=260)


def survivors_picture(survivors: Sequence[Survivor]) -> Picture:
    """The survivors by edges and mean score."""
    found = [one for one in survivors if np.isfinite(one.record.mean)]
    points = PointMark(
        np.array([float(one.edges) for one in found]), np.array([one.record.mean for one in found]),
        [RED if one is survivors[0] else BLUE for one in found], size=8, hover="{note}",
        notes=[f"candidate {one.number}: {one.record.mean:.4f} over {one.record.n} trials" for one in found],
    )  # fmt: skip
    caption = f"{len(survivors)} survivors by edges and mean score in the search; the best in red."
    panel = Panel("", [points], Axis("edges"), Axis("mean score"))
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
                "champion" if own else "controls",
                11 if own else 7,
                symbol=symbol,
                hover="{note}",
                notes=[f"{name} at {levels[place]}: {mean:.4f}" for place, name, mean in found],
            )
        )
    caption = f"Mean score under {len(levels)} of {len(LEVELS)} seals so far: " + ", ".join(
        f"{level} {len(sealed[level])} wirings" for level in levels
    )
    axis = Axis("seal", (-0.5, len(LEVELS) - 0.5), ticks=range(len(levels)), labels=levels)
    return Picture("sealed", f"{caption}.", [Panel("", marks, axis, Axis("mean score"))], columns=1, height=240)
