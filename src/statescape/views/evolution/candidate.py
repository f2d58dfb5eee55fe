"""One candidate of a run: its wiring as a graph and as a matrix, and its eigenvalues."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from statescape import plugins
from statescape.analysis.candidate import CandidateReading
from statescape.analysis.evolution import running
from statescape.files import require_writable
from statescape.reservoir import Plan
from statescape.views.core.page import Figure, Page, Section, write_page
from statescape.views.core.picture import Picture, Printable
from statescape.views.core.text import visible
from statescape.views.core.theme import BLUE
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


@plugins.report.register
def _(reading: CandidateReading, file: Path) -> Path:
    require_writable(file)
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
        matrix_panel("W in spectral order", W, bringing_together(W), x="from", y="to"),
        spectrum_panel("eigenvalues", eigenvalues(running(topology, reading.champion.hyper.sr)), BLUE),
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
        *(() if plan is None else (plan_picture(plan, f"The plan of {title}:"),)),
        diagrams(shown, f"{_caption(reading)} {KEY}", "graph"),
        matrices(shown, "W as numbered and in spectral order, from column to row.", "matrix"),
        spectra([(title, running(champion.topology, sr))], sr, 0),
    )
    return Page(
        title=f"Candidate {candidate.number} of ‘{visible(reading.run, 60)}’",
        lead=_caption(reading),
        facts=facts(reading),
        sections=(
            Section(
                "wiring",
                "Its wiring",
                "Check whether cycles, chains, hubs or communities stand out.",
                tuple(Figure(picture) for picture in drawn),
            ),
        ),
    )


def facts(reading: CandidateReading) -> list[tuple[str, str]]:
    """Names and values that tables and pages state of a candidate."""
    candidate, topology = reading.champion.candidate, reading.champion.topology
    parents = ", ".join(map(str, candidate.parents)) or "none: a start"
    mean = f"{candidate.record.mean:.4f} over {candidate.record.n} trials" if candidate.record.n else "not scored"
    made = f"{len(reading.children):,}"
    return [
        ("candidate", f"{candidate.number}, {reading.role}"),
        ("run", f"{visible(reading.run, 60)}: {reading.progress}"),
        ("born in generation", str(candidate.generation)),
        ("made by", candidate.operator),
        ("parents", parents),
        ("children", made),
        ("steps from a start", str(len(reading.line) - 1)),
        ("mean score in the search", mean),
        ("units, edges", f"{topology.units:,}, {topology.edges:,}"),
        *([] if topology.plan is None else [("plan", _plan(topology.plan))]),
        ("spectral radius as it runs", "0 (no cycle)" if reading.nilpotent else f"{reading.radius:.4g}"),
    ]


def _plan(plan: Plan) -> str:
    """A plan in a line: who feeds whom."""
    ways = [
        *(f"input > {number}" for number in plan.inputs),
        *(f"{source} > {target}" for source, target in plan.edges),
        *(f"{number} > readout" for number in plan.seen),
    ]
    return f"modules of {', '.join(str(module.units) for module in plan.modules)} units; {', '.join(ways)}"


def _title(reading: CandidateReading) -> str:
    return f"candidate {reading.champion.candidate.number}"


def _caption(reading: CandidateReading) -> str:
    candidate, topology = reading.champion.candidate, reading.champion.topology
    measures = ", ".join(f"{name} {value:.2f}" for name, value in reading.measures.items())
    return (
        f"Candidate {candidate.number} ({reading.role}), made by {candidate.operator} in generation "
        f"{candidate.generation}: {topology.edges:,} edges of {topology.units:,} units; {measures}."
    )
