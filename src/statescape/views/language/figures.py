"""Each figure of a path by itself, as a Plotly figure, and all of them as files for a paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from statescape import plugins
from statescape.analysis import PathReading, read_path
from statescape.language import LensReadout, StatePath
from statescape.views.core.picture import Printable
from statescape.views.language.by_state import (
    cosines_picture,
    lens_picture,
    lenses_picture,
    steps_picture,
)
from statescape.views.language.clouds import plane_picture
from statescape.views.language.course import course_picture
from statescape.views.language.energy import energy_picture
from statescape.views.language.lens_map import lens_map_picture
from statescape.views.language.normalisation import Normalisations
from statescape.views.language.sphere_still import SphereStill
from statescape.views.language.vectors import vectors_picture

if TYPE_CHECKING:
    import plotly.graph_objects as go


def plane(path: StatePath) -> go.Figure:
    """The path in PCA-2D of the embeddings, plain and with every point at norm 1."""
    return plane_picture(read_path(path)).interactive()


def normalisation(path: StatePath) -> go.Figure:
    """The path normalised on the vector and on the dimension."""
    return Normalisations.of(read_path(path)).picture.interactive()


def vectors(path: StatePath) -> go.Figure:
    """The last state against the predicted embedding, coordinate by coordinate."""
    return vectors_picture(read_path(path)).interactive()


def cosines(path: StatePath, *, seed: int = 0) -> go.Figure:
    """Cosine of every state with the predicted, current, second-best and mean embedding, beside the nulls."""
    return cosines_picture(read_path(path, seed=seed)).interactive()


def energy(path: StatePath, *, seed: int = 0) -> go.Figure:
    """The path above the embedding plane, its energy inside the embedding subspace, principal angles."""
    return energy_picture(read_path(path, seed=seed)).interactive()


def steps(path: StatePath) -> go.Figure:
    """What attention and MLP of every block add.

    Raises:
        StatescapeError: attention and MLP of this model are not known apart.
    """
    return steps_picture(read_path(path)).interactive()


def course(path: StatePath) -> go.Figure:
    """How the norm grows, which way the steps go and how they turn, beside chance.

    Args:
        path: a path.
    """
    return course_picture(read_path(path)).interactive()


def lens(path: StatePath) -> go.Figure:
    """Rank and probability of the prediction, entropy and divergence, by state."""
    return lens_picture(read_path(path)).interactive()


def lenses(readouts: Sequence[LensReadout]) -> go.Figure:
    """Several lenses on one axis: divergence from the final answer and share of first places, by state.

    Raises:
        StatescapeError: if there is none, or they are not of one text.
    """
    return lenses_picture(readouts).interactive()


def lens_map(path: StatePath) -> go.Figure:
    """What every state at every position of the text decodes to.

    Raises:
        StatescapeError: the path was made from arrays and has no trace to ask.
    """
    return lens_map_picture(read_path(path)).interactive()


@plugins.pictures.register
def _(path: StatePath) -> Sequence[Printable]:
    return pictures(read_path(path))


@plugins.pictures.register
def _(reading: PathReading) -> Sequence[Printable]:
    return pictures(reading)


def pictures(reading: PathReading) -> list[Printable]:
    """Every picture that this path allows, in the order of the page."""
    return [
        plane_picture(reading),
        SphereStill.of(reading),
        Normalisations.of(reading).picture,
        vectors_picture(reading),
        cosines_picture(reading),
        energy_picture(reading),
        *([steps_picture(reading)] if reading.path.steps is not None else []),
        course_picture(reading),
        lens_picture(reading),
        *([lens_map_picture(reading)] if reading.path.origin is not None else []),
    ]
