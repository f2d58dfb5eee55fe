"""The report of one path: the whole experiment on one text, in the order of the notebook that began this project."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from statescape import plugins
from statescape.analysis import PathReading, conclude, read_path
from statescape.errors import StatescapeError
from statescape.files import require_writable
from statescape.language import StatePath
from statescape.views.language.cosines import CosinesPicture
from statescape.views.language.energy import EnergyPicture
from statescape.views.language.lens import LensPicture
from statescape.views.language.lens_map import LensMapPicture
from statescape.views.language.normalisation import NormalisationPicture
from statescape.views.language.plane import PlanePicture
from statescape.views.language.sphere_still import SphereStill
from statescape.views.language.steps import StepsPicture
from statescape.views.language.vectors import VectorsPicture
from statescape.views.page import Embed, Figure, Page, Prose, Section, Still, Table, write_page
from statescape.views.page.blocks import Block
from statescape.views.text import visible

MOST_ROWS = 25  # of the table of numbers by state


@plugins.report.register
def _(path: StatePath, file: Path) -> Path:
    return Path(plugins.report(read_path(path), file))


@plugins.report.register
def _(reading: PathReading, file: Path) -> Path:
    require_writable(file)
    return write_page(page_of(reading), file)


def page_of(reading: PathReading) -> Page:
    """The page of a path, section by section."""
    path = reading.path
    return Page(
        title=f"The path to ‘{visible(path.vocabulary[path.predicted_id])}’",
        lead=path.text,
        facts=_facts(reading),
        sections=(
            _plane(reading),
            _sphere(reading),
            _normalisation(reading),
            _vectors(reading),
            _cosines(reading),
            _energy(reading),
            _steps(reading),
            _lens(reading),
            _conclusion(reading),
        ),
    )


def _facts(reading: PathReading) -> list[tuple[str, str]]:
    path, model = reading.path, reading.path.model
    return [
        ("model", model.name),
        ("blocks", str(model.n_blocks)),
        ("width", str(model.d_model)),
        ("vocabulary", f"{model.vocab_size:,}" + ("" if model.tied else ", unembedding of its own")),
        ("position", f"{path.position} of {len(path.tokens)}: ‘{visible(path.tokens[path.position])}’"),
        (
            "prediction",
            f"‘{visible(path.vocabulary[path.predicted_id])}’, probability {np.exp(reading.log_probability[-1]):.3f}",
        ),
        ("first token", model.bos),
        ("runs in", model.dtype),
        ("exact within", f"{model.max_logit_error:.1g} of the logits' spread (allowed {model.error_bound:.0e})"),
        ("seed", str(reading.seed)),
    ]


def _plane(reading: PathReading) -> Section:
    return Section(
        "plane",
        "The path in the plane of the embeddings",
        "Look how far the states go from the cloud of tokens, and how they come back once every point has norm 1.",
        (Figure(PlanePicture.of(reading)),),
    )


def _sphere(reading: PathReading) -> Section:
    from statescape.views.globe import sphere_fragment

    still = SphereStill.of(reading)
    return Section(
        "sphere",
        "The sphere of all tokens",
        "Look where the path ends: near the likely tokens (bright), near the predicted one (red), or elsewhere.",
        (
            Embed(sphere_fragment(reading.path, moments=reading.moments)),
            Still(still, "The sphere of all tokens with the path of the state, from outside and from within"),
        ),
    )


def _normalisation(reading: PathReading) -> Section:
    picture = NormalisationPicture.of(reading)
    return Section(
        "normalisation",
        "Normalise on the vector or on the dimension?",
        "Look what each does to the same path: one takes the norm away, the other evens out the coordinates.",
        (Figure(picture), Prose(picture.words)),
    )


def _vectors(reading: PathReading) -> Section:
    return Section(
        "vectors",
        "State against embedding, coordinate by coordinate",
        "Look whether a few coordinates make the cosine, or many, and what is left when the marked ones are taken out.",
        (Figure(VectorsPicture.of(reading)),),
    )


def _cosines(reading: PathReading) -> Section:
    return Section(
        "cosines",
        "Along which embedding do the states point?",
        "Look whether the red line leaves the band that choosing the best token gives by itself, in all columns.",
        (
            Figure(CosinesPicture.of(reading)),
            Prose(
                "With tied weights the logit is the product of final_norm(s) with a row of the embedding, so part of "
                "any alignment in the lower row is there by construction."
                if reading.path.model.tied
                else "Embedding and unembedding are two matrices here: the logit does not force this alignment."
            ),
        ),
    )


def _energy(reading: PathReading) -> Section:
    return Section(
        "energy",
        "Do the states live among the embeddings?",
        "Look how high the path stands above the plane, and whether its energy stays within the embeddings' band.",
        (Figure(EnergyPicture.of(reading)),),
    )


def _steps(reading: PathReading) -> Section:
    blocks: tuple[Block, ...]
    try:
        blocks = (Figure(StepsPicture.of(reading)),)
    except StatescapeError as error:
        blocks = (Prose(str(error)),)
    return Section(
        "steps",
        "What attention and MLP add",
        "Look which blocks push towards the prediction, and whether it is attention or the MLP that does it.",
        blocks,
    )


def _lens(reading: PathReading) -> Section:
    blocks: list[Block] = [Figure(LensPicture.of(reading))]
    try:
        blocks.append(Figure(LensMapPicture.of(reading)))
    except StatescapeError as error:
        blocks.append(Prose(str(error)))
    return Section(
        "lens",
        "What the states decode to",
        "Look at which block the prediction becomes first, and in the map how the rest of the text settles.",
        blocks,
    )


def _conclusion(reading: PathReading) -> Section:
    conclusion = conclude(reading)
    return Section(
        "conclusion",
        "Conclusion",
        "What these numbers say of this one text; a claim about the model needs many.",
        (*(Prose(sentence, strong=True) for sentence in conclusion.sentences), _table(reading)),
    )


def _table(reading: PathReading) -> Table:
    path = reading.path
    states = np.unique(np.linspace(0, path.n_blocks, min(MOST_ROWS, len(path.states))).round().astype(int))
    columns = (
        [f"{value:.4g}" for value in reading.norms],
        [f"{value:.3f}" for value in reading.cosine()],
        [f"{value:.3f}" for value in reading.cosine(variant="centred")],
        [f"{value:.3f}" for value in reading.cosine("current")],
        [f"{value:.1%}" for value in reading.energy_inside],
        [f"{value:,}" for value in reading.ranks],
        [f"{np.exp(value):.3g}" for value in reading.log_probability],
        [f"‘{visible(path.vocabulary[reading.top(state, 1)[0][0]], 16)}’" for state in range(len(path.states))],
    )
    return Table(
        (
            "state",
            "norm",
            "cosine to predicted",
            "centred",
            "to current",
            "energy inside",
            "rank",
            "probability",
            "decodes to",
        ),
        [[str(state), *(column[state] for column in columns)] for state in states],
        "The numbers by state" + ("" if len(states) == len(path.states) else f", {len(states)} of {len(path.states)}"),
    )
