"""How a search went: errors by generation with honest scores at their end, diversity, the front of error and edges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from statescape.analysis.evolution_conclusion import curse_in_words
from statescape.analysis.evolution_races import Races
from statescape.analysis.evolution_search import Curve
from statescape.evolution import Evolution
from statescape.reservoir.tasks import better_of
from statescape.views.core.marks import AnyMark, AreaMark, Axis, BarMark, LineMark, Panel, PointMark, from_zero
from statescape.views.core.picture import Picture
from statescape.views.core.theme import BLUE, GREEN, GREY, ORANGE, RED
from statescape.views.evolution.names import explained
from statescape.views.evolution.seals import finite, own_name
from statescape.wording import say, unfilled

POINTS = 1200  # generations that are drawn; more lie on top of each other


def search_picture(evolution: Evolution, curve: Curve) -> Picture:
    """Raw errors by generation with honest scores at their end, and errors freed from difficulty."""
    record, settings = evolution.best.candidate.record, evolution.settings
    relative = (
        say(
            "Right: errors with the difficulty of trials taken off, as a multiple of the median random start's: the "
            "best survivor with its 95% interval (from the noise of one trial and the number of its trials), and the "
            "median survivor with the middle half."
        )
        if curve.difficulty_free
        else say(
            "Right: the same with the middle half of the survivors; nothing is random here, so one trial says all."
        )
    )
    caption = say(
        "{search} at {level}, {encoding}, {units} units, seed {seed}: {generations:,} generations, {trainings:,} "
        "trainings. Left: mean {score} on each generation's trials, {trials}; at the right end the champion's "
        "selection score {chosen:.4f} (n = {n}), re-scored on fresh trials {rescored:.4f} and on data that the search "
        "never read {sealed:.4f} (n = {sealed_n}); {curse}. {relative}",
        search=searched(evolution).capitalize(),
        level=settings.level,
        encoding=explained(settings.encoding),
        units=settings.units,
        seed=settings.seed,
        generations=len(curve.best),
        trainings=evolution.found.trainings,
        score=unfilled(evolution.task.score_name),
        trials=_trials(evolution),
        chosen=record.mean,
        n=record.n,
        rescored=evolution.rescored.mean,
        sealed=evolution.sealed.mean,
        sealed_n=evolution.sealed.n,
        curse=curse_in_words(evolution.winners_curse, better_of(evolution.task)),
        relative=relative,
    )
    every = _drawn(curve)
    at = np.arange(len(curve.best))[every]
    notes = [say("{count:,} trainings", count=count) for count in curve.trainings[every]]
    median, best = say("median survivor"), say("best survivor")
    raw: list[AnyMark] = [
        LineMark(
            at,
            finite(values)[every],
            colour,
            name,
            1.5,
            hover=say("{name}, generation {{x}}: {{y:.4f}}\n{{note}}", name=name),
            notes=notes,
        )
        for name, values, colour in ((median, curve.median, GREY), (best, curve.best, BLUE))
    ]
    step = max(len(curve.best) * 0.035, 0.2)
    scores = (
        (say("selection score"), record.mean, np.nan, np.nan, RED),
        (say("re-scored"), evolution.rescored.mean, evolution.rescored.low, evolution.rescored.high, ORANGE),
        (say("sealed"), evolution.sealed.mean, evolution.sealed.low, evolution.sealed.high, GREEN),
    )
    raw += [
        PointMark([float(at[-1] + place * step)], finite([mean]), colour, name, 9, low=[low], high=[high],
                  hover=say("{name}: {{y:.4f}}", name=name))
        for place, (name, mean, low, high, colour) in enumerate(scores, 1)
    ]  # fmt: skip
    freed: list[AnyMark] = []
    for low, high, line, colour, name in (
        (curve.quarter, curve.three_quarters, curve.relative_median, GREY, median),
        (curve.low, curve.high, curve.relative, BLUE, best),
    ):
        hover = say("{name}, generation {{x}}: {{y:.3f}}", name=name)
        freed += [
            AreaMark(at, low[every], high[every], colour),
            LineMark(at, line[every], colour, name, 1.5, hover=hover),
        ]
    title = say("relative to the median random start") if curve.difficulty_free else say("with the middle half")
    generation = Axis(say("generation"))
    panels = [
        Panel(say("{score} on each generation's trials", score=own_name(evolution)), raw, generation),
        Panel(title, freed, generation),
    ]
    return Picture("search", caption, panels, height=340, paper=(7.2, 3.1))


def searched(evolution: Evolution) -> str:
    """What kind of search it was."""
    return say("{strategy} search", strategy=explained(evolution.found.strategy))


def races_picture(races: Races, seed: int) -> Picture:
    """How many trials children needed, where the trainings went, and how many lineages were left."""
    children, total = sum(races.met.values()), races.start + races.dropped + races.finished + races.redrawn
    spent = (
        (say("start"), races.start),
        (say("dropped"), races.dropped),
        (say("to the end"), races.finished),
        (say("redrawn"), races.redrawn),
    )
    bias = (
        ""
        if races.bias != races.bias
        else say(
            " Over {redraws:,} trials of the pool that were replaced, the survivors' error on the new trial "
            "was {change:+.1%} against that on the pool: by so much the pool flattered them.",
            redraws=races.redraws,
            change=math.expm1(races.bias),
        )
    )
    caption = say(
        "First: trials of the pool that {children:,} children met before they were dropped or had met all, {mean:.2f} "
        "on average; {won:,} took a place among the survivors. Second: where {total:,} trainings went: random starts, "
        "children that were dropped, children that met the whole pool, survivors on new trials of the pool. Third: "
        "founders with descendants among the survivors. Fourth: trials of the pool, {first} at first and {last} at the "
        "end.{bias} Seed {seed}.",
        children=children,
        mean=races.mean,
        won=races.won,
        total=total,
        first=races.pool[0],
        last=races.pool[-1],
        bias=bias,
        seed=seed,
    )
    trials, counts = list(races.met), list(races.met.values())
    at = np.arange(len(races.lineages))
    met, generation = say("{{y}} children met {{note}}"), Axis(say("generation"))
    by_generation = say("generation {{x}}: {{y}}")
    panels = [
        Panel(
            say("children by trials they met"),
            [BarMark(range(len(trials)), counts, BLUE, hover=met, notes=[f"{n}" for n in trials])],
            Axis(say("trials"), ticks=range(len(trials)), labels=[f"{n}" for n in trials]),
            Axis(limits=from_zero(counts)),
        ),
        Panel(
            say("trainings"),
            [BarMark(range(4), [n for _, n in spent], ORANGE, hover="{note}: {y}", notes=[name for name, _ in spent])],
            Axis(ticks=range(4), labels=[name for name, _ in spent]),
            Axis(limits=from_zero([n for _, n in spent])),
        ),
        Panel(
            say("lineages left"),
            [LineMark(at, races.lineages, GREEN, width=1.5, step="after", hover=by_generation)],
            generation,
            Axis(limits=from_zero(races.lineages)),
        ),
        Panel(
            say("trials of the pool"),
            [LineMark(at, races.pool, BLUE, width=1.5, step="after", hover=by_generation)],
            generation,
            Axis(limits=from_zero(races.pool)),
        ),
    ]
    return Picture("races", caption, panels, height=240, legend=False)


def _trials(evolution: Evolution) -> str:
    """How trials change from generation to generation."""
    if evolution.settings.racing and evolution.settings.objectives == ("error",):
        return say("the pool that children race on, of which one is redrawn now and then")
    return say("which are redrawn and so jump")


def diversity_picture(evolution: Evolution, curve: Curve) -> Picture:
    """How different the survivors were from each other, and how many edges the best of them had."""
    caption = say(
        "Left: share of edges (with their signs) that two of {survivors} survivors do not share, mean over all pairs, "
        "{first:.0%} at first and {last:.0%} at the end of {generations:,} generations; {differ:.0%} of the last "
        "survivors' genomes differ. Right: edges of the best survivor, {edges_first:,} at first and {edges_last:,} at "
        "the end, of {possible:,} possible. Seed {seed}.",
        survivors=len(evolution.found.survivors),
        first=curve.unshared[0],
        last=curve.unshared[-1],
        generations=len(curve.best),
        differ=curve.diversity[-1],
        edges_first=curve.edges[0],
        edges_last=curve.edges[-1],
        possible=evolution.settings.units**2,
        seed=evolution.settings.seed,
    )
    every = _drawn(curve)
    edges = curve.edges.astype(np.float64)[every]
    unshared = say("generation {{x}}: {{y:.0f}}% of edges not shared")
    counted = say("generation {{x}}: {{y:.0f}} edges")
    shown = (
        (say("edges two survivors do not share (%)"), curve.sampled, 100 * curve.unshared, unshared),
        (say("edges of the best survivor"), np.arange(len(curve.edges))[every], edges, counted),
    )
    panels = [
        Panel(
            title,
            [LineMark(at, values, BLUE, width=1.5, step="after", hover=hover)],
            Axis(say("generation")),
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
    caption = say(
        "{count} candidates that none beats in both error and edges, from {fewest:,} edges ({name} {highest:.4f}) to "
        "{most:,} ({lowest:.4f}), scored once more on fresh trials that the search never read, the same for all, "
        "untuned. The champion is red where it lies here. Searched at {level}, seed {seed}.",
        count=len(points),
        fewest=points[0].edges,
        name=unfilled(evolution.task.score_name),
        highest=points[0].score,
        most=best.edges,
        lowest=best.score,
        level=evolution.settings.level,
        seed=evolution.settings.seed,
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
            hover=say("candidate {{note}}: {{x}} edges, {{y:.4f}}"),
            notes=[str(one.candidate) for one in points],
        ),
    ]
    panel = Panel(say("{score} against edges", score=own_name(evolution)), marks, Axis(say("edges")))
    return Picture("front", caption, [panel], 1, 340, legend=False, paper=(4.6, 3.2))


def _drawn(curve: Curve) -> slice:
    return slice(None, None, max(1, -(-len(curve.best) // POINTS)))
