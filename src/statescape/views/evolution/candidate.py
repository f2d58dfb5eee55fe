"""One candidate of a run: its wiring as a graph and as a matrix, and its eigenvalues."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from statescape import plugins
from statescape.analysis.candidate import CandidateReading
from statescape.analysis.evolution import own_radius, running
from statescape.reservoir import Plan
from statescape.views.core.page import Figure, Page, Section, write_page
from statescape.views.core.picture import Picture, Printable
from statescape.views.core.theme import BLUE
from statescape.views.evolution.names import explained
from statescape.views.evolution.plan import plan_picture
from statescape.views.reservoir.diagram import KEY, Diagram
from statescape.views.reservoir.wirings import (
    bringing_together,
    diagrams,
    eigenvalues,
    matrices,
    matrix_panel,
    spectra,
    spectrum_panel,
)
from statescape.wording import number, say, visible


@plugins.report.register
def _(reading: CandidateReading, file: Path) -> Path:
    return write_page(page_of(reading), file)


@plugins.pictures.register
def _(reading: CandidateReading) -> Sequence[Printable]:
    return [candidate_picture(reading)]


def candidate_picture(reading: CandidateReading) -> Picture:
    """All of one candidate in one row: its graph, its matrix in spectral order, the eigenvalues as it runs."""
    topology = reading.champion.topology
    W = topology.to_dense()
    panels = [
        Diagram.of(_title(reading), W).panel(),
        matrix_panel(say("W in spectral order"), W, bringing_together(W), x=say("from"), y=say("to")),
        spectrum_panel(say("eigenvalues"), eigenvalues(running(topology, reading.champion.hyper.sr)), BLUE),
    ]
    return Picture("candidate", _caption(reading), panels, 3, legend=False, paper=(7.2, 2.7))


def page_of(reading: CandidateReading) -> Page:
    """The page of a candidate."""
    champion = reading.champion
    candidate = champion.candidate
    title = _title(reading)
    shown = [(title, champion.topology.to_dense())]
    sr = champion.hyper.sr
    plan = champion.topology.plan
    drawn = (
        *(() if plan is None else (plan_picture(plan, say("The plan of {title}:", title=title)),)),
        diagrams(shown, f"{_caption(reading)} {say(KEY)}", "graph"),
        matrices(shown, say("W as numbered and in spectral order, from column to row."), "matrix"),
        spectra([(title, running(champion.topology, sr))], sr, 0, own_radius(champion.topology)),
    )
    return Page(
        title=say("Candidate {number} of ‘{run}’", number=candidate.number, run=visible(reading.run, 60)),
        lead=_caption(reading),
        facts=facts(reading),
        sections=(
            Section(
                "wiring",
                say("Its wiring"),
                say("Check whether cycles, chains, hubs or communities stand out."),
                tuple(Figure(picture) for picture in drawn),
            ),
        ),
    )


def facts(reading: CandidateReading) -> list[tuple[str, str]]:
    """Names and values that tables and pages state of a candidate."""
    candidate, topology = reading.champion.candidate, reading.champion.topology
    record = candidate.record
    mean = say("{mean:.4f} over {n} trials", mean=record.mean, n=record.n) if record.n else say("not scored")
    radius = say("0 (no cycle)") if reading.nilpotent else number(reading.radius, ".4g")
    return [
        (say("candidate"), f"{candidate.number}, {reading.role}"),
        (say("run"), say("{run}: {progress}", run=visible(reading.run, 60), progress=reading.progress)),
        (say("born in generation"), str(candidate.generation)),
        (say("made by"), explained(candidate.operator)),
        (say("parents"), ", ".join(map(str, candidate.parents)) or say("none: a start")),
        (say("children"), number(len(reading.children), ",")),
        (say("steps from a start"), str(len(reading.line) - 1)),
        (say("mean score in the search"), mean),
        (say("units, edges"), f"{number(topology.units, ',')}, {number(topology.edges, ',')}"),
        *([] if topology.plan is None else [(say("plan"), _plan(topology.plan))]),
        (say("spectral radius as it runs"), radius),
    ]


def _plan(plan: Plan) -> str:
    """A plan in a line: who feeds whom."""
    ways = [
        *(say("input > {number}", number=module) for module in plan.inputs),
        *(f"{source} > {target}" for source, target in plan.edges),
        *(say("{number} > readout", number=module) for module in plan.seen),
    ]
    units = ", ".join(str(module.units) for module in plan.modules)
    return say("modules of {units} units; {ways}", units=units, ways=", ".join(ways))


def _title(reading: CandidateReading) -> str:
    return say("candidate {number}", number=reading.champion.candidate.number)


def _caption(reading: CandidateReading) -> str:
    candidate, topology = reading.champion.candidate, reading.champion.topology
    measures = ", ".join(f"{say(name)} {number(value, '.2f')}" for name, value in reading.measures.items())
    return say(
        "Candidate {number} ({role}), made by {operator} in generation {generation}: {edges:,} edges of {units:,} "
        "units; {measures}.",
        number=candidate.number,
        role=reading.role,
        operator=explained(candidate.operator),
        generation=candidate.generation,
        edges=topology.edges,
        units=topology.units,
        measures=measures,
    )
