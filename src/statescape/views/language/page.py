"""The report of one path: the whole experiment on one text, in the order of the notebook that began this project."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from statescape import plugins
from statescape.analysis import PathReading, conclude, read_path
from statescape.analysis.path_conclusion import flags_in_words, others_in_words
from statescape.blas import one_blas_thread
from statescape.language import StatePath
from statescape.language.readable import opening_in_words
from statescape.views.core.page import (
    Figure,
    Page,
    Prose,
    Section,
    Still,
    TableBlock,
    figure_or_reason,
    write_page,
)
from statescape.views.globe import sphere_block
from statescape.views.language.by_state import cosines_picture, lens_picture, steps_picture
from statescape.views.language.clouds import plane_picture
from statescape.views.language.course import course_picture
from statescape.views.language.energy import energy_picture
from statescape.views.language.lens_table import lens_block
from statescape.views.language.normalisation import Normalisations
from statescape.views.language.sphere_still import SphereStill
from statescape.views.language.vectors import vectors_picture
from statescape.wording import number, say, visible

MOST_ROWS = 25  # of the table of numbers by state


@plugins.report.register
def _(path: StatePath, file: Path) -> Path:
    return Path(plugins.report(read_path(path), file))


@plugins.report.register
def _(reading: PathReading, file: Path) -> Path:
    return write_page(page_of(reading), file)


def page_of(reading: PathReading) -> Page:
    """The page of a path, section by section."""
    path = reading.path
    return Page(
        title=say("The path to ‘{token}’", token=visible(path.predicted.token)),
        lead=path.text,
        facts=facts_of(reading),
        sections=_sections(reading),
        answer=conclude(reading).sentences,
    )


def facts_of(reading: PathReading) -> list[tuple[str, str]]:
    """What a page states of a path and its model."""
    path, model = reading.path, reading.path.model
    return [
        (say("model"), model.name),
        (say("blocks"), str(model.n_blocks)),
        (say("width"), str(model.d_model)),
        (say("vocabulary"), number(model.vocab_size, ",") + ("" if model.tied else say(", unembedding of its own"))),
        (
            say("position"),
            say(
                "{position} of {length}: ‘{token}’",
                position=path.position,
                length=len(path.tokens),
                token=visible(path.tokens[path.position]),
            ),
        ),
        (
            say("prediction"),
            say(
                "‘{token}’, probability {probability:.1%}",
                token=visible(path.predicted.token),
                probability=float(np.exp(reading.log_probability[-1])),
            ),
        ),
        (say("first token"), opening_in_words(model.bos)),
        (say("runs in"), model.dtype),
        (
            say("exact within"),
            say(
                "{error:.1g} of the logits' spread (allowed {allowed:.0e})",
                error=model.max_logit_error,
                allowed=model.error_bound,
            ),
        ),
        (say("seed"), str(reading.seed)),
        *([(say("edited run"), model.edited)] if model.edited else []),
    ]


def _sections(reading: PathReading) -> tuple[Section, ...]:
    # Random weights are drawn while the first pictures are; more threads would only wait for each other.
    with one_blas_thread(), ThreadPoolExecutor(1) as beside:
        weights = beside.submit(getattr, reading, "random_weights")
        of_text = _of_its_text(reading)
        weights.result()
        return *of_text, *_beside_nulls(reading)


def _of_its_text(reading: PathReading) -> tuple[Section, ...]:
    """What shows the path among the embeddings; nothing here asks for random weights, which are being drawn."""
    normalisations = Normalisations.of(reading)
    return (
        Section(
            "plane",
            say("The path in the plane of the embeddings"),
            say(
                "See how far the states go from the cloud of tokens, and how they come back once every point has norm "
                "1."
            ),
            (Figure(plane_picture(reading)),),
        ),
        Section(
            "sphere",
            say("The sphere of all tokens"),
            say(
                "See where the path ends: near the likely tokens (bright), near the predicted one (red), or elsewhere."
            ),
            (
                sphere_block(reading.path, moments=reading.moments),
                Still.of(
                    SphereStill.of(reading),
                    say("The sphere of all tokens with the path of the state, from outside and from within"),
                ),
            ),
        ),
        Section(
            "normalisation",
            say("Normalise on the vector or on the dimension?"),
            say("See what each does to the same path: one takes the norm away, the other evens out the coordinates."),
            (Figure(normalisations.picture), Prose(normalisations.words)),
        ),
        Section(
            "vectors",
            say("State against embedding, coordinate by coordinate"),
            say(
                "Check whether a few coordinates make the cosine, or many, and what is left when the marked ones are "
                "taken out."
            ),
            (Figure(vectors_picture(reading)),),
        ),
    )


def _beside_nulls(reading: PathReading) -> tuple[Section, ...]:
    """What shows the path beside random weights and other texts."""
    return (
        Section(
            "cosines",
            say("Along which embedding do the states point?"),
            say(
                "Check whether the red line leaves the band that choosing the best token gives by itself, in all "
                "columns."
            ),
            (Figure(cosines_picture(reading)), Prose(_by_construction(reading))),
        ),
        Section(
            "energy",
            say("Do the states live among the embeddings?"),
            say(
                "See how high the path stands above the plane, and whether its energy stays within the embeddings' "
                "band."
            ),
            (Figure(energy_picture(reading)),),
        ),
        Section(
            "steps",
            say("What attention and MLP add"),
            say("See which blocks push towards the prediction, and whether it is attention or the MLP that does it."),
            (figure_or_reason(lambda: steps_picture(reading)),),
        ),
        Section(
            "course",
            say("How the path grows and turns"),
            say(
                "See where the line leaves what other texts give, what the same steps give in random order, and random "
                "weights."
            ),
            (Figure(course_picture(reading)), *(Prose(sentence) for sentence in others_in_words(reading))),
        ),
        Section(
            "lens",
            say("What the states decode to"),
            say("See at which block the prediction becomes first, and in the map how the rest of the text settles."),
            (Figure(lens_picture(reading)), lens_block(reading)),
        ),
        Section(
            "conclusion",
            say("Conclusion"),
            say("What these numbers say of this one text; a claim about the model needs many."),
            (
                *(Prose(sentence, strong=True) for sentence in conclude(reading).sentences),
                *flags_prose(reading),
                numbers_table(reading),
            ),
        ),
    )


def flags_prose(reading: PathReading) -> list[Prose]:
    """Which positions of the text are of another kind, where there are any."""
    said = flags_in_words(reading.path.flags, reading.path.position)
    return [Prose(visible(said, len(said) + 200))] if said else []


def _by_construction(reading: PathReading) -> str:
    if reading.path.model.tied:
        return say(
            "With tied weights the logit is the product of final_norm(s) with a row of the embedding, so part of any "
            "alignment in the lower row is there by construction."
        )
    return say("Embedding and unembedding are two matrices here: the logit does not force this alignment.")


def numbers_table(reading: PathReading) -> TableBlock:
    """The numbers of a path, state by state."""
    path = reading.path
    states = np.unique(np.linspace(0, path.n_blocks, min(MOST_ROWS, len(path.states))).round().astype(int))
    columns = (
        [number(float(value), ".4g") for value in reading.norms],
        [number(value, ".3f") for value in reading.cosine()],
        [number(value, ".3f") for value in reading.cosine(variant="centred")],
        [number(value, ".3f") for value in reading.cosine("current")],
        [number(value, ".1%") for value in reading.energy_inside],
        [number(int(value), ",") for value in reading.ranks],
        [number(float(np.exp(value)), ".3g") for value in reading.log_probability],
        [
            say("‘{token}’", token=visible(path.vocabulary[reading.top(state, 1)[0][0]], 16))
            for state in range(len(path.states))
        ],
    )
    return TableBlock(
        (
            say("state"),
            say("norm"),
            say("cosine to predicted"),
            say("centred"),
            say("to current"),
            say("energy inside"),
            say("rank"),
            say("probability"),
            say("decodes to"),
        ),
        [[str(state), *(column[state] for column in columns)] for state in states],
        say("The numbers by state")
        if len(states) == len(path.states)
        else say("The numbers by state, {shown} of {states}", shown=len(states), states=len(path.states)),
    )
