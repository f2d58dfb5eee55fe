"""The language wing of the notebook: where the state goes, in the order in which the question arose."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from statescape.analysis import PathReading, conclude
from statescape.studies.notebook import Notebook
from statescape.studies.notebook.notebook import (
    claim_in_words,
    clauses_in_words,
    orthogonal_in_words,
)
from statescape.studies.verdict.conclusion import conclude as conclude_verdicts
from statescape.views.core.page import Block, Choice, Figure, Prose, Section, Still, TableBlock, figure_or_reason
from statescape.views.core.picture import Picture
from statescape.views.globe import sphere_block
from statescape.views.language.by_state import cosines_picture, lens_picture, steps_picture
from statescape.views.language.clouds import plane_picture
from statescape.views.language.contrast_page import apart_picture
from statescape.views.language.energy import energy_picture
from statescape.views.language.lens_table import lens_block
from statescape.views.language.normalisation import Normalisations
from statescape.views.language.patch_page import map_picture
from statescape.views.language.sphere_still import SphereStill
from statescape.views.language.vectors import vectors_picture
from statescape.views.language.verdict import along_blocks, estimates, stand_ins
from statescape.views.language.verdict_page import verdicts_table
from statescape.views.studies.notebook_source import source_of
from statescape.wording import number, say, visible

LONGEST_NAME = 44
STAND_IN = ("H7", "H8")
"""The questions that ask whether the embedding can stand for a state."""


def sections(notebook: Notebook) -> list[Section]:
    """The wing, section by section."""
    return [
        _question(notebook),
        _space(notebook),
        _normalisation(notebook),
        _vectors(notebook),
        _outside(notebook),
        _decoding(notebook),
        _interventions(notebook),
        _corpus(notebook),
        _conclusion(notebook),
    ]


def _question(notebook: Notebook) -> Section:
    rows = [
        [
            say("“{text}”", text=visible(reading.path.text, 4 * LONGEST_NAME)),
            reading.path.model.name,
            say("‘{token}’", token=visible(reading.path.predicted.token)),
            number(float(np.exp(reading.log_probability[-1])), ".1%"),
            str(len(reading.path.tokens)),
            str(reading.path.n_blocks),
        ]
        for reading in notebook.readings
    ]
    header = (say("text"), say("model"), say("predicted token"), say("probability"), say("tokens"), say("blocks"))
    return Section(
        "question",
        say("The question"),
        say("A claim that can fail, and what would have to be seen if it were true."),
        (
            Prose(
                say(
                    "The blocks turn the embedding of token t, step by step, into the embedding of token t + 1, so "
                    "that the last state is the embedding of the predicted token."
                ),
                strong=True,
            ),
            Prose(
                say(
                    "A language model keeps one vector for every position of a text, its state, and every block adds "
                    "to it. If the claim holds, the last state lies where the embedding of the predicted token lies; "
                    "the states on the way lie among the embeddings; and read as if it were the last, a state of the "
                    "middle already speaks of the token to come. Sections 2 to 7 look at single texts, section 8 asks "
                    "a corpus, with margins that were declared before."
                )
            ),
            TableBlock(header, rows, say("The texts that are looked at"), wrap=True),
            source_of(notebook, "paths"),
        ),
        part=say("The language wing"),
    )


def _space(notebook: Notebook) -> Section:
    def blocks(reading: PathReading, option: str) -> list[Block]:
        return [
            _figure(plane_picture(reading), option),
            sphere_block(reading.path, moments=reading.moments),
            Still.of(
                SphereStill.of(reading),
                say("The sphere of all tokens with the path of the state, from outside and from within"),
            ),
        ]

    return Section(
        "space",
        say("The path in the embedding space"),
        say(
            "See how far the states go from the cloud of tokens, how they come back once every point has norm 1, and "
            "where on the sphere of all tokens the path ends."
        ),
        (
            _choice(notebook, blocks),
            Prose(
                say(
                    "The sphere can be walked in: drag to turn it, step inside with the key I, and move the block with "
                    "the slider, which marks the same state in every figure."
                )
            ),
            source_of(notebook, "paths"),
        ),
    )


def _normalisation(notebook: Notebook) -> Section:
    def blocks(reading: PathReading, option: str) -> list[Block]:
        found = Normalisations.of(reading)
        return [_figure(found.picture, option), Prose(found.words)]

    return Section(
        "normalisation",
        say("Normalise on the vector or on the dimension?"),
        say("See what each does to the same path: one takes the norm away, the other evens out the coordinates."),
        (_choice(notebook, blocks), source_of(notebook, "paths")),
    )


def _vectors(notebook: Notebook) -> Section:
    def blocks(reading: PathReading, option: str) -> list[Block]:
        return [
            _figure(vectors_picture(reading), option),
            Prose(orthogonal_in_words(reading)),
            _figure(cosines_picture(reading), option),
        ]

    return Section(
        "vectors",
        say("The last state against the predicted embedding"),
        say(
            "Check whether a few spikes make the cosine or many coordinates, and whether the red line leaves the band "
            "that choosing the best token gives by itself."
        ),
        (_choice(notebook, blocks), source_of(notebook, "paths")),
    )


def _outside(notebook: Notebook) -> Section:
    def blocks(reading: PathReading, option: str) -> list[Block]:
        return [_figure(energy_picture(reading), option)]

    return Section(
        "outside",
        say("States outside the embedding plane"),
        say("See how high the path stands above the plane, and whether its energy stays within the embeddings' band."),
        (_choice(notebook, blocks), source_of(notebook, "paths")),
    )


def _decoding(notebook: Notebook) -> Section:
    def blocks(reading: PathReading, option: str) -> list[Block]:
        return [
            _figure(lens_picture(reading), option),
            lens_block(reading),
            figure_or_reason(lambda: steps_picture(reading), f"steps-{option}"),
        ]

    return Section(
        "decoding",
        say("Decoding by the unembedding"),
        say("See at which block the prediction becomes first, and which blocks push towards it."),
        (_choice(notebook, blocks), source_of(notebook, "paths")),
    )


def _interventions(notebook: Notebook) -> Section:
    found, verdicts = notebook.interventions, notebook.verdicts
    patched = found.patching
    of_patching: list[Block] = [Prose(say("Not patched: {reason}", reason=patched))] if isinstance(patched, str) else []
    if not isinstance(patched, str):
        of_patching = [Prose(patched.conclusion), Figure(map_picture(patched, "state"))]
    decisions = [decision for one in verdicts.models for decision in one.decisions]
    stood = [
        Prose(sentence)
        for sentence, decision in zip(conclude_verdicts(verdicts), decisions, strict=True)
        if decision.question.name in STAND_IN
    ]
    return Section(
        "interventions",
        say("Interventions: does a state matter?"),
        say(
            "See at which state two texts part, where a state of one brings its answer back in the other, and what is "
            "kept when an embedding stands in a state's place."
        ),
        (
            Prose(
                say(
                    "“{first}” and “{second}”, by {model}.",
                    first=found.contrast.first.text,
                    second=found.contrast.second.text,
                    model=found.contrast.first.model.facts.name,
                )
            ),
            Prose(found.contrast.conclusion),
            Figure(apart_picture(found.contrast)),
            *of_patching,
            *stood,
            *(Figure(picture) for picture in stand_ins(verdicts)),
            source_of(notebook, "interventions"),
            source_of(notebook, "corpus"),
        ),
    )


def _corpus(notebook: Notebook) -> Section:
    found = notebook.verdicts
    return Section(
        "corpus",
        say("The corpus: the verdicts"),
        say("See which part of the claim holds, and by how far the interval is from its margin."),
        (
            verdicts_table(found),
            *(Prose(sentence) for sentence in conclude_verdicts(found)),
            Figure(estimates(found)),
            *(Figure(picture) for picture in along_blocks(found)),
            TableBlock(
                (say("claim"), say("what is measured, and why the margin stands there")),
                [
                    [
                        f"{decision.question.name}. {say(decision.question.statement)}",
                        f"{say(decision.question.statistic)}. {say(decision.question.reason)}",
                    ]
                    for decision in found.models[0].decisions
                ],
                say("What was asked"),
                wrap=True,
            ),
            source_of(notebook, "corpus"),
        ),
    )


def _conclusion(notebook: Notebook) -> Section:
    def blocks(reading: PathReading, _option: str) -> list[Block]:
        return [Prose(sentence) for sentence in conclude(reading).sentences]

    models = [Prose(f"{claim_in_words(one)} {clauses_in_words(one)}", strong=True) for one in notebook.verdicts.models]
    return Section(
        "conclusion",
        say("What the language wing says"),
        say("The claim about the model comes from the corpus; the sentences about one text speak of that text alone."),
        (*models, _choice(notebook, blocks), source_of(notebook, "corpus"), source_of(notebook, "paths")),
    )


def _choice(notebook: Notebook, blocks: Callable[[PathReading, str], list[Block]]) -> Choice:
    several = len(_models(notebook)) > 1
    return Choice(
        say("Text"),
        [
            (
                f"{reading.path.model.name} · {_name(reading)}" if several else _name(reading),
                blocks(reading, str(index)),
            )
            for index, reading in enumerate(notebook.readings)
        ],
    )


def _figure(picture: Picture, option: str) -> Figure:
    return Figure(picture, f"{picture.name}-{option}")


def _name(reading: PathReading) -> str:
    text = visible(reading.path.text, 4 * LONGEST_NAME)
    if len(text) <= LONGEST_NAME:
        return text
    # The end is what the prediction follows; it begins with a whole word where there is one.
    end = text[-LONGEST_NAME:]
    return f"… {end.partition(' ')[2] or end}"


def _models(notebook: Notebook) -> set[str]:
    return {reading.path.model.name for reading in notebook.readings}
