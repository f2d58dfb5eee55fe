"""How a search went: errors by generation with honest scores at their end, diversity, the front of error and edges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from statescape.analysis.evolution_races import Races
from statescape.analysis.evolution_search import Curve
from statescape.evolution import Evolution
from statescape.views.core.marks import AnyMark, AreaMark, Axis, BarMark, LineMark, Panel, PointMark, from_zero
from statescape.views.core.picture import Picture
from statescape.views.core.theme import BLUE, GREEN, GREY, ORANGE, RED
from statescape.views.evolution.seals import finite, own_name

POINTS = 1200  # generations that are drawn; more lie on top of each other
GENERATION = Axis("generation")


def search_picture(evolution: Evolution, curve: Curve) -> Picture:
    """Raw errors by generation with honest scores at their end, and errors freed from difficulty."""
    record, settings = evolution.best.candidate.record, evolution.settings
    relative = (
        "Right: errors freed from the difficulty of trials, as a multiple of the median random start's: the best "
        "survivor with its 95% interval (from the noise of one trial and the number of its trials), and the "
        "median survivor with the middle half."
        if curve.difficulty_free
        else "Right: the same with the middle half of the survivors; nothing is random here, so one trial says all."
    )
    caption = (
        f"{evolution.found.strategy.capitalize()} search at {settings.level}, {settings.encoding}, {settings.units} "
        f"units, seed {settings.seed}: {len(curve.best):,} generations, {evolution.found.trainings:,} trainings. "
        f"Left: mean {evolution.task.score_name} on each generation's trials, {_trials(evolution)}; at "
        f"the right end the champion's selection score {record.mean:.4f} (n = {record.n}), re-scored on fresh "
        f"trials {evolution.rescored.mean:.4f} and on data that the search never read {evolution.sealed.mean:.4f} "
        f"(n = {evolution.sealed.n}): the winner's curse is {evolution.winners_curse:+.4f}. {relative}"
    )
    every = _drawn(curve)
    at = np.arange(len(curve.best))[every]
    notes = [f"{count:,} trainings" for count in curve.trainings[every]]
    raw: list[AnyMark] = [
        LineMark(at, finite(values)[every], colour, name, 1.5, hover=f"{name}, generation {{x}}: {{y:.4f}}\n{{note}}",
                 notes=notes)
        for name, values, colour in (("median survivor", curve.median, GREY), ("best survivor", curve.best, BLUE))
    ]  # fmt: skip
    step = max(len(curve.best) * 0.035, 0.2)
    scores = (
        ("selection score", record.mean, np.nan, np.nan, RED),
        ("re-scored", evolution.rescored.mean, evolution.rescored.low, evolution.rescored.high, ORANGE),
        ("sealed", evolution.sealed.mean, evolution.sealed.low, evolution.sealed.high, GREEN),
    )
    raw += [
        PointMark([float(at[-1] + place * step)], finite([mean]), colour, name, 9, low=[low], high=[high],
                  hover=f"{name}: {{y:.4f}}")
        for place, (name, mean, low, high, colour) in enumerate(scores, 1)
    ]  # fmt: skip
    freed: list[AnyMark] = []
    for low, high, line, colour, name in (
        (curve.quarter, curve.three_quarters, curve.relative_median, GREY, "median survivor"),
        (curve.low, curve.high, curve.relative, BLUE, "best survivor"),
    ):
        hover = f"{name}, generation {{x}}: {{y:.3f}}"
        freed += [
            AreaMark(at, low[every], high[every], colour),
            LineMark(at, line[every], colour, name, 1.5, hover=hover),
        ]
    title = "relative to the median random start" if curve.difficulty_free else "with the middle half"
    panels = [
        Panel(f"{own_name(evolution)} on each generation's trials", raw, GENERATION),
        Panel(title, freed, GENERATION),
    ]
    return Picture("search", caption, panels, height=340, paper=(7.2, 3.1))


def races_picture(races: Races, seed: int) -> Picture:
    """How many trials children needed, where the trainings went, and how many lineages were left."""
    children, total = sum(races.met.values()), races.start + races.dropped + races.finished + races.redrawn
    spent = (
        ("start", races.start),
        ("dropped", races.dropped),
        ("to the end", races.finished),
        ("redrawn", races.redrawn),
    )
    bias = "" if races.bias != races.bias else (
        f" In {races.redraws:,} redraws of a slot the survivors' errors were {math.expm1(races.bias):+.1%} on the new "
        "trial against the pool: so much it flattered them."
    )  # fmt: skip
    caption = (
        f"First: trials of the pool that {children:,} children met before they were dropped or had met all, "
        f"{races.mean:.2f} on the average; {races.won:,} took a place. Second: where {total:,} trainings went: random "
        "starts, children that were dropped, children that met the whole pool, survivors on new trials of the pool. "
        f"Third: founders with descendants among the survivors. Fourth: trials of the pool, {races.pool[0]} at first "
        f"and {races.pool[-1]} at the end.{bias} Seed {seed}."
    )
    trials, counts = list(races.met), list(races.met.values())
    at = np.arange(len(races.lineages))
    panels = [
        Panel(
            "children by trials they met",
            [
                BarMark(
                    range(len(trials)), counts, BLUE, hover="{y} children met {note}", notes=[f"{n}" for n in trials]
                )
            ],
            Axis("trials", ticks=range(len(trials)), labels=[f"{n}" for n in trials]),
            Axis(limits=from_zero(counts)),
        ),
        Panel(
            "trainings",
            [BarMark(range(4), [n for _, n in spent], ORANGE, hover="{note}: {y}", notes=[name for name, _ in spent])],
            Axis(ticks=range(4), labels=[name for name, _ in spent]),
            Axis(limits=from_zero([n for _, n in spent])),
        ),
        Panel(
            "lineages left",
            [LineMark(at, races.lineages, GREEN, width=1.5, step="after", hover="generation {x}: {y}")],
            GENERATION,
            Axis(limits=from_zero(races.lineages)),
        ),
        Panel(
            "trials of the pool",
            [LineMark(at, races.pool, BLUE, width=1.5, step="after", hover="generation {x}: {y}")],
            GENERATION,
            Axis(limits=from_zero(races.pool)),
        ),
    ]
    return Picture("races", caption, panels, height=240, legend=False)


def _trials(evolution: Evolution) -> str:
    """How trials change from generation to generation."""
    if evolution.settings.racing and evolution.settings.objectives == ("error",):
        return "the pool that children race on, of which one is redrawn now and then"
    return "which are redrawn and so jump"


def diversity_picture(evolution: Evolution, curve: Curve) -> Picture:
    """How different the survivors were from each other, and how many edges the best of them had."""
    first, last = (f"{100 * curve.unshared[end]:.0f}%" for end in (0, -1))
    caption = (
        f"Left: share of edges (with their signs) that two of {len(evolution.found.survivors)} survivors do not "
        f"share, mean over all pairs, {first} at first and {last} at the end of {len(curve.best):,} generations; "
        f"{curve.diversity[-1]:.0%} of the last survivors' genomes differ. Right: edges of the best survivor, "
        f"{curve.edges[0]:,} at first and {curve.edges[-1]:,} at the end, of {evolution.settings.units**2:,} "
        f"possible. Seed {evolution.settings.seed}."
    )
    every = _drawn(curve)
    edges = curve.edges.astype(np.float64)[every]
    shown = (
        ("edges two survivors do not share (%)", curve.sampled, 100 * curve.unshared, "{y:.0f}% of edges not shared"),
        ("edges of the best survivor", np.arange(len(curve.edges))[every], edges, "{y:.0f} edges"),
    )
    panels = [
        Panel(
            title,
            [LineMark(at, values, BLUE, width=1.5, step="after", hover=f"generation {{x}}: {hover}")],
            GENERATION,
            Axis(limits=from_zero(values)),
        )
        for title, at, values, hover in shown
    ]
    return Picture("diversity", caption, panels, height=240, legend=False)


@runtime_checkable
class DrawnPoint(Protocol):
    """What is drawn of a point of the front."""

    @property
    def edges(self) -> int:
        """Number of edges."""

    @property
    def score(self) -> float:
        """Mean score on fresh trials; lower is better."""

    @property
    def candidate(self) -> int:
        """Its number."""


def drawn_points(points: Sequence[DrawnPoint]) -> tuple[DrawnPoint, ...]:
    """The points that have a place in the picture, fewest edges first: what diverged has none."""
    return tuple(sorted((one for one in points if np.isfinite(one.score)), key=lambda one: one.edges))


def front_picture(evolution: Evolution, points: Sequence[DrawnPoint]) -> Picture:
    """Error against number of edges: the candidates that nobody beats in both, fewest edges first; one at least."""
    best = min(points, key=lambda one: one.score)
    caption = (
        f"{len(points)} candidates that none beats in both error and edges, from {points[0].edges:,} edges "
        f"({evolution.task.score_name} {points[0].score:.4f}) to {best.edges:,} ({best.score:.4f}), scored once "
        "more on fresh trials that the search never read, the same for all, untuned. The champion is red where it "
        f"lies here. Searched at {evolution.settings.level}, seed {evolution.settings.seed}."
    )
    edges, scores = [one.edges for one in points], [one.score for one in points]
    champion = evolution.best.candidate.number
    marks: list[AnyMark] = [
        LineMark(edges, scores, BLUE, width=1.2, step="after"),
        PointMark(
            edges,
            scores,
            [RED if one.candidate == champion else BLUE for one in points],
            size=9,
            hover="candidate {note}: {x} edges, {y:.4f}",
            notes=[str(one.candidate) for one in points],
        ),
    ]
    panel = Panel(f"{own_name(evolution)} against edges", marks, Axis("edges"))
    return Picture("front", caption, [panel], 1, 340, legend=False, paper=(4.6, 3.2))


def _drawn(curve: Curve) -> slice:
    return slice(None, None, max(1, -(-len(curve.best) // POINTS)))
