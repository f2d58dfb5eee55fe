"""Every picture of a run, in the order of the page; what a run cannot show is left out."""

from __future__ import annotations

from statescape.analysis.evolution import EvolutionReading, running
from statescape.views.evolution.diversity import DiversityPicture
from statescape.views.evolution.front import FrontPicture, front_of
from statescape.views.evolution.genealogy import GenealogyPicture
from statescape.views.evolution.operators import OperatorsPicture
from statescape.views.evolution.order import OrderPicture
from statescape.views.evolution.seals import SealsPicture
from statescape.views.evolution.search import SearchPicture
from statescape.views.evolution.wirings import DiagramsPicture, MatricesPicture, SpectraPicture
from statescape.views.evolution.work import outputs_picture, path_picture
from statescape.views.picture import Picture
from statescape.views.reservoir.diagram import KEY


def pictures(reading: EvolutionReading) -> dict[str, Picture]:
    """The pictures by name."""
    evolution = reading.evolution
    drawn: list[Picture | None] = [SealsPicture.of(evolution)]
    if reading.curve is not None:
        drawn.append(SearchPicture.of(evolution, reading.curve))
    if reading.operators:
        drawn.append(OperatorsPicture.of(evolution, reading.operators))
    if reading.curve is not None:
        drawn.append(DiversityPicture.of(evolution, reading.curve))
    if reading.line:
        drawn.append(GenealogyPicture.of(evolution, reading.line, reading.noise))
    drawn += _stages(reading)
    drawn += _wirings(reading)
    drawn += [OrderPicture.of(reading.order), outputs_picture(evolution, reading.work), path_picture(reading.work)]
    front = front_of(evolution)
    if front:
        drawn.append(FrontPicture.of(evolution, front))
    return {picture.name: picture for picture in drawn if picture is not None}


def _stages(reading: EvolutionReading) -> list[Picture]:
    """The best wirings on the way, as graphs and as matrices."""
    if not reading.stages:
        return []
    settings = reading.evolution.settings
    shown = [(f"generation {stage.generation}: {stage.relative:.2f}", stage.W) for stage in reading.stages]
    told = ", ".join(f"{stage.candidate}" for stage in reading.stages)
    caption = (
        f"The best survivor of {len(shown)} generations, evenly spread over the changes of the best; beside the "
        "generation its error"
        + ("" if reading.curve is None or not reading.curve.difficulty_free else " relative to the median random start")
        + f". {settings.units} units, {settings.encoding}, seed {settings.seed}; candidates {told}."
    )
    return [
        DiagramsPicture.of(shown, f"{caption} {KEY}", "stages"),
        MatricesPicture.of(shown, f"The same in spectral order, from column to row. {caption}", "stages-matrices",
                           both=False),
    ]  # fmt: skip


def _wirings(reading: EvolutionReading) -> list[Picture]:
    """Champion, cycle, random wiring and the champion rewired, drawn alike."""
    evolution, sr = reading.evolution, reading.evolution.best.hyper.sr
    shown = [(_title(topology.name), topology.to_dense()) for topology in reading.wirings]
    edges = ", ".join(
        f"{title} {topology.edges:,}" for (title, _), topology in zip(shown, reading.wirings, strict=True)
    )
    seed = evolution.settings.seed
    caption = (
        f"The champion, the simple cycle, a random wiring of its density (erdos-renyi) and itself rewired (same "
        f"weights, every unit keeps its numbers of edges), one draw each. {evolution.settings.units} units; edges: "
        f"{edges}. Seed {seed}."
    )
    return [
        DiagramsPicture.of(shown, f"{caption} {KEY}", "wirings"),
        MatricesPicture.of(
            shown,
            "The same as matrices, from column to row, weights relative to the largest: above as numbered, below in "
            "spectral order, which brings connected units together: a line or a cycle becomes a thin band, communities "
            "gather along the diagonal, what is random stays random.",
            "matrices",
        ),
        SpectraPicture.of(
            [(_title(topology.name), running(topology, sr)) for topology in reading.wirings],
            sr,
            seed,
        ),
    ]


def _title(name: str) -> str:
    return {"erdos-renyi": "random", "rewired": "rewired"}.get(name, name)
