"""Each figure of a path by itself, as a Plotly figure, and all of them as files for a paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from statescape import plugins
from statescape.analysis import PathReading, read_path
from statescape.language import LensReadout, StatePath
from statescape.views.language.cosines import CosinesPicture
from statescape.views.language.energy import EnergyPicture
from statescape.views.language.lens import LensPicture
from statescape.views.language.lens_map import LensMapPicture
from statescape.views.language.lenses import LensesPicture
from statescape.views.language.normalisation import NormalisationPicture
from statescape.views.language.plane import PlanePicture
from statescape.views.language.sphere_still import SphereStill
from statescape.views.language.steps import StepsPicture
from statescape.views.language.vectors import VectorsPicture
from statescape.views.picture import Printable

if TYPE_CHECKING:
    import plotly.graph_objects as go


def plane(path: StatePath) -> go.Figure:
    """The path in PCA-2D of the embeddings, plain and with every point at norm 1."""
    return PlanePicture.of(read_path(path)).interactive()


def normalisation(path: StatePath) -> go.Figure:
    """The path normalised on the vector and on the dimension."""
    return NormalisationPicture.of(read_path(path)).interactive()


def vectors(path: StatePath) -> go.Figure:
    """The last state against the predicted embedding, coordinate by coordinate."""
    return VectorsPicture.of(read_path(path)).interactive()


def cosines(path: StatePath, *, seed: int = 0) -> go.Figure:
    """Cosine of every state with the predicted, current, second-best and mean embedding, beside the nulls."""
    return CosinesPicture.of(read_path(path, seed=seed)).interactive()


def energy(path: StatePath, *, seed: int = 0) -> go.Figure:
    """The path above the embedding plane, its energy inside the embedding subspace, principal angles."""
    return EnergyPicture.of(read_path(path, seed=seed)).interactive()


def steps(path: StatePath) -> go.Figure:
    """What attention and MLP of every block add.

    Raises:
        StatescapeError: attention and MLP of this model are not known apart.
    """
    return StepsPicture.of(read_path(path)).interactive()


def lens(path: StatePath) -> go.Figure:
    """Rank and probability of the prediction, entropy and divergence, by state."""
    return LensPicture.of(read_path(path)).interactive()


def lenses(readouts: Sequence[LensReadout]) -> go.Figure:
    """Several lenses on one axis: divergence from the final answer and share of first places, by state.

    Raises:
        StatescapeError: if there is none, or they are not of one text.
    """
    return LensesPicture.of(readouts).interactive()


def lens_map(path: StatePath) -> go.Figure:
    """What every state at every position of the text decodes to.

    Raises:
        StatescapeError: the path was made from arrays and has no trace to ask.
    """
    return LensMapPicture.of(read_path(path)).interactive()


@plugins.pictures.register
def _(path: StatePath) -> Sequence[Printable]:
    return pictures(read_path(path))


@plugins.pictures.register
def _(reading: PathReading) -> Sequence[Printable]:
    return pictures(reading)


def pictures(reading: PathReading) -> list[Printable]:
    """Every picture that this path allows, in the order of the page."""
    found: list[Printable] = [
        PlanePicture.of(reading),
        SphereStill.of(reading),
        NormalisationPicture.of(reading),
        VectorsPicture.of(reading),
        CosinesPicture.of(reading),
        EnergyPicture.of(reading),
    ]
    if reading.path.steps is not None:
        found.append(StepsPicture.of(reading))
    found.append(LensPicture.of(reading))
    if reading.path.origin is not None:
        found.append(LensMapPicture.of(reading))
    return found
