"""Every picture of a run, in the order of its page; what a run cannot show is left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from statescape import plugins
from statescape.analysis.evolution import ChampionAtWork, EvolutionReading, own_radius, read_evolution, running
from statescape.analysis.wiring import WiringOrder
from statescape.evolution import Champion, Evolution
from statescape.reservoir.tasks import LabelledTrial, Trial
from statescape.views.core.labels import every
from statescape.views.core.marks import Axis, BarMark, Panel, PointMark, from_zero
from statescape.views.core.picture import Picture, Printable
from statescape.views.core.theme import BLUE, GREY, ORANGE, RED
from statescape.views.evolution.lineage import genealogy_picture, operators_picture
from statescape.views.evolution.names import explained
from statescape.views.evolution.plan import plan_picture
from statescape.views.evolution.seals import seals_picture
from statescape.views.evolution.search import (
    diversity_picture,
    drawn_points,
    front_picture,
    races_picture,
    search_picture,
)
from statescape.views.reservoir.diagram import KEY
from statescape.views.reservoir.pictures import (
    classes_picture,
    graph_picture,
    outputs_picture,
    state_path_picture,
    states_along,
)
from statescape.views.reservoir.wirings import diagrams, matrices, spectra
from statescape.wording import number, phrase, say, unfilled, visible

# What some wirings beside each other are called over their panels.
TITLES = {"champion": phrase("champion"), "erdos-renyi": phrase("random")}


@plugins.pictures.register
def _(evolution: Evolution) -> Sequence[Printable]:
    return list(pictures(read_evolution(evolution)).values())


@plugins.pictures.register
def _(champion: Champion) -> Sequence[Printable]:
    plan = champion.topology.plan
    return [graph_picture(champion.topology) if plan is None else plan_picture(plan, say("The champion's plan"))]


@plugins.pictures.register
def _(reading: EvolutionReading) -> Sequence[Printable]:
    return list(pictures(reading).values())


def pictures(reading: EvolutionReading) -> dict[str, Picture]:
    """The pictures by name."""
    evolution, curve = reading.evolution, reading.curve
    drawn: list[Picture | None] = [
        seals_picture(evolution),
        *_plan(evolution),
        search_picture(evolution, curve) if curve is not None else None,
        races_picture(reading.races, evolution.settings.seed) if reading.races is not None else None,
        operators_picture(reading.operators, len(evolution.history), evolution.settings) if reading.operators else None,
        diversity_picture(evolution, curve) if curve is not None else None,
        genealogy_picture(evolution, reading.line, reading.noise) if reading.line else None,
        *_stages(reading),
        *_wirings(reading),
        order_picture(reading.order),
        _outputs(evolution, reading.work),
        _state_path(reading.work),
    ]
    front = drawn_points(evolution.front)
    if front:
        drawn.append(front_picture(evolution, front))
    return {picture.name: picture for picture in drawn if picture is not None}


def order_picture(order: WiringOrder) -> Picture:
    """Degrees of a champion, and what of its wiring rewiring would not have given it."""
    edges, units = int(order.incoming.sum()), len(order.incoming)
    measured = "; ".join(
        say(
            "{name} ({meaning}) {value:.2f}, rewired {low:.2f} to {high:.2f}",
            name=say(one.name),
            meaning=say(one.meaning),
            value=one.value,
            low=one.low,
            high=one.high,
        )
        for one in order.measures
    )
    caption = say(
        "Left: {edges:,} edges of {units} units, {share:.2f} a unit; incoming {in_low} to {in_high}, outgoing "
        "{out_low} to {out_high}. Right: the champion (red) and the middle 95% of itself rewired {draws} times, which "
        "keeps every unit's numbers of edges (seed {seed}): {measured}.",
        edges=edges,
        units=units,
        share=edges / units,
        in_low=order.incoming.min(),
        in_high=order.incoming.max(),
        out_low=order.outgoing.min(),
        out_high=order.outgoing.max(),
        draws=order.draws,
        seed=order.seed,
        measured=measured,
    )
    most = int(max(order.incoming.max(), order.outgoing.max()))
    counts = [np.bincount(degrees, minlength=most + 1) for degrees in (order.incoming, order.outgoing)]
    sides = (
        (counts[0], BLUE, say("incoming"), say("{{y}} units with {{x}} incoming"), -0.2),
        (counts[1], ORANGE, say("outgoing"), say("{{y}} units with {{x}} outgoing"), 0.2),
    )
    degrees = [
        BarMark(np.arange(most + 1), own, colour, name, 0.4, shift, hover=hover)
        for own, colour, name, hover, shift in sides
    ]
    rows = -np.arange(len(order.measures))
    medians = [float(np.median(one.nulls)) for one in order.measures]
    measures = [
        PointMark(
            medians, rows, GREY, say("rewired, middle 95%"), 12, "tick", [one.low for one in order.measures],
            [one.high for one in order.measures], "x", 6, hover="{note}",
            notes=[
                say("{name} of the rewired: median {middle:.3f}", name=say(one.name), middle=middle)
                for one, middle in zip(order.measures, medians, strict=True)
            ],
        ),
        PointMark(
            [one.value for one in order.measures], rows, RED, say("champion"), 11, hover="{note}",
            notes=[f"{say(one.name)} {number(one.value, '.3f')}\n{say(one.meaning)}" for one in order.measures],
        ),
    ]  # fmt: skip
    names = Axis(limits=(0.5 - len(rows), 0.5), ticks=rows, labels=[say(one.name) for one in order.measures])
    across = Axis(say("edges of a unit"), ticks=every(most + 1, 12))
    panels = [
        Panel(say("units by number of edges"), degrees, across, Axis(say("units"), from_zero(*counts))),
        Panel(say("champion and itself rewired"), measures, Axis(limits=(-0.03, 1.03)), names),
    ]
    return Picture("order", caption, panels, height=280, gap=0.12, paper=(7.2, 2.7))


def _plan(evolution: Evolution) -> list[Picture]:
    """The champion's plan, where plans were searched."""
    plan = evolution.best.topology.plan
    if plan is None:
        return []
    return [plan_picture(plan, say("The champion, candidate {number}:", number=evolution.best.candidate.number))]


def _stages(reading: EvolutionReading) -> list[Picture]:
    """The best wirings on the way, as graphs and as matrices."""
    if not reading.stages:
        return []
    settings = reading.evolution.settings
    shown = [
        (say("generation {number}: {error:.2f}", number=stage.generation, error=stage.relative), stage.W)
        for stage in reading.stages
    ]
    relative = reading.curve is not None and reading.curve.difficulty_free
    best = (
        say(
            "The best survivor of {count} generations, evenly spread over the changes of the best; beside the "
            "generation its error relative to the median random start.",
            count=len(shown),
        )
        if relative
        else say(
            "The best survivor of {count} generations, evenly spread over the changes of the best; beside the "
            "generation its error.",
            count=len(shown),
        )
    )
    whose = say(
        "{units} units, {encoding}, seed {seed}; candidates {candidates}.",
        units=settings.units,
        encoding=explained(settings.encoding),
        seed=settings.seed,
        candidates=", ".join(f"{stage.candidate}" for stage in reading.stages),
    )
    caption = f"{best} {whose}"
    ordered = f"{say('The same in spectral order, from column to row.')} {caption}"
    return [
        diagrams(shown, f"{caption} {say(KEY)}", "stages"),
        matrices(shown, ordered, "stages-matrices", both=False),
    ]


def _wirings(reading: EvolutionReading) -> list[Picture]:
    """Champion, cycle, random wiring and the champion rewired, drawn alike."""
    evolution, sr = reading.evolution, reading.evolution.best.hyper.sr
    names = [topology.name for topology in reading.wirings]
    titles = [say(TITLES[name]) if name in TITLES else explained(name) for name in names]
    shown = [(title, topology.to_dense()) for title, topology in zip(titles, reading.wirings, strict=True)]
    edges = ", ".join(
        f"{title} {number(topology.edges, ',')}" for title, topology in zip(titles, reading.wirings, strict=True)
    )
    seed = evolution.settings.seed
    caption = say(
        "The champion, the simple cycle, a random wiring of its density (erdos-renyi) and itself rewired (same "
        "weights, every unit keeps its numbers of edges), one draw each. {units} units; edges: {edges}. Seed {seed}.",
        units=evolution.settings.units,
        edges=edges,
        seed=seed,
    )
    ordered = say(
        "The same as matrices, from column to row, weights relative to the largest: above as numbered, below in "
        "spectral order, which brings connected units together: a line or a cycle becomes a thin band, communities "
        "gather along the diagonal, what is random stays random."
    )
    # Beside others the champion's wiring is drawn bare; it runs under its own policy on the radius.
    champion, *others = evolution.best.topology, *reading.wirings[1:]
    as_they_run = [(title, running(topology, sr)) for title, topology in zip(titles, (champion, *others), strict=True)]
    return [
        diagrams(shown, f"{caption} {say(KEY)}", "wirings"),
        matrices(shown, ordered, "matrices"),
        spectra(as_they_run, sr, seed, own_radius(champion)),
    ]


def _outputs(evolution: Evolution, work: ChampionAtWork) -> Picture | None:
    """Prediction against target; None where the task asks for none, or the network diverged."""
    outputs = work.attempt.outputs
    if outputs is None or not np.isfinite(outputs).all():
        return None
    what = say(
        "{task}, first trial of the seal {level} (seed {seed})",
        task=visible(evolution.task.name, 60),
        level=work.level,
        seed=evolution.settings.seed,
    )
    if isinstance(work.trial, LabelledTrial):
        return classes_picture(work.network.classes, work.trial, outputs, what)
    if isinstance(work.trial, Trial):
        score = unfilled(evolution.task.score_name)
        scored = say("{what}: {name} {score:.4g}", what=what, name=score, score=work.attempt.score)
        return outputs_picture(work.trial, outputs, scored)
    return None


def _state_path(work: ChampionAtWork) -> Picture | None:
    """The path of the states; None where there are none to draw."""
    path = None if work.attempt.reason else states_along(work.network, work.trial)
    return None if path is None else state_path_picture(path)
