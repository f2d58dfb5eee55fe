"""One candidate of a run: its wiring as a graph and as a matrix, and its eigenvalues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Complex, Float, Int

from statescape import plugins
from statescape.analysis.candidate import CandidateReading
from statescape.analysis.evolution import running
from statescape.files import require_writable
from statescape.reservoir.measures import spectrum
from statescape.views.evolution.wirings import DiagramsPicture, MatricesPicture, SpectraPicture
from statescape.views.page import Figure as PageFigure
from statescape.views.page import Page, Section, write_page
from statescape.views.picture import Picture, Printable
from statescape.views.reservoir.colours import signed
from statescape.views.reservoir.diagram import KEY, Diagram, print_diagram
from statescape.views.reservoir.matrix import bringing_together
from statescape.views.text import visible
from statescape.views.theme import BLUE, GREY

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@plugins.report.register
def _(reading: CandidateReading, file: Path) -> Path:
    require_writable(file)
    return write_page(page_of(reading), file)


@plugins.pictures.register
def _(reading: CandidateReading) -> Sequence[Printable]:
    return [CandidatePicture.of(reading)]


@dataclass(frozen=True, eq=False)
class CandidatePicture:
    """All of one candidate in one row, for paper.

    Attributes:
        diagram: its graph.
        W: before any scaling.
        order: its units in spectral order.
        eigenvalues: of the matrix that runs.
        caption: what is drawn.
        name: of the files.
    """

    diagram: Diagram
    W: Float[np.ndarray, "units units"]
    order: Int[np.ndarray, " units"]
    eigenvalues: Complex[np.ndarray, " units"]
    caption: str
    name: str = "candidate"

    @classmethod
    def of(cls, reading: CandidateReading) -> CandidatePicture:
        """The picture of a candidate."""
        champion = reading.champion
        W = champion.topology.to_dense()
        own = running(champion.topology, champion.hyper.sr)
        values = np.zeros(len(W), dtype=complex) if reading.nilpotent else spectrum(own)
        title = f"candidate {champion.candidate.number}"
        return cls(Diagram.of(title, W), W, bringing_together(W), values, _caption(reading))

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure
        from matplotlib.patches import Circle

        figure = Figure(figsize=(7.2, 2.7), layout="constrained")
        graph, matrix, circle = figure.subplots(1, 3)
        print_diagram(graph, self.diagram)
        limit = float(np.abs(self.W).max()) or 1.0
        ordered = self.W[np.ix_(self.order, self.order)]
        matrix.imshow(ordered, cmap=signed(), vmin=-limit, vmax=limit, interpolation="nearest", rasterized=True)
        matrix.set(title="W in spectral order", xticks=[], yticks=[], xlabel="from", ylabel="to")
        matrix.grid(visible=False)
        circle.add_patch(Circle((0, 0), 1.0, fill=False, edgecolor=GREY, linewidth=0.8))
        circle.scatter(
            self.eigenvalues.real, self.eigenvalues.imag, s=9, color=BLUE, alpha=0.75, linewidths=0, zorder=3
        )
        reach = 1.08 * max(1.0, float(np.abs(self.eigenvalues).max()))
        circle.set(title="eigenvalues", xlim=(-reach, reach), ylim=(-reach, reach))
        circle.set_aspect("equal")
        return figure


def page_of(reading: CandidateReading) -> Page:
    """The page of a candidate."""
    champion = reading.champion
    candidate = champion.candidate
    title = f"candidate {candidate.number}"
    shown = [(title, champion.topology.to_dense())]
    drawn: tuple[Picture, ...] = (
        DiagramsPicture.of(shown, f"{_caption(reading)} {KEY}", "graph"),
        MatricesPicture.of(shown, "W as numbered and in spectral order, from column to row.", "matrix"),
        SpectraPicture.of([(title, running(champion.topology, champion.hyper.sr))], champion.hyper.sr, 0),
    )
    return Page(
        title=f"Candidate {candidate.number} of ‘{visible(reading.run, 60)}’",
        lead=_caption(reading),
        facts=facts(reading),
        sections=(
            Section(
                "wiring",
                "Its wiring",
                "Look whether cycles, chains, hubs or communities stand out.",
                tuple(PageFigure(picture) for picture in drawn),
            ),
        ),
    )


def facts(reading: CandidateReading) -> list[tuple[str, str]]:
    """Names and values that tables and pages tell of a candidate."""
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
        ("spectral radius as it runs", "0 (no cycle)" if reading.nilpotent else f"{reading.radius:.4g}"),
    ]


def _caption(reading: CandidateReading) -> str:
    candidate, topology = reading.champion.candidate, reading.champion.topology
    measures = ", ".join(f"{name} {value:.2f}" for name, value in reading.measures.items())
    return (
        f"Candidate {candidate.number} ({reading.role}), made by {candidate.operator} in generation "
        f"{candidate.generation}: {topology.edges:,} edges of {topology.units:,} units; {measures}."
    )
